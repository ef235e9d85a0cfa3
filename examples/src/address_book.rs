//! What was learnt about peers, in a file: one JSON object a line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use conn_worker::worker::SavedPeer;

/// Why an address book cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum AddressBookError {
    /// The system refuses.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
    /// A line is not what this program writes.
    #[error("{}, line {line}: {error}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1 on.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

/// Reads a book; one that is not there is empty.
///
/// # Errors
/// [`AddressBookError`]
pub fn read(path: &Path) -> Result<Vec<SavedPeer>, AddressBookError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error(path)(error)),
    };
    let lines = (1..).zip(text.lines());
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(line, text)| {
            serde_json::from_str(text).map_err(|error| AddressBookError::Line {
                path: path.to_owned(),
                line,
                error,
            })
        })
        .collect()
}

/// Writes a book beside the old one, and then in its place, so that a crash leaves one of the two.
///
/// # Errors
/// [`AddressBookError::Io`]
pub fn write(path: &Path, peers: &[SavedPeer]) -> Result<(), AddressBookError> {
    let mut text = String::new();
    for peer in peers {
        let line = serde_json::to_string(peer).map_err(|e| io_error(path)(e.into()))?;
        text.push_str(&line);
        text.push('\n');
    }
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(io_error(&new))?;
    fs::rename(&new, path).map_err(io_error(path))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> AddressBookError {
    let path = path.to_owned();
    move |error| AddressBookError::Io { path, error }
}
