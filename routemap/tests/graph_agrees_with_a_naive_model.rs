//! Any order of everything that may happen to a graph, against plain maps: messages, removals, pruning,
//! blocks and reorganisations, zombies; and those who follow it: side tables and readers of its changes.

extern crate alloc;

mod common;
mod model;

use model::{Model, op};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_of_events_gives_what_the_model_says(
        ops in prop::collection::vec(op(), 1..150),
        strict in any::<bool>(),
        unroute in any::<bool>(),
    ) {
        let (mut model, mut graph) = Model::new(strict, unroute);
        for op in &ops {
            model.apply(&mut graph, op);
            model.check(&graph);
        }
    }
}
