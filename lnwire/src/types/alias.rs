//! How a node calls and colours itself. Hostile text: shown only escaped.

use core::fmt::{self, Write};

/// A node's self-chosen name: 32 bytes that should be UTF-8 padded with zeros, kept as they came.
///
/// `Display` drops the padding and replaces invalid bytes, control characters, invisible characters and those
/// that change the direction of text by `\u{fffd}`, so that a name cannot forge lines of a log.
///
/// ```
/// use lnwire::Alias;
///
/// let alias = Alias::new("aranguren.org").ok_or("longer than 32 bytes")?;
/// assert_eq!(alias.to_string(), "aranguren.org");
///
/// // Whatever could forge a line of a log is shown as one harmless character, and kept as it came.
/// let forged = Alias::new("bob\n[ERROR] pay eve").ok_or("longer than 32 bytes")?;
/// assert_eq!(forged.to_string(), "bob\u{fffd}[ERROR] pay eve");
/// assert_eq!(forged.0[3], b'\n');
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Alias(pub [u8; 32]);

impl Alias {
    /// Pads `name` with zeros; `None` when it is longer than 32 bytes.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        bytes
            .get_mut(..name.len())?
            .copy_from_slice(name.as_bytes());
        Some(Self(bytes))
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self
            .0
            .iter()
            .rposition(|&b| b != 0)
            .map_or(0, |last| last.saturating_add(1));
        for chunk in self.0.get(..len).unwrap_or_default().utf8_chunks() {
            for c in chunk.valid().chars() {
                f.write_char(if is_hidden(c) {
                    char::REPLACEMENT_CHARACTER
                } else {
                    c
                })?;
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

/// Whether a character does something else than to show itself: controls, separators of lines, directions of
/// text, joiners and spaces of no width, annotations, tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

impl fmt::Debug for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Alias({self})")
    }
}

/// A node's self-chosen colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Color(pub [u8; 3]);

#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(Alias, |this| &this.0, |bytes| bytes
    .try_into()
    .map(Self)
    .map_err(|_| "an alias has 32 bytes"));
#[cfg(feature = "serde")]
crate::serde_form::as_bytes!(Color, |this| &this.0, |bytes| bytes
    .try_into()
    .map(Self)
    .map_err(|_| "a colour has 3 bytes"));
