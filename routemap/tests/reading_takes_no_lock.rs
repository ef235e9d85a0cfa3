//! Any number of threads read a graph at once.

mod common;

use std::thread;

use common::{Network, graph};
use lnwire::Msat;
use routemap::{Cursor, Graph, Query, Scratch, find_path};

/// Everything that reads takes `&Graph`, and nothing in it is a lock or a cell.
#[test]
fn threads_share_a_graph_and_search_it_side_by_side() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Graph>();

    let mut graph = graph();
    Network::new(1000).apply(&mut graph);
    let nodes: Vec<_> = graph.nodes().map(|(handle, _)| handle).collect();
    let search = |from: usize| {
        let mut scratch = Scratch::new();
        let to = nodes[(from + 100) % nodes.len()];
        let query = Query::new(nodes[from], to, Msat(1000));
        find_path(&graph, &mut scratch, &query).map(|route| route.total_fee())
    };
    let expected: Vec<_> = (0..40).map(search).collect();
    assert!(expected.iter().any(Result::is_ok));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut cursor = Cursor::new(graph.cursor().number() - 1);
                    assert!(matches!(graph.next_change(&mut cursor), Ok(Some(_))));
                    (0..40).map(search).collect::<Vec<_>>()
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), expected);
        }
    });
}
