//! What people read and write: short channel ids, hex, and names that their owners chose.

use lnwire::bytes::Bytes;
use lnwire::{
    Addresses, Alias, ChainHash, ChannelId, Hostname, NodeId, ParseHexError,
    ParseShortChannelIdError, ShortChannelId, Signature, bolt1::Warning,
};
use proptest::{array::uniform32, collection::vec, prelude::*};

/// What the terminal, the log or the reader's eye would take for something else than text.
fn misleads(c: char) -> bool {
    const BIDI: &str = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
    const INVISIBLE: &str = "\u{ad}\u{180e}\u{200b}\u{200c}\u{200d}\u{2028}\u{2029}\u{2060}\u{feff}\u{fffa}\u{e0001}\u{e0041}";
    c.is_control() || BIDI.contains(c) || INVISIBLE.contains(c)
}

/// Text with a taste for the worst characters.
fn hostile() -> impl Strategy<Value = String> {
    let c = prop_oneof![
        any::<char>(),
        (0..0x20_u8).prop_map(char::from),
        (0x7f..0xa0_u8).prop_map(char::from),
        (0x2000..0x2070_u32).prop_map(|c| char::from_u32(c).unwrap()),
        (0xe0000..0xe0080_u32).prop_map(|c| char::from_u32(c).unwrap()),
        prop::sample::select(vec![
            '\u{61c}', '\u{180e}', '\u{feff}', '\u{ad}', '\u{fff9}', 'a'
        ]),
    ];
    vec(c, 0..12).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn short_channel_ids(number in any::<u64>()) {
        let id = ShortChannelId(number);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        let parts = ShortChannelId::new(id.block().0, id.transaction_index(), id.output_index());
        prop_assert_eq!(parts, Some(id));
    }

    #[test]
    fn short_channel_ids_from_any_text(text in "[0-9x+ -]{0,20}") {
        if let Ok(id) = text.parse::<ShortChannelId>() {
            let numbers = text.split('x').map(|n| n.parse::<u64>().unwrap().to_string());
            prop_assert_eq!(id.to_string(), numbers.collect::<Vec<_>>().join("x"));
        }
    }

    #[test]
    fn hex(bytes in uniform32(any::<u8>()), more in vec(any::<u8>(), 33)) {
        let chain = ChainHash(bytes);
        prop_assert_eq!(chain.to_string(), hex::encode(bytes));
        prop_assert_eq!(chain.to_string().parse(), Ok(chain));
        prop_assert_eq!(chain.to_string().to_uppercase().parse(), Ok(chain));
        let node = NodeId(more.try_into().unwrap());
        prop_assert_eq!(node.to_string().parse(), Ok(node));
        let both: Vec<u8> = [bytes, bytes].concat();
        let signature = Signature(both.try_into().unwrap());
        prop_assert_eq!(signature.to_string().parse(), Ok(signature));
        prop_assert_eq!(format!("{chain:?}"), format!("ChainHash({chain})"));
    }

    #[test]
    fn hex_from_any_text(text in ".{0,70}") {
        let parsed = text.parse::<ChannelId>();
        prop_assert_eq!(parsed.is_ok(), text.len() == 64 && hex::decode(&text).is_ok());
    }

    #[test]
    fn names_of_nodes(bytes in uniform32(any::<u8>()), text in hostile()) {
        let mut padded = [0; 32];
        padded.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        for alias in [Alias(bytes), Alias(padded)] {
            let (shown, debugged) = (alias.to_string(), format!("{alias:?}"));
            prop_assert!(!shown.chars().any(misleads), "{shown:?}");
            prop_assert!(!debugged.chars().any(misleads), "{debugged:?}");
        }
        prop_assert_eq!(Alias::new(&text).map(|a| a.0), (text.len() <= 32).then_some(padded));
    }

    #[test]
    fn what_peers_say(bytes in vec(any::<u8>(), 0..60)) {
        let data = Bytes::from(bytes);
        let warning = Warning { channel_id: ChannelId::ALL, data: data.clone(), extra: Bytes::new() };
        prop_assert!(warning.text().to_string().bytes().all(|b| (32..127).contains(&b)));
        let mut dns = vec![5, u8::try_from(data.len()).unwrap()];
        dns.extend(&data);
        dns.extend([1, 2]);
        let list = Addresses::from_bytes(dns.into());
        let address = list.iter().next().unwrap().unwrap();
        prop_assert!(address.to_string().bytes().all(|b| (32..127).contains(&b)));
        let debugged = format!("{address:?}");
        prop_assert!(debugged.bytes().all(|b| (32..127).contains(&b)));
        let is_name = core::str::from_utf8(&data).is_ok_and(|name| Hostname::new(name).is_some());
        prop_assert_eq!(list.usable().count(), usize::from(is_name));
    }
}

#[test]
fn names_are_shown_as_they_are() {
    for name in [
        "",
        "satoshi",
        "n\u{f8}de \u{26a1}",
        "32 bytes of name, not one byte of",
    ] {
        let alias = Alias::new(name);
        if name.len() > 32 {
            assert_eq!(alias, None);
        } else {
            assert_eq!(alias.unwrap().to_string(), name);
        }
    }
    assert_eq!(
        Alias::new("a\nb\u{202e}c\0").unwrap().to_string(),
        "a\u{fffd}b\u{fffd}c"
    );
    // The mark that turns the direction of text around outside the block of the others.
    assert_eq!(Alias::new("a\u{61c}b").unwrap().to_string(), "a\u{fffd}b");
    assert_eq!(Alias::new("a\u{e0041}").unwrap().to_string(), "a\u{fffd}");
    let mut cut = [b'a'; 32];
    cut[30..].copy_from_slice(&[0xe2, 0x9a]);
    assert_eq!(Alias(cut).to_string(), "a".repeat(30) + "\u{fffd}");
}

#[test]
fn texts_that_are_none() {
    use ParseShortChannelIdError::{Format, Range};
    for (text, error) in [
        ("", Format),
        ("1x2", Format),
        ("1x2x3x4", Format),
        ("1x2x", Format),
        ("xx", Format),
        ("1x+2x3", Format),
        ("1x-2x3", Format),
        (" 1x2x3", Format),
        ("1X2X3", Format),
        ("16777216x0x0", Range),
        ("0x16777216x0", Range),
        ("0x0x65536", Range),
        ("99999999999x0x0", Range),
    ] {
        assert_eq!(text.parse::<ShortChannelId>(), Err(error), "{text}");
    }
    assert_eq!(ShortChannelId::new(1 << 24, 0, 0), None);
    assert_eq!(ShortChannelId::new(0, 1 << 24, 0), None);
    assert_eq!(
        "16777215x16777215x65535".parse(),
        Ok(ShortChannelId(u64::MAX))
    );

    let (expected, found) = (66, 2);
    assert_eq!(
        "00".parse::<NodeId>(),
        Err(ParseHexError::Length { expected, found })
    );
    let text = "0".repeat(65) + "g";
    assert_eq!(text.parse::<NodeId>(), Err(ParseHexError::Digit { at: 65 }));
    let text = "0".repeat(64) + "\u{e9}";
    assert_eq!(text.parse::<NodeId>(), Err(ParseHexError::Digit { at: 64 }));
}
