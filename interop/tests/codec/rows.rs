//! The differences that there are, and what decides each.

use Why::{
    AddressUnreadable, ExtensionDropped, ExtensionInvalid, FlagUnknown, InitFeaturesMerged,
    MustBeOneUnset, NoEncoding, OnionKeyZeroed, OwnRecordInvalid, PacketUnreadable, PaddingZeroed,
    PointInvalid, PrevtxUnreadable, QueryOptionInvalid, QueryRecordInvalid, QueryStreamInvalid,
    RbfConfirmedInputs, RecordsDropped, RemoteAddrUnreadable, SignatureInvalid, TextNotUtf8,
    WitnessUnreadable,
};

/// A class of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    PointInvalid,
    SignatureInvalid,
    TextNotUtf8,
    FlagUnknown,
    MustBeOneUnset,
    ExtensionInvalid,
    NoEncoding,
    PrevtxUnreadable,
    WitnessUnreadable,
    RbfConfirmedInputs,
    OwnRecordInvalid,
    AddressUnreadable,
    RemoteAddrUnreadable,
    PacketUnreadable,
    QueryStreamInvalid,
    QueryRecordInvalid,
    QueryOptionInvalid,
    ExtensionDropped,
    RecordsDropped,
    PaddingZeroed,
    InitFeaturesMerged,
    OnionKeyZeroed,
}

/// Which of the two a difference makes refuse a message, or only encode it otherwise than it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    LdkRefuses,
    OursRefuses,
    LdkEncodesOtherwise,
}
use Kind::{LdkEncodesOtherwise, LdkRefuses, OursRefuses};

/// Who does as the BOLTs say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    Both,
    Ours,
}
use Right::{Both, Ours};

/// A row of the table.
pub(crate) struct Row {
    pub(crate) why: Why,
    pub(crate) kind: Kind,
    /// The types that it may happen in.
    pub(crate) types: &'static [u16],
    pub(crate) what: &'static str,
    /// The section or sentence that decides it.
    pub(crate) bolt: &'static str,
    pub(crate) right: Right,
}

macro_rules! table {
    ($($why:ident, $kind:ident, $types:expr, $what:literal, $bolt:literal, $right:ident;)*) => {
        pub(crate) const TABLE: &[Row] = &[$(Row {
            why: $why,
            kind: $kind,
            types: &$types,
            what: $what,
            bolt: $bolt,
            right: $right,
        }),*];
    };
}

table! {
    PointInvalid, LdkRefuses, [32, 33, 36, 64, 65, 80, 81, 128, 133, 136, 513],
        "a point that is not on the curve: LDK parses it at once, ours when it is used",
        "BOLT 1, fundamental types: a point is 33 bytes; no sentence says when to look for it on the curve",
        Both;
    SignatureInvalid, LdkRefuses, [34, 35, 39, 40, 41, 71, 132, 256, 257, 258, 259],
        "a signature with r or s past the curve's order: LDK parses it at once, ours when it is verified",
        "BOLT 1, fundamental types: a signature is 64 bytes; BOLT 7: an invalid one is warned about",
        Both;
    TextNotUtf8, LdkRefuses, [1, 17],
        "a text that is not UTF-8: LDK refuses the message, and the complaint in it is lost",
        "BOLT 1, error and warning: data that is not printable ASCII SHOULD NOT be printed verbatim",
        Ours;
    FlagUnknown, LdkRefuses, [2, 262, 264],
        "a flag that is neither 0 nor 1: LDK refuses it, ours hands the byte on",
        "BOLT 2 (initiator), BOLT 7 (full_information, sync_complete): a byte; 0 and 1 have a meaning, \
         others are not mentioned",
        Both;
    MustBeOneUnset, LdkRefuses, [258],
        "message_flags without must_be_one",
        "BOLT 7, channel_update: must_be_one is a constant value, and ignored by receivers",
        Ours;
    ExtensionInvalid, LdkRefuses,
        [2, 7, 9, 34, 35, 38, 67, 68, 69, 70, 74, 77, 133, 134, 135, 259, 262, 265],
        "no valid TLV stream behind the fields of a type for which no records are defined: ours keeps the bytes",
        "BOLT 1, Lightning message format: MAY ignore the extension; otherwise MUST close if it is invalid",
        Both;
    NoEncoding, LdkRefuses, [261, 264],
        "encoded_short_ids without the byte for the encoding: ours takes it for none",
        "BOLT 7, query messages: MAY warn, MAY close if the first byte is no known encoding; not a word on none",
        Both;
    PrevtxUnreadable, LdkRefuses, [66],
        "a prevtx that is no transaction: LDK parses it at once",
        "BOLT 2, tx_add_input: MUST fail the negotiation if prevtx is not a valid transaction; bytes on the wire",
        Both;
    WitnessUnreadable, LdkRefuses, [71],
        "a witness that is no witness stack of just its length: LDK parses it at once",
        "BOLT 2, tx_signatures: MUST fail the negotiation if a witness is empty or not standard; bytes on the wire",
        Both;
    RbfConfirmedInputs, LdkRefuses, [72, 73],
        "record 2, require_confirmed_inputs, which LDK does not know and whose type is even",
        "BOLT 2, tx_init_rbf_tlvs and tx_ack_rbf_tlvs: type 2 is defined",
        Ours;
    OwnRecordInvalid, LdkRefuses, [128, 133],
        "a record of a type that only LDK gives a meaning (65537, 75537) with another content",
        "BOLT 1, type-length-value format: types from 2^16 on are anyone's; the unknown odd ones are discarded",
        Both;
    AddressUnreadable, LdkRefuses, [257],
        "an address that runs past addrlen, or a hostname that is none: ours reads addresses one by one, when \
         asked",
        "BOLT 7, node_announcement: SHOULD send a warning if addrlen is insufficient, MAY close",
        Both;
    RemoteAddrUnreadable, LdkRefuses, [16],
        "a remote_addr that is not one address of a known type: ours keeps the bytes",
        "BOLT 1, init_tlvs: the content of remote_addr is any number of bytes, so all of them fit the encoding",
        Ours;
    PacketUnreadable, LdkRefuses, [513],
        "an onion of fewer than 66 bytes, or whose key is not on the curve: ours keeps it sealed",
        "BOLT 4, onion messages: if decryption fails, MUST ignore the message",
        Ours;
    QueryStreamInvalid, OursRefuses, [261, 264],
        "records out of order, of unknown even types or cut short: LDK never looks at the extension",
        "BOLT 1, type-length-value format: MUST fail to parse the stream",
        Ours;
    QueryRecordInvalid, OursRefuses, [261, 264],
        "query flags, timestamps or checksums that do not match the short channel ids: LDK never looks at them",
        "BOLT 7, query messages: MAY send a warning, MAY close the connection unless there is one for each id",
        Both;
    QueryOptionInvalid, OursRefuses, [263],
        "a query_option that is no BigSize: an unknown odd record for LDK",
        "BOLT 1, type-length-value format: MUST fail if the length is not that of the known encoding",
        Ours;
    ExtensionDropped, LdkEncodesOtherwise, [1, 17, 18, 19, 261, 264, 513],
        "bytes behind the fields, which LDK never reads: nor the records of gossip_queries_ex, which it does not offer",
        "BOLT 1, Lightning message format: MAY ignore the extension",
        Both;
    RecordsDropped, LdkEncodesOtherwise,
        [
            2, 7, 9, 16, 32, 33, 34, 35, 36, 38, 39, 40, 41, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 77,
            80, 81, 127, 128, 130, 131, 132, 133, 134, 135, 136, 259, 262, 263, 265,
        ],
        "records that LDK does not know, query_option among them, or that are empty lists",
        "BOLT 1, type-length-value format: MUST discard the value of unknown odd types",
        Both;
    PaddingZeroed, LdkEncodesOtherwise, [18, 19],
        "ignored bytes, which LDK does not keep",
        "BOLT 1, ping and pong: SHOULD set ignored to 0s",
        Both;
    InitFeaturesMerged, LdkEncodesOtherwise, [16],
        "globalfeatures and features, which LDK keeps as one",
        "BOLT 1, init: MUST combine (bitwise OR) the two feature bitmaps",
        Both;
    OnionKeyZeroed, LdkEncodesOtherwise, [128],
        "the key of an onion, when it is not on the curve: LDK remembers only that",
        "BOLT 4, returning errors: an unparsable key is answered with invalid_onion_key, and nobody passes it on",
        Both;
}
