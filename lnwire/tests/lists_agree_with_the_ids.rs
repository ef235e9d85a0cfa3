//! Lists that belong to the short channel ids have as many elements, and the one encoding there is.

use lnwire::bytes::Bytes;
use lnwire::{
    ChainHash, DecodeError, ShortChannelId, Timestamp, WireMessage,
    bolt7::{QueryFlags, QueryShortChannelIds, ReplyChannelRange, ShortChannelIds},
    tlv::UnknownRecords,
};

fn query(ids: &[u8], record: &[u8]) -> Result<QueryShortChannelIds, DecodeError> {
    let mut frame = vec![1, 5];
    frame.extend([0; 32]);
    frame.extend([0, u8::try_from(ids.len()).unwrap()]);
    frame.extend(ids);
    frame.extend(record);
    QueryShortChannelIds::decode(frame.into())
}

fn reply(ids: &[u8], record: &[u8]) -> Result<ReplyChannelRange, DecodeError> {
    let mut frame = vec![1, 8];
    frame.extend([0; 32 + 4 + 4 + 1]);
    frame.extend([0, u8::try_from(ids.len()).unwrap()]);
    frame.extend(ids);
    frame.extend(record);
    ReplyChannelRange::decode(frame.into())
}

const TWO: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1];

#[test]
fn flags() {
    let field = "query_flags";
    let flags = |record: &[u8]| query(TWO, record).map(|q| q.query_flags.unwrap());
    assert!(
        flags(&[1, 3, 0, 1, 31])
            .unwrap()
            .iter()
            .eq([1, QueryFlags::EVERYTHING])
    );
    assert!(
        flags(&[1, 5, 0, 0xfd, 1, 0, 2])
            .unwrap()
            .iter()
            .eq([256, 2])
    );
    for (record, found) in [
        (&[1, 2, 0, 1][..], 1),
        (&[1, 4, 0, 1, 1, 1], 3),
        (&[1, 1, 0], 0),
    ] {
        let expected = 2;
        assert_eq!(
            flags(record),
            Err(DecodeError::CountMismatch {
                field,
                expected,
                found
            })
        );
    }
    assert_eq!(
        flags(&[1, 3, 1, 1, 1]),
        Err(DecodeError::UnsupportedEncoding { field, encoding: 1 })
    );
    assert_eq!(
        flags(&[1, 5, 0, 0xfd, 0, 1, 2]),
        Err(DecodeError::NotMinimal { field })
    );
    for record in [&[1, 0][..], &[1, 4, 0, 1, 0xfd, 1]] {
        assert!(matches!(flags(record), Err(DecodeError::Truncated { .. })));
    }
}

#[test]
fn timestamps_and_checksums() {
    let mut record = vec![1, 17, 0];
    record.extend((0..16).map(|n| if n % 4 == 3 { n } else { 0 }));
    let timestamps = reply(TWO, &record).unwrap().timestamps.unwrap();
    assert!(
        timestamps
            .iter()
            .eq([[3, 7], [11, 15]].map(|pair| pair.map(Timestamp)))
    );
    let (field, expected, found) = ("timestamps_tlv", 2, 1);
    assert_eq!(
        reply(TWO, &[&[1, 9, 0][..], &[0; 8]].concat()),
        Err(DecodeError::CountMismatch {
            field,
            expected,
            found
        })
    );
    assert_eq!(
        reply(TWO, &[&[1, 17, 2][..], &[0; 16]].concat()),
        Err(DecodeError::UnsupportedEncoding { field, encoding: 2 })
    );

    let mut record = vec![3, 16];
    record.extend((0..16).map(|n| if n % 4 == 0 { n } else { 0xff }));
    let checksums = reply(TWO, &record).unwrap().checksums.unwrap();
    let expected = [[0x00ff_ffff, 0x04ff_ffff], [0x08ff_ffff, 0x0cff_ffff]];
    assert!(checksums.iter().eq(expected));
    let (field, expected, found) = ("checksums_tlv", 2, 0);
    assert_eq!(
        reply(TWO, &[3, 0]),
        Err(DecodeError::CountMismatch {
            field,
            expected,
            found
        })
    );
    assert_eq!(
        reply(TWO, &[3, 1, 0]),
        Err(DecodeError::Ragged {
            field,
            len: 1,
            element: 8
        })
    );
}

/// Order and repetitions are kept: nodes send both, and the reader decides.
#[test]
fn ids_in_any_order() {
    let ids = reply(TWO, &[]).unwrap().short_channel_ids;
    assert!(ids.iter().eq([ShortChannelId(2), ShortChannelId(1)]));
    assert_eq!((ids.len(), ids.is_empty()), (2, false));
    let twice = [TWO, &TWO[1..]].concat();
    assert_eq!(reply(&twice, &[]).unwrap().short_channel_ids.len(), 4);
}

/// Core Lightning answers for a chain that it does not know without so much as the encoding byte. We write it.
#[test]
fn no_ids_at_all() {
    for ids in [&[][..], &[0]] {
        let query = query(ids, &[]).unwrap();
        assert!(query.short_channel_ids.is_empty());
        let mut out = Vec::new();
        query.encode(&mut out).unwrap();
        assert_eq!(out.len(), 36 + ids.len());
    }
    assert_eq!(ShortChannelIds::default(), ShortChannelIds::new([]));
    let query = QueryShortChannelIds {
        chain_hash: ChainHash::REGTEST,
        short_channel_ids: ShortChannelIds::default(),
        query_flags: None,
        unknown: UnknownRecords::default(),
    };
    let mut out = Vec::new();
    query.encode(&mut out).unwrap();
    assert_eq!(out[34..], [0, 1, 0]);
    assert!(
        ShortChannelIds::from_bytes(Bytes::new())
            .unwrap()
            .is_empty()
    );
}
