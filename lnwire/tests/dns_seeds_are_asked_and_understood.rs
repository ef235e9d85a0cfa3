//! BOLT 10: names of queries, node ids in bech32, and what answers say.

mod common;

use common::vectors;
use lnwire::{
    Address, NodeId,
    bolt10::{
        AddressTypes, Bech32NodeId, DEFAULT_PORT, ParseBech32NodeIdError, Query, QueryError,
        RecordType, SrvRecord, node_id_of_host,
    },
};
use proptest::{option, prelude::*};

const ROOT: &str = "lseed.bitcoinstats.com";

#[test]
fn records() {
    let (mut srv, mut ips) = (0, 0);
    for record in vectors("bolt10/dns_records") {
        let text = |key: &str| record[key].as_str().unwrap_or_default();
        let labelled = record["label"].is_string().then(|| {
            let node_id: NodeId = text("node_id").parse().unwrap();
            assert_eq!(text("label").parse(), Ok(Bech32NodeId(node_id)));
            assert_eq!(Bech32NodeId(node_id).to_string(), text("label"));
            node_id
        });
        if record["type"] == "SRV" {
            let query = Query::parse(text("owner"), ROOT).unwrap();
            let number = |key: &str| u16::try_from(record[key].as_u64().unwrap()).unwrap();
            let target = format!("{}.", text("target"));
            for target in [text("target"), &target, &target.to_uppercase()] {
                let answer = SrvRecord {
                    priority: number("priority"),
                    weight: number("weight"),
                    port: number("port"),
                    target,
                };
                let found: Vec<_> = query.candidates(ROOT, [answer]).collect();
                let [found] = found[..] else {
                    panic!("{record}")
                };
                assert_eq!(Some(found.node_id), labelled);
                assert_eq!((found.host, found.port), (target, number("port")));
                assert_eq!((found.priority, found.weight), (10, 10));
                assert_eq!(node_id_of_host(target, ROOT), labelled);
            }
            srv += 1;
        } else {
            let query = Query::parse(text("owner"), ROOT).unwrap();
            assert_eq!(query.node_id, labelled);
            let found: Vec<_> = query
                .addresses(DEFAULT_PORT, [text("address").parse().unwrap()])
                .map(|address| address.to_string())
                .collect();
            let shown = match text("type") {
                "A" => format!("{}:9735", text("address")),
                _ => format!("[{}]:9735", text("address")),
            };
            assert_eq!(found, [shown]);
            ips += 1;
        }
    }
    assert_eq!((srv, ips), (9, 2));
}

#[test]
fn queries() {
    for vector in vectors("bolt10/queries") {
        let (name, root) = (
            vector["name"].as_str().unwrap(),
            vector["root"].as_str().unwrap(),
        );
        let query = Query::parse(name, root).unwrap();
        let effective = |key: &str| {
            vector["effective"][key]
                .as_str()
                .map(|n| n.parse::<u32>().unwrap())
        };
        assert_eq!(query.realm.map(u32::from), effective("r"), "{name}");
        assert_eq!(query.count, effective("n"), "{name}");
        assert_eq!(
            query.address_types.map(|types| types.0),
            effective("a").map(u64::from),
            "{name}"
        );
        assert_eq!(query.node_id, None);
        let built = query.name(RecordType::Srv, root).unwrap().to_string();
        assert_eq!(Query::parse(&built, root), Ok(query));
        // Conditions that are there once, in our order.
        assert_eq!(built == name, !name.starts_with("n5"), "{name}");
    }
    assert_eq!(Query::default().effective_count(), 25);
    assert_eq!(Query::default().effective_realm(), 0);
    assert_eq!(Query::default().effective_address_types(), AddressTypes(6));
}

const LABEL: &str = "ln1qwktpe6jxltmpphyl578eax6fcjc2m807qalr76a5gfmx7k9qqfjwy4mctz";

#[test]
fn names_of_other_people() {
    let node_id = LABEL.parse::<Bech32NodeId>().unwrap().0;
    let parse = |name: &str| Query::parse(name, "seed.example");
    assert_eq!(
        parse(&format!("{LABEL}.seed.example")),
        Ok(Query::node(node_id))
    );
    assert_eq!(
        parse(&format!("L{LABEL}.SEED.example.")),
        Ok(Query::node(node_id))
    );
    assert_eq!(parse("_nodes._tcp.seed.example"), Ok(Query::default()));
    assert_eq!(parse("x9.R7.seed.example").unwrap().realm, Some(7));
    assert_eq!(parse("n1.n2.n3.seed.example").unwrap().count, Some(1));
    let value = |key| Err(QueryError::Value { key });
    for (name, expected) in [
        ("r256.seed.example", value('r')),
        ("r.seed.example", value('r')),
        ("n-1.seed.example", value('n')),
        ("n+1.seed.example", value('n')),
        ("n4294967296.seed.example", value('n')),
        ("a18446744073709551616.seed.example", value('a')),
        ("ln1q.seed.example", value('l')),
        ("n1..seed.example", Err(QueryError::EmptyLabel)),
        (".seed.example", Err(QueryError::EmptyLabel)),
        ("n1.seed.other", Err(QueryError::OtherRoot)),
        ("n1seed.example", Err(QueryError::OtherRoot)),
        ("example", Err(QueryError::OtherRoot)),
        ("\u{e9}\u{e9}", Err(QueryError::OtherRoot)),
    ] {
        assert_eq!(parse(name), expected, "{name}");
    }
}

#[test]
fn names_that_cannot_be_asked_for() {
    let query = Query {
        address_types: Some(AddressTypes(2)),
        ..Query::default()
    };
    let needs = Err(QueryError::AddressTypesNeedSrv);
    assert_eq!(query.name(RecordType::A, ROOT), needs);
    assert_eq!(query.name(RecordType::Aaaa, ROOT), needs);
    assert_eq!(
        query.name(RecordType::Srv, ROOT).unwrap().to_string(),
        format!("a2.{ROOT}")
    );
    for root in ["", ".", "a..b", "a b", "caf\u{e9}", &"a".repeat(64)] {
        assert_eq!(
            query.name(RecordType::Srv, root),
            Err(QueryError::Root),
            "{root}"
        );
    }
    let root = ["a"; 126].join(".");
    assert_eq!(root.len(), 251);
    assert!(Query::default().name(RecordType::A, &root).is_ok());
    let len = 254;
    assert_eq!(
        query.name(RecordType::Srv, &root),
        Err(QueryError::TooLong { len })
    );
    let with_dot = format!("{}.", &root[..249]);
    assert_eq!(
        query
            .name(RecordType::Srv, &with_dot)
            .unwrap()
            .to_string()
            .len(),
        252
    );
}

#[test]
fn bech32_that_names_no_node() {
    use ParseBech32NodeIdError::{Bech32, Length, Prefix};
    let parse = |text: &str| text.parse::<Bech32NodeId>();
    assert!(parse(&LABEL.to_uppercase()).is_ok());
    let mixed = LABEL.replacen('q', "Q", 1);
    assert_eq!(parse(&mixed), Err(Bech32));
    for at in 3..LABEL.len() {
        let mut wrong = LABEL.as_bytes().to_vec();
        wrong[at] = if wrong[at] == b'q' { b'p' } else { b'q' };
        assert_eq!(parse(core::str::from_utf8(&wrong).unwrap()), Err(Bech32));
    }
    let encode = |prefix, bytes: &[u8]| {
        let hrp = bech32::Hrp::parse(prefix).unwrap();
        (
            bech32::encode::<bech32::Bech32>(hrp, bytes).unwrap(),
            bech32::encode::<bech32::Bech32m>(hrp, bytes).unwrap(),
        )
    };
    let (bech32, bech32m) = encode("ln", &[2; 33]);
    assert_eq!(parse(&bech32), Ok(Bech32NodeId(NodeId([2; 33]))));
    assert_eq!(parse(&bech32m), Err(Bech32));
    assert_eq!(parse(&encode("lnbc", &[2; 33]).0), Err(Prefix));
    for len in [0, 1, 32, 34, 40] {
        assert_eq!(parse(&encode("ln", &vec![2; len]).0), Err(Length), "{len}");
    }
    assert_eq!(parse(""), Err(Bech32));
}

/// The 265th bit belongs to no byte and must be zero.
#[test]
fn bech32_with_a_bit_too_many() {
    use bech32::primitives::iter::{ByteIterExt, Fe32IterExt};
    let hrp = bech32::Hrp::parse("ln").unwrap();
    let mut groups: Vec<_> = [2_u8; 33].into_iter().bytes_to_fes().collect();
    let last = groups.last_mut().unwrap();
    *last = bech32::Fe32::try_from(last.to_u8() | 1).unwrap();
    let text: String = groups
        .into_iter()
        .with_checksum::<bech32::Bech32>(&hrp)
        .chars()
        .collect();
    assert_eq!(
        text.parse::<Bech32NodeId>(),
        Err(ParseBech32NodeIdError::Length)
    );
}

#[test]
fn answers_that_do_not_fit_the_question() {
    let other = Bech32NodeId(NodeId([2; 33]));
    let (node, other) = (format!("{LABEL}.{ROOT}"), format!("{other}.{ROOT}"));
    let below = format!("x.{node}");
    let record = |target, port| SrvRecord {
        priority: 1,
        weight: 2,
        port,
        target,
    };
    let answers = [
        record(".", 9735),
        record("", 9735),
        record(ROOT, 9735),
        record("ln1qwktpe6.lseed.bitcoinstats.com", 9735),
        record(&below, 9735),
        record(LABEL, 9735),
        record(&node, 0),
        record(&node, 9735),
        record(&other, 9736),
        record(&other, 9737),
    ];
    let ports = |query: Query| -> Vec<_> {
        query
            .candidates(ROOT, answers)
            .map(|found| found.port)
            .collect()
    };
    let count = |n| Query {
        count: Some(n),
        ..Query::default()
    };
    assert_eq!(ports(Query::default()), [9735, 9736, 9737]);
    assert_eq!(ports(count(2)), [9735, 9736]);
    assert!(ports(count(0)).is_empty());
    // Of one node, all.
    let wanted = Query {
        count: Some(1),
        ..Query::node(NodeId([2; 33]))
    };
    assert_eq!(ports(wanted), [9736, 9737]);
    assert!(
        Query::default()
            .candidates("other.root", answers)
            .next()
            .is_none()
    );

    let ips =
        ["0.0.0.0", "192.0.2.1", "::", "2001:db8::1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
    let texts = |query: Query, port| -> Vec<_> {
        query
            .addresses(port, ips)
            .map(|address| address.to_string())
            .collect()
    };
    assert_eq!(
        texts(Query::default(), 1),
        ["192.0.2.1:1", "[2001:db8::1]:1", "192.0.2.2:1"]
    );
    assert_eq!(texts(count(1), 1), ["192.0.2.1:1"]);
    let only_v6 = Query {
        address_types: Some(AddressTypes(4)),
        ..Query::default()
    };
    assert_eq!(texts(only_v6, 1), ["[2001:db8::1]:1"]);
    assert!(texts(Query::default(), 0).is_empty());
}

#[test]
fn kinds_of_addresses() {
    let tor = Address::tor_v3(&[1; 32], 1);
    assert!(AddressTypes(16).contains(&tor) && !AddressTypes::DEFAULT.contains(&tor));
    assert_eq!(tor.descriptor(), 4);
}

proptest! {
    #[test]
    fn any_query(
        realm: Option<u8>,
        types: Option<u64>,
        node_id in option::of(proptest::collection::vec(any::<u8>(), 33)),
        count: Option<u32>,
    ) {
        let query = Query {
            realm,
            address_types: types.map(AddressTypes),
            node_id: node_id.map(|id| NodeId(id.try_into().unwrap())),
            count,
        };
        let name = query.name(RecordType::Srv, ROOT).unwrap().to_string();
        prop_assert_eq!(Query::parse(&name, ROOT), Ok(query));
        prop_assert_eq!(Query::parse(&name.to_uppercase(), ROOT), Ok(query));
    }

    #[test]
    fn any_name(name in "\\PC*") {
        let _ = Query::parse(&name, ROOT);
        let _ = Query::parse(&format!("{name}.{ROOT}"), ROOT);
        let _ = node_id_of_host(&name, &name);
        let _ = name.parse::<Bech32NodeId>();
    }
}
