//! Where a feature bit may stand.

use core::fmt;

/// A place for a feature vector: a column of letters in the table of BOLT 9.
///
/// BOLT 9, [assigned feature flags](https://github.com/lightning/bolts/blob/master/09-features.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Context {
    /// `I`: the `init` message.
    Init,
    /// `N`: the `node_announcement` message.
    NodeAnnouncement,
    /// `C`: the `channel_announcement` message.
    ChannelAnnouncement,
    /// `9`: a BOLT 11 invoice.
    Invoice,
    /// `B`: the `allowed_features` of a blinded path.
    BlindedPath,
    /// `T`: the `channel_type` of `open_channel` and `accept_channel`.
    ChannelType,
}

impl Context {
    const ALL: [Self; 6] = [
        Self::Init,
        Self::NodeAnnouncement,
        Self::ChannelAnnouncement,
        Self::Invoice,
        Self::BlindedPath,
        Self::ChannelType,
    ];

    const fn letter(self) -> char {
        match self {
            Self::Init => 'I',
            Self::NodeAnnouncement => 'N',
            Self::ChannelAnnouncement => 'C',
            Self::Invoice => '9',
            Self::BlindedPath => 'B',
            Self::ChannelType => 'T',
        }
    }

    const fn mask(self) -> u8 {
        match self {
            Self::Init => 1,
            Self::NodeAnnouncement => 2,
            Self::ChannelAnnouncement => 4,
            Self::Invoice => 8,
            Self::BlindedPath => 16,
            Self::ChannelType => 32,
        }
    }
}

/// Some of the [`Context`]s; `Display` gives their letters in BOLT 9.
///
/// ```
/// use lnwire::features::{Context, Contexts};
///
/// let contexts = Contexts::new(&[Context::Init, Context::NodeAnnouncement]);
/// assert!(contexts.contains(Context::Init) && !contexts.contains(Context::Invoice));
/// assert_eq!(contexts.to_string(), "IN");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Contexts(u8);

impl Contexts {
    /// Makes the set of these contexts.
    #[must_use]
    pub const fn new(mut contexts: &[Context]) -> Self {
        let mut mask = 0;
        while let Some((context, rest)) = contexts.split_first() {
            mask |= context.mask();
            contexts = rest;
        }
        Self(mask)
    }

    /// Returns whether the context is one of them.
    #[must_use]
    pub const fn contains(self, context: Context) -> bool {
        self.0 & context.mask() != 0
    }

    /// Returns the contexts.
    pub fn iter(self) -> impl Iterator<Item = Context> {
        Context::ALL
            .into_iter()
            .filter(move |context| self.contains(*context))
    }
}

impl fmt::Display for Contexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter()
            .try_for_each(|context| write!(f, "{}", context.letter()))
    }
}

impl fmt::Debug for Contexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contexts({self})")
    }
}
