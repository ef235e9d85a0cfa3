//! Names of channels and nodes: small integers that count from 1, so that `Option` of one is four bytes and
//! 0 is nobody.

use core::{fmt, num::NonZeroU32};

use crate::{Source, change::What};

/// What names a channel or a node: [`ChannelHandle`] and [`NodeHandle`], no others.
pub trait Handle: Copy + Eq + fmt::Debug + sealed::Sealed + 'static {
    /// Names the slot that has `index` slots before it.
    #[must_use]
    fn from_index(index: u32) -> Self;
    /// Returns how many slots lie before the named one.
    #[must_use]
    fn index(self) -> usize;
    /// Returns the generation of what it names in this graph, `None` if nothing.
    #[must_use]
    fn generation_in(self, graph: &impl Source) -> Option<u32>;
    /// Returns a number greater than the index of every such handle of a graph.
    #[must_use]
    fn slots_in(graph: &impl Source) -> usize;
    /// Returns the handle, and its generation, that was freed with a change.
    #[must_use]
    fn freed_by(change: &What) -> Option<(Self, u32)>;
}

mod sealed {
    #[expect(unnameable_types, reason = "so that nobody else implements it")]
    pub trait Sealed {}
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $generation:ident, $slots:ident, $freed:pat => $gone:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// Makes the handle with this number, which need not name anything.
            #[must_use]
            pub const fn new(number: NonZeroU32) -> Self {
                Self(number)
            }

            /// Returns the number.
            #[must_use]
            pub const fn get(self) -> NonZeroU32 {
                self.0
            }

            /// Returns the number less one: the place in an array that has one entry per handle.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl Handle for $name {
            fn from_index(index: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(index))
            }

            fn index(self) -> usize {
                Self::index(self)
            }

            #[inline]
            fn generation_in(self, graph: &impl Source) -> Option<u32> {
                graph.$generation(self)
            }

            fn slots_in(graph: &impl Source) -> usize {
                graph.$slots()
            }

            fn freed_by(change: &What) -> Option<(Self, u32)> {
                match change {
                    $freed => $gone,
                    _ => None,
                }
            }
        }

        impl sealed::Sealed for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

handle! {
    /// Names a channel of one [`Graph`](crate::Graph), for as long as the channel is in it and, at least,
    /// for the [quarantine](crate::Config::quarantine) after.
    ///
    /// ```
    /// use routemap::ChannelHandle;
    /// assert_eq!(size_of::<Option<ChannelHandle>>(), 4);
    /// ```
    ChannelHandle, channel_generation, channel_slots,
    What::ChannelFreed { channel, generation, .. } => Some((*channel, *generation))
}

handle! {
    /// Names a node of one [`Graph`](crate::Graph), for as long as the node is in it and, at least, for the
    /// [quarantine](crate::Config::quarantine) after.
    ///
    /// ```
    /// use routemap::NodeHandle;
    /// assert_eq!(size_of::<Option<NodeHandle>>(), 4);
    /// ```
    NodeHandle, node_generation, node_slots,
    What::NodeFreed { node, generation, .. } => Some((*node, *generation))
}
