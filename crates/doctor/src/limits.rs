//! Cores and memory that this process may use.

use std::path::{Path, PathBuf};

/// What the system allows this process.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Cores, perhaps a part of one.
    pub cores: f64,
    /// Which limit binds: `cores online`, `affinity` or `cgroup quota`.
    pub cores_limit: String,
    /// Memory in bytes; 0 if unknown.
    pub memory: u64,
}

/// The limits of this process, from `/proc` and `/sys`; what cannot be read does not limit.
#[must_use]
pub fn limits() -> Limits {
    limits_under(Path::new("/"))
}

/// The limits as a file system below `root` tells them. A limit that binds no harder than the
/// one before it is not named.
#[must_use]
pub(crate) fn limits_under(root: &Path) -> Limits {
    let groups = Groups::of_this_process(root);
    let online = online_cores(root);
    let mut limits = Limits {
        cores: online,
        cores_limit: "cores online".to_owned(),
        memory: total_memory(root).unwrap_or(0),
    };
    for (cores, limit) in [
        (affinity(root), "affinity"),
        (groups.cpu_quota(), "cgroup quota"),
    ] {
        if let Some(cores) = cores.filter(|cores| *cores < limits.cores) {
            limits.cores = cores;
            limits.cores_limit = limit.to_owned();
        }
    }
    if let Some(memory) = groups.memory() {
        let binds = limits.memory == 0 || memory < limits.memory;
        limits.memory = if binds { memory } else { limits.memory };
    }
    limits
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn online_cores(root: &Path) -> f64 {
    let listed = read(&root.join("sys/devices/system/cpu/online"));
    listed
        .and_then(|text| count_list(&text))
        .unwrap_or_else(|| {
            #[expect(clippy::cast_precision_loss, reason = "a number of cores")]
            std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
        })
}

fn affinity(root: &Path) -> Option<f64> {
    let status = read(&root.join("proc/self/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    count_list(line)
}

/// How many numbers a list like `0-3,8` names.
fn count_list(text: &str) -> Option<f64> {
    let mut count = 0.0;
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let first: u32 = first.trim().parse().ok()?;
        let last: u32 = last.trim().parse().ok()?;
        count += f64::from(last.checked_sub(first)?) + 1.0;
    }
    (count >= 1.0).then_some(count)
}

fn total_memory(root: &Path) -> Option<u64> {
    let text = read(&root.join("proc/meminfo"))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The control groups of this process: folders from its own up to the mount point, since every
/// one on the way limits.
struct Groups {
    /// Version 2.
    unified: Vec<PathBuf>,
    /// Version 1, controller `cpu`.
    cpu: Vec<PathBuf>,
    /// Version 1, controller `memory`.
    memory: Vec<PathBuf>,
}

impl Groups {
    fn of_this_process(root: &Path) -> Self {
        let mut groups = Self {
            unified: Vec::new(),
            cpu: Vec::new(),
            memory: Vec::new(),
        };
        let mount = root.join("sys/fs/cgroup");
        let text = read(&root.join("proc/self/cgroup")).unwrap_or_default();
        for line in text.lines() {
            let mut parts = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            if controllers.is_empty() {
                groups.unified = upwards(&mount, path);
                // a hybrid set-up mounts it beside the controllers of version 1
                groups.unified.extend(upwards(&mount.join("unified"), path));
                continue;
            }
            for controller in controllers.split(',') {
                match controller {
                    "cpu" => groups.cpu = version_1(&mount, controllers, controller, path),
                    "memory" => groups.memory = version_1(&mount, controllers, controller, path),
                    _ => {}
                }
            }
        }
        groups
    }

    /// The least quota on the way up, in cores.
    fn cpu_quota(&self) -> Option<f64> {
        let unified = self.unified.iter().filter_map(|folder| {
            let text = read(&folder.join("cpu.max"))?;
            let mut words = text.split_whitespace();
            quota(words.next()?, words.next()?)
        });
        let separate = self.cpu.iter().filter_map(|folder| {
            let quota_text = read(&folder.join("cpu.cfs_quota_us"))?;
            let period = read(&folder.join("cpu.cfs_period_us"))?;
            quota(quota_text.trim(), period.trim())
        });
        unified.chain(separate).min_by(f64::total_cmp)
    }

    /// The least memory limit on the way up, in bytes.
    fn memory(&self) -> Option<u64> {
        let unified = self.unified.iter().map(|folder| folder.join("memory.max"));
        let separate = self
            .memory
            .iter()
            .map(|folder| folder.join("memory.limit_in_bytes"));
        unified
            .chain(separate)
            .filter_map(|file| read(&file)?.trim().parse().ok())
            .min()
    }
}

/// `max` and `-1` mean no limit: they are no positive number.
fn quota(quota: &str, period: &str) -> Option<f64> {
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    let cores = quota / period;
    (cores.is_finite() && cores > 0.0).then_some(cores)
}

fn version_1(mount: &Path, controllers: &str, controller: &str, path: &str) -> Vec<PathBuf> {
    let mut folders = upwards(&mount.join(controllers), path);
    folders.extend(upwards(&mount.join(controller), path));
    folders
}

/// The group's folder and those above it. In a container, the group as named may lie outside
/// what is mounted: then the mount point itself stands for it.
fn upwards(mount: &Path, path: &str) -> Vec<PathBuf> {
    let relative = Path::new(path.trim_start_matches('/'));
    if relative
        .components()
        .any(|part| part == std::path::Component::ParentDir)
    {
        return vec![mount.to_owned()];
    }
    let own = mount.join(relative);
    own.ancestors()
        .take_while(|folder| folder.starts_with(mount))
        .map(Path::to_path_buf)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    const FOUR: (&str, &str) = ("sys/devices/system/cpu/online", "0-3\n");
    const ALL_ALLOWED: (&str, &str) = ("proc/self/status", "Name:\tx\nCpus_allowed_list:\t0-3\n");

    #[test]
    fn without_limits_the_cores_online_count() {
        let root = system(&[FOUR, ALL_ALLOWED, ("proc/meminfo", "MemTotal:  2048 kB\n")]);
        let limits = limits_under(root.path());
        assert_eq!(limits.cores, 4.0);
        assert_eq!(limits.cores_limit, "cores online");
        assert_eq!(limits.memory, 2048 * 1024);
    }

    #[test]
    fn affinity_binds_below_the_cores_online() {
        let root = system(&[FOUR, ("proc/self/status", "Cpus_allowed_list:\t0,2-3\n")]);
        let limits = limits_under(root.path());
        assert_eq!(
            (limits.cores, limits.cores_limit.as_str()),
            (3.0, "affinity")
        );
    }

    #[test]
    fn a_quota_of_a_group_further_up_binds() {
        let root = system(&[
            FOUR,
            ALL_ALLOWED,
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n"),
            ("sys/fs/cgroup/outer/cpu.max", "150000 100000\n"),
            ("sys/fs/cgroup/outer/memory.max", "1000000\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
        ]);
        let limits = limits_under(root.path());
        assert_eq!(
            (limits.cores, limits.cores_limit.as_str()),
            (1.5, "cgroup quota")
        );
        assert_eq!(limits.memory, 1_000_000);
    }

    #[test]
    fn version_1_groups_limit_too_and_minus_one_does_not() {
        let root = system(&[
            FOUR,
            ALL_ALLOWED,
            ("proc/self/cgroup", "4:memory:/box\n1:cpu,cpuacct:/box\n"),
            ("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "200000\n"),
            (
                "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us",
                "100000\n",
            ),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "77\n"),
        ]);
        let limits = limits_under(root.path());
        assert_eq!((limits.cores, limits.memory), (2.0, 77));
    }

    #[test]
    fn nonsense_does_not_limit() {
        let root = system(&[
            FOUR,
            ("proc/self/status", "Cpus_allowed_list:\t5-2,x\n"),
            ("proc/self/cgroup", "0::/../../etc\nrubbish\n"),
            ("sys/fs/cgroup/cpu.max", "nan 0\n"),
            ("proc/meminfo", "MemTotal: many kB\n"),
        ]);
        let limits = limits_under(root.path());
        assert_eq!((limits.cores, limits.memory), (4.0, 0));
    }
}
