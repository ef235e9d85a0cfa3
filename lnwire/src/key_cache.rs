//! [`KeyCache`]: keys that were parsed before.

use alloc::vec::Vec;

use secp256k1::PublicKey;

use crate::types::NodeId;

/// Remembers the keys of nodes, so that each is parsed once and not once for each of its messages.
///
/// Finding the point behind 33 bytes costs some 5 µs, a seventh of checking a signature, and a node signs all
/// its channels, updates and announcements with one key. Holds at most the number of keys that it was made
/// for; newer ones replace others that fall into the same place. It is filled by parsing alone, so whatever
/// it returns is the key of the bytes asked for.
///
/// ```
/// use lnwire::KeyCache;
/// let cache = KeyCache::new(1000);
/// assert!(cache.capacity() >= 1000);
/// ```
#[derive(Clone, Debug)]
pub struct KeyCache {
    /// A power of two.
    sets: Vec<[Option<(NodeId, PublicKey)>; WAYS]>,
    /// The way that is replaced next.
    next: usize,
}

/// Keys that may share a place.
const WAYS: usize = 4;

impl KeyCache {
    /// Makes one for at least `keys` keys, of some 100 bytes each, which are allocated at once.
    #[must_use]
    pub fn new(keys: usize) -> Self {
        let sets = keys.div_ceil(WAYS).max(1).next_power_of_two();
        Self {
            sets: alloc::vec![[None; WAYS]; sets],
            next: 0,
        }
    }

    /// Returns how many keys fit in.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.sets.len().saturating_mul(WAYS)
    }

    /// Returns the key of `id`, parsed now or before; `None` if it is no point of the curve.
    pub(crate) fn parse(&mut self, id: &NodeId) -> Option<PublicKey> {
        // The end of an x coordinate is as good as random; who seeks keys that meet in one place makes us
        // parse them again, and no more.
        let end: [u8; 4] = *id.0.last_chunk()?;
        let mask = self.sets.len().saturating_sub(1);
        let place = usize::try_from(u32::from_be_bytes(end)).ok()? & mask;
        let set = self.sets.get_mut(place)?;
        if let Some((_, key)) = set.iter().flatten().find(|(known, _)| known == id) {
            return Some(*key);
        }
        let key = PublicKey::from_slice(&id.0).ok()?;
        self.next = self.next.wrapping_add(1);
        let free = set.iter().position(Option::is_none);
        let way = free.unwrap_or(self.next.checked_rem(WAYS)?);
        *set.get_mut(way)? = Some((*id, key));
        Some(key)
    }
}
