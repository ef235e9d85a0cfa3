//! Each way in which a peer can break the rules ends the session with the reason that names it.

mod common;

use common::{ALICE, BOB, End, Rogue, at, config, encoded, ephemeral, node, outbound};
use conn_worker::brontide::{Act, DecryptError, HandshakeError};
use conn_worker::lnwire::bolt1::{ChainHashes, ErrorMessage, Init, Warning};
use conn_worker::lnwire::{ChainHash, ChannelId, Features, Message, WireMessage};
use conn_worker::session::{Event, Input, Lane};
use conn_worker::{EndReason, SendError, Session, SessionConfig};
use proptest::prelude::*;

/// After the end: no timer, no message, no output whatever happens.
fn assert_inert(end: &mut End) {
    assert!(end.closed.is_some());
    let now = at(1_000_000);
    end.session.handle_timeout(now);
    end.session.handle_input(now, Input::Closed);
    let signer = node(ALICE);
    end.session
        .handle_input(now, Input::Ecdh(signer.ecdh(&signer.public_key())));
    end.session.close(now);
    end.receive(now, &[1; 1000]);
    assert!(end.received.is_empty());
    assert!(end.transmit_all(now).is_empty());
    assert_eq!(end.session.poll_timeout(), None);
    assert_eq!(end.session.peer(), None);
    assert!(!end.session.is_paused() && !end.session.has_transmit());
    assert_eq!(
        end.session
            .send(now, Lane::Control, &Warning::about_all("late")),
        Err(SendError::NotUp)
    );
}

fn assert_silent_end(mut end: End, reason: EndReason) {
    assert_eq!(end.closed, Some(reason));
    assert!(end.transmit_all(at(0)).is_empty());
    assert_inert(&mut end);
}

/// The end comes with one warning to the peer.
fn assert_warned_end(mut end: End, mut rogue: Rogue, reason: EndReason) {
    assert_eq!(end.closed, Some(reason));
    assert!(end.session.has_transmit());
    let said = rogue.read(at(0), &mut end);
    let Some(Message::Warning(warning)) = said.last() else {
        panic!("no warning but {said:?}");
    };
    assert_eq!(warning.text().to_string(), reason.to_string());
    assert_inert(&mut end);
}

/// What becomes of a session that is up and receives this message.
fn after(message: &[u8]) -> (End, Rogue) {
    let (mut end, mut rogue) = Rogue::up(at(0));
    rogue.send(at(0), &mut end, message);
    (end, rogue)
}

#[test]
fn garbage_as_acts() {
    let mut bob = End::bob(at(0));
    bob.receive(at(0), &[0xff; 50]);
    let (act, version) = (Act::One, 0xff);
    assert_silent_end(
        bob,
        EndReason::Handshake(HandshakeError::BadVersion { act, version }),
    );

    let mut alice = End::alice(at(0));
    alice.transmit_all(at(0));
    alice.receive(at(0), &[0; 50]);
    let act = Act::Two;
    assert_silent_end(
        alice,
        EndReason::Handshake(HandshakeError::BadPubkey { act }),
    );

    let mut bob = End::bob(at(0));
    let (_, mut act_three) = Rogue::dial(at(0), &mut bob);
    act_three[65] ^= 1;
    bob.receive(at(0), &act_three);
    let act = Act::Three;
    assert_silent_end(bob, EndReason::Handshake(HandshakeError::BadTag { act }));
}

#[test]
fn dialling_the_wrong_key() {
    let wrong = node(0x33).public_key();
    let session = Session::outbound(at(0), config(ALICE), wrong, ephemeral(0x12));
    let mut alice = End::new(session, node(ALICE));
    let mut bob = End::bob(at(0));
    bob.receive(at(0), &alice.transmit_all(at(0)));
    let act = Act::One;
    assert_silent_end(bob, EndReason::Handshake(HandshakeError::BadTag { act }));
    alice.session.handle_input(at(0), Input::Closed);
    alice.drain(at(0));
    assert_silent_end(alice, EndReason::ClosedInHandshake);
}

#[test]
fn closing_before_init() {
    let mut alice = End::alice(at(0));
    let rogue = Rogue::accept(at(0), &mut alice);
    drop(rogue);
    alice.session.handle_input(at(0), Input::Closed);
    alice.drain(at(0));
    assert_silent_end(alice, EndReason::ClosedBeforeInit);
}

#[test]
fn closing_later() {
    let (mut end, _) = Rogue::up(at(0));
    end.session.handle_input(at(0), Input::Closed);
    end.drain(at(0));
    assert_silent_end(end, EndReason::RemoteClosed);
}

#[test]
fn silence_in_the_handshake() {
    for mut end in [End::alice(at(0)), End::bob(at(0))] {
        assert_eq!(end.session.poll_timeout(), Some(at(10)));
        end.session.handle_timeout(at(9));
        end.drain(at(9));
        assert_eq!(end.closed, None);
        end.receive(at(9), &[0]);
        end.session.handle_timeout(at(10));
        end.drain(at(10));
        assert_silent_end(end, EndReason::HandshakeTimeout);
    }
}

#[test]
fn a_signer_that_never_answers() {
    let mut session = common::inbound(at(0));
    let mut alice = End::new(outbound(at(0)), node(ALICE));
    let mut received = alice.transmit_all(at(0));
    received.extend_from_slice(&[1; 500]);
    session.handle_bytes(at(0), &mut received);
    assert!(session.is_paused());
    assert_eq!(received.len(), 500);
    session.handle_timeout(at(10));
    let mut bob = End::new(session, node(0x55));
    bob.drain(at(10));
    assert_silent_end(bob, EndReason::HandshakeTimeout);
}

#[test]
fn silence_instead_of_init() {
    let mut alice = End::alice(at(0));
    let _rogue = Rogue::accept(at(5), &mut alice);
    assert_eq!(alice.session.poll_timeout(), Some(at(20)));
    alice.session.handle_timeout(at(20));
    alice.drain(at(20));
    assert_silent_end(alice, EndReason::InitTimeout);
}

#[test]
fn another_message_instead_of_init() {
    let mut alice = End::alice(at(0));
    let mut rogue = Rogue::accept(at(0), &mut alice);
    rogue.send(at(0), &mut alice, &encoded(&Warning::about_all("first")));
    assert_eq!(alice.closed, Some(EndReason::NotInit { msg_type: 1 }));
    // Before the peer's init nothing is said but ours.
    let said = rogue.read(at(0), &mut alice);
    assert!(matches!(said[..], [] | [Message::Init(_)]), "{said:?}");
    assert_inert(&mut alice);
}

#[test]
fn undecodable_init() {
    let mut alice = End::alice(at(0));
    let mut rogue = Rogue::accept(at(0), &mut alice);
    rogue.send(at(0), &mut alice, &[0, 16, 0]);
    assert!(matches!(
        alice.closed,
        Some(EndReason::UndecodableMessage(error)) if error.msg_type == 16
    ));
    assert_inert(&mut alice);
}

#[test]
fn empty_message_instead_of_init() {
    let mut alice = End::alice(at(0));
    let mut rogue = Rogue::accept(at(0), &mut alice);
    rogue.send(at(0), &mut alice, &[]);
    assert!(matches!(
        alice.closed,
        Some(EndReason::UndecodableMessage(error)) if error.msg_type == 0
    ));
}

#[test]
fn unknown_required_feature() {
    for features in [Features::from_bits([100]), Features::from_bits([1, 7, 100])] {
        let init = Init {
            features,
            ..Init::default()
        };
        let mut bob = End::bob(at(0));
        let (mut rogue, mut read) = Rogue::dial(at(0), &mut bob);
        // In one read with act three: our init goes out before the warning all the same.
        read.extend_from_slice(&rogue.seal(&encoded(&init)));
        bob.receive(at(0), &read);
        assert_warned_end(bob, rogue, EndReason::UnknownFeature { bit: 100 });
    }
}

#[test]
fn feature_without_what_it_depends_on() {
    // option_simple_close, without option_shutdown_anysegwit and with it.
    let init = |bits: &[u32]| Init {
        features: Features::from_bits(bits.iter().copied()),
        ..Init::default()
    };
    let mut bob = End::bob(at(0));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut bob);
    bob.receive(at(0), &act_three);
    rogue.send(at(0), &mut bob, &encoded(&init(&[61])));
    let reason = EndReason::MissingDependency {
        feature: "option_simple_close",
        needed: "option_shutdown_anysegwit",
    };
    assert_warned_end(bob, rogue, reason);

    let mut bob = End::bob(at(0));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut bob);
    bob.receive(at(0), &act_three);
    rogue.send(at(0), &mut bob, &encoded(&init(&[27, 61])));
    assert!(bob.session.is_up());
}

#[test]
fn another_chain() {
    let serves = |chain| Init {
        networks: Some(ChainHashes::new(&[chain])),
        ..Init::default()
    };
    let accepting = || {
        let config = SessionConfig {
            networks: vec![ChainHash::MAINNET, ChainHash::SIGNET],
            ..config(BOB)
        };
        let session = Session::inbound(at(0), config, ephemeral(0x22));
        let mut bob = End::new(session, node(BOB));
        let (rogue, act_three) = Rogue::dial(at(0), &mut bob);
        bob.receive(at(0), &act_three);
        (bob, rogue)
    };
    let (mut bob, mut rogue) = accepting();
    rogue.send(at(0), &mut bob, &encoded(&serves(ChainHash::REGTEST)));
    assert_warned_end(bob, rogue, EndReason::NoCommonChain);

    for fine in [serves(ChainHash::SIGNET), Init::default()] {
        let (mut bob, mut rogue) = accepting();
        rogue.send(at(0), &mut bob, &encoded(&fine));
        assert_eq!(bob.up(), Some(&fine));
        let Some(Message::Init(ours)) = rogue.read(at(0), &mut bob).pop() else {
            panic!("no init");
        };
        assert!(ours.networks.unwrap().contains(ChainHash::SIGNET));
    }
}

#[test]
fn bad_mac() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let mut wire = rogue.seal(&encoded(&Warning::about_all("x")));
    wire[3] ^= 1;
    end.receive(at(0), &wire);
    assert_silent_end(end, EndReason::Decrypt(DecryptError::BadTag));
}

#[test]
fn repeated_frame() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    let wire = rogue.seal(&encoded(&Warning::about_all("x")));
    end.receive(at(0), &wire);
    end.receive(at(0), &wire);
    assert_eq!(end.messages.len(), 1);
    assert_silent_end(end, EndReason::Decrypt(DecryptError::BadTag));
}

#[test]
fn unknown_even_message() {
    // The last one is known, but from a proposal alone.
    for (message, msg_type) in [
        ([0x03, 0xe8], 1000),
        ([0x80, 0x00], 32768),
        ([0x01, 0x04], 260),
    ] {
        let (end, rogue) = after(&message);
        assert_warned_end(end, rogue, EndReason::UnknownMessage { msg_type });
    }
}

#[test]
fn survivable_unknown_messages() {
    for message in [[0x03, 0xe9], [0x80, 0x01]] {
        let (end, _) = after(&message);
        assert_eq!(end.closed, None);
        assert!(matches!(end.messages[..], [Message::Unknown(_)]));
    }
    let config = SessionConfig {
        accept_custom: true,
        ..config(BOB)
    };
    let session = Session::inbound(at(0), config, ephemeral(0x22));
    let mut end = End::new(session, node(BOB));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut end);
    end.receive(at(0), &act_three);
    rogue.send(at(0), &mut end, &encoded(&Init::default()));
    rogue.send(at(0), &mut end, &[0x80, 0x00]);
    assert_eq!(end.messages.len(), 1);
}

#[test]
fn undecodable_message() {
    let (end, rogue) = after(&[0, 17, 1]);
    let Some(reason @ EndReason::UndecodableMessage(error)) = end.closed else {
        panic!("{:?}", end.closed);
    };
    assert_eq!(error.msg_type, ErrorMessage::TYPE);
    assert_warned_end(end, rogue, reason);
}

#[test]
fn undecodable_gossip_is_survived_and_warned_about_now_and_then() {
    let (mut end, mut rogue) = Rogue::up(at(0));
    for second in 0..25 {
        rogue.send(at(second), &mut end, &[1, 2, 0, 0]);
        assert_eq!(end.closed, None);
        let said = rogue.read(at(second), &mut end);
        assert_eq!(said.len(), usize::from(second % 10 == 0), "at {second} s");
        assert!(said.iter().all(|m| matches!(m, Message::Warning(_))));
    }
    let bad =
        |event: &&Event| matches!(event, Event::BadMessage { error } if error.msg_type == 258);
    assert_eq!(end.events.iter().filter(bad).count(), 25);
}

#[test]
fn error_about_all_channels() {
    let (mut end, _) = after(&encoded(&ErrorMessage::about_all("no")));
    assert!(matches!(end.messages[..], [Message::Error(_)]));
    assert_eq!(end.closed, Some(EndReason::PeerError));
    assert_inert(&mut end);

    let about_one = ErrorMessage {
        channel_id: ChannelId([1; 32]),
        ..ErrorMessage::about_all("no")
    };
    let (end, _) = after(&encoded(&about_one));
    assert!(matches!(end.messages[..], [Message::Error(_)]));
    assert_eq!(end.closed, None);
}

#[test]
fn second_init_changes_nothing() {
    let init = Init {
        features: Features::from_bits([100]),
        ..Init::default()
    };
    let (end, _) = after(&encoded(&init));
    assert_eq!(end.closed, None);
    assert!(end.messages.is_empty());
}

#[test]
fn closing_by_us() {
    let (mut end, _) = Rogue::up(at(0));
    let warning = Warning::about_all("never sent");
    end.session.send(at(0), Lane::Control, &warning).unwrap();
    end.session.close(at(0));
    end.drain(at(0));
    assert_silent_end(end, EndReason::LocalClose);
}

#[test]
fn nothing_can_be_sent_before_their_init() {
    let mut bob = End::bob(at(0));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut bob);
    let warning = Warning::about_all("early");
    let refused = |bob: &mut End| {
        let sent = bob.session.send(at(0), Lane::Control, &warning);
        assert_eq!(sent, Err(SendError::NotUp));
    };
    refused(&mut bob);
    bob.receive(at(0), &act_three);
    refused(&mut bob);
    let said = rogue.read(at(0), &mut bob);
    assert!(matches!(said[..], [Message::Init(_)]));
    rogue.send(at(0), &mut bob, &encoded(&Init::default()));
    bob.session.send(at(0), Lane::Control, &warning).unwrap();
}

#[test]
fn assumed_features_are_always_set() {
    use conn_worker::lnwire::Feature;
    let mut bob = End::bob(at(0));
    let (mut rogue, act_three) = Rogue::dial(at(0), &mut bob);
    bob.receive(at(0), &act_three);
    let Some(Message::Init(init)) = rogue.read(at(0), &mut bob).pop() else {
        panic!("no init");
    };
    assert!(Feature::ASSUMED.iter().all(|f| init.features.supports(*f)));
    let demanding = SessionConfig {
        features: Features::from_bits([0]),
        ..config(BOB)
    };
    assert!(
        !demanding.offered_features().is_set(1),
        "never both of a pair"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn well_sealed_nonsense_never_panics(
        polite in any::<bool>(),
        messages in prop::collection::vec(
            (
                prop_oneof![0_u16..20, 256_u16..270, any::<u16>()],
                prop::collection::vec(any::<u8>(), 0..300),
            ),
            0..40,
        ),
    ) {
        let mut end = End::bob(at(0));
        let (mut rogue, act_three) = Rogue::dial(at(0), &mut end);
        end.receive(at(0), &act_three);
        if polite {
            rogue.send(at(0), &mut end, &encoded(&Init::default()));
        }
        for (second, (msg_type, payload)) in (0..).zip(messages) {
            let message = [&msg_type.to_be_bytes()[..], &payload].concat();
            rogue.send(at(second), &mut end, &message);
            let said = rogue.read(at(second), &mut end);
            prop_assert!(said.len() <= 4, "{:?}", said);
        }
        if end.closed.is_some() {
            assert_inert(&mut end);
        }
    }
}
