//! Where a program may write.

use std::fs;
use std::path::{Path, PathBuf};

/// What may be written to without being an effect.
const DEVICES: [&str; 10] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/shm",
    "/dev/random",
    "/dev/urandom",
    "/proc/self",
];

/// The most entries of one folder that are permitted one by one.
const MOST_ENTRIES: usize = 4096;

/// The system's temporary folders, as far as they are not inside the tree.
pub(crate) fn temporary_folders(root: &Path, told: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = [Path::new("/tmp"), Path::new("/var/tmp"), told]
        .iter()
        .filter_map(|folder| fs::canonicalize(folder).ok())
        .filter(|folder| !folder.starts_with(root))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// What Landlock is to permit: the race's own folder, devices, and everything below `folders` except
/// what leads to the tree. Landlock knows no exceptions, so around the tree each neighbour is
/// permitted by itself; nothing new can be made right beside it.
pub(crate) fn writable(folder: &Path, folders: &[PathBuf], root: &Path) -> Vec<PathBuf> {
    let mut writable = vec![folder.to_owned()];
    writable.extend(DEVICES.iter().map(PathBuf::from));
    for top in folders {
        around(top, root, &mut writable);
    }
    writable
}

fn around(top: &Path, root: &Path, writable: &mut Vec<PathBuf>) {
    let Ok(below) = root.strip_prefix(top) else {
        writable.push(top.to_owned());
        return;
    };
    let mut folder = top.to_owned();
    for step in below {
        let onward = folder.join(step);
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        writable.extend(
            entries
                .take(MOST_ENTRIES)
                // A symbolic link would permit what it leads to, which may be the tree.
                .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
                .map(|entry| entry.path())
                .filter(|path| *path != onward),
        );
        folder = onward;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn around_the_tree_its_neighbours_are_permitted_one_by_one() {
        let place = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(place.path()).unwrap();
        fs::create_dir_all(top.join("a/root")).unwrap();
        fs::create_dir_all(top.join("a/beside")).unwrap();
        fs::create_dir_all(top.join("b")).unwrap();
        let mut found = Vec::new();
        around(&top, &top.join("a/root"), &mut found);
        found.sort();
        assert_eq!(found, [top.join("a/beside"), top.join("b")]);
        let mut found = Vec::new();
        around(&top.join("b"), &top.join("a/root"), &mut found);
        assert_eq!(found, [top.join("b")]);
    }
}
