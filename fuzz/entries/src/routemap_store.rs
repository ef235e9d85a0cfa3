//! A `gossip_store` as a crash, a disk or a stranger left it.

use lnwire::{
    Instant,
    bytes::{Bytes, BytesMut},
};
use routemap::{
    ChainHash, Config, Graph,
    store::{Loader, Next, Reader, Record, Records, load},
};

/// The first byte is the size of pieces less one, the rest a file.
///
/// # Panics
/// If pieces give other records than the whole, or what was repaired reads otherwise than before.
pub fn routemap_store(input: &[u8]) {
    let Some((size, file)) = input.split_first() else {
        return;
    };
    let file = Bytes::copy_from_slice(file);
    records(&file, usize::from(*size) + 1);

    let (mut whole, mut pieces) = (graph(), graph());
    let Ok(loaded) = load(&mut whole, Instant::ZERO, file.clone()) else {
        return;
    };
    let mut loader = Loader::new();
    let mut buffer = BytesMut::new();
    for piece in file.chunks(usize::from(*size) + 1) {
        buffer.extend_from_slice(piece);
        loader
            .read(&mut pieces, Instant::ZERO, &mut buffer)
            .expect("the version is known");
    }
    let again = loader.finish();
    assert_eq!((&again.report, again.len), (&loaded.report, loaded.len));
    assert_eq!(again.repairs, loaded.repairs);
    assert_eq!(counts(&pieces), counts(&whole));

    let mut repaired = file[..loaded.len as usize].to_vec();
    for patch in loaded.repairs {
        repaired[patch.at as usize] = patch.byte;
    }
    let mut after = graph();
    let again = load(&mut after, Instant::ZERO, repaired.into()).expect("the version is known");
    assert_eq!(counts(&after), counts(&whole));
    assert_eq!(again.len, loaded.len);
}

fn records(file: &Bytes, size: usize) {
    let Ok(mut records) = Records::new(file.clone()) else {
        return;
    };
    let whole: Vec<Record> = records.by_ref().map_while(Result::ok).collect();
    for record in &whole {
        let _entry = record.entry();
        assert!(record.end() <= file.len() as u64);
    }
    let (mut reader, mut buffer, mut pieces) = (Reader::new(), BytesMut::new(), Vec::new());
    'file: for piece in file.chunks(size) {
        buffer.extend_from_slice(piece);
        loop {
            match reader.read(&mut buffer) {
                Ok(Next::Record(record)) => pieces.push(record),
                Ok(Next::NeedsMore) => break,
                Ok(_) | Err(_) => break 'file,
            }
        }
    }
    assert_eq!(pieces, whole);
    assert_eq!(reader.offset(), records.offset());
}

fn counts(graph: &Graph) -> [usize; 4] {
    let announced = graph.nodes().filter(|(_, n)| n.announced_at().is_some());
    [
        graph.channel_count(),
        graph.policy_count(),
        graph.node_count(),
        announced.count(),
    ]
}

fn graph() -> Graph {
    Graph::new(Config::new(ChainHash::REGTEST, 0x5eed))
}
