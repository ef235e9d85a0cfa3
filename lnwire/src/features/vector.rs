//! A vector of feature bits, kept as the byte string that was received.

use core::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::{
    Context, Feature, put_u16_prefixed,
    small_bytes::{self, SmallBytes},
};
use crate::field::{Frame, FromFrame};

/// A vector of feature bits.
///
/// Holds the bytes as they came, however long; a bit is looked up when somebody asks for it, and asking never
/// allocates. Equality is that of the bytes: leading zero bytes count.
///
/// BOLT 9, [assigned feature flags](https://github.com/lightning/bolts/blob/master/09-features.md).
///
/// ```
/// use lnwire::{Context, Feature, Features};
/// let ours = Features::offering(&[Feature::ZEROCONF]).with_dependencies();
/// assert!(ours.iter().eq([47, 51]));
/// assert_eq!(ours.check_for(Context::Init), Ok(()));
///
/// let theirs = Features::offering(&[Feature::SCID_ALIAS]).with_bit(1001);
/// assert_eq!(theirs.requires_unknown(&ours), None);
/// assert!(ours.negotiate(&theirs).contains(Feature::SCID_ALIAS));
/// assert!(!ours.negotiate(&theirs).contains(Feature::ZEROCONF));
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Features(SmallBytes);

impl FromFrame for Features {
    type Found<'a> = &'a [u8];
    type Kept = small_bytes::Kept;

    #[inline]
    fn parts(found: &&[u8]) -> usize {
        usize::from(found.len() > small_bytes::FEW)
    }

    #[inline]
    fn keep(found: &[u8], frame: &Bytes) -> Self::Kept {
        SmallBytes::keep(found, frame)
    }

    #[inline]
    fn make<F: Frame>(kept: Self::Kept, frame: &mut F) -> Self {
        Self(SmallBytes::make(kept, frame))
    }
}

impl Features {
    /// No bit at all.
    pub const EMPTY: Self = Self(SmallBytes::EMPTY);

    /// Wraps the bytes of a vector, the highest bits first.
    #[must_use]
    pub const fn from_bytes(bytes: Bytes) -> Self {
        Self(SmallBytes::Shared(bytes))
    }

    /// Makes the shortest vector with these bits set.
    #[must_use]
    pub fn from_bits(bits: impl IntoIterator<Item = u32> + Clone) -> Self {
        let len = bits
            .clone()
            .into_iter()
            .map(|bit| byte_index(bit).saturating_add(1))
            .max()
            .unwrap_or(0);
        let mut bytes = BytesMut::zeroed(len);
        for bit in bits {
            if let Some(byte) = bytes.iter_mut().rev().nth(byte_index(bit)) {
                *byte |= mask(bit);
            }
        }
        Self::from_bytes(bytes.freeze())
    }

    /// Makes the shortest vector that offers these features, by their odd bits.
    #[must_use]
    pub fn offering(features: &[Feature]) -> Self {
        Self::from_bits(features.iter().map(|f| f.odd_bit()))
    }

    /// Returns the bytes as they were received.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether the bit is set.
    #[must_use]
    pub fn is_set(&self, bit: u32) -> bool {
        self.0
            .iter()
            .rev()
            .nth(byte_index(bit))
            .is_some_and(|byte| byte & mask(bit) != 0)
    }

    /// Returns whether the feature is offered or demanded.
    #[must_use]
    pub fn supports(&self, feature: Feature) -> bool {
        self.is_set(feature.even_bit) || self.is_set(feature.odd_bit())
    }

    /// Returns whether the feature is demanded: its even bit is set, whatever the odd one says.
    #[must_use]
    pub fn requires(&self, feature: Feature) -> bool {
        self.is_set(feature.even_bit)
    }

    /// Returns the numbers of the bits that are set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        bits_of(self.0.iter().rev().copied())
    }

    /// Returns the lowest even bit that is set and belongs to no feature of BOLT 9: whoever sets it must not
    /// be talked to.
    #[must_use]
    pub fn required_unknown(&self) -> Option<u32> {
        self.even_bits()
            .find(|bit| Feature::ALL.iter().all(|known| known.even_bit != *bit))
    }

    /// Returns the lowest even bit that is set here while `known` has neither it nor the odd bit beside it: of a
    /// peer whose features we do not all know, this is the one that ends the connection (BOLT 1).
    ///
    /// For `known` our own vector does, if it has a bit of every feature that we understand.
    #[must_use]
    pub fn requires_unknown(&self, known: &Self) -> Option<u32> {
        self.even_bits()
            .find(|bit| !known.is_set(*bit) && !known.is_set(bit | 1))
    }

    /// Returns the first feature that is set without one that it depends on, and that one: whoever sends such an
    /// `init` must not be talked to (BOLT 1). Features that BOLT 9 assumes of every node are not missed.
    #[must_use]
    pub fn missing_dependency(&self) -> Option<(Feature, Feature)> {
        Feature::DEPENDENCIES
            .iter()
            .copied()
            .find(|(feature, needed)| {
                self.supports(*feature)
                    && !self.supports(*needed)
                    && !Feature::ASSUMED.contains(needed)
            })
    }

    /// Returns the bits of both vectors, the way a receiver of `init` joins its two fields.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.0.iter().all(|b| *b == 0) {
            return self.clone();
        }
        let (long, short) = if self.0.len() < other.0.len() {
            (other, self)
        } else {
            (self, other)
        };
        let mut bytes = BytesMut::from(&*long.0);
        for (byte, more) in bytes.iter_mut().rev().zip(short.0.iter().rev()) {
            *byte |= more;
        }
        Self::from_bytes(bytes.freeze())
    }

    /// Sets a bit and leaves all others as they are, unknown ones too. The result has the shortest form.
    ///
    /// Costs a byte of memory for every eight bits up to the highest; none above 524 247 fits a message.
    #[must_use]
    pub fn with_bit(&self, bit: u32) -> Self {
        if self.is_set(bit) {
            return self.minimal();
        }
        self.padded_to(byte_index(bit).saturating_add(1))
            .changed(bit, |byte| byte | mask(bit))
    }

    /// Clears a bit and leaves all others as they are, unknown ones too. The result has the shortest form.
    #[must_use]
    pub fn without_bit(&self, bit: u32) -> Self {
        if !self.is_set(bit) {
            return self.minimal();
        }
        self.changed(bit, |byte| byte & !mask(bit))
    }

    /// Offers a feature by its odd bit, and no longer demands it. The result has the shortest form.
    #[must_use]
    pub fn with_offered(&self, feature: Feature) -> Self {
        self.without_bit(feature.even_bit)
            .with_bit(feature.odd_bit())
    }

    /// Demands a feature by its even bit, and clears the odd one. The result has the shortest form.
    #[must_use]
    pub fn with_required(&self, feature: Feature) -> Self {
        self.without_bit(feature.odd_bit())
            .with_bit(feature.even_bit)
    }

    /// Clears both bits of a feature. The result has the shortest form.
    #[must_use]
    pub fn without(&self, feature: Feature) -> Self {
        self.without_bit(feature.even_bit)
            .without_bit(feature.odd_bit())
    }

    /// Offers, beside what is there, every feature that one of them depends on (BOLT 9: all *transitive*
    /// dependencies are set). The result has the shortest form.
    #[must_use]
    pub fn with_dependencies(&self) -> Self {
        let missing = |needed: &&Feature| {
            !self.supports(**needed)
                && Feature::ALL
                    .iter()
                    .any(|feature| self.supports(*feature) && feature.depends_on(**needed))
        };
        Feature::ALL
            .iter()
            .filter(missing)
            .fold(self.minimal(), |vector, needed| {
                vector.with_bit(needed.odd_bit())
            })
    }

    /// Returns the vector without leading zero bytes, as BOLT 1 and BOLT 7 want it to be sent. Copies nothing.
    #[must_use]
    pub fn minimal(&self) -> Self {
        let zeros = self.0.iter().take_while(|byte| **byte == 0).count();
        Self(self.0.skip(zeros))
    }

    /// Returns whether there is no leading zero byte.
    #[must_use]
    pub fn is_minimal(&self) -> bool {
        self.0.first() != Some(&0)
    }

    /// Returns the vector with leading zero bytes up to a length in bytes; a longer one stays as it is.
    #[must_use]
    pub fn padded_to(&self, len: usize) -> Self {
        let missing = len.saturating_sub(self.0.len());
        if missing == 0 {
            return self.clone();
        }
        let mut bytes = BytesMut::with_capacity(len);
        bytes.put_bytes(0, missing);
        bytes.put_slice(&self.0);
        Self::from_bytes(bytes.freeze())
    }

    /// Returns what this vector, our own, and the peer's make together. Looks at nothing until asked.
    #[must_use]
    pub const fn negotiate<'a>(&'a self, theirs: &'a Self) -> Negotiated<'a> {
        Negotiated { ours: self, theirs }
    }

    /// Returns the features of BOLT 9 that are set although its table does not list this context for them.
    /// Features for which the table lists nothing are not among them.
    pub fn not_allowed_in(&self, context: Context) -> impl Iterator<Item = Feature> + '_ {
        Feature::ALL.iter().copied().filter(move |feature| {
            let listed = feature.contexts().is_none_or(|all| all.contains(context));
            !listed && self.supports(*feature)
        })
    }

    /// Checks a vector that is to be sent for what BOLT 9 asks of its origin. Stricter than what a receiver may
    /// ask: here a dependency counts although the feature is assumed of every node.
    ///
    /// # Errors
    /// The first [`FeatureFault`] there is.
    pub fn check_for(&self, context: Context) -> Result<(), FeatureFault> {
        if !self.is_minimal() {
            return Err(FeatureFault::NotMinimal);
        }
        let both = |bit: &u32| self.is_set(bit | 1);
        if let Some(even_bit) = self.even_bits().find(both) {
            return Err(FeatureFault::BothBits { even_bit });
        }
        if let Some(feature) = self.not_allowed_in(context).next() {
            return Err(FeatureFault::NotAllowed {
                feature: feature.name,
                context,
            });
        }
        let missing = |(feature, needed): &&(Feature, Feature)| {
            self.supports(*feature) && !self.supports(*needed)
        };
        match Feature::DEPENDENCIES.iter().find(missing) {
            Some((feature, needed)) => Err(FeatureFault::MissingDependency {
                feature: feature.name,
                needed: needed.name,
            }),
            None => Ok(()),
        }
    }

    /// Replaces the byte that holds `bit`, which must not be past the end, and shortens the result.
    fn changed(&self, bit: u32, change: impl FnOnce(u8) -> u8) -> Self {
        let mut bytes = BytesMut::from(&*self.0);
        if let Some(byte) = bytes.iter_mut().rev().nth(byte_index(bit)) {
            *byte = change(*byte);
        }
        Self::from_bytes(bytes.freeze()).minimal()
    }

    /// Returns the even bits that are set, ascending: a byte without one is passed over whole.
    fn even_bits(&self) -> impl Iterator<Item = u32> + '_ {
        bits_of(self.0.iter().rev().map(|byte| byte & EVEN))
    }

    pub(crate) fn write_u16_prefixed(&self, out: &mut impl BufMut) {
        put_u16_prefixed(&self.0, out);
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn byte_index(bit: u32) -> usize {
    usize::try_from(bit / 8).unwrap_or(usize::MAX)
}

const fn mask(bit: u32) -> u8 {
    1_u8.wrapping_shl(bit % 8)
}

/// The even bits of a byte.
const EVEN: u8 = 0b0101_0101;

/// Returns the bits of bytes that come lowest first.
fn bits_of(bytes: impl Iterator<Item = u8>) -> impl Iterator<Item = u32> {
    let set = bytes.zip(0_u32..).filter(|(byte, _)| *byte != 0);
    set.flat_map(|(byte, index)| {
        (0..8_u32)
            .filter(move |bit| byte >> bit & 1 == 1)
            .map(move |bit| index.wrapping_mul(8).wrapping_add(bit))
    })
}

/// Two vectors, ours and the peer's, and what is negotiated between them: what both offer, and what we demand,
/// since a peer that does not understand a demand leaves (BOLT 1, BOLT 9). "Offers" means either bit of the pair.
///
/// This goes by the bits. A feature that BOLT 9 assumes of every node ([`Feature::is_assumed`]) may be used whether
/// its bits are set or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated<'a> {
    ours: &'a Features,
    theirs: &'a Features,
}

impl Negotiated<'_> {
    /// Returns whether the feature is negotiated.
    #[must_use]
    pub fn contains(&self, feature: Feature) -> bool {
        self.ours.requires(feature) || self.ours.supports(feature) && self.theirs.supports(feature)
    }

    /// Returns the even bits of the pairs that are negotiated, ascending; those of unknown features too.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        // Each byte holds whole pairs: shifted by one, an odd bit lies on the even one.
        let pairs = |byte: u8| (byte | byte >> 1) & EVEN;
        let theirs = self.theirs.0.iter().rev().copied();
        let theirs = theirs.chain(core::iter::repeat(0));
        let ours = self.ours.0.iter().rev().copied();
        bits_of(
            ours.zip(theirs)
                .map(move |(ours, theirs)| ours & EVEN | pairs(ours) & pairs(theirs)),
        )
    }
}

/// What BOLT 9 forbids the sender of a vector.
///
/// BOLT 9, [requirements](https://github.com/lightning/bolts/blob/master/09-features.md#requirements).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FeatureFault {
    /// It begins with a zero byte.
    #[error("feature vector begins with a zero byte")]
    NotMinimal,
    /// Both bits of a pair are set.
    #[error("feature bits {even_bit} and the odd one behind it are both set")]
    BothBits {
        /// The even bit.
        even_bit: u32,
    },
    /// A feature does not belong here.
    #[error("{feature} does not belong in {context:?}")]
    NotAllowed {
        /// The feature's name.
        feature: &'static str,
        /// The vector's place.
        context: Context,
    },
    /// A feature is set without one that it depends on.
    #[error("{feature} is set without {needed}")]
    MissingDependency {
        /// The feature that is set.
        feature: &'static str,
        /// The one that is not.
        needed: &'static str,
    },
}

#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(Features, |this| &this.0, |bytes| Ok::<_, &str>(
    Self::from_bytes(bytes.into())
));
