//! Addresses as people write them, both ways.

mod common;

use common::{bytes, vectors};
use lnwire::{Address, Addresses, Hostname, ParseAddressError};
use proptest::{array::uniform32, prelude::*};

/// The examples of Tor's specification.
const ONIONS: [&str; 3] = [
    "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd",
    "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd",
    "xa4r2iadxm55fbnqgwwi5mymqdcofiu3w6rpbtqn7b2dyn7mgwj64jyd",
];

#[test]
fn both_ways() {
    let longest = format!("{}.a:1", "a".repeat(253));
    let texts = [
        "1.2.3.4:9735",
        "255.255.255.255:65535",
        "[::1]:9735",
        "[2001:db8::1]:1",
        // Stays what it is: the bytes are signed.
        "[::ffff:192.0.2.1]:9735",
        "example.com:9735",
        "localhost:80",
        "xn--caf-dma.example:9735",
        "1.2.3.4a:9735",
        "onion.example:9735",
        longest.as_str(),
    ];
    for text in texts {
        let address: Address = text.parse().unwrap();
        assert_eq!(address.to_string(), text);
        assert!(address.is_usable());
    }
}

#[test]
fn onion_services() {
    for name in ONIONS {
        let text = format!("{name}.onion:9735");
        let address: Address = text.parse().unwrap();
        assert_eq!(address.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(address.clone()));
        let Address::TorV3 { mut onion, port } = address.clone() else {
            panic!("{address:?}");
        };
        assert_eq!((onion[34], port), (3, 9735));
        let key = onion[..32].try_into().unwrap();
        assert_eq!(Address::tor_v3(&key, port), address);
        for at in [0, 31, 32, 33, 34] {
            onion[at] ^= 1;
            // Shown as it is, but not taken back.
            let wrong = Address::TorV3 { onion, port }.to_string();
            assert_eq!(wrong.len(), text.len());
            assert_eq!(
                wrong.parse::<Address>(),
                Err(ParseAddressError::OnionChecksum)
            );
            onion[at] ^= 1;
        }
    }
}

#[test]
fn onion_services_of_version_2_are_only_shown() {
    let onion = *b"\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf";
    let text = Address::TorV2 { onion, port: 80 }.to_string();
    assert_eq!(text, "abcdefghijklmnop.onion:80");
    assert_eq!(text.parse::<Address>(), Err(ParseAddressError::TorV2));
}

#[test]
fn what_is_none() {
    use ParseAddressError::{Host, Ipv6, Onion, Port};
    let too_long = format!("{}:1", "a".repeat(256));
    let sub = format!("www.{}.onion:80", ONIONS[0]);
    for (text, error) in [
        ("", Port),
        ("1.2.3.4", Port),
        ("1.2.3.4:", Port),
        ("1.2.3.4:0", Port),
        ("1.2.3.4:+1", Port),
        ("1.2.3.4:65536", Port),
        ("[::1]", Port),
        ("::1:9735", Ipv6),
        ("[::1:9735", Ipv6),
        ("[1.2.3.4]:9735", Ipv6),
        ("[fe80::1%eth0]:9735", Ipv6),
        ("1.2.3.256:9735", Host),
        ("1.2.3:9735", Host),
        (":9735", Host),
        ("example.com.:9735", Host),
        ("caf\u{e9}.example:9735", Host),
        ("exam ple:9735", Host),
        ("a_b:9735", Host),
        (too_long.as_str(), Host),
        ("onion:80", Onion),
        ("abc.onion:80", Onion),
        ("abcdefghijklmno1.onion:80", Onion),
        (sub.as_str(), Onion),
    ] {
        assert_eq!(text.parse::<Address>(), Err(error), "{text}");
    }
}

/// Whatever is received can be shown, in one line; what may be used can be read back, but for wrong checksums.
#[test]
fn received_addresses() {
    for vector in vectors("derived/address_descriptors") {
        let list = Addresses::from_bytes(bytes(&vector["addresses"]));
        for address in list.iter().map_while(Result::ok) {
            let text = address.to_string();
            assert!(text.bytes().all(|b| b.is_ascii_graphic()), "{text}");
            let is_name =
                !matches!(&address, Address::Dns { hostname, .. } if hostname.as_str().is_none());
            let is_tor = matches!(address, Address::TorV2 { .. } | Address::TorV3 { .. });
            let read = text.parse();
            assert_eq!(
                read == Ok(address.clone()),
                address.is_usable() && is_name && !is_tor,
                "{text}"
            );
        }
    }
    assert_eq!(Hostname::new("a b"), None);
}

proptest! {
    #[test]
    fn any_address(
        v4: u32,
        v6: u128,
        key in uniform32(any::<u8>()),
        port in 1_u16..,
        name in "[a-zA-Z0-9.-]{0,60}[a-zA-Z]",
    ) {
        prop_assume!(!name.to_ascii_lowercase().ends_with("onion"));
        let hostname = Hostname::new(&name).unwrap();
        for address in [
            Address::Ipv4 { ip: v4.into(), port },
            Address::Ipv6 { ip: v6.into(), port },
            Address::tor_v3(&key, port),
            Address::Dns { hostname, port },
        ] {
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }
    }

    #[test]
    fn any_text(text in "\\PC*") {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert!(address.is_usable());
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }
    }
}
