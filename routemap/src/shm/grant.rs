//! What goes over the socket when a lease is granted: sixteen bytes, and descriptors beside them.

use alloc::vec::Vec;
use core::mem::MaybeUninit;
use std::{
    io::{self, IoSlice, IoSliceMut},
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

/// Says what the bytes are, and in which version.
const MAGIC: [u8; 4] = *b"rmp1";
const LEN: usize = 16;

/// As many descriptors as the kernel passes at once, rounded down.
pub(super) const MOST_SEGMENTS: usize = 200;

const SPACE: usize = rustix::cmsg_space!(ScmRights(MOST_SEGMENTS));

/// What a reader is granted.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) epoch: u64,
    pub(super) files: Vec<OwnedFd>,
}

pub(super) fn send(
    socket: &UnixStream,
    epoch: u64,
    files: &[BorrowedFd<'_>],
    flags: SendFlags,
) -> io::Result<()> {
    let mut bytes = [0; LEN];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..8].copy_from_slice(&(files.len() as u32).to_be_bytes());
    bytes[8..].copy_from_slice(&epoch.to_be_bytes());
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let sent = sendmsg(socket, &[IoSlice::new(&bytes)], &mut ancillary, flags)?;
    // The buffer of a fresh socket has room for so few.
    if sent == LEN {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

pub(super) fn receive(socket: &UnixStream) -> io::Result<Granted> {
    let mut bytes = [0; LEN];
    let mut space = [MaybeUninit::uninit(); SPACE];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let mut files = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            files.extend(descriptors);
        }
    }
    if received.bytes == 0 {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let count = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
    let is_whole = received.bytes == LEN
        && !received.flags.contains(ReturnFlags::CTRUNC)
        && bytes[..4] == MAGIC
        && count as usize == files.len();
    if !is_whole {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let [.., e0, e1, e2, e3, e4, e5, e6, e7] = bytes;
    Ok(Granted {
        epoch: u64::from_be_bytes([e0, e1, e2, e3, e4, e5, e6, e7]),
        files,
    })
}
