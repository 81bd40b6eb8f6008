//! Memory that several processes see: a memfd without a name, which the kernel frees with its last user,
//! whatever that one died of.

use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;

/// A mapping of a memfd, all zero when it is made.
#[derive(Debug)]
pub struct Mapping {
    memory: NonNull<u8>,
    length: usize,
    file: OwnedFd,
}

// SAFETY: it is memory; who reads and writes it has to agree, see [`Mapping::as_ref`].
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// New memory. Its pages are there from the start: where memory is short this fails, rather than the
    /// process that first touches a page (by SIGBUS).
    ///
    /// # Errors
    /// Whatever the kernel says.
    pub fn new(name: &str, length: usize) -> io::Result<Self> {
        let file = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        fallocate(&file, FallocateFlags::empty(), 0, length as u64)?;
        // A peer that made it shorter would end us by SIGBUS.
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Self::of(file, length)
    }

    /// Memory that another process made.
    ///
    /// # Errors
    /// If the file is shorter than `length`, or the kernel refuses.
    pub fn open(file: OwnedFd, length: usize) -> io::Result<Self> {
        let size = rustix::fs::fstat(&file)?.st_size;
        if u64::try_from(size).unwrap_or(0) < length as u64 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the shared memory is too short",
            ));
        }
        Self::of(file, length)
    }

    fn of(file: OwnedFd, length: usize) -> io::Result<Self> {
        // SAFETY: a new mapping at an address that the kernel chooses.
        let memory = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                &file,
                0,
            )?
        };
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self {
            memory,
            length,
            file,
        })
    }

    /// The file, to be handed to another process.
    #[must_use]
    pub fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// What lies at the start of the memory.
    ///
    /// # Panics
    /// If it does not fit.
    ///
    /// # Safety
    /// `T` is valid whatever bytes it consists of, and consists of atomics and cells only: other processes
    /// write to it meanwhile.
    #[must_use]
    pub unsafe fn as_ref<T: Sync>(&self) -> &T {
        assert!(size_of::<T>() <= self.length && align_of::<T>() <= 4096);
        // SAFETY: it fits, a mapping is aligned to pages, and it lives as long as `self`; the rest is the
        // caller's.
        unsafe { self.memory.cast::<T>().as_ref() }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nobody can have a reference into it any more.
        let _ = unsafe { munmap(self.memory.as_ptr().cast(), self.length) };
    }
}
