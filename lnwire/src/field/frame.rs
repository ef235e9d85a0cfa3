//! The frame of a message that is being made, and its parts.

use bytes::{Buf as _, Bytes};

use crate::codec::rare;

/// Where a part of a frame lies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    start: usize,
    end: usize,
}

impl Part {
    /// Returns whether there is nothing.
    #[inline]
    pub(crate) const fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Returns where `bytes` lie, which a reader of the frame has found.
    #[inline]
    pub(crate) fn of(bytes: &[u8], frame: &Bytes) -> Self {
        // Of other bytes it would be no part of the frame, and so nothing.
        let start = bytes.as_ptr().addr().wrapping_sub(frame.as_ptr().addr());
        let end = start.wrapping_add(bytes.len());
        Self { start, end }
    }

    /// Returns this part together with `next`, if that follows it.
    pub(crate) const fn joined(self, next: Self) -> Option<Self> {
        let Self { start, end } = self;
        if end != next.start {
            return None;
        }
        Some(Self { start, ..next })
    }

    /// Returns the bytes of the part.
    pub(crate) fn bytes(self, frame: &[u8]) -> &[u8] {
        frame.get(self.start..self.end).unwrap_or_default()
    }

    /// Returns the bytes of the frame from the part's first on.
    #[inline]
    pub(crate) fn ahead(self, frame: &[u8]) -> &[u8] {
        frame.get(self.start..).unwrap_or_default()
    }
}

/// The frame of a message that is being made, which its variable parts share.
pub trait Frame {
    /// Returns a part of the frame, or nothing if it has none such.
    fn share(&mut self, part: Part) -> Bytes;
}

/// A frame that somebody else keeps: each part takes a reference of its own.
impl Frame for &Bytes {
    #[inline]
    fn share(&mut self, part: Part) -> Bytes {
        if part.is_empty() || part.end > self.len() {
            return Bytes::new();
        }
        self.slice(part.start..part.end)
    }
}

/// A frame of which so many parts that are not empty are to come. The last takes it over: one reference less to be
/// counted up and down, which is most of what a short message costs. Nothing is left then that would have to be dropped.
#[derive(Debug)]
pub(crate) struct Owned(Option<Bytes>, usize);

impl Owned {
    #[inline]
    pub(crate) const fn new(frame: Bytes, parts: usize) -> Self {
        Self(Some(frame), parts)
    }
}

impl Frame for Owned {
    #[inline(always)]
    fn share(&mut self, part: Part) -> Bytes {
        if part.is_empty() {
            return Bytes::new();
        }
        if self.1 > 1 {
            self.1 = self.1.saturating_sub(1);
            // Where it is: moved in and out again, it would be written in pieces and read as a whole at once, for which the
            // processor waits.
            return self
                .0
                .as_ref()
                .map_or_else(Bytes::new, |mut frame| frame.share(part));
        }
        let Some(mut frame) = self.0.take() else {
            return rare(Bytes::new());
        };
        if part.end > frame.len() {
            return rare(Bytes::new());
        }
        if part.end < frame.len() {
            return cut(frame, part);
        }
        frame.advance(part.start);
        frame
    }
}

// Takes the frame itself and gives it back, so that it need not be in memory where this is not called: what is written there
// in pieces and read again as a whole at once makes the processor wait.
#[inline(always)]
fn cut(frame: Bytes, part: Part) -> Bytes {
    let mut cut = frame;
    cut.truncate(part.end);
    cut.advance(part.start);
    cut
}
