//! Lists of short channel ids, and the lists beside them.

use lnwire::{
    BlockHeight, ChainHash, ShortChannelId, Timestamp, WireMessage,
    bolt7::{
        Checksums, QueryFlags, QueryShortChannelIds, ReplyChannelRange, ShortChannelIds, Timestamps,
    },
    bytes::Bytes,
    tlv::UnknownRecords,
};

use crate::lnwire_message::{lnwire_message, look_at_ids};

/// The first byte says what the rest is: an encoded list; ids and a stream behind them, for a query or a reply;
/// what lists are made of; a text.
///
/// # Panics
/// If a list does not come back as it was.
pub fn lnwire_scid_lists(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    match kind % 5 {
        0 => encoded(rest),
        1 => {
            let mut frame = QueryShortChannelIds::TYPE.to_be_bytes().to_vec();
            frame.extend(ChainHash::MAINNET.as_bytes());
            with_lists(frame, rest);
        }
        2 => {
            let mut frame = ReplyChannelRange::TYPE.to_be_bytes().to_vec();
            frame.extend(ChainHash::MAINNET.as_bytes());
            // Blocks, and whether it is the last.
            frame.extend([0; 9]);
            with_lists(frame, rest);
        }
        3 => made(rest),
        _ => text(rest),
    }
}

fn encoded(input: &[u8]) {
    if let Ok(ids) = ShortChannelIds::from_bytes(Bytes::copy_from_slice(input)) {
        assert_eq!(ids.as_bytes(), input);
        assert_eq!(ids.is_empty(), ids.iter().next().is_none());
        look_at_ids(&ids);
        if !input.is_empty() {
            assert_eq!(ShortChannelIds::new(ids.iter()), ids);
        }
    }
}

/// Adds as many ids as the first byte says, or as there are, and what follows as it is.
fn with_lists(mut frame: Vec<u8>, input: &[u8]) {
    let Some((count, rest)) = input.split_first() else {
        return;
    };
    let count = usize::from(*count).min(rest.len() / ShortChannelId::LEN);
    let (ids, stream) = rest.split_at(count * ShortChannelId::LEN);
    let len = u16::try_from(ids.len() + 1).expect("at most 255 ids");
    frame.extend(len.to_be_bytes());
    frame.push(0);
    frame.extend(ids);
    frame.extend(stream);
    lnwire_message(&frame);
}

/// Makes both messages: 32 bytes for each channel have its id, its flags and two timestamps and checksums.
fn made(input: &[u8]) {
    let word = |chunk: &[u8], at: usize| -> u32 {
        u32::from_be_bytes(*chunk[at..].first_chunk().expect("32 bytes"))
    };
    let long = |chunk: &[u8], at| u64::from(word(chunk, at)) << 32 | u64::from(word(chunk, at + 4));
    // As many as fit into a message.
    let channels: Vec<_> = input.chunks_exact(32).take(1000).collect();
    let ids: Vec<_> = channels
        .iter()
        .map(|chunk| ShortChannelId(long(chunk, 0)))
        .collect();
    let flags: Vec<_> = channels.iter().map(|chunk| long(chunk, 8)).collect();
    let times: Vec<_> = channels
        .iter()
        .map(|chunk| [Timestamp(word(chunk, 16)), Timestamp(word(chunk, 20))])
        .collect();
    let sums: Vec<_> = channels
        .iter()
        .map(|chunk| [word(chunk, 24), word(chunk, 28)])
        .collect();

    let list = ShortChannelIds::new(ids.iter().copied());
    assert!(list.iter().eq(ids.iter().copied()));
    let query = QueryShortChannelIds {
        chain_hash: ChainHash::MAINNET,
        short_channel_ids: list.clone(),
        query_flags: Some(QueryFlags::new(flags.iter().copied())),
        unknown: UnknownRecords::default(),
    };
    let query = again(&query);
    let read = query.query_flags.iter().flat_map(QueryFlags::iter);
    assert!(read.eq(flags));

    let reply = ReplyChannelRange {
        chain_hash: ChainHash::MAINNET,
        first_blocknum: BlockHeight(0),
        number_of_blocks: u32::MAX,
        sync_complete: 1,
        short_channel_ids: list,
        timestamps: Some(Timestamps::new(times.iter().copied())),
        checksums: Some(Checksums::new(sums.iter().copied())),
        unknown: UnknownRecords::default(),
    };
    let reply = again(&reply);
    assert!(reply.timestamps.iter().flat_map(Timestamps::iter).eq(times));
    assert!(reply.checksums.iter().flat_map(Checksums::iter).eq(sums));
}

/// The message after a trip over the wire, which changes nothing.
fn again<T: WireMessage + PartialEq + core::fmt::Debug>(message: &T) -> T {
    let mut frame = Vec::new();
    message.encode(&mut frame).expect("it is short enough");
    assert_eq!(frame.len(), message.encoded_len());
    let again = T::decode(frame.into()).expect("it was made so");
    assert_eq!(again, *message);
    again
}

fn text(input: &[u8]) {
    if let Ok(text) = core::str::from_utf8(input) {
        if let Ok(id) = text.parse::<ShortChannelId>() {
            assert_eq!(id.to_string().parse(), Ok(id));
            let (block, index) = (id.block().0, id.transaction_index());
            assert_eq!(
                ShortChannelId::new(block, index, id.output_index()),
                Some(id)
            );
        }
    }
}
