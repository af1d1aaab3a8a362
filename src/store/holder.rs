//! Which process holds a lease, told so that another process can see whether it still lives.
//!
//! A process number alone is not enough: numbers are used again, containers number their own, and a machine that
//! was started anew begins afresh. Where a process cannot be seen, it is taken for alive until its lease expires.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// One process on one machine (RULES 39).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// What the machine calls itself.
    pub host: String,
    /// The kernel's name for this start of the machine; empty where there is none.
    pub boot_id: String,
    /// The space in which the process number holds; empty where there is none.
    pub pid_namespace: String,
    /// The process number.
    pub pid: u32,
    /// When the process began, in ticks of that kernel; 0 where it cannot be read.
    pub process_start: u64,
}

/// What this process can see of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It runs.
    Alive,
    /// It is gone.
    Dead,
    /// It is on another machine, or hidden.
    Unknown,
}

impl Holder {
    /// This process.
    pub fn this_process() -> Self {
        Self::of_process(std::process::id())
    }

    /// A process that this process can see.
    pub fn of_process(pid: u32) -> Self {
        let trimmed = |path: &str| fs::read_to_string(path).map(|text| text.trim().to_owned());
        Self {
            host: trimmed("/proc/sys/kernel/hostname").unwrap_or_else(|_| "this host".to_owned()),
            boot_id: trimmed("/proc/sys/kernel/random/boot_id").unwrap_or_default(),
            pid_namespace: fs::read_link("/proc/self/ns/pid")
                .map(|link| link.to_string_lossy().into_owned())
                .unwrap_or_default(),
            pid,
            process_start: match process(pid) {
                Process::Since(start) => start,
                Process::Gone | Process::Hidden => 0,
            },
        }
    }

    /// Whether the process still runs, as far as this process can tell.
    pub fn liveness(&self) -> Liveness {
        let Self { host, boot_id, pid_namespace, pid, process_start } = self;
        let here = Self::this_process();
        // Machines that were started from one snapshot have all of this in common but the name.
        let comparable = !boot_id.is_empty()
            && !pid_namespace.is_empty()
            && *process_start != 0
            && *host == here.host
            && *boot_id == here.boot_id
            && *pid_namespace == here.pid_namespace;
        if !comparable {
            return Liveness::Unknown;
        }
        match process(*pid) {
            Process::Since(start) if start == *process_start => Liveness::Alive,
            // The number was given to somebody else since.
            Process::Since(_) | Process::Gone => Liveness::Dead,
            Process::Hidden => Liveness::Unknown,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "process {} on {}", self.pid, self.host)
    }
}

enum Process {
    Since(u64),
    Gone,
    Hidden,
}

fn process(pid: u32) -> Process {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => read_stat(&stat),
        // Where a machine hides the processes of others, not even the first process is to be seen.
        Err(error) if error.kind() == ErrorKind::NotFound && Path::new("/proc/1/stat").exists() => {
            Process::Gone
        }
        Err(_) => Process::Hidden,
    }
}

/// Reads state and start time, fields 3 and 22 of proc(5). The name before them may hold spaces and brackets.
fn read_stat(stat: &str) -> Process {
    let Some((_, fields)) = stat.rsplit_once(')') else { return Process::Hidden };
    let mut fields = fields.split_whitespace();
    let state = fields.next();
    let start = fields.nth(18).and_then(|text| text.parse().ok());
    match (state, start) {
        // It has ended, and only its parent has not noticed.
        (Some("Z" | "X"), _) => Process::Gone,
        (_, Some(start)) => Process::Since(start),
        _ => Process::Hidden,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("600").spawn().expect("every Linux can sleep")
    }

    #[test]
    fn this_process_lives() {
        assert_eq!(Holder::this_process().liveness(), Liveness::Alive);
    }

    #[test]
    fn a_process_that_was_killed_is_dead_before_and_after_its_parent_notices() {
        let mut child = sleeper();
        let holder = Holder::of_process(child.id());
        assert_eq!(holder.liveness(), Liveness::Alive);
        child.kill().expect("it is ours");
        while holder.liveness() == Liveness::Alive {
            std::thread::yield_now();
        }
        assert_eq!(holder.liveness(), Liveness::Dead);
        child.wait().expect("it was killed");
        assert_eq!(holder.liveness(), Liveness::Dead);
    }

    #[test]
    fn a_number_that_was_used_again_is_another_process() {
        let holder = Holder { process_start: 1, ..Holder::this_process() };
        assert_eq!(holder.liveness(), Liveness::Dead);
    }

    #[test]
    fn a_process_elsewhere_is_unknown() {
        let here = Holder::this_process();
        for elsewhere in [
            Holder { host: "night-desk".to_owned(), ..here.clone() },
            Holder { boot_id: "another start".to_owned(), ..here.clone() },
            Holder { pid_namespace: "pid:[1]".to_owned(), ..here.clone() },
            Holder { boot_id: String::new(), ..here.clone() },
            Holder { process_start: 0, ..here },
        ] {
            assert_eq!(elsewhere.liveness(), Liveness::Unknown, "{elsewhere:?}");
        }
    }

    #[test]
    fn a_process_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1";
        assert!(matches!(read_stat(stat), Process::Since(4711)));
    }
}
