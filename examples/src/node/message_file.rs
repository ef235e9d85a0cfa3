//! Messages that stay in the file they were written to, and are read when somebody asks for them.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

use lnwire::bytes::Bytes;

/// A file to read messages from.
#[derive(Debug)]
pub(super) struct MessageFile(File);

/// A message's place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) at: u64,
    pub(super) len: usize,
}

/// Bytes between two messages that are read with them: a read more would cost more.
const GAP: u64 = 512;
/// Bytes read at once.
const RUN: u64 = 64 * 1024;

impl MessageFile {
    /// Reads from a file whose cursor nobody else moves.
    pub(super) const fn new(file: File) -> Self {
        Self(file)
    }

    /// Reads some messages, neighbours in one go; `None` for what cannot be read.
    pub(super) fn read(&self, spans: &[Span]) -> Vec<Option<Bytes>> {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_unstable_by_key(|n| spans[*n]);
        let mut messages = vec![None; spans.len()];
        let mut rest = &order[..];
        while let Some(first) = rest.first() {
            let at = spans[*first].at;
            let mut end = at + spans[*first].len as u64;
            let mut count = 1;
            for n in &rest[1..] {
                let next = spans[*n];
                let next_end = end.max(next.at + next.len as u64);
                if next.at > end + GAP || next_end - at > RUN {
                    break;
                }
                end = next_end;
                count += 1;
            }
            let (run, behind) = rest.split_at(count);
            rest = behind;
            let Ok(bytes) = self.read_at(at, (end - at) as usize) else {
                continue;
            };
            for n in run {
                let begin = (spans[*n].at - at) as usize;
                messages[*n] = Some(bytes.slice(begin..begin + spans[*n].len));
            }
        }
        messages
    }

    fn read_at(&self, at: u64, len: usize) -> io::Result<Bytes> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = vec![0; len];
        file.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}
