//! Writes a topology file (GOSSMAP_COMPRESSv1).

use examples::gossmap::{GossmapChannel, HtlcMaximum, Terms};
use lnwire::{BigSize, Msat};

/// Three channels between three nodes: all kinds of maxima, one direction disabled, numbers of 1 to 9 bytes.
pub(crate) fn fixture() -> Vec<GossmapChannel> {
    let terms = |htlc_maximum, fee_base_msat| {
        Some(Terms {
            htlc_minimum_msat: Msat(1000),
            htlc_maximum,
            fee_base_msat,
            fee_proportional_millionths: 500,
            cltv_expiry_delta: 144,
        })
    };
    let channel = |start, end, capacity_sat, directions| GossmapChannel {
        start,
        end,
        capacity_sat,
        directions,
    };
    vec![
        channel(
            0,
            1,
            100,
            [
                terms(HtlcMaximum::Capacity, 0),
                terms(HtlcMaximum::Share99, 1),
            ],
        ),
        channel(
            0,
            2,
            5_000_000_000,
            [
                None,
                terms(HtlcMaximum::Amount(Msat(5_000_000_000)), 70_000),
            ],
        ),
        channel(
            1,
            2,
            300,
            [
                terms(HtlcMaximum::Amount(Msat(2)), 300),
                terms(HtlcMaximum::Capacity, 0),
            ],
        ),
    ]
}

pub(crate) fn encode(channels: &[GossmapChannel]) -> Vec<u8> {
    let mut out = b"GOSSMAP_COMPRESSv1\0".to_vec();
    let directions = || channels.iter().flat_map(|c| c.directions);
    let of = |value: fn(Terms) -> u64| directions().map(move |d| d.map_or(0, value)).collect();
    number(&mut out, channels.len() as u64);
    channels
        .iter()
        .for_each(|c| number(&mut out, c.start.into()));
    channels.iter().for_each(|c| number(&mut out, c.end.into()));
    let disabled = (0..).zip(directions()).filter(|(_, d)| d.is_none());
    disabled.for_each(|(i, _)| number(&mut out, i));
    number(&mut out, 2 * channels.len() as u64);
    table(&mut out, channels.iter().map(|c| c.capacity_sat).collect());
    table(&mut out, of(|t| t.htlc_minimum_msat.0));
    table(
        &mut out,
        of(|t| match t.htlc_maximum {
            HtlcMaximum::Capacity => 0,
            HtlcMaximum::Share99 => 1,
            HtlcMaximum::Amount(amount) => amount.0,
        }),
    );
    table(&mut out, of(|t| t.fee_base_msat.into()));
    table(&mut out, of(|t| t.fee_proportional_millionths.into()));
    table(&mut out, of(|t| t.cltv_expiry_delta.into()));
    out
}

fn table(out: &mut Vec<u8>, values: Vec<u64>) {
    let mut distinct = values.clone();
    distinct.sort_unstable();
    distinct.dedup();
    number(out, distinct.len() as u64);
    distinct.iter().for_each(|value| number(out, *value));
    for value in values {
        let index = distinct.binary_search(&value).expect("it is in there");
        number(out, index as u64);
    }
}

pub(crate) fn number(out: &mut Vec<u8>, value: u64) {
    BigSize(value).write(out);
}
