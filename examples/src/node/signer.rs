//! The node's key: where it is kept, and the two things done with it.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use brontide::{
    EphemeralKey, LocalSigner, SharedSecret,
    secp256k1::{PublicKey, SecretKey},
};

/// Holds the node's key.
#[derive(Debug)]
pub struct Signer(LocalSigner);

/// Why a key file is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("key file {}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file does not hold 64 hex digits that are a key.
    #[error("key file {}: not a secret key in 64 hex digits", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
}

impl Signer {
    /// Holds `key`.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self(LocalSigner::new(key))
    }

    /// Holds a key drawn at random, which is lost in the end.
    #[must_use]
    pub fn random() -> Self {
        Self::new(random_key())
    }

    /// Reads the key from a file of 64 hex digits. If there is none, draws one and writes it there, readable
    /// for its owner alone.
    ///
    /// # Errors
    /// [`KeyFileError`]
    pub fn from_file(path: &Path) -> Result<Self, KeyFileError> {
        let failed = |error| KeyFileError::Io {
            path: path.to_owned(),
            error,
        };
        match fs::read_to_string(path) {
            Ok(text) => text
                .trim()
                .parse()
                .map(Self::new)
                .map_err(|_| KeyFileError::NotAKey {
                    path: path.to_owned(),
                }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = random_key();
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(path).map_err(failed)?;
                writeln!(file, "{}", key.display_secret()).map_err(failed)?;
                Ok(Self::new(key))
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Returns the node's identity.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    /// Multiplies `point` by the key (BOLT 8).
    #[must_use]
    pub fn ecdh(&self, point: &PublicKey) -> SharedSecret {
        self.0.ecdh(point)
    }
}

/// Draws the key of one handshake.
#[must_use]
pub(super) fn ephemeral_key() -> EphemeralKey {
    loop {
        // All but one of 2^127 arrays are keys.
        if let Ok(key) = EphemeralKey::from_bytes(random_bytes()) {
            return key;
        }
    }
}

/// Draws a number that nobody can guess.
#[must_use]
pub fn random_seed() -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = random_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn random_key() -> SecretKey {
    loop {
        if let Ok(key) = SecretKey::from_slice(&random_bytes()) {
            return key;
        }
    }
}

pub(super) fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has a source of randomness");
    bytes
}
