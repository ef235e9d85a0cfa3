//! What a reader is handed may be anything: only sealed memory of a sensible size is mapped, and stays so.
#![cfg(all(feature = "shm", target_os = "linux"))]

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::{AsRawFd as _, OwnedFd},
};

use routemap::shm::{Segment, SegmentError, SegmentReader};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

fn memory(bytes: u64, seals: SealFlags) -> OwnedFd {
    let file = memfd_create("hostile", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    ftruncate(&file, bytes).unwrap();
    fcntl_add_seals(&file, seals).unwrap();
    file
}

const ALL: [SealFlags; 4] = [
    SealFlags::SHRINK,
    SealFlags::GROW,
    SealFlags::FUTURE_WRITE,
    SealFlags::SEAL,
];

#[test]
fn every_seal_is_asked_for() {
    for missing in ALL {
        // The one against sealing comes last, so that the others can be set.
        let seals = ALL.into_iter().filter(|seal| *seal != missing).collect();
        let error = SegmentReader::map(&memory(4096, seals)).unwrap_err();
        assert!(
            matches!(error, SegmentError::Unsealed),
            "{missing:?}: {error}"
        );
    }
    assert!(SegmentReader::map(&memory(4096, ALL.into_iter().collect())).is_ok());
    let file = File::open("/proc/self/exe").unwrap();
    let error = SegmentReader::map(&file.into()).unwrap_err();
    assert!(matches!(error, SegmentError::Unsealed), "{error}");
}

#[test]
fn sizes_are_bounded() {
    let all = ALL.into_iter().collect();
    for bytes in [0, 4, 4097, (Segment::MAX_WORDS as u64 + 1) * 8] {
        let error = SegmentReader::map(&memory(bytes, all)).unwrap_err();
        assert!(
            matches!(error, SegmentError::Size { bytes: found } if found == bytes),
            "{bytes}: {error}"
        );
    }
    for words in [0, Segment::MAX_WORDS + 1, usize::MAX] {
        let error = Segment::create(words).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}

#[test]
fn a_reader_sees_what_the_owner_writes_and_nothing_past_the_end() {
    let segment = Segment::create(3).unwrap();
    let reader = SegmentReader::map(&segment.share().unwrap()).unwrap();
    assert_eq!(reader.len(), 3);
    assert_eq!((segment.get(2), reader.get(2)), (Some(0), Some(0)));
    segment.set(2, u64::MAX).unwrap();
    segment.set_before(0, 1).unwrap();
    assert_eq!(
        (reader.get(2), reader.get_after(0)),
        (Some(u64::MAX), Some(1))
    );
    for past in [3, usize::MAX] {
        assert_eq!(
            (segment.set(past, 1), segment.set_before(past, 1)),
            (None, None)
        );
        assert_eq!(
            (segment.get(past), reader.get(past), reader.get_after(past)),
            (None, None, None)
        );
    }
    // The owner's end does not take it away.
    drop(segment);
    assert_eq!(reader.get(2), Some(u64::MAX));
}

#[test]
fn who_has_the_descriptor_can_neither_write_nor_shrink() {
    let segment = Segment::create(512).unwrap();
    let shared = segment.share().unwrap();
    assert!(
        rustix::io::fcntl_getfd(&shared)
            .unwrap()
            .contains(rustix::io::FdFlags::CLOEXEC)
    );
    let mut read_only = File::from(shared.try_clone().unwrap());
    assert!(read_only.write(&[1]).is_err());
    // The same user can open it for writing; the seals hold even so.
    let path = format!("/proc/self/fd/{}", shared.as_raw_fd());
    let mut writable = File::options().write(true).open(path).unwrap();
    let denied = |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    assert!(denied(writable.write(&[1]).unwrap_err()));
    assert!(denied(writable.set_len(0).unwrap_err()));
    assert!(denied(writable.set_len(1 << 20).unwrap_err()));
    segment.set(0, 7).unwrap();
    assert_eq!(SegmentReader::map(&shared).unwrap().get(0), Some(7));
}
