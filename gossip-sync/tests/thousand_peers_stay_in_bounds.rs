//! A thousand peers, most of them liars and floods: memory keeps its bounds, and honest gossip gets through.

mod common;

use common::desk::{Desk, End};
use common::signed::{NOW, Signer, channel_of, pair, signed_channel, signed_node, signed_update};
use common::{CHAIN, node, scid};
use gossip_sync::ingest::{Answer, Config, DropReason, Funding};
use lnwire::{Message, Signature};

/// Numbers that look random, from a seed (splitmix64, by Sebastiano Vigna).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) % end
    }
}

fn nodes() -> [Signer; 2] {
    pair(Signer::new(1), Signer::new(2))
}

/// What a liar sends: forged channels, updates of nothing, nodes of nothing, future blocks.
fn lie(dice: &mut Dice) -> Message {
    let id = scid(50 + dice.below(300) as u32, dice.below(1000) as u32);
    let signature = Signature([dice.below(256) as u8; 64]);
    match dice.below(4) {
        0 => channel_of(id, nodes())
            .unsigned()
            .unwrap()
            .sign(&[signature; 4])
            .into(),
        1 => {
            let contents = common::update(id, 0, NOW);
            contents.unsigned().unwrap().sign(&[signature]).into()
        }
        2 => {
            let contents = common::about(node(dice.below(60_000) as u16), NOW);
            contents.unsigned().unwrap().sign(&[signature]).into()
        }
        _ => {
            let id = scid(200 + dice.below(300) as u32, 1);
            channel_of(id, nodes())
                .unsigned()
                .unwrap()
                .sign(&[signature; 4])
                .into()
        }
    }
}

#[test]
fn honest_gossip_gets_through_a_flood() {
    const PEERS: u64 = 1000;
    let seed = 20_260_201;
    let mut dice = Dice(seed);
    let config = Config {
        max_messages: 500,
        max_messages_per_peer: 50,
        min_messages_per_peer: 2,
        max_jobs: 16,
        max_lookups: 4,
        max_parked_bytes: 200_000,
        max_parked_bytes_per_peer: 4000,
        max_seen: 100,
        funding: Funding::LookUp,
        ..Config::new(CHAIN)
    };
    let mut desk = Desk::with(config);
    desk.set_tip(150);
    let honest = node(0);
    let mut real: Vec<Message> = Vec::new();
    for n in 1..=20 {
        real.push(signed_channel(scid(n, 1), nodes()).into());
        real.extend([0, 1].map(|side| signed_update(scid(n, 1), nodes(), side, NOW).into()));
    }
    real.extend(nodes().map(|n| signed_node(n, NOW).into()));
    let expected = real.len();
    real.reverse();
    let (mut offers, mut ends, mut accepted) = (0, 0, 0);
    for turn in 0..12_000 {
        let peer = node(1 + dice.below(PEERS - 1) as u16);
        desk.offer(peer, lie(&mut dice));
        offers += 1;
        if turn % 20 == 0 && desk.ingest.has_room(honest) {
            if let Some(message) = real.pop() {
                desk.offer(honest, message);
                offers += 1;
            }
        }
        // Checking is slower than the flood, and the chain is slower, too.
        if dice.below(3) == 0 && !desk.jobs.is_empty() {
            desk.check(dice.below(desk.jobs.len() as u64) as usize);
        }
        if dice.below(3) == 0 && !desk.lookups.is_empty() {
            let answer = if dice.below(5) == 0 {
                Answer::Unavailable
            } else {
                funded()
            };
            desk.answer(answer);
        }
        if turn % 100 == 0 {
            desk.wait(1);
        }
        let ingest = &desk.ingest;
        assert!(
            ingest.held_messages() <= 500 + 2 * PEERS as usize,
            "seed {seed}"
        );
        assert!(ingest.held_messages_of(peer) <= 50);
        assert!(ingest.parked_bytes() <= 200_000 && ingest.parked_bytes_of(peer) <= 4000);
        assert!(ingest.remembered() <= 200);
        assert!(desk.jobs.len() <= 16 && desk.lookups.len() <= 4);
        for end in desk.log() {
            ends += 1;
            match end {
                End::Accepted(peer, _) => {
                    assert_eq!(peer, honest);
                    accepted += 1;
                }
                End::Dropped(peer, reason) => {
                    assert!(peer != honest, "{reason:?}, seed {seed}");
                }
            }
        }
    }
    // The flood is over: everything comes to its end.
    while !(desk.jobs.is_empty() && desk.lookups.is_empty() && real.is_empty()) {
        desk.check_all();
        while !desk.lookups.is_empty() {
            desk.answer(funded());
        }
        while desk.ingest.has_room(honest) {
            let Some(message) = real.pop() else { break };
            desk.offer(honest, message);
            offers += 1;
        }
    }
    desk.wait(3 * 3600);
    for end in desk.log() {
        ends += 1;
        match end {
            End::Accepted(..) => accepted += 1,
            End::Dropped(peer, reason) => assert!(
                peer != honest && reason != DropReason::NotChecked,
                "{reason:?}, seed {seed}"
            ),
        }
    }
    assert_eq!((accepted, ends), (expected, offers), "seed {seed}");
    desk.assert_empty();
}

fn funded() -> Answer {
    use sha2::{Digest, Sha256};
    let [one, two] = nodes().map(|n| n.id.0);
    let redeem = [&[0x52, 0x21][..], &one, &[0x21], &two, &[0x52, 0xae]].concat();
    Answer::Unspent {
        value_sat: 5000,
        script_pubkey: [&[0, 0x20][..], &Sha256::digest(redeem)].concat().into(),
        outpoint: lnwire::extra::Outpoint {
            txid: lnwire::Txid([0; 32]),
            index: 0,
        },
    }
}
