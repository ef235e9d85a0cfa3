//! Secrets that a message reveals to its receiver, and a log must not reveal to anybody else.

/// Declares a newtype over 32 bytes whose `Debug` does not show them. It has no text form.
macro_rules! secret_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// `Debug` hides the bytes; comparing takes a time that depends on them.
        ///
        /// ```
        #[doc = concat!("let secret = lnwire::", stringify!($name), "([7; 32]);")]
        #[doc = concat!("assert_eq!(format!(\"{secret:?}\"), \"", stringify!($name), "(..)\");")]
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// Its length in bytes.
            pub const LEN: usize = 32;

            /// Returns the bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

secret_bytes! {
    /// What the receiver of a payment gives for it: whoever knows it can claim the HTLC.
    PaymentPreimage
}

secret_bytes! {
    /// What revokes a commitment transaction: whoever knows it can punish its publication.
    PerCommitmentSecret
}

impl PerCommitmentSecret {
    /// Stands for no secret where a message must have one (`channel_reestablish`).
    pub const ZERO: Self = Self([0; 32]);
}
