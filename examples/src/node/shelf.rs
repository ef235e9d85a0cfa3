//! Messages in memory: one behind the other in blocks, so that nothing is allocated for each.

use lnwire::bytes::Bytes;

/// Bytes in blocks. What is read of a full block shares it; a block in which nothing is left goes.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// All but the last are full, or empty and free.
    blocks: Vec<Block>,
    free: Vec<usize>,
    /// The bytes of the block that is being filled, which has its place among the others.
    open: Vec<u8>,
    open_number: usize,
    /// Bytes of all blocks, and of what counts in them.
    held: usize,
    live: usize,
}

#[derive(Debug, Default)]
struct Block {
    bytes: Bytes,
    live: usize,
}

/// Bytes of a block: as many as the longest message.
const BLOCK: usize = 1 << 16;
/// Blocks with holes that are not worth the work of closing them.
const FEW: usize = 16;

impl Shelf {
    /// Keeps some bytes, and says where.
    pub(super) fn put(&mut self, bytes: &[u8]) -> u32 {
        if self.blocks.is_empty() || self.open.len() + bytes.len() > BLOCK {
            self.begin_block();
        }
        let at = self.open_number * BLOCK + self.open.len();
        self.open.extend_from_slice(bytes);
        self.blocks[self.open_number].live += bytes.len();
        self.held += bytes.len();
        self.live += bytes.len();
        u32::try_from(at).expect("no graph has four gigabytes of messages")
    }

    /// Returns what was put there.
    pub(super) fn get(&self, at: u32, len: usize) -> Bytes {
        let (number, begin) = split(at);
        let end = begin + len;
        if number == self.open_number {
            Bytes::copy_from_slice(&self.open[begin..end])
        } else {
            self.blocks[number].bytes.slice(begin..end)
        }
    }

    /// Forgets what was put there.
    pub(super) fn remove(&mut self, at: u32, len: usize) {
        let (number, _) = split(at);
        let block = &mut self.blocks[number];
        block.live -= len;
        self.live -= len;
        if block.live == 0 && number != self.open_number {
            self.held -= block.bytes.len();
            block.bytes = Bytes::new();
            self.free.push(number);
        }
    }

    /// Returns whether most of it is holes: then everything is to be moved to a new one.
    pub(super) const fn is_sparse(&self) -> bool {
        self.held > 2 * self.live + FEW * BLOCK
    }

    /// Returns how many bytes count.
    pub(super) const fn live_bytes(&self) -> usize {
        self.live
    }

    fn begin_block(&mut self) {
        if let Some(block) = self.blocks.get_mut(self.open_number) {
            let bytes = std::mem::take(&mut self.open);
            if block.live == 0 {
                self.held -= bytes.len();
                self.free.push(self.open_number);
            } else {
                block.bytes = bytes.into();
            }
        }
        self.open = Vec::with_capacity(BLOCK);
        self.open_number = self.free.pop().unwrap_or_else(|| {
            self.blocks.push(Block::default());
            self.blocks.len() - 1
        });
    }
}

const fn split(at: u32) -> (usize, usize) {
    let at = at as usize;
    (at / BLOCK, at % BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: usize) -> Vec<u8> {
        vec![n as u8; 100 + n % 400]
    }

    #[test]
    fn what_is_put_is_found_until_it_is_removed() {
        let mut shelf = Shelf::default();
        let mut kept: Vec<(usize, u32)> = Vec::new();
        for n in 0..20_000 {
            kept.push((n, shelf.put(&message(n))));
            if n % 3 > 0 {
                let (old, at) = kept.swap_remove(n * 7 % kept.len());
                shelf.remove(at, message(old).len());
            }
        }
        let live: usize = kept.iter().map(|(n, _)| message(*n).len()).sum();
        assert_eq!(shelf.live, live);
        for (n, at) in kept {
            assert_eq!(shelf.get(at, message(n).len()), message(n));
        }
    }

    #[test]
    fn empty_blocks_are_used_again() {
        let mut shelf = Shelf::default();
        for round in 0..50 {
            let put: Vec<u32> = (0..1000).map(|n| shelf.put(&message(n))).collect();
            for (n, at) in put.into_iter().enumerate() {
                shelf.remove(at, message(n).len());
            }
            assert_eq!(shelf.live, 0, "round {round}");
            assert!(shelf.held < 6 * BLOCK && shelf.blocks.len() < 8);
        }
        // The longest message fills a block alone.
        let at = shelf.put(&[7; BLOCK - 1]);
        assert_eq!(shelf.get(at, BLOCK - 1), [7; BLOCK - 1][..]);
    }
}
