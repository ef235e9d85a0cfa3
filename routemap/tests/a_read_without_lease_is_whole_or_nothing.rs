//! What a reader finds without a lease is the graph as it was at one moment, or it is told why not.
#![cfg(all(feature = "shm", target_os = "linux"))]

mod common;
mod processes;

use core::time::Duration;
use std::thread;

use common::{Network, SEED, announcement, at, graph, terms, update};
use processes::Folder;
use routemap::{
    ChainHash, Config, Cursor, Direction, Instant, Msat, Query, Scratch, ShortChannelId, find_path,
    shm::{Lease, LockFreeView, Owner, ReadError, View, lease},
};

#[test]
fn a_view_finds_what_the_owner_has_as_soon_as_it_maps_what_was_added() {
    let folder = Folder::new("grows");
    let mut owner = owner(&folder);
    let view = connect(&mut owner, &folder);
    assert_eq!(view.read(at(0), |graph| graph.channel_count()), Ok(0));
    let network = Network::new(15_000);
    owner.write(at(0), |graph| network.apply(graph)).unwrap();
    assert!(owner.shared_bytes() > 2 << 20, "another segment");
    let count = view.read(at(0), |graph| graph.channel_count());
    assert_eq!(count, Err(ReadError::Grown));

    let view = connect(&mut owner, &folder);
    // Both with the same memory: what is changed now is seen by the view as it is.
    owner
        .write(at(1), |graph| {
            let handles: Vec<_> = graph.channels().map(|(handle, _)| handle).collect();
            for handle in handles.iter().step_by(3) {
                graph.remove_channel(at(1), *handle);
            }
        })
        .unwrap();
    let graph = owner.graph();
    let found = view.read(at(1), |found| {
        let nodes: Vec<_> = found.nodes().collect();
        let of_node = |node| found.channels_of(node).collect::<Vec<_>>();
        let lists: Vec<_> = nodes.iter().map(|(node, _)| of_node(*node)).collect();
        let by_id = nodes.iter().map(|(_, node)| found.node_by_id(&node.id()));
        let by_id: Vec<_> = by_id.collect();
        let mut cursor = Cursor::new(found.cursor().number() - 1000);
        let changes: Vec<_> =
            core::iter::from_fn(|| found.next_change(&mut cursor).ok()?).collect();
        (
            found.channels().collect::<Vec<_>>(),
            nodes,
            lists,
            by_id,
            changes,
        )
    });
    let (channels, nodes, lists, by_id, changes) = found.unwrap();
    assert!(graph.channels().map(|(h, c)| (h, c.copied())).eq(channels));
    assert!(
        graph
            .nodes()
            .map(|(h, n)| (h, *n))
            .eq(nodes.iter().copied())
    );
    for ((node, _), (list, by_id)) in nodes.iter().zip(lists.into_iter().zip(by_id)) {
        assert!(
            graph
                .channels_of(*node)
                .map(|(h, c)| (h, c.copied()))
                .eq(list)
        );
        assert_eq!(by_id, Some(*node));
    }
    assert_eq!(changes.len(), 1000);
    let query = Query::new(nodes[0].0, nodes[200].0, Msat(5_000_000));
    let route = view.read(at(1), |graph| find_path(graph, &mut Scratch::new(), &query));
    assert_eq!(route, Ok(find_path(graph, &mut Scratch::new(), &query)));
}

#[test]
fn a_change_is_seen_when_it_has_ended() {
    let folder = Folder::new("ended");
    let mut owner = owner(&folder);
    let view = connect(&mut owner, &folder);
    let count = || view.read(at(0), |graph| graph.channel_count());
    let during = owner.write(at(0), |graph| {
        let mut all = vec![count()];
        for scid in 1..4 {
            graph
                .apply_channel(at(0), &announcement(scid, 1, 2), None)
                .unwrap();
            all.push(count());
        }
        all
    });
    assert_eq!(during, Some(vec![Err(ReadError::Busy); 4]));
    assert_eq!(count(), Ok(3));
    // Of several that need not be seen together, each.
    let mut between = Vec::new();
    let scids = (4..7).inspect(|_| between.push(count()));
    owner
        .write_each(at(0), scids, |graph, scid| {
            graph
                .apply_channel(at(0), &announcement(scid, 1, 2), None)
                .unwrap();
            assert_eq!(count(), Err(ReadError::Busy));
        })
        .unwrap();
    assert_eq!(between, [3, 4, 5].map(Ok));
    assert_eq!(count(), Ok(6));
}

#[test]
fn what_is_read_across_a_change_is_read_again() {
    let folder = Folder::new("across");
    let mut owner = owner(&folder);
    let view = connect(&mut owner, &folder);
    let add = |owner: &mut Owner, scid| {
        let added = owner.write(at(0), |graph| {
            graph
                .apply_channel(at(0), &announcement(scid, 1, 2), None)
                .unwrap()
        });
        added.unwrap()
    };
    let handle = add(&mut owner, 1);
    let mut seen = Vec::new();
    let read = view.read(at(0), |graph| {
        seen.push(graph.channel(handle).is_some());
        if seen.len() == 1 {
            owner
                .write(at(0), |graph| graph.remove_channel(at(0), handle))
                .unwrap();
        }
        graph.channel_by_scid(ShortChannelId(1))
    });
    assert_eq!((read, seen), (Ok(None), vec![true, false]));
    // An owner that never rests is not waited for.
    let mut tries = 0;
    let read = view.read(at(0), |_| {
        tries += 1;
        add(&mut owner, 1 + tries);
    });
    assert_eq!((read, tries), (Err(ReadError::Busy), 100));
}

#[test]
fn a_walk_ends_with_the_quarantine() {
    let folder = Folder::new("walk");
    let mut owner = owner(&folder);
    let view = connect(&mut owner, &folder);
    let handle = owner.write(at(0), |graph| {
        graph
            .apply_channel(at(0), &announcement(1, 1, 2), None)
            .unwrap()
    });
    let handle = handle.unwrap();
    let walk = view.walk(at(100)).unwrap();
    let generation = |now| walk.read(now, |graph| graph.channel_generation(handle));
    let end = at(100) + Config::QUARANTINE;
    let just_before = at(99) + Config::QUARANTINE;
    assert_eq!(generation(at(100)), Ok(Some(1)));
    // Freed, it names nothing; and nothing else for as long as the walk may last.
    owner
        .write(at(100), |graph| graph.remove_channel(at(100), handle))
        .unwrap();
    let apply = |owner: &mut Owner, now, scid| {
        owner.write(now, |graph| {
            graph
                .apply_channel(now, &announcement(scid, 1, 2), None)
                .unwrap()
        })
    };
    assert_ne!(apply(&mut owner, just_before, 2), Some(handle));
    assert_eq!(generation(just_before), Ok(None));
    // Then it may.
    assert_eq!(apply(&mut owner, end, 3), Some(handle));
    assert_eq!(generation(end), Err(ReadError::TooLate));
    assert_eq!(walk.finish(end), Err(ReadError::TooLate));
    let again = view.walk(end).unwrap();
    let generation = again.read(end, |graph| graph.channel_generation(handle));
    assert_eq!(generation, Ok(Some(3)));
    assert_eq!(again.finish(end), Ok(()));
}

#[test]
fn the_owner_waits_for_leases_only() {
    let folder = Folder::new("waits");
    let mut owner = owner(&folder);
    let early = connect(&mut owner, &folder);
    let lease = serve(&mut owner, || Lease::connect(&folder.0, PATIENCE).unwrap());
    assert_eq!(owner.write(at(0), |_| ()), None, "there is a lease");
    // Whoever wants a lease now has to queue.
    let late = connect(&mut owner, &folder);
    assert_eq!(owner.readers(), 3);
    let view = View::new(&folder.0, Duration::from_millis(1));
    assert!(view.read(|_| ()).is_err());
    drop(lease);
    owner.serve(at(0)).unwrap();
    for scid in 1..10 {
        let written = owner.write(at(0), |graph| {
            graph
                .apply_channel(at(0), &announcement(scid, 1, 2), None)
                .unwrap();
            let update = update(terms(scid, Direction::OneToTwo, 1), 1);
            graph.apply_update(at(0), &update).unwrap();
        });
        assert_eq!(written, Some(()));
    }
    for view in [early, late] {
        assert_eq!(view.read(at(0), |graph| graph.channels().count()), Ok(9));
    }
    owner.serve(at(0)).unwrap();
    assert_eq!(owner.readers(), 0);
}

#[test]
fn an_owner_that_ends_is_missed_soon() {
    let folder = Folder::new("ends");
    let mut owner = owner(&folder);
    let view = connect(&mut owner, &folder);
    let count = |now: Instant| view.read(now, |graph| graph.channel_count());
    assert_eq!(count(at(1)), Ok(0));
    // A graph from elsewhere is none that others can read.
    owner.write(at(1), |theirs| *theirs = graph()).unwrap();
    assert_eq!(count(at(1)), Err(ReadError::NoGraph));
    drop(owner);
    assert_eq!(
        count(at(1) + LockFreeView::LOOKS_EVERY),
        Err(ReadError::OwnerGone)
    );
    // Whatever it reads: there is nothing to wait for.
    assert_eq!(count(at(1)), Err(ReadError::OwnerGone));
}

fn owner(folder: &Folder) -> Owner {
    let config = Config::new(ChainHash::REGTEST, SEED);
    Owner::bind(&folder.0, config, lease::Config::default()).unwrap()
}

fn connect(owner: &mut Owner, folder: &Folder) -> LockFreeView {
    serve(owner, || {
        LockFreeView::connect(&folder.0, PATIENCE).unwrap()
    })
}

/// Serves while another thread does something.
fn serve<R: Send>(owner: &mut Owner, read: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| {
        let reader = scope.spawn(read);
        while !reader.is_finished() {
            owner.serve(at(0)).unwrap();
            thread::yield_now();
        }
        reader.join().unwrap()
    })
}

const PATIENCE: Duration = Duration::from_secs(30);
