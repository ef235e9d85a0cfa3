//! Addresses and names of nodes, on the wire and as text.

use core::{
    fmt::{Debug, Display},
    str::FromStr,
};

use lnwire::{
    Address, Addresses, ChannelId, NodeId, Reader, Txid,
    bolt10::{Bech32NodeId, Query, RecordType},
    bytes::Bytes,
};

use crate::lnwire_message::{look_at_addresses, printable};

/// Reads `input` as an address list if its first byte is even, and as text in all its forms if it is odd.
///
/// # Panics
/// If an address or a name does not come back as it was.
pub fn lnwire_addresses(input: &[u8]) {
    match input.split_first() {
        Some((kind, list)) if kind % 2 == 0 => wire(list),
        Some((_, text)) => {
            if let Ok(text) = core::str::from_utf8(text) {
                self::text(text);
            }
        }
        None => {}
    }
}

fn wire(list: &[u8]) {
    let addresses = Addresses::from_bytes(Bytes::copy_from_slice(list));
    look_at_addresses(&addresses);
    assert_eq!(addresses.as_bytes(), list);
    let mut rest = list;
    for address in addresses.iter().map_while(Result::ok) {
        while let [0, behind @ ..] = rest {
            rest = behind;
        }
        let mut out = Vec::new();
        address.write(&mut out);
        assert_eq!(out.len(), address.encoded_len());
        assert_eq!(out[0], address.descriptor());
        rest = rest.strip_prefix(&out[..]).expect("as it was received");
        shown(&address);
    }
    for address in addresses.usable() {
        assert!(address.is_usable());
    }
}

/// What is shown of an address reads back as it, if it could be announced. A name may look like something else.
fn shown(address: &Address) {
    let text = address.to_string();
    printable(&text);
    if let Ok(again) = text.parse::<Address>() {
        assert!(again == *address || matches!(address, Address::Dns { .. }));
    }
}

fn text(text: &str) {
    match text.parse::<Address>() {
        Ok(address) => {
            assert!(address.is_usable());
            assert_eq!(address.to_string().parse(), Ok(address.clone()));
            let mut out = Vec::new();
            address.write(&mut out);
            assert_eq!(out.len(), address.encoded_len());
            assert_eq!(Address::read(&mut Reader::new(&out.into())), Ok(address));
        }
        Err(error) => printable(&error.to_string()),
    }
    there_and_back::<NodeId>(text);
    there_and_back::<ChannelId>(text);
    there_and_back::<Txid>(text);
    there_and_back::<Bech32NodeId>(text);
    query(text);
}

/// Only the case of letters may change.
fn there_and_back<T: FromStr + Display + Debug + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let shown = value.to_string();
        assert!(shown.eq_ignore_ascii_case(text), "{shown}");
        assert!(shown.parse::<T>().is_ok_and(|again| again == value));
    }
}

fn query(text: &str) {
    const ROOT: &str = "seed.example.com";
    let Ok(query) = Query::parse(&format!("{text}.{ROOT}"), ROOT) else {
        return;
    };
    let _ = (query.effective_realm(), query.effective_count());
    let _ = query.effective_address_types();
    if let Ok(name) = query.name(RecordType::Srv, ROOT) {
        let name = name.to_string();
        printable(&name);
        assert_eq!(Query::parse(&name, ROOT), Ok(query));
    }
}
