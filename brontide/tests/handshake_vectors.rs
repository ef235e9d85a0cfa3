//! BOLT 8, Appendix A: every handshake vector of both roles, failures included.
//!
//! Each vector is a script of what is read and what must be written. The runner below is what a connection
//! does: it feeds bytes, writes what comes out, and upon an error writes nothing more.

mod common;

use brontide::bytes::BytesMut;
use brontide::secp256k1::PublicKey;
use brontide::{Act, EphemeralKey, HandshakeError, LocalSigner, initiator, responder, take_act};
use common::{bytes, vectors};
use serde_json::Value;

/// What a run ended in.
#[derive(Debug)]
enum End {
    Success {
        peer: Option<PublicKey>,
    },
    Refused(HandshakeError),
    /// The peer closed before an act was whole.
    ShortRead(Act),
}

/// Runs one vector; returns what was written, act by act, and how it ended.
fn run(role: &str, vector: &Value) -> (Vec<Vec<u8>>, End) {
    let keys = &vector["keys"];
    let local = common::signer(bytes(&keys["ls_priv"]).try_into().unwrap());
    assert_eq!(local.public_key().serialize()[..], bytes(&keys["ls_pub"]));
    let e = common::ephemeral(bytes(&keys["e_priv"]).try_into().unwrap());
    assert_eq!(e.public_key().serialize()[..], bytes(&keys["e_pub"]));
    let inputs = vector["io"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|io| io.get("input"))
        .map(bytes);
    let mut received = inputs.map(|input| BytesMut::from(&input[..]));
    let mut written = Vec::new();
    let end = match role {
        "initiator" => {
            let remote = PublicKey::from_slice(&bytes(&keys["rs_pub"])).unwrap();
            initiate(&local, remote, e, &mut received, &mut written)
        }
        _ => respond(&local, e, &mut received, &mut written),
    };
    (written, end.unwrap_or_else(|end| end))
}

fn initiate(
    local: &LocalSigner,
    remote: PublicKey,
    e: EphemeralKey,
    received: &mut impl Iterator<Item = BytesMut>,
    written: &mut Vec<Vec<u8>>,
) -> Result<End, End> {
    let (one, waits) = initiator::start(local.public_key(), remote, e);
    written.push(one.to_vec());
    let need = waits
        .read(&whole(Act::Two, received)?)
        .map_err(End::Refused)?;
    let ecdh = local.ecdh(&need.point());
    let (three, _) = need.finish(ecdh);
    written.push(three.to_vec());
    Ok(End::Success { peer: None })
}

fn respond(
    local: &LocalSigner,
    e: EphemeralKey,
    received: &mut impl Iterator<Item = BytesMut>,
    written: &mut Vec<Vec<u8>>,
) -> Result<End, End> {
    let waits = responder::AwaitActOne::new(local.public_key());
    let need = waits
        .read(&whole(Act::One, received)?)
        .map_err(End::Refused)?;
    let ecdh = local.ecdh(&need.point());
    let (two, waits) = need.finish(ecdh, e).map_err(End::Refused)?;
    written.push(two.to_vec());
    let (peer, _) = waits
        .read(&whole(Act::Three, received)?)
        .map_err(End::Refused)?;
    Ok(End::Success { peer: Some(peer) })
}

fn whole<const N: usize>(
    act: Act,
    received: &mut impl Iterator<Item = BytesMut>,
) -> Result<[u8; N], End> {
    let mut buf = received.next().unwrap();
    let bytes = take_act(&mut buf).ok_or(End::ShortRead(act))?;
    assert!(buf.is_empty());
    Ok(bytes)
}

/// The specification's name for how a run ended.
fn spec_name(end: &End) -> String {
    let act = |act| match act {
        Act::One => "ACT1",
        Act::Two => "ACT2",
        Act::Three => "ACT3",
    };
    match end {
        End::Success { .. } => "success".into(),
        End::ShortRead(of) => format!("{}_READ_FAILED", act(*of)),
        End::Refused(HandshakeError::BadVersion { act: of, version }) => {
            format!("{}_BAD_VERSION {version}", act(*of))
        }
        End::Refused(HandshakeError::BadPubkey { act: of }) => format!("{}_BAD_PUBKEY", act(*of)),
        End::Refused(HandshakeError::BadTag { act: of }) => format!("{}_BAD_TAG", act(*of)),
        End::Refused(HandshakeError::BadCiphertext { act: of }) => {
            format!("{}_BAD_CIPHERTEXT", act(*of))
        }
        End::Refused(other) => panic!("no name for {other}"),
    }
}

fn run_all(role: &str, count: usize) {
    let file = vectors(role);
    let all = file["vectors"].as_array().unwrap();
    assert_eq!(all.len(), count);
    for vector in all {
        let name = vector["name"].as_str().unwrap();
        let (written, end) = run(role, vector);
        let outputs = vector["io"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|io| io.get("output"));
        // Nothing but this is written: an error ends the script, and the run with it.
        assert_eq!(written, outputs.map(bytes).collect::<Vec<_>>(), "{name}");
        let expected = vector["expect"].as_str().unwrap();
        let ended = spec_name(&end);
        // The text of BOLT 8 gives the version for two of the three acts.
        assert!(
            ended == expected || ended == format!("{expected} 1"),
            "{name}: {ended}"
        );
        if let End::Success { peer } = end {
            let initiator = common::signer([0x11; 32]).public_key();
            assert!(peer.is_none_or(|peer| peer == initiator));
        }
    }
}

#[test]
fn initiator_vectors() {
    run_all("initiator", 5);
}

#[test]
fn responder_vectors() {
    run_all("responder", 10);
}

#[test]
fn frames_may_follow_act_three_in_the_same_segment() {
    let file = vectors("responder");
    let io = &file["vectors"][0]["io"];
    let (mut alice, mut bob) = common::transports();
    let mut segment = BytesMut::from(&bytes(&io[2]["input"])[..]);
    alice.tx.encrypt(b"at once", &mut segment).unwrap();
    let three: brontide::ActThree = take_act(&mut segment).unwrap();
    assert_eq!(three[..], bytes(&io[2]["input"]));
    assert_eq!(bob.rx.next(&mut segment).unwrap().unwrap(), &b"at once"[..]);
}

#[test]
fn two_handshakes_of_the_same_nodes_have_nothing_in_common() {
    let (alice, bob) = (common::signer([0x11; 32]), common::signer([0x21; 32]));
    let dial = |e| initiator::start(alice.public_key(), bob.public_key(), common::ephemeral(e));
    let (first, second) = (dial([0x12; 32]).0, dial([0x13; 32]).0);
    assert_ne!(first[1..34], second[1..34]);
    assert_ne!(first[34..], second[34..]);
    // The answer to one does not fit into the other.
    let need = responder::AwaitActOne::new(bob.public_key())
        .read(&first)
        .unwrap();
    let ecdh = bob.ecdh(&need.point());
    let (two, _) = need.finish(ecdh, common::ephemeral([0x22; 32])).unwrap();
    let refused = dial([0x13; 32]).1.read(&two).unwrap_err();
    assert_eq!(refused, HandshakeError::BadTag { act: Act::Two });
}

#[test]
fn wrong_ecdh_is_refused_by_the_next_tag() {
    let (alice, bob) = (common::signer([0x11; 32]), common::signer([0x21; 32]));
    let dial = || {
        initiator::start(
            alice.public_key(),
            bob.public_key(),
            common::ephemeral([0x12; 32]),
        )
    };
    let answer = || responder::AwaitActOne::new(bob.public_key());
    let wrong = || brontide::SharedSecret::from_bytes([1; 32]);

    let need = answer().read(&dial().0).unwrap();
    let refused = need
        .finish(wrong(), common::ephemeral([0x22; 32]))
        .unwrap_err();
    assert_eq!(refused, HandshakeError::BadTag { act: Act::One });

    let (one, waits) = dial();
    let need = answer().read(&one).unwrap();
    let ecdh = bob.ecdh(&need.point());
    let (two, bob_waits) = need.finish(ecdh, common::ephemeral([0x22; 32])).unwrap();
    let (three, _) = waits.read(&two).unwrap().finish(wrong());
    assert_eq!(
        bob_waits.read(&three).unwrap_err(),
        HandshakeError::BadTag { act: Act::Three }
    );
}

#[test]
fn errors_read_well() {
    let shown = [
        HandshakeError::BadVersion {
            act: Act::One,
            version: 1,
        }
        .to_string(),
        HandshakeError::BadPubkey { act: Act::Two }.to_string(),
        HandshakeError::BadTag { act: Act::Three }.to_string(),
        HandshakeError::BadCiphertext { act: Act::Three }.to_string(),
        brontide::TooLong { len: 70_000 }.to_string(),
    ];
    assert_eq!(
        shown,
        [
            "act one: unknown handshake version 1",
            "act two: not a compressed public key",
            "act three: wrong tag",
            "act three: static key cannot be decrypted",
            "message of 70000 bytes, at most 65535 fit into a frame",
        ]
    );
}
