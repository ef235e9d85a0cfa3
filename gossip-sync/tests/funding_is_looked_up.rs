//! With a source of chain data, a channel whose signatures hold is looked up before it is accepted.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, pair, signed_channel, signed_update};
use common::{CHAIN, node, scid};
use gossip_sync::ingest::{Answer, Config, DropReason, Funding, Gone, Standing};
use lnwire::bytes::Bytes;
use lnwire::extra::Outpoint;
use lnwire::{NodeId, ShortChannelId, Txid};

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

fn config() -> Config {
    Config {
        funding: Funding::LookUp,
        ..Config::new(CHAIN)
    }
}

const OUTPOINT: Outpoint = Outpoint {
    txid: Txid([3; 32]),
    index: 1,
};

/// The script of the two nodes' funding keys, which are their own, made here by hand.
fn script() -> Bytes {
    use sha2::{Digest, Sha256};
    let [one, two] = nodes().map(|n| n.id.0);
    let redeem = [&[0x52, 0x21][..], &one, &[0x21], &two, &[0x52, 0xae]].concat();
    [&[0, 0x20][..], &Sha256::digest(redeem)].concat().into()
}

fn unspent(script_pubkey: Bytes) -> Answer {
    Answer::Unspent {
        value_sat: 5000,
        script_pubkey,
        outpoint: OUTPOINT,
    }
}

/// A channel whose signatures were checked, and an update that waits for it.
fn asked(peer: NodeId) -> Desk {
    let mut desk = Desk::with(config());
    desk.offer(peer, signed_channel(scid(1, 1), nodes()));
    desk.offer(peer, signed_update(scid(1, 1), nodes(), 0, NOW));
    desk.check_all();
    assert_eq!((desk.lookups.len(), desk.log()), (1, vec![]));
    assert_eq!(desk.lookups[0].1, scid(1, 1));
    desk
}

fn drops(desk: &mut Desk) -> Vec<DropReason> {
    let reasons = desk.log().into_iter().map(|end| match end {
        End::Dropped(_, reason) => reason,
        End::Accepted(..) => panic!("accepted"),
    });
    reasons.collect()
}

#[test]
fn unspent_with_the_right_script_is_accepted_with_its_value() {
    let mut desk = asked(node(1));
    desk.answer(unspent(script()));
    desk.check_all();
    assert_eq!(desk.log().len(), 2);
    let (id, funding) = desk.fundings[0];
    let funding = funding.unwrap();
    assert_eq!(
        (id, funding.value_sat, funding.outpoint),
        (scid(1, 1), 5000, OUTPOINT)
    );
    desk.assert_empty();
}

#[test]
fn another_script_is_refused_and_its_copies_with_it() {
    let mut desk = asked(node(1));
    desk.answer(unspent(Bytes::from_static(&[0; 34])));
    assert_eq!(drops(&mut desk), [DropReason::FundingScript]);
    desk.offer(node(2), signed_channel(scid(1, 1), nodes()));
    assert_eq!(drops(&mut desk), [DropReason::FundingScript]);
    assert!(desk.jobs.is_empty() && desk.standing(scid(1, 1)) == Standing::Unknown);
    // The true owners' announcement is another message.
    let others = pair(Signer::new(8), Signer::new(9));
    desk.offer(node(2), signed_channel(scid(1, 1), others));
    assert_eq!(desk.jobs.len(), 1);
}

#[test]
fn an_output_that_is_not_there_is_refused_and_no_channel_is_marked() {
    let mut desk = asked(node(1));
    desk.answer(Answer::NotFound);
    assert_eq!(drops(&mut desk), [DropReason::FundingNotFound]);
    assert!(desk.standing(scid(1, 1)) == Standing::Unknown);
}

#[test]
fn a_spent_output_closes_the_channel_for_every_announcement() {
    let mut desk = asked(node(1));
    desk.answer(Answer::Spent);
    // The update, too.
    assert_eq!(drops(&mut desk), [DropReason::Closed; 2]);
    assert_eq!(desk.standing(scid(1, 1)), Standing::Gone(Gone::Closed));
    let others = pair(Signer::new(8), Signer::new(9));
    desk.offer(node(2), signed_channel(scid(1, 1), others));
    desk.offer(node(2), signed_update(scid(1, 1), others, 0, NOW));
    assert_eq!(drops(&mut desk), [DropReason::Closed; 2]);
    desk.assert_empty();
}

/// Nothing is marked and nobody blamed; the channel is asked about until the chain can tell.
#[test]
fn an_unavailable_chain_is_asked_again() {
    let mut desk = asked(node(1));
    for _ in 0..3 {
        desk.answer(Answer::Unavailable);
        assert!(desk.lookups.is_empty() && desk.log().is_empty());
        desk.wait(15);
        assert_eq!(desk.lookups.len(), 1);
    }
    desk.answer(unspent(script()));
    desk.check_all();
    assert_eq!(desk.log().len(), 2);
    desk.assert_empty();
}

#[test]
fn a_chain_that_stays_away_drops_the_channel_without_a_mark() {
    let mut desk = asked(node(1));
    for _ in 0..40 {
        if !desk.lookups.is_empty() {
            desk.answer(Answer::Unavailable);
        }
        desk.wait(15);
    }
    let reasons = drops(&mut desk);
    assert_eq!(reasons, [DropReason::ChainUnavailable]);
    assert!(!reasons[0].is_fault() && reasons[0].offence().is_none());
    assert!(desk.standing(scid(1, 1)) == Standing::Unknown && desk.ingest.remembered() == 0);
    // And it may be sent again.
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    assert_eq!(desk.jobs.len(), 1);
}

/// A question that nobody answers ends, too.
#[test]
fn a_question_without_an_answer_times_out() {
    let mut desk = asked(node(1));
    let (id, _) = desk.lookups[0];
    desk.wait(600);
    assert_eq!(drops(&mut desk), [DropReason::ChainUnavailable]);
    desk.answer_to(id, Answer::Spent);
    assert!(desk.log().is_empty() && desk.standing(scid(1, 1)) == Standing::Unknown);
}

/// The answer to an earlier attempt is not one to the present.
#[test]
fn late_and_repeated_answers_change_nothing() {
    let mut desk = asked(node(1));
    let (first, _) = desk.lookups[0];
    desk.answer(Answer::Unavailable);
    desk.answer_to(first, Answer::Spent);
    desk.wait(15);
    desk.answer_to(first, Answer::Spent);
    assert!(desk.log().is_empty() && desk.lookups.len() == 1);
    let (second, _) = desk.lookups[0];
    desk.answer(unspent(script()));
    desk.check_all();
    assert_eq!(desk.log().len(), 2);
    desk.answer_to(second, Answer::Spent);
    assert!(desk.log().is_empty() && desk.graph_has(scid(1, 1)));
    desk.assert_empty();
}

/// One peer's many channels do not keep another's from being asked about.
#[test]
fn few_questions_are_out_and_peers_take_turns() {
    let mut desk = Desk::with(Config {
        max_lookups: 2,
        ..config()
    });
    for n in 1..=6 {
        desk.offer(node(1), signed_channel(scid(n, 1), nodes()));
    }
    desk.check_all();
    desk.offer(node(2), signed_channel(scid(9, 1), nodes()));
    desk.check_all();
    assert_eq!(desk.lookups.len(), 2);
    let mut asked: Vec<ShortChannelId> = Vec::new();
    while !desk.lookups.is_empty() {
        asked.push(desk.lookups[0].1);
        desk.answer(Answer::NotFound);
        assert!(desk.lookups.len() <= 2);
    }
    let place = asked.iter().position(|id| *id == scid(9, 1));
    assert!(asked.len() == 7 && place <= Some(4), "{asked:?}");
    desk.log();
    desk.assert_empty();
}

#[test]
fn without_a_source_of_chain_data_nothing_is_asked() {
    let mut desk = Desk::with(Config::new(CHAIN));
    desk.offer(node(1), signed_channel(scid(1, 1), nodes()));
    desk.check_all();
    assert!(desk.lookups.is_empty() && desk.graph_has(scid(1, 1)));
    assert_eq!(desk.fundings, [(scid(1, 1), None)]);
}
