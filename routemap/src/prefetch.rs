//! Asking the processor to bring memory into its cache, for who will read it a little later.
//!
//! It is a hint: nothing is read, nothing changes, and without the feature `prefetch` nothing happens.

/// Asks for the line of the cache where an item begins.
#[inline(always)]
pub(crate) fn prefetch<T>(item: &T) {
    prefetch_at(core::slice::from_ref(item), 0);
}

/// Asks for the line of the cache where one of the items begins. The index may be past the end, where nothing is worth it.
#[inline(always)]
pub(crate) fn prefetch_at<T>(items: &[T], index: usize) {
    #[cfg(feature = "prefetch")]
    prefetch_index::prefetch_index(items, index);
    #[cfg(not(feature = "prefetch"))]
    let _ = (items, index);
}
