//! `init` (16): the first message on every connection.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    codec::{WireMessage, open, sum},
    error::DecodeError,
    features::Features,
    tlv::{self, UnknownRecords},
    types::{Address, ChainHash},
};

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Init {
    /// An older field for bits up to 13; read together with `features`.
    pub global_features: Features,
    /// The features offered and demanded.
    pub features: Features,
    /// The chains the sender is interested in; `None` says nothing about it.
    pub networks: Option<ChainHashes>,
    /// The address at which the sender sees the receiver, as an address descriptor. A claim: nothing else
    /// than a hint. Kept raw, [`remote_address`](Self::remote_address) reads it.
    #[cfg_attr(feature = "serde", serde(with = "crate::serde_form::optional_hex"))]
    pub remote_addr: Option<Bytes>,
    /// Records of unknown odd types.
    pub unknown: UnknownRecords,
}

const STREAM: &str = "init_tlvs";
const NETWORKS: u64 = 1;
const REMOTE_ADDR: u64 = 3;

impl Init {
    /// Returns the bits of both feature fields.
    #[must_use]
    pub fn all_features(&self) -> Features {
        self.features.union(&self.global_features)
    }

    /// Returns `remote_addr` as an address, or `None` if there is none or it is not exactly one descriptor.
    #[must_use]
    pub fn remote_address(&self) -> Option<Address> {
        let mut reader = crate::reader::Reader::new(self.remote_addr.as_ref()?);
        let address = Address::read(&mut reader).ok()?;
        reader.is_empty().then_some(address)
    }

    fn tlvs_len(&self) -> usize {
        sum(&[
            self.networks
                .as_ref()
                .map_or(0, |n| tlv::record_len(NETWORKS, n.0.len())),
            self.remote_addr
                .as_ref()
                .map_or(0, |a| tlv::record_len(REMOTE_ADDR, a.len())),
            self.unknown.encoded_len(),
        ])
    }
}

impl WireMessage for Init {
    const TYPE: u16 = 16;

    #[inline]
    fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let mut reader = open(&frame, Self::TYPE)?;
        let mut init = Self {
            global_features: Features::from_bytes(reader.u16_prefixed("globalfeatures")?),
            features: Features::from_bytes(reader.u16_prefixed("features")?),
            ..Self::default()
        };
        init.unknown = tlv::read_stream(STREAM, &mut reader, |tlv_type, value| {
            match tlv_type {
                NETWORKS => init.networks = Some(ChainHashes::from_bytes(value.rest())?),
                REMOTE_ADDR => init.remote_addr = Some(value.rest()),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(init)
    }

    #[inline]
    fn encoded_len(&self) -> usize {
        let features = [
            self.global_features.as_bytes().len(),
            self.features.as_bytes().len(),
        ];
        sum(&[6, sum(&features), self.tlvs_len()])
    }

    #[inline]
    fn write<B: BufMut>(&self, out: &mut B) {
        out.put_u16(Self::TYPE);
        self.global_features.write_u16_prefixed(out);
        self.features.write_u16_prefixed(out);
        let mut tlvs = tlv::Writer::new(out, &self.unknown);
        if let Some(ChainHashes(bytes)) = &self.networks {
            tlvs.record(NETWORKS, bytes.len(), |out| out.put_slice(bytes));
        }
        if let Some(bytes) = &self.remote_addr {
            tlvs.record(REMOTE_ADDR, bytes.len(), |out| out.put_slice(bytes));
        }
        tlvs.finish();
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

    fn from_bytes(bytes: Bytes) -> Result<Self, DecodeError> {
        if bytes.len() % ChainHash::LEN != 0 {
            return Err(DecodeError::Ragged {
                field: "networks",
                len: bytes.len(),
                element: ChainHash::LEN,
            });
        }
        Ok(Self(bytes))
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
