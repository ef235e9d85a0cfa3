//! A message past 65535 bytes is refused, and what was in the buffer stays as it was.

use lnwire::bytes::Bytes;
use lnwire::{
    Addresses, Alias, BigSize, BlockHeight, ChainHash, ChannelId, Color, DecodeError, Features,
    Message, MessageTooLong, NodeId, Point, ShortChannelId, Signature, Timestamp, WireMessage,
    bolt1::{ErrorMessage, Init, Ping, Pong, Warning},
    bolt7::{
        Checksums, ReplyChannelRange, ShortChannelIds, Timestamps, channel_announcement,
        node_announcement,
    },
    tlv::UnknownRecords,
};

fn zeros(len: usize) -> Bytes {
    vec![0; len].into()
}

/// The message that `make` makes for a content of `fits` bytes is the longest there is.
fn check(fits: usize, make: impl Fn(usize) -> Message) {
    let mut out = vec![1, 2, 3];
    make(fits).encode(&mut out).unwrap();
    assert_eq!(out.len(), 3 + 65535);
    assert_eq!(Message::decode(out.split_off(3).into()), Ok(make(fits)));
    for content in [fits + 1, fits + 100_000] {
        let message = make(content);
        let len = message.encoded_len();
        assert!(len > 65535);
        assert_eq!(message.encode(&mut out), Err(MessageTooLong { len }));
        assert_eq!(out, [1, 2, 3]);
    }
}

#[test]
fn fields_of_two_length_bytes() {
    let channel_id = ChannelId::ALL;
    let extra = Bytes::new();
    check(65535 - 4, |len| {
        Pong {
            ignored: zeros(len),
            extra: extra.clone(),
        }
        .into()
    });
    check(65535 - 4, |len| {
        Pong {
            ignored: Bytes::new(),
            extra: zeros(len),
        }
        .into()
    });
    check(65535 - 6, |len| {
        Ping {
            num_pong_bytes: 0,
            ignored: zeros(len),
            extra: extra.clone(),
        }
        .into()
    });
    check(65535 - 36, |len| {
        Warning {
            channel_id,
            data: zeros(len),
            extra: extra.clone(),
        }
        .into()
    });
    check(65535 - 36, |len| {
        ErrorMessage {
            channel_id,
            data: zeros(len),
            extra: extra.clone(),
        }
        .into()
    });
    check(65535 - 6, |len| {
        Init {
            features: Features::from_bytes(zeros(len)),
            ..Init::default()
        }
        .into()
    });
}

#[test]
fn records() {
    check(65535 - 6 - 4, |len| {
        Init {
            remote_addr: Some(zeros(len)),
            ..Init::default()
        }
        .into()
    });
    check(65535 - 6 - 4, |len| {
        let mut records = vec![5];
        BigSize::from(len).write(&mut records);
        records.resize(records.len() + len, 0);
        let unknown = UnknownRecords::from_bytes(&records.into()).unwrap();
        Init {
            unknown,
            ..Init::default()
        }
        .into()
    });
}

fn reply(ids: usize) -> ReplyChannelRange {
    ReplyChannelRange {
        chain_hash: ChainHash::REGTEST,
        first_blocknum: BlockHeight(0),
        number_of_blocks: u32::MAX,
        sync_complete: 1,
        short_channel_ids: ShortChannelIds::new((0..ids).map(|_| ShortChannelId(7))),
        timestamps: Some(Timestamps::new((0..ids).map(|_| [Timestamp(1); 2]))),
        checksums: Some(Checksums::new((0..ids).map(|_| [1; 2]))),
        unknown: UnknownRecords::default(),
    }
}

#[test]
fn lists_of_channels() {
    let mut out = Vec::new();
    let full = reply(ShortChannelIds::MAX_IN_REPLY);
    full.encode(&mut out).unwrap();
    assert_eq!(ReplyChannelRange::decode(out.into()), Ok(full));

    let mut out = vec![1, 2, 3];
    for ids in [2729, 8192, 100_000] {
        let reply = reply(ids);
        let len = reply.encoded_len();
        assert_eq!(reply.encode(&mut out), Err(MessageTooLong { len }));
        assert_eq!(out, [1, 2, 3]);
    }
}

#[test]
fn signed_messages() {
    let id = NodeId([2; 33]);
    let channel = |len| channel_announcement::Contents {
        features: Features::from_bytes(zeros(len)),
        chain_hash: ChainHash::REGTEST,
        short_channel_id: ShortChannelId(0),
        node_id_1: id,
        node_id_2: id,
        bitcoin_key_1: Point([2; 33]),
        bitcoin_key_2: Point([2; 33]),
    };
    let node = |len| node_announcement::Contents {
        features: Features::EMPTY,
        timestamp: Timestamp(0),
        node_id: id,
        rgb_color: Color::default(),
        alias: Alias::default(),
        addresses: Addresses::from_bytes(zeros(len)),
    };
    let signature = Signature([0; 64]);
    let message = channel(65535 - 432)
        .unsigned()
        .unwrap()
        .sign(&[signature; 4]);
    assert_eq!(message.encoded_len(), 65535);
    let message = node(65535 - 142).unsigned().unwrap().sign(&[signature]);
    assert_eq!(message.encoded_len(), 65535);
    for more in [1, 65536] {
        let too_long = MessageTooLong { len: 65535 + more };
        assert_eq!(channel(65535 - 432 + more).unsigned().err(), Some(too_long));
        assert_eq!(node(65535 - 142 + more).unsigned().err(), Some(too_long));
    }
}

#[test]
fn too_long_frames_are_not_decoded() {
    for msg_type in [
        1, 2, 7, 9, 16, 17, 18, 19, 32, 33, 34, 35, 36, 38, 39, 40, 41, 64, 65, 66, 67, 68, 69, 70,
        71, 72, 73, 74, 77, 80, 81, 127, 128, 130, 131, 132, 133, 134, 135, 136, 256, 257, 258,
        259, 261, 262, 263, 264, 265, 9, 40000,
    ] {
        let mut frame = vec![0; 65536];
        frame[..2].copy_from_slice(&u16::to_be_bytes(msg_type));
        let fault = Message::decode(frame.into()).unwrap_err();
        assert_eq!(fault.msg_type, msg_type);
        assert_eq!(fault.error, DecodeError::TooLong { len: 65536 });
    }
}
