//! The inbound fee behind a `channel_update`, which need not be the only thing there.

use lnwire::{
    BigSize, DecodeError, Features, WireMessage,
    bolt7::ChannelUpdate,
    extra::{DynReject, InboundFee, RejectedParameters, inbound_fee},
};

fn update(extra: &[u8]) -> ChannelUpdate {
    let mut frame = vec![1, 2];
    frame.resize(ChannelUpdate::MIN_LEN, 0xab);
    frame.extend(extra);
    let update = ChannelUpdate::decode(frame.into()).unwrap();
    assert_eq!(update.extra(), extra);
    update
}

fn record(tlv_type: u64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    BigSize(tlv_type).write(&mut out);
    BigSize::from(value.len()).write(&mut out);
    out.extend(value);
    out
}

const FEE: [u8; 8] = [0xff, 0xff, 0xff, 0xfe, 0x80, 0, 0, 0];

#[test]
fn found_among_others() {
    let fee = InboundFee {
        base_fee_msat: -2,
        fee_proportional_millionths: i32::MIN,
    };
    let own = record(55555, &FEE);
    assert_eq!(inbound_fee(&update(&own)), Some(Ok(fee)));
    // Even types do not matter: they say nothing about this record.
    let among = [record(2, b"x"), own.clone(), record(55556, b"y")].concat();
    assert_eq!(inbound_fee(&update(&among)), Some(Ok(fee)));
    // What comes behind it neither.
    let broken = [&own[..], &[1, 200]].concat();
    assert_eq!(inbound_fee(&update(&broken)), Some(Ok(fee)));
}

#[test]
fn none() {
    for extra in [
        vec![],
        record(1, b"x"),
        record(55553, b"x"),
        record(55557, &FEE),
    ] {
        assert_eq!(inbound_fee(&update(&extra)), None);
    }
}

#[test]
fn faulty() {
    let error = |extra: &[u8]| inbound_fee(&update(extra)).unwrap().unwrap_err();
    let field = "inbound_fee";
    let short = record(55555, &FEE[..7]);
    assert!(matches!(
        error(&short),
        DecodeError::Truncated {
            needed: 4,
            available: 3,
            ..
        }
    ));
    let long = record(55555, &[&FEE[..], &[0]].concat());
    assert_eq!(error(&long), DecodeError::TrailingBytes { field, extra: 1 });
    assert!(matches!(error(&[1, 9]), DecodeError::Truncated { .. }));
    assert!(matches!(
        error(&[0xfd, 0, 1]),
        DecodeError::NotMinimal { .. }
    ));
    let unordered = [record(5, b""), record(3, b""), record(55555, &FEE)].concat();
    assert!(matches!(error(&unordered), DecodeError::TlvOrder { .. }));
}

#[test]
fn rejected_parameters_are_record_types() {
    let rejected = RejectedParameters::new([0, 12]);
    assert!(rejected.contains(0) && rejected.contains(12) && !rejected.contains(2));
    assert_eq!(rejected.0, Features::from_bytes(vec![0x10, 1].into()));
    let mut frame = vec![0, 115];
    frame.extend([9; 32]);
    frame.extend([0, 2, 0x10, 1, 7]);
    let message = DynReject::decode(frame.clone().into()).unwrap();
    assert_eq!(
        (&message.update_rejections, &message.extra[..]),
        (&rejected, &[7][..])
    );
    let mut out = Vec::new();
    message.encode(&mut out).unwrap();
    assert_eq!(out, frame);
}
