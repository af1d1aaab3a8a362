//! What the Linux kernel counts of this process; not a number on systems that do not tell.

use std::fs;

/// The kernel tells times in hundredths of a second, whatever its own clock is.
const TICKS_PER_SECOND: f64 = 100.0;

/// How long the threads of this process were computing, all together, those included that have ended; other programs
/// do not count.
pub(crate) fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in brackets and may have spaces; time of its own and in the kernel are the 12th
    // and 13th number behind it.
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: Option<Vec<f64>> =
        after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse().ok()).collect();
    ticks
        .filter(|ticks| ticks.len() == 2)
        .map_or(f64::NAN, |ticks| ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// A figure in MB.
pub(crate) fn megabytes(name: &str) -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
