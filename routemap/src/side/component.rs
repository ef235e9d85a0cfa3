//! One value for each handle that somebody gave one.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::table::{Kind, Table};
use crate::{
    Source,
    arena::Handle,
    change::{Cursor, Missed},
};

/// A side table of one graph, in this process or [another](Source): values of `T` for channels (`H` is [`ChannelHandle`](crate::ChannelHandle)) or
/// nodes ([`NodeHandle`](crate::NodeHandle)).
///
/// A value belongs to the channel or node that the handle named when it was set: whatever the handle names
/// later, the value is never taken for that one's. Values of what was removed are dropped by
/// [`follow`](Self::follow), to be called once in a while.
///
/// ```
/// use routemap::{Component, Graph, Kind, NodeHandle};
///
/// fn label(graph: &Graph, labels: &mut Component<NodeHandle, String>, node: NodeHandle) {
///     labels.set(graph, node, "slow".to_owned());
///     assert_eq!(labels.get(graph, node).map(String::as_str), Some("slow"));
/// }
/// # let graph = Graph::new(routemap::Config::new(routemap::ChainHash::REGTEST, 1));
/// # let mut labels = Component::<NodeHandle, String>::new(&graph, Kind::Sparse);
/// # assert!(!labels.set(&graph, NodeHandle::new(core::num::NonZeroU32::MIN), String::new()));
/// ```
#[derive(Debug)]
pub struct Component<H, T> {
    table: Table<T>,
    cursor: Cursor,
    handle: PhantomData<H>,
}

/// What [`Component::follow`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Followed {
    /// Values dropped, of what was removed.
    pub dropped: usize,
    /// Changes that were overwritten before they were read; all values were looked at for that.
    pub missed: u64,
}

impl<H: Handle, T: Default> Component<H, T> {
    /// Makes an empty table for a graph.
    #[must_use]
    pub fn new(graph: &impl Source, kind: Kind) -> Self {
        Self {
            table: Table::new(kind),
            cursor: graph.cursor(),
            handle: PhantomData,
        }
    }

    /// Gives what `handle` names a value, in place of the one it had. Returns whether it names anything.
    pub fn set(&mut self, graph: &impl Source, handle: H, value: T) -> bool {
        let Some(generation) = handle.generation_in(graph) else {
            return false;
        };
        self.table.set(handle.index(), generation, value);
        true
    }

    /// Returns the value of what `handle` names.
    #[must_use]
    #[inline]
    pub fn get(&self, graph: &impl Source, handle: H) -> Option<&T> {
        let (generation, value) = self.table.get(handle.index())?;
        (handle.generation_in(graph) == Some(generation)).then_some(value)
    }

    /// Returns the value of what `handle` names.
    #[must_use]
    #[inline]
    pub fn get_mut(&mut self, graph: &impl Source, handle: H) -> Option<&mut T> {
        let (generation, value) = self.table.get_mut(handle.index())?;
        (handle.generation_in(graph) == Some(generation)).then_some(value)
    }

    /// Takes the value of what `handle` names.
    pub fn remove(&mut self, graph: &impl Source, handle: H) -> Option<T> {
        self.get(graph, handle)?;
        self.table.remove(handle.index()).map(|(_, value)| value)
    }

    /// Drops the values of what was removed since the last call, and makes room for what was added.
    ///
    /// Costs as much as there were changes. If some were overwritten meanwhile, each value is looked at
    /// instead.
    pub fn follow(&mut self, graph: &impl Source) -> Followed {
        let mut followed = Followed::default();
        self.table.follow_growth(H::slots_in(graph));
        loop {
            match graph.next_change(&mut self.cursor) {
                Ok(Some(change)) => {
                    let freed = H::freed_by(&change.what);
                    let is_gone = freed.is_some_and(|(handle, generation)| {
                        self.drop_if(handle.index(), |g| g == generation)
                    });
                    followed.dropped += usize::from(is_gone);
                }
                Ok(None) => return followed,
                Err(Missed { count }) => {
                    followed.missed += count;
                    followed.dropped += self.sweep(graph);
                    self.cursor = graph.cursor();
                }
            }
        }
    }

    /// Returns the values of what is in the graph, in the order of the handles.
    pub fn iter(&self, graph: &impl Source) -> impl Iterator<Item = (H, &T)> {
        self.table.iter().filter_map(|(index, generation, value)| {
            let handle = H::from_index(index as u32);
            (handle.generation_in(graph) == Some(generation)).then_some((handle, value))
        })
    }

    /// Returns how many values there are, those included that [`follow`](Self::follow) is to drop.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes of heap that the table holds, without what its values hold themselves; about, for a
    /// [sparse](Kind::Sparse) one.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.table.heap_bytes()
    }

    fn sweep(&mut self, graph: &impl Source) -> usize {
        let is_gone = |(index, generation, _): &(usize, u32, &T)| {
            H::from_index(*index as u32).generation_in(graph) != Some(*generation)
        };
        let gone: Vec<_> = self.table.iter().filter(is_gone).map(|e| e.0).collect();
        for index in &gone {
            self.table.remove(*index);
        }
        gone.len()
    }

    fn drop_if(&mut self, index: usize, is_it: impl FnOnce(u32) -> bool) -> bool {
        let is_it = self.table.get(index).is_some_and(|(g, _)| is_it(g));
        is_it && self.table.remove(index).is_some()
    }
}
