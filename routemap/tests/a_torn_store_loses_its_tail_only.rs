//! A crash cuts the file anywhere, a disk flips bits: what stands before is there, and writing goes on.

mod common;
mod store_common;

use common::{at, graph};
use proptest::prelude::*;
use routemap::store::{Batch, Records, load};
use store_common::{Contents, Node, Op, contents, ops};

/// Does everything, and says after each step how long the file was and what was in it.
fn history(ops: &[Op]) -> (Node, Vec<(usize, Contents)>) {
    let mut node = Node::new();
    let mut steps = vec![(node.file.len(), written(&node.file))];
    for op in ops {
        // In one file, so that lengths only grow.
        if !matches!(op, Op::Compact | Op::Restart) {
            node.run(*op);
            steps.push((node.file.len(), written(&node.file)));
        }
    }
    (node, steps)
}

/// What a file says by itself: that of a running node does not have what waits.
fn written(file: &[u8]) -> Contents {
    let mut graph = graph();
    load(&mut graph, at(0), file.to_vec().into()).unwrap();
    contents(&graph)
}

/// Loads, cuts, repairs, writes a channel more and loads again.
fn goes_on(mut file: Vec<u8>) {
    let mut node = Node::new();
    node.graph = graph();
    let loaded = load(&mut node.graph, at(0), file.clone().into()).unwrap();
    let Some(store) = loaded.store else {
        // Cut within the first record, or that is the broken one: begin a new file.
        assert!(loaded.len <= 1 || loaded.report.damaged > 0);
        return;
    };
    file.truncate(loaded.len as usize);
    for patch in loaded.repairs {
        file[patch.at as usize] = patch.byte;
    }
    node.file = file;
    node.store = store;
    node.run(Op::Channel(50, Some(1)));
    node.run(Op::Update(50, false, 1_000));
    let before = contents(&node.graph);
    assert_eq!(written(&node.file), before);
    // Others read it to the end, too, unless a record in the middle is broken.
    let mut records = Records::new(node.file.into()).unwrap();
    while let Some(record) = records.next() {
        if record.is_err() {
            records.skip_record();
        }
    }
    assert_eq!(records.end(), Some(routemap::store::End::Complete));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn cut_anywhere(ops in ops(), at in any::<prop::sample::Index>()) {
        let (node, steps) = history(&ops);
        let len = at.index(node.file.len() + 1);
        let cut = &node.file[..len];
        // Records only come to the end, but flags change before: of what was deleted later, all is deleted.
        let expected = written(&node.file[..good_end(&node.file, len)]);
        prop_assert_eq!(written(cut), expected);
        // No channel is lost that was there and is there at the end.
        let (_, before) = steps.iter().rfind(|(end, _)| *end <= len).cloned().unwrap_or_default();
        let (_, last) = steps.last().unwrap();
        let now = written(cut);
        for id in before.channels.keys().filter(|id| last.channels.contains_key(id)) {
            // Unless it went and came again.
            if before.channels[id].2 == last.channels[id].2 {
                prop_assert_eq!(now.channels.get(id), before.channels.get(id));
            }
        }
        goes_on(cut.to_vec());
    }

    /// The process dies between the bytes of a batch, or between its patches.
    #[test]
    fn stopped_while_writing(ops in ops(), done in any::<prop::sample::Index>()) {
        let mut node = Node::new();
        let Some((last, ops)) = ops.split_last() else { unreachable!("one at least") };
        for op in ops {
            node.run(*op);
        }
        let before = written(&node.file);
        let file = node.file.clone();
        node.prepare(*last);
        if matches!(last, Op::Compact | Op::Restart) {
            return Ok(());
        }
        let mut after = file.clone();
        node.batch.apply_to(&mut after);
        let after = written(&after);
        for torn in torn(&file, &node.batch, done) {
            let now = written(&torn);
            // A channel is as before, or as after; with an update come announcement and amount.
            for (id, channel) in &now.channels {
                let known = [before.channels.get(id), after.channels.get(id)];
                let is_new = !before.channels.contains_key(id);
                prop_assert!(known.contains(&Some(channel)) || is_new, "{channel:?} of {known:?}");
            }
            for (id, channel) in &before.channels {
                prop_assert!(now.channels.contains_key(id) || !after.channels.contains_key(id), "{channel:?}");
            }
            goes_on(torn);
        }
    }

    /// One bit is wrong: one record is lost at most, or what is behind if it is a length.
    #[test]
    fn a_flipped_bit(ops in ops(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let (node, _) = history(&ops);
        let mut file = node.file.clone();
        let at = 1 + at.index(file.len() - 1);
        file[at] ^= 1_u8 << bit;
        let begin = begins(&node.file).rfind(|begin| *begin <= at).unwrap();
        let before = written(&node.file[..begin]);
        let now = written(&file);
        let last = written(&node.file);
        for (id, channel) in &before.channels {
            if last.channels.get(id).is_some_and(|c| c.2 == channel.2) {
                prop_assert!(now.channels.contains_key(id));
            }
        }
        goes_on(file);
    }

    /// What is there instead of a store makes no trouble.
    #[test]
    fn junk_behind_a_good_store(ops in ops(), junk in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (node, _) = history(&ops);
        let expected = written(&node.file);
        let torn = [&node.file[..], &junk].concat();
        prop_assert_eq!(written(&torn), expected);
        goes_on(torn);
        goes_on([&node.file[..], &[0; 30_000]].concat());
    }
}

/// The states of the file when some bytes, or all and some patches, are written.
fn torn(file: &[u8], batch: &Batch, done: prop::sample::Index) -> Vec<Vec<u8>> {
    let bytes = batch.appended();
    let mut states = Vec::new();
    let mut torn = file.to_vec();
    if !bytes.is_empty() {
        torn.extend(&bytes[..done.index(bytes.len())]);
        states.push(torn);
        torn = [file, bytes].concat();
    }
    for patch in batch.patches() {
        states.push(torn.clone());
        torn[patch.at as usize] = patch.byte;
    }
    states.push(torn);
    states
}

fn begins(file: &[u8]) -> impl DoubleEndedIterator<Item = usize> {
    let records = Records::new(file.to_vec().into()).unwrap();
    let begins: Vec<_> = records.map(|r| r.unwrap().offset as usize).collect();
    begins.into_iter()
}

/// Returns where the last record ends that is whole within `len` bytes.
fn good_end(file: &[u8], len: usize) -> usize {
    let end = begins(file)
        .chain([file.len()])
        .rfind(|begin| *begin <= len);
    end.unwrap_or(len)
}
