//! The messages of BOLT 2 field by field: a strategy for each, and what each says in the words of the vectors.

use lnwire::bytes::Bytes;
use lnwire::{
    BlockHeight, ChainHash, ChannelId, Features, FeeratePerKw, Message, Msat, PaymentHash,
    PaymentPreimage, PerCommitmentSecret, Point, Sat, Sha256, ShortChannelId, Signature, Txid,
    bolt1::{PeerStorage, PeerStorageRetrieval},
    bolt2::*,
    tlv::UnknownRecords,
};
use proptest::{collection::vec, option, prelude::*, strategy::Union};
use serde_json::{Map, Value as Json, json};

use super::strategies;

/// Every message with its fields in order, what it keeps of the rest, and its known records.
macro_rules! bolt2_messages {
    ($use:ident) => {
        $use! {
            Stfu { channel_id, initiator, } extra {}
            PeerStorage { blob, } extra {}
            PeerStorageRetrieval { blob, } extra {}
            OpenChannel { chain_hash, temporary_channel_id, funding_satoshis, push_msat, dust_limit_satoshis,
                max_htlc_value_in_flight_msat, channel_reserve_satoshis, htlc_minimum_msat, feerate_per_kw,
                to_self_delay, max_accepted_htlcs, funding_pubkey, revocation_basepoint, payment_basepoint,
                delayed_payment_basepoint, htlc_basepoint, first_per_commitment_point, channel_flags, }
                unknown { upfront_shutdown_script, channel_type, }
            AcceptChannel { temporary_channel_id, dust_limit_satoshis, max_htlc_value_in_flight_msat,
                channel_reserve_satoshis, htlc_minimum_msat, minimum_depth, to_self_delay, max_accepted_htlcs,
                funding_pubkey, revocation_basepoint, payment_basepoint, delayed_payment_basepoint,
                htlc_basepoint, first_per_commitment_point, } unknown { upfront_shutdown_script, channel_type,
                }
            FundingCreated { temporary_channel_id, funding_txid, funding_output_index, signature, } extra {}
            FundingSigned { channel_id, signature, } extra {}
            ChannelReady { channel_id, second_per_commitment_point, } unknown { short_channel_id, }
            Shutdown { channel_id, scriptpubkey, } extra {}
            ClosingSigned { channel_id, fee_satoshis, signature, } unknown { fee_range, }
            ClosingComplete { channel_id, closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime, }
                unknown { closer_output_only, closee_output_only, closer_and_closee_outputs, }
            ClosingSig { channel_id, closer_scriptpubkey, closee_scriptpubkey, fee_satoshis, locktime, }
                unknown { closer_output_only, closee_output_only, closer_and_closee_outputs, }
            OpenChannel2 { chain_hash, temporary_channel_id, funding_feerate_perkw, commitment_feerate_perkw,
                funding_satoshis, dust_limit_satoshis, max_htlc_value_in_flight_msat, htlc_minimum_msat,
                to_self_delay, max_accepted_htlcs, locktime, funding_pubkey, revocation_basepoint,
                payment_basepoint, delayed_payment_basepoint, htlc_basepoint, first_per_commitment_point,
                second_per_commitment_point, channel_flags, } unknown { upfront_shutdown_script, channel_type,
                require_confirmed_inputs, }
            AcceptChannel2 { temporary_channel_id, funding_satoshis, dust_limit_satoshis,
                max_htlc_value_in_flight_msat, htlc_minimum_msat, minimum_depth, to_self_delay,
                max_accepted_htlcs, funding_pubkey, revocation_basepoint, payment_basepoint,
                delayed_payment_basepoint, htlc_basepoint, first_per_commitment_point,
                second_per_commitment_point, } unknown { upfront_shutdown_script, channel_type,
                require_confirmed_inputs, }
            TxAddInput { channel_id, serial_id, prevtx, prevtx_vout, sequence, } unknown { shared_input_txid,
                }
            TxAddOutput { channel_id, serial_id, sats, script, } extra {}
            TxRemoveInput { channel_id, serial_id, } extra {}
            TxRemoveOutput { channel_id, serial_id, } extra {}
            TxComplete { channel_id, } extra {}
            TxSignatures { channel_id, txid, witnesses, } unknown { shared_input_signature, }
            TxInitRbf { channel_id, locktime, feerate, } unknown { funding_output_contribution,
                require_confirmed_inputs, }
            TxAckRbf { channel_id, } unknown { funding_output_contribution, require_confirmed_inputs, }
            TxAbort { channel_id, data, } extra {}
            SpliceLocked { channel_id, splice_txid, } extra {}
            SpliceInit { channel_id, funding_contribution_satoshis, funding_feerate_perkw, locktime,
                funding_pubkey, } unknown { require_confirmed_inputs, }
            SpliceAck { channel_id, funding_contribution_satoshis, funding_pubkey, } unknown {
                require_confirmed_inputs, }
            StartBatch { channel_id, batch_size, } unknown { message_type, }
            UpdateAddHtlc { channel_id, id, amount_msat, payment_hash, cltv_expiry, onion_routing_packet, }
                unknown { blinded_path, }
            UpdateFulfillHtlc { channel_id, id, payment_preimage, } unknown { attribution_data, }
            UpdateFailHtlc { channel_id, id, reason, } unknown { attribution_data, }
            CommitmentSigned { channel_id, signature, htlc_signatures, } unknown { funding_txid, }
            RevokeAndAck { channel_id, per_commitment_secret, next_per_commitment_point, } extra {}
            UpdateFee { channel_id, feerate_per_kw, } extra {}
            UpdateFailMalformedHtlc { channel_id, id, sha256_of_onion, failure_code, } extra {}
            ChannelReestablish { channel_id, next_commitment_number, next_revocation_number,
                your_last_per_commitment_secret, my_current_per_commitment_point, } unknown { next_funding,
                my_current_funding_locked, }
        }
    };
}

/// A value of a field or a record.
pub(crate) trait Value: core::fmt::Debug + Sized + 'static {
    fn any() -> BoxedStrategy<Self>;
    fn json(&self) -> Json;
}

macro_rules! values {
    ($($ty:ty: $any:expr, $json:expr;)*) => {
        $(impl Value for $ty {
            fn any() -> BoxedStrategy<Self> {
                $any.boxed()
            }

            fn json(&self) -> Json {
                let json: fn(&Self) -> Json = $json;
                json(self)
            }
        })*
    };
}

fn array<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    vec(any::<u8>(), N).prop_map(|bytes| bytes.try_into().unwrap())
}

fn blob() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        Just(Bytes::new()),
        vec(any::<u8>(), 1..90).prop_map(Bytes::from)
    ]
}

fn bytes(len: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), len).prop_map(Bytes::from)
}

values! {
    u8: any::<u8>(), |n| json!(n);
    u16: any::<u16>(), |n| json!(n);
    u32: any::<u32>(), |n| json!(n);
    u64: any::<u64>(), |n| json!(n);
    i64: any::<i64>(), |n| json!(n);
    (): Just(()), |()| json!({});
    Sat: any::<u64>().prop_map(Self), |n| json!(n.0);
    Msat: any::<u64>().prop_map(Self), |n| json!(n.0);
    FeeratePerKw: any::<u32>().prop_map(Self), |n| json!(n.0);
    BlockHeight: any::<u32>().prop_map(Self), |n| json!(n.0);
    ShortChannelId: any::<u64>().prop_map(Self), |id| json!(id.to_string());
    ChainHash: array().prop_map(Self), |b| json!(b.to_string());
    ChannelId: array().prop_map(Self), |b| json!(b.to_string());
    Signature: array().prop_map(Self), |b| json!(b.to_string());
    PaymentHash: array().prop_map(Self), |b| json!(b.to_string());
    Sha256: array().prop_map(Self), |b| json!(b.to_string());
    Txid: array().prop_map(Self), |b| json!(hex::encode(b.as_bytes()));
    PaymentPreimage: array().prop_map(Self), |b| json!(hex::encode(b.as_bytes()));
    PerCommitmentSecret: array().prop_map(Self), |b| json!(hex::encode(b.as_bytes()));
    // One that a record may have.
    Point: (2..=3_u8, array::<33>()).prop_map(|(prefix, mut bytes)| {
        bytes[0] = prefix;
        Self(bytes)
    }), |b| json!(b.to_string());
    Bytes: blob(), |b| json!(hex::encode(b));
    Features: blob().prop_map(Self::from_bytes), |f| json!(hex::encode(f.as_bytes()));
    OnionPacket: bytes(Self::LEN).prop_map(|b| Self::new(b).unwrap()),
        |onion| json!(hex::encode(onion.as_bytes()));
    AttributionData: bytes(Self::LEN).prop_map(|b| Self::new(b).unwrap()), |data| json!({
        "htlc_hold_times": data.htlc_hold_times().collect::<Vec<_>>(),
        "truncated_hmacs": data.truncated_hmacs().map(hex::encode).collect::<Vec<_>>(),
    });
    Signatures: vec(array(), 0..6).prop_map(|list| Self::new(list.into_iter().map(Signature))),
        |list| list.iter().map(|signature| signature.to_string()).collect();
    Witnesses: vec(blob(), 0..6).prop_map(|list| Self::new(list).unwrap()),
        |list| list.iter().map(|data| json!({ "witness_data": hex::encode(data) })).collect();
    FeeRange: any::<[u64; 2]>().prop_map(|[min, max]| Self {
        min_fee_satoshis: Sat(min),
        max_fee_satoshis: Sat(max),
    }), |range| json!({
        "min_fee_satoshis": range.min_fee_satoshis.0,
        "max_fee_satoshis": range.max_fee_satoshis.0,
    });
    NextFunding: (Txid::any(), any::<u8>()).prop_map(|(next_funding_txid, retransmit_flags)| Self {
        next_funding_txid,
        retransmit_flags,
    }), |next| json!({
        "next_funding_txid": next.next_funding_txid.json(),
        "retransmit_flags": next.retransmit_flags,
    });
    MyCurrentFundingLocked: (Txid::any(), any::<u8>()).prop_map(|(txid, retransmit_flags)| Self {
        my_current_funding_locked_txid: txid,
        retransmit_flags,
    }), |locked| json!({
        "my_current_funding_locked_txid": locked.my_current_funding_locked_txid.json(),
        "retransmit_flags": locked.retransmit_flags,
    });
    UnknownRecords: strategies::unknown(), |records| records
        .iter()
        .map(|(tlv_type, value)| json!({ "type": tlv_type, "value": hex::encode(value) }))
        .collect();
}

impl<T: Value + Clone> Value for Option<T> {
    fn any() -> BoxedStrategy<Self> {
        option::of(T::any()).boxed()
    }

    fn json(&self) -> Json {
        self.as_ref().map_or(Json::Null, T::json)
    }
}

macro_rules! strategies {
    ($($message:ident { $($field:ident,)* } $rest:ident { $($tlv:ident,)* })*) => {
        /// A message of BOLT 2, or of BOLT 1's peer storage.
        pub(crate) fn message() -> impl Strategy<Value = Message> {
            Union::new([$({
                prop_compose! {
                    fn strategy()(
                        $($field in Value::any(),)*
                        $($tlv in Value::any(),)*
                        $rest in Value::any(),
                    ) -> Message {
                        $message { $($field,)* $($tlv,)* $rest }.into()
                    }
                }
                strategy().boxed()
            },)*])
        }
    };
}
bolt2_messages!(strategies);

macro_rules! fields {
    ($($message:ident { $($field:ident,)* } $rest:ident { $($tlv:ident,)* })*) => {
        /// What a message says, in the words of the vectors.
        pub(crate) fn fields(message: &Message) -> Json {
            match message {
                $(Message::$message(message) => {
                    let $message { $($field,)* $($tlv,)* $rest } = message;
                    let fields = [$((stringify!($field), $field.json())),*];
                    let tlvs: &[(&str, Json)] = &[$((stringify!($tlv), $tlv.json())),*];
                    $rest.join(&fields, tlvs)
                })*
                other => panic!("{other:?}"),
            }
        }
    };
}
bolt2_messages!(fields);

/// Where a message keeps what it does not know.
trait Rest {
    fn join(&self, fields: &[(&str, Json)], tlvs: &[(&str, Json)]) -> Json;
}

fn object(entries: &[(&str, Json)]) -> Map<String, Json> {
    let there = entries.iter().filter(|(_, value)| !value.is_null());
    there
        .map(|(name, value)| ((*name).into(), value.clone()))
        .collect()
}

impl Rest for UnknownRecords {
    fn join(&self, fields: &[(&str, Json)], tlvs: &[(&str, Json)]) -> Json {
        let mut tlvs = object(tlvs);
        if !self.is_empty() {
            tlvs.insert("_unknown".into(), self.json());
        }
        let mut fields = object(fields);
        fields.insert("tlvs".into(), tlvs.into());
        fields.into()
    }
}

impl Rest for Bytes {
    fn join(&self, fields: &[(&str, Json)], _tlvs: &[(&str, Json)]) -> Json {
        let mut fields = object(fields);
        if !self.is_empty() {
            let records = UnknownRecords::from_bytes(self).unwrap();
            fields.insert("_extension".into(), json!({ "_unknown": records.json() }));
        }
        fields.into()
    }
}
