//! One query is answered, one may wait, a page at a time; a backlog stands back.

mod common;

use common::{CHAIN, FOREIGN, Store, announced, filter, range_query, scids_query};
use gossip_sync::Violation;
use gossip_sync::answerer::{Answerer, Config, Input, Output};
use lnwire::bolt7::{QueryChannelRange, QueryShortChannelIds};
use lnwire::{Message, ShortChannelId};

fn answerer() -> Answerer {
    Answerer::new(Config::new(CHAIN))
}

fn ids(store: &Store) -> Vec<ShortChannelId> {
    store.0.keys().copied().collect()
}

/// What was sent, but gossip: `r` for a range reply, `e` for an end, `v` for a violation.
fn control(outputs: &[Output]) -> String {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send(Message::ReplyChannelRange(_)) => Some('r'),
            Output::Send(Message::ReplyShortChannelIdsEnd(_)) => Some('e'),
            Output::Violation(Violation::TooManyQueries) => Some('v'),
            Output::Relay(_) => None,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn scids(store: &Store) -> Input {
    Input::QueryScids(scids_query(&ids(store), None))
}

fn range() -> Input {
    Input::QueryRange(range_query(0, 1000, 0))
}

#[test]
fn the_second_query_waits_and_the_third_is_a_violation() {
    let store = Store::of(100);
    let mut answerer = answerer();
    answerer.handle_input(scids(&store));
    answerer.handle_input(range());
    answerer.handle_input(range());
    answerer.handle_input(scids(&store));
    let outputs = store.run(&mut answerer);
    assert_eq!(control(&outputs), "vver");
    assert!(answerer.is_idle());
    // And there is room again.
    answerer.handle_input(range());
    answerer.handle_input(range());
    assert_eq!(control(&store.run(&mut answerer)), "rr");
}

/// The answer to the first has been handed out, though not sent: the two behind it are no violation.
#[test]
fn a_query_that_is_answered_does_not_count() {
    let store = Store::of(3);
    let mut answerer = answerer();
    answerer.handle_input(range());
    assert_eq!(control(&store.page(&mut answerer)), "r");
    answerer.handle_input(range());
    answerer.handle_input(scids(&store));
    assert_eq!(control(&store.run(&mut answerer)), "re");
}

/// Each page waits until the one before has left.
#[test]
fn one_page_is_in_flight() {
    let store = Store::of(200);
    let mut answerer = answerer();
    answerer.handle_input(scids(&store));
    for page in [64, 64, 64, 8] {
        let sent = store.page(&mut answerer);
        let channels = sent
            .iter()
            .filter(|o| matches!(o, Output::Relay(f) if announced(f).is_some()));
        assert_eq!(channels.count(), page);
        assert!(sent.len() <= page * 5 && control(&sent).is_empty());
        answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
        assert_eq!(answerer.poll_output(), None);
        answerer.handle_input(Input::Ready);
    }
    assert_eq!(control(&store.page(&mut answerer)), "e");
}

/// Answers for other chains take their turn: a peer that asks and never reads gets two of them at most.
#[test]
fn foreign_queries_do_not_pile_up() {
    let store = Store::of(3);
    let mut answerer = answerer();
    for _ in 0..100 {
        let foreign = QueryChannelRange {
            chain_hash: FOREIGN,
            ..range_query(0, 1, 0)
        };
        answerer.handle_input(Input::QueryRange(foreign));
        let foreign = QueryShortChannelIds {
            chain_hash: FOREIGN,
            ..scids_query(&[], None)
        };
        answerer.handle_input(Input::QueryScids(foreign));
    }
    let sent = control(&store.page(&mut answerer));
    assert_eq!(sent.replace('v', ""), "r");
    assert_eq!(sent.len(), 198);
    assert_eq!(control(&store.run(&mut answerer)), "er");
}

#[test]
fn a_query_that_waits_goes_before_a_backlog_that_has_not_begun() {
    let store = Store::of(100);
    let mut answerer = answerer();
    answerer.handle_input(range());
    answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
    answerer.handle_input(scids(&store));
    let sent = store.run(&mut answerer);
    let end = sent
        .iter()
        .position(|o| matches!(o, Output::Send(Message::ReplyShortChannelIdsEnd(_))))
        .unwrap();
    let relayed = sent[..end]
        .iter()
        .filter(|o| matches!(o, Output::Relay(f) if announced(f).is_some()));
    assert_eq!((control(&sent).as_str(), relayed.count()), ("re", 100));
    let backlog = sent[end..]
        .iter()
        .filter(|o| matches!(o, Output::Relay(f) if announced(f).is_some()));
    assert_eq!(backlog.count(), 100);
}

/// A backlog may be the whole graph, hundreds of pages: a query waits for one of them.
#[test]
fn queries_are_answered_between_the_pages_of_a_backlog() {
    let store = Store::of(1000);
    let mut answerer = answerer();
    answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
    let mut backlog = store.page(&mut answerer);
    answerer.handle_input(range());
    answerer.handle_input(Input::QueryScids(scids_query(&[], None)));
    for expected in ["r", "e"] {
        assert!(store.page(&mut answerer).is_empty());
        answerer.handle_input(Input::Ready);
        assert_eq!(control(&store.page(&mut answerer)), expected);
    }
    backlog.extend(store.run(&mut answerer));
    let channels = backlog.iter().filter_map(|o| match o {
        Output::Relay(frame) => announced(frame),
        _ => None,
    });
    let channels: Vec<_> = channels.collect();
    assert_eq!(channels, ids(&store));
    assert!(answerer.is_idle());
}

/// Also while a page of the backlog is looked up.
#[test]
fn a_query_does_not_spoil_the_page_that_is_looked_up() {
    let store = Store::of(70);
    let mut answerer = answerer();
    answerer.handle_input(Input::Filter(filter(0, u32::MAX)));
    let question = answerer.poll_output().unwrap();
    answerer.handle_input(range());
    assert_eq!(answerer.poll_output(), None);
    answerer.handle_input(store.answer(&question).unwrap());
    let page = store.page(&mut answerer);
    assert_eq!(page.len(), 64 * 3);
    answerer.handle_input(Input::Ready);
    assert_eq!(control(&store.page(&mut answerer)), "r");
    answerer.handle_input(Input::Ready);
    assert!(store.page(&mut answerer).len() >= 6 * 3);
}

/// An answer to another question than the open one, or given twice, or of another kind.
#[test]
fn late_answers_are_ignored() {
    let store = Store::of(100);
    let mut answerer = answerer();
    answerer.handle_input(scids(&store));
    let question = answerer.poll_output().unwrap();
    let answer = store.answer(&question).unwrap();
    let Input::Fetched { request, .. } = &answer else {
        panic!()
    };
    answerer.handle_input(Input::Listed {
        request: *request,
        channels: vec![],
    });
    answerer.handle_input(Input::FetchedNodes {
        request: *request,
        nodes: vec![],
    });
    answerer.handle_input(Input::Ready);
    assert_eq!(answerer.poll_output(), None);
    answerer.handle_input(answer.clone());
    let page = store.page(&mut answerer).len();
    assert!(page > 64);
    answerer.handle_input(answer);
    assert_eq!(answerer.poll_output(), None);
    answerer.handle_input(Input::Ready);
    answerer.handle_input(Input::Ready);
    assert!(
        matches!(answerer.poll_output(), Some(Output::Fetch { channels, .. }) if channels.len() == 36)
    );
}
