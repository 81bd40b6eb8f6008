//! Finding CPython in a process.

use crate::kernel::read_capped;
use crate::reader::elf::{self, Found};
use crate::reader::layout::{self, Layout};
use crate::reader::memory::{Memory, at};
use crate::reader::{Fault, offsets};
use std::collections::HashMap;
use std::io;
use std::path::Path;

/// A CPython found in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    /// Address of `_PyRuntime`.
    pub(crate) runtime: u64,
    /// Its layout.
    pub(crate) layout: Layout,
}

/// Why no CPython was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Miss {
    /// The reason, as a sentence without a full stop, with what to do about it.
    pub(crate) why: String,
    /// Whether trying again a moment later is of no use.
    pub(crate) hopeless: bool,
}

impl Miss {
    fn not_yet(why: impl Into<String>) -> Self {
        Miss {
            why: why.into(),
            hopeless: false,
        }
    }
}

/// What was found in which file. Attaching is tried every few milliseconds while a process
/// starts; without this each try would parse the same files again.
pub(crate) type Files = HashMap<String, Option<Found>>;

/// Files remembered at most; a process that maps more is not being started.
const MOST_FILES: usize = 256;

/// Bytes read of a process's list of mappings: more than the 65,530 mappings that a process has by
/// the kernel's default limit, at usual lengths (100 bytes). CPython is among the first.
const LONGEST_MAPS: u64 = 8 << 20;

/// Looks for CPython in the main program and the libraries of process `pid`.
pub(crate) fn find(pid: u32, memory: &impl Memory, files: &mut Files) -> Result<Target, Miss> {
    let maps = match read_capped(&format!("/proc/{pid}/maps"), LONGEST_MAPS) {
        Ok(maps) => maps,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(Miss::not_yet(not_permitted(pid)));
        }
        Err(error) => {
            return Err(Miss::not_yet(format!(
                "process {pid} cannot be read: {error}"
            )));
        }
    };
    let executable = executable(pid);
    let mut last = "";
    for line in maps.lines() {
        let Some(mapping) = Mapping::parse(line) else {
            continue;
        };
        if mapping.path == last || !mapping.may_hold_python(&executable) {
            continue;
        }
        last = mapping.path;
        if files.len() >= MOST_FILES {
            files.clear();
        }
        let found = files
            .entry(mapping.path.to_owned())
            .or_insert_with(|| look(pid, mapping.path, &executable));
        if let Some(found) = found {
            return target(pid, memory, &mapping, found);
        }
    }
    Err(Miss::not_yet(format!(
        "process {pid} does not run a CPython that can be read"
    )))
}

/// One line of `/proc/PID/maps`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mapping<'a> {
    pub(crate) start: u64,
    pub(crate) offset: u64,
    path: &'a str,
}

impl<'a> Mapping<'a> {
    pub(crate) fn parse(line: &'a str) -> Option<Self> {
        let mut fields = line.splitn(6, ' ');
        let (range, _, offset) = (fields.next()?, fields.next()?, fields.next()?);
        let path = fields.nth(2)?.trim_start();
        Some(Mapping {
            start: u64::from_str_radix(range.split('-').next()?, 16).ok()?,
            offset: u64::from_str_radix(offset, 16).ok()?,
            path: path.starts_with('/').then_some(path)?,
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The main program, or a library that is called so; extension modules (`….cpython-313-….so`)
    /// are not.
    pub(crate) fn may_hold_python(&self, executable: &str) -> bool {
        let name = self.name();
        self.path == executable || name.contains("python") && !name.contains(".cpython-")
    }
}

fn look(pid: u32, path: &str, executable: &str) -> Option<Found> {
    look_with(pid, path, executable, elf::find)
}

/// A path in another mount namespace is reached through the process's root; where that root is a
/// `chroot` the process has since left, only the plain path works; a file deleted or replaced
/// meanwhile only lives on behind `exe`.
fn look_with<T>(
    pid: u32,
    path: &str,
    executable: &str,
    find: impl Fn(&Path) -> Option<Option<T>>,
) -> Option<T> {
    let plain = path.strip_suffix(" (deleted)").unwrap_or(path);
    find(Path::new(&format!("/proc/{pid}/root{plain}")))
        .or_else(|| find(Path::new(plain)))
        .or_else(|| {
            (path == executable)
                .then(|| find(Path::new(&format!("/proc/{pid}/exe"))))
                .flatten()
        })
        .flatten()
}

/// The address in process `pid` of a section of an extension module, or of the Python that the
/// module is built into; `None` while it has not been loaded.
pub(crate) fn section(pid: u32, module: &str, section: &str) -> Option<u64> {
    let maps = std::fs::read(format!("/proc/{pid}/maps")).ok()?;
    let maps = String::from_utf8_lossy(&maps);
    let executable = executable(pid);
    let mut last = "";
    maps.lines().filter_map(Mapping::parse).find_map(|mapping| {
        let wanted = mapping.name().starts_with(module) || mapping.may_hold_python(&executable);
        if !wanted || mapping.path == last {
            return None;
        }
        last = mapping.path;
        let find = |path: &Path| elf::section(path, section);
        let (address, segments) = look_with(pid, mapping.path, &executable, find)?;
        let bias = segments.bias(mapping.start, mapping.offset)?;
        Some(bias.wrapping_add(address))
    })
}

/// The file of the main program.
fn executable(pid: u32) -> String {
    std::fs::read_link(format!("/proc/{pid}/exe"))
        .map(|path| path.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn target(
    pid: u32,
    memory: &impl Memory,
    mapping: &Mapping<'_>,
    found: &Found,
) -> Result<Target, Miss> {
    let moved = || {
        Miss::not_yet(format!(
            "the memory of process {pid} does not fit its files"
        ))
    };
    let bias = found
        .bias(mapping.start, mapping.offset)
        .ok_or_else(moved)?;
    let runtime = bias.wrapping_add(found.runtime);
    let mut table = vec![0; offsets::TABLE_SIZE];
    let head = table.get_mut(..16).ok_or_else(moved)?;
    memory
        .read(runtime, head)
        .map_err(|fault| unreadable(pid, &fault))?;
    let published = offsets::minor(&table);
    let minor = match published {
        Some(minor) => Some(minor),
        None => fixed_minor(memory, bias, found, mapping.name())?,
    };
    let layout = if let Some(layout) = minor.and_then(layout::fixed) {
        Some(layout)
    } else {
        memory
            .read(runtime, &mut table)
            .map_err(|fault| unreadable(pid, &fault))?;
        offsets::published(&table)
    };
    match layout {
        Some(layout) => Ok(Target { runtime, layout }),
        None => Err(without_layout(pid, published, minor)),
    }
}

/// Versions from this one on have a table in their file.
const FIRST_PUBLISHED: u8 = 13;

/// Why a runtime cannot be read whose table says this version, if there is one, and whose other marks say that.
fn without_layout(pid: u32, published: Option<u8>, minor: Option<u8>) -> Miss {
    match (published, minor) {
        // Before it is initialised the runtime may still be zero.
        (_, None) => Miss::not_yet(format!(
            "the Python version of process {pid} cannot be told"
        )),
        // The loader maps a library's file as a whole first, and its parts where they belong a moment later.
        (None, Some(minor)) if minor >= FIRST_PUBLISHED => Miss::not_yet(format!(
            "the table of offsets of process {pid}, a CPython 3.{minor}, cannot be found"
        )),
        (_, Some(minor)) => Miss {
            why: format!(
                "sampling knows CPython 3.10 to 3.15, and this is 3.{minor}: stacks cannot be read"
            ),
            hopeless: true,
        },
    }
}

/// The minor version of a Python that publishes no table: from `Py_Version`, or (3.10 has none)
/// from the file's name.
fn fixed_minor(
    memory: &impl Memory,
    bias: u64,
    found: &Found,
    name: &str,
) -> Result<Option<u8>, Miss> {
    let Some(version) = found.version else {
        return Ok(minor_in_name(name));
    };
    let torn = || Miss::not_yet("the version of Python cannot be read");
    // `PY_VERSION_HEX` is 32 bits wide, in a constant of 64.
    let address = at(bias.wrapping_add(version), 0).map_err(|_| torn())?;
    let version = memory.word(address).map_err(|_| torn())?;
    Ok((version >> 24 & 0xff == 3).then_some((version >> 16 & 0xff) as u8))
}

/// `10` in `libpython3.10.so.1.0` and `python3.10`.
pub(crate) fn minor_in_name(name: &str) -> Option<u8> {
    let rest = name.split_once("python3.")?.1;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn unreadable(pid: u32, fault: &Fault) -> Miss {
    match fault {
        Fault::Memory(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Miss::not_yet(not_permitted(pid))
        }
        Fault::Memory(error) => Miss::not_yet(format!(
            "the memory of process {pid} cannot be read: {error}"
        )),
        Fault::Torn => Miss::not_yet(format!("the memory of process {pid} keeps changing")),
    }
}

/// Whether the kernel lets us read process `pid` at all; if not, why, and what to do.
///
/// Opening a process's memory is subject to the same check as reading it. Anything else that may
/// be wrong with the process is found out later.
pub(crate) fn permitted(pid: u32) -> Result<(), String> {
    match std::fs::File::open(format!("/proc/{pid}/mem")) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Err(not_permitted(pid)),
        _ => Ok(()),
    }
}

/// What to say, and what to do, where the kernel does not let us read a process.
pub(crate) fn not_permitted(pid: u32) -> String {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    let advice = match scope.trim() {
        "1" => {
            "this kernel (Yama, ptrace_scope 1) lets a process be read only by its parent or by \
             root: start the program with rightlane instead of attaching, or run as root"
        }
        "2" => "this kernel (Yama, ptrace_scope 2) demands CAP_SYS_PTRACE: run as root",
        "3" => {
            "this kernel (Yama, ptrace_scope 3) forbids reading other processes until it is rebooted"
        }
        _ => {
            "it belongs to another user or has more rights than you: run as its user or as root; \
             in a container add the capability SYS_PTRACE"
        }
    };
    format!("not permitted to read the memory of process {pid}: {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_parsed_and_lines_without_a_file_are_not() {
        let line = "7f2e4c228000-7f2e4c3b0000 r-xp 00028000 fe:01 2097 /opt/my python/python3.12";
        let mapping = Mapping::parse(line).unwrap();
        assert_eq!((mapping.start, mapping.offset), (0x7f2e_4c22_8000, 0x28000));
        assert_eq!(mapping.path, "/opt/my python/python3.12");
        for line in [
            "",
            "7ff-8ff rw-p 0 00:00 0 [heap]",
            "x-y r-xp 0 0 0 /a",
            "1-2 r",
        ] {
            assert_eq!(Mapping::parse(line), None, "{line}");
        }
    }

    #[test]
    fn extension_modules_are_not_searched_for_python() {
        let may = |path| {
            let mapping = Mapping {
                start: 0,
                offset: 0,
                path,
            };
            mapping.may_hold_python("/opt/app")
        };
        assert!(may("/opt/app") && may("/usr/lib/libpython3.13.so.1.0") && may("/x/python3.13t"));
        assert!(!may("/x/_hashlib.cpython-313-x86_64-linux-gnu.so") && !may("/lib/libc.so.6"));
    }

    #[test]
    fn a_table_that_is_not_there_yet_is_looked_for_again_and_an_unknown_one_is_not() {
        for minor in 13..=15 {
            assert!(!without_layout(1, None, Some(minor)).hopeless);
            assert!(without_layout(1, Some(minor), Some(minor)).hopeless);
        }
        assert!(!without_layout(1, None, None).hopeless);
        assert!(without_layout(1, None, Some(9)).hopeless);
        assert!(without_layout(1, Some(16), Some(16)).hopeless);
    }

    #[test]
    fn the_minor_version_is_told_from_the_file_name() {
        assert_eq!(minor_in_name("libpython3.10.so.1.0"), Some(10));
        assert_eq!(minor_in_name("python3.10"), Some(10));
        assert_eq!(minor_in_name("python3"), None);
        assert_eq!(minor_in_name("python3.999"), None);
    }
}
