//! `init` (16): the first message on every connection.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    error::DecodeError,
    features::Features,
    field::{TlvValue, as_itself, made_of_part},
    message_macro::message,
    reader::Reader,
    tlv::UnknownRecords,
    types::{Address, ChainHash},
};

message! {
    /// Tells which features the sender offers and demands, and which chains it serves.
    ///
    /// ```
    /// use lnwire::{ChainHash, Feature, Features, WireMessage, bolt1::{ChainHashes, Init}};
    ///
    /// let init = Init {
    ///     features: Features::offering(&[Feature::DATA_LOSS_PROTECT, Feature::GOSSIP_QUERIES]),
    ///     networks: Some(ChainHashes::new(&[ChainHash::MAINNET])),
    ///     ..Init::default()
    /// };
    /// let mut frame = Vec::new();
    /// init.encode(&mut frame)?;
    /// let read = Init::decode(frame.into())?;
    /// assert!(read.networks.is_some_and(|chains| chains.contains(ChainHash::MAINNET)));
    /// assert!(read.features.supports(Feature::DATA_LOSS_PROTECT));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// BOLT 1, [the `init` message](https://github.com/lightning/bolts/blob/master/01-messaging.md#the-init-message).
    Init = 16 {
        /// An older field for bits up to 13; read together with `features`.
        global_features: Features,
        /// The features offered and demanded.
        features: Features,
    }
    "init_tlvs" {
        /// The chains the sender is interested in; `None` says nothing about it.
        1 => networks: ChainHashes,
        /// The address at which the sender sees the receiver, as an address descriptor. A claim: nothing else
        /// than a hint. Kept raw, [`remote_address`](Self::remote_address) reads it.
        3 => remote_addr: Bytes,
    }
}

impl Default for Init {
    /// One that offers nothing.
    fn default() -> Self {
        Self {
            global_features: Features::EMPTY,
            features: Features::EMPTY,
            networks: None,
            remote_addr: None,
            unknown: UnknownRecords::NONE,
        }
    }
}

impl Init {
    /// Returns the bits of both feature fields.
    #[must_use]
    pub fn all_features(&self) -> Features {
        self.features.union(&self.global_features)
    }

    /// Returns `remote_addr` as an address, or `None` if there is none or it is not exactly one descriptor.
    #[must_use]
    pub fn remote_address(&self) -> Option<Address> {
        let mut reader = Reader::new(self.remote_addr.as_ref()?);
        let address = Address::read(&mut reader).ok()?;
        reader.is_empty().then_some(address)
    }
}

/// The chains of an `init`, as received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainHashes(Bytes);

impl ChainHashes {
    /// Makes the list of `chains`.
    #[must_use]
    pub fn new(chains: &[ChainHash]) -> Self {
        let mut bytes = BytesMut::new();
        chains
            .iter()
            .for_each(|chain| bytes.put_slice(chain.as_bytes()));
        Self(bytes.freeze())
    }

    /// Returns the chains in their order.
    pub fn iter(&self) -> impl Iterator<Item = ChainHash> + '_ {
        self.0
            .chunks_exact(ChainHash::LEN)
            .filter_map(|chunk| chunk.try_into().ok().map(ChainHash))
    }

    /// Returns whether `chain` is one of them.
    #[must_use]
    pub fn contains(&self, chain: ChainHash) -> bool {
        self.iter().any(|other| other == chain)
    }
}

made_of_part!(ChainHashes, Self);

impl TlvValue for ChainHashes {
    #[inline]
    fn find_value<'a>(
        field: &'static str,
        record: &mut Reader<'a>,
    ) -> Result<&'a [u8], DecodeError> {
        let len = record.remaining();
        if len % ChainHash::LEN != 0 {
            return Err(DecodeError::Ragged {
                field,
                len,
                element: ChainHash::LEN,
            });
        }
        Ok(record.rest_slice())
    }

    #[inline]
    fn value_len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    fn write_value<B: BufMut>(&self, out: &mut B) {
        out.put_slice(&self.0);
    }

    as_itself!(value_to_serde, value_from_serde, arbitrary_value);
}

#[cfg(feature = "serde")]
impl serde::Serialize for ChainHashes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Some formats have to be told the length.
        let chains: alloc::vec::Vec<ChainHash> = self.iter().collect();
        serializer.collect_seq(chains)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for ChainHashes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let chains = <alloc::vec::Vec<ChainHash> as serde::Deserialize>::deserialize(deserializer)?;
        Ok(Self::new(&chains))
    }
}
