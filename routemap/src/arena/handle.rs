//! Names of channels and nodes: small integers that count from 1, so that `Option` of one is four bytes and
//! 0 is nobody.

use core::{fmt, num::NonZeroU32};

/// What an arena needs of the names it hands out.
pub(crate) trait Handle: Copy + Eq {
    /// Names the slot that has `index` slots before it.
    fn from_index(index: u32) -> Self;
    /// Returns how many slots lie before the named one.
    fn index(self) -> usize;
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident) => {
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
        }

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
    ChannelHandle
}

handle! {
    /// Names a node of one [`Graph`](crate::Graph), for as long as the node is in it and, at least, for the
    /// [quarantine](crate::Config::quarantine) after.
    ///
    /// ```
    /// use routemap::NodeHandle;
    /// assert_eq!(size_of::<Option<NodeHandle>>(), 4);
    /// ```
    NodeHandle
}
