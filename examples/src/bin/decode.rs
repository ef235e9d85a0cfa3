//! Shows what is in Lightning messages: from hex, from a `gossip_store`, or from a file of messages behind their
//! lengths.

use core::fmt;
use std::{
    io::{self, BufRead as _, BufWriter, StdoutLock, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use bytes::Bytes;
use clap::Parser;
use lnwire::{Message, Reader, WireMessage as _, bolt7::ChannelAnnouncement, serde::Serialize};
use routemap::store::{End, Entry, Records};

/// Shows what is in Lightning messages.
///
/// Ends with status 1 at the first message that does not decode, and says at which byte it begins: of the file, or of
/// the text on standard input.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// A message in hex, with its type; spaces do not matter. Without it, or for -, standard input has one a line.
    #[arg(conflicts_with = "file")]
    hex: Vec<String>,
    /// A gossip_store of Core Lightning, or messages each behind its length in two bytes.
    #[arg(long)]
    file: Option<PathBuf>,
    /// Write one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Why the program ends before its input does.
enum Stop {
    /// Whoever reads has stopped, and does not want the rest.
    NoReader,
    Because(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::NoReader,
            _ => Self::Because(error.to_string()),
        }
    }
}

fn at(offset: usize, what: impl fmt::Display) -> Stop {
    Stop::Because(format!("byte {offset}: {what}"))
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output {
        out: BufWriter::new(io::stdout().lock()),
        json: args.json,
    };
    let read = match &args.file {
        Some(path) => read_file(path, &mut output).map_err(|stop| match stop {
            Stop::Because(what) => Stop::Because(format!("{}: {what}", path.display())),
            other => other,
        }),
        None if args.hex.is_empty() || args.hex == ["-"] => read_lines(&mut output),
        None => hex_message(0, args.hex.concat().as_bytes(), &mut output),
    };
    // What was printed comes before what is wrong.
    match output.out.flush().map_err(Stop::from).and(read) {
        Ok(()) | Err(Stop::NoReader) => ExitCode::SUCCESS,
        Err(Stop::Because(what)) => {
            let _written = writeln!(io::stderr(), "decode: {what}");
            ExitCode::FAILURE
        }
    }
}

fn read_lines(output: &mut Output) -> Result<(), Stop> {
    let mut input = io::stdin().lock();
    let (mut line, mut offset) = (Vec::new(), 0);
    loop {
        line.clear();
        let len = input.read_until(b'\n', &mut line)?;
        if len == 0 {
            return Ok(());
        }
        if !line.trim_ascii().is_empty() {
            hex_message(offset, &line, output)?;
            output.out.flush()?;
        }
        offset += len;
    }
}

fn hex_message(offset: usize, text: &[u8], output: &mut Output) -> Result<(), Stop> {
    let digits = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let digits: Option<Vec<u32>> = digits.map(|byte| char::from(*byte).to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0);
    let digits = digits.ok_or_else(|| at(offset, "no hex, or an odd number of digits"))?;
    let pairs = digits.chunks_exact(2);
    let bytes = pairs.map(|pair| (pair[0] << 4 | pair[1]) as u8);
    output.show(&Shown::new(offset, bytes.collect())?)
}

fn read_file(path: &Path, output: &mut Output) -> Result<(), Stop> {
    let bytes = Bytes::from(std::fs::read(path)?);
    match Records::new(bytes.clone()) {
        Ok(store) if is_store(store.clone()) => read_store(store, output),
        _ => read_prefixed(&bytes, output),
    }
}

/// The version may also be the beginning of a length, so the first record has to fit too.
fn is_store(mut store: Records) -> bool {
    match store.next() {
        Some(record) => record.is_ok(),
        None => store.offset() > 0 && !matches!(store.end(), Some(End::Incomplete)),
    }
}

/// Shows the message of every record; what a store notes for its owner is of unknown types. An amount is shown
/// with its channel.
fn read_store(mut store: Records, output: &mut Output) -> Result<(), Stop> {
    let mut records = store.by_ref().peekable();
    while let Some(record) = records.next() {
        let record = record.map_err(|error| Stop::Because(error.to_string()))?;
        let deleted = record.flags.is_deleted();
        let mut shown = Shown::new(record.offset as usize, record.message)?;
        shown.deleted = deleted;
        if shown.msg_type == ChannelAnnouncement::TYPE {
            if let Some(Ok(behind)) = records.peek() {
                if let Ok(Entry::Amount { sat, .. }) = behind.entry() {
                    shown.capacity_sat = Some(sat);
                    records.next();
                }
            }
        }
        output.show(&shown)?;
    }
    match store.end() {
        Some(End::Incomplete) => Err(at(store.offset() as usize, "incomplete record")),
        _ => Ok(()),
    }
}

fn read_prefixed(bytes: &Bytes, output: &mut Output) -> Result<(), Stop> {
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        let offset = bytes.len() - reader.remaining();
        let frame = reader.u16_prefixed("message");
        let frame = frame.map_err(|error| at(offset, error))?;
        output.show(&Shown::new(offset, frame)?)?;
    }
    Ok(())
}

struct Output {
    out: BufWriter<StdoutLock<'static>>,
    json: bool,
}

/// What is shown of a message.
#[derive(Serialize)]
#[serde(crate = "lnwire::serde")]
struct Shown {
    offset: usize,
    #[serde(rename = "type")]
    msg_type: u16,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_sat: Option<u64>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    deleted: bool,
}

impl Shown {
    fn new(offset: usize, frame: Bytes) -> Result<Self, Stop> {
        let message = Message::decode(frame).map_err(|error| at(offset, error))?;
        Ok(Self {
            offset,
            msg_type: message.msg_type(),
            message,
            capacity_sat: None,
            deleted: false,
        })
    }
}

impl Output {
    fn show(&mut self, shown: &Shown) -> Result<(), Stop> {
        if self.json {
            serde_json::to_writer(&mut self.out, shown).map_err(io::Error::from)?;
            return Ok(writeln!(self.out)?);
        }
        writeln!(self.out, "byte {}: type {}", shown.offset, shown.msg_type)?;
        // Values have no quotes in them: they are numbers, hex and names of hosts.
        let json = serde_json::to_string_pretty(&shown.message).map_err(io::Error::from)?;
        for line in json.replace('"', "").lines() {
            let line = line.trim_end_matches([',', '{', '[', ']', '}', ' ']);
            if !line.is_empty() {
                writeln!(self.out, "{line}")?;
            }
        }
        // What people do not see in hex.
        match &shown.message {
            Message::Warning(m) => writeln!(self.out, "    (text: {})", m.text())?,
            Message::Error(m) => writeln!(self.out, "    (text: {})", m.text())?,
            Message::NodeAnnouncement(m) => {
                writeln!(self.out, "    (alias: {})", m.alias())?;
                for address in m.addresses().iter().flatten() {
                    writeln!(self.out, "    (address: {address})")?;
                }
            }
            _ => {}
        }
        if let Some(amount) = shown.capacity_sat {
            writeln!(self.out, "    (capacity: {amount} sat)")?;
        }
        if shown.deleted {
            writeln!(self.out, "    (deleted)")?;
        }
        Ok(())
    }
}
