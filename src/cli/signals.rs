//! Ctrl-C, SIGTERM and SIGHUP.
//!
//! They are heard on a thread of their own: a job may be computing for seconds, and who asks a second time must not
//! wait for it.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit_code::ExitCode;
use crate::run::{Failure, Interrupt};

/// Hears signals from now on: the first drains the job, a second ends the program.
pub(super) fn listen(interrupt: &Interrupt) -> Result<(), Failure> {
    let interrupt = interrupt.clone();
    let (ready, is_ready) = sync_channel(1);
    let begun = thread::Builder::new().name("signals".to_owned()).spawn(move || hear(&interrupt, &ready));
    begun
        .and_then(|_thread| is_ready.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into())))
        .map_err(|error| Failure::new(ExitCode::Unexpected, &error, "check the limits of this process"))
}

/// What the signals say, one after the other.
struct Heard {
    interrupts: Signal,
    terminations: Signal,
    /// The terminal or the session has ended; `None` where the signal is ignored at the start (nohup).
    hangups: Option<Signal>,
}

impl Heard {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupts: signal(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
            hangups: if ignores_hangups() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupts.recv() => ExitCode::Interrupted,
            _ = self.terminations.recv() => ExitCode::Terminated,
            _ = hangup(&mut self.hangups) => ExitCode::Terminated,
        }
    }
}

async fn hangup(hangups: &mut Option<Signal>) -> Option<()> {
    match hangups {
        Some(hangups) => hangups.recv().await,
        None => std::future::pending().await,
    }
}

/// Whether the program was started with SIGHUP ignored, as Linux tells; elsewhere it is taken for heard.
fn ignores_hangups() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| has_hangup(&status))
}

fn has_hangup(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Says whether signals are heard, and hears them until the program ends.
fn hear(interrupt: &Interrupt, ready: &SyncSender<io::Result<()>>) {
    let runtime = match Builder::new_current_thread().enable_io().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(ready.send(Err(error))),
    };
    runtime.block_on(async {
        let mut heard = match Heard::new() {
            Ok(heard) => heard,
            Err(error) => return drop(ready.send(Err(error))),
        };
        ready.send(Ok(())).ok();
        loop {
            let by = heard.next().await;
            if interrupt.ask(by) {
                tracing::warn!(
                    "asked to stop: calls in flight are finished and recorded; ask again to stop at once"
                );
            } else {
                stop_at_once(by);
            }
        }
    });
}

#[expect(clippy::exit, reason = "a second signal means now; the next run finds what was left by its keys")]
fn stop_at_once(by: ExitCode) -> ! {
    std::process::exit(i32::from(by.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangup_is_the_first_bit_of_the_ignored_signals() {
        for (status, expected) in [
            ("Name:\tx\nSigIgn:\t0000000000000001\n", true),
            ("SigIgn:\t0000000000001001\n", true),
            ("SigIgn:\t0000000000001000\n", false),
            ("SigCgt:\t0000000000000001\n", false),
            ("", false),
        ] {
            assert_eq!(has_hangup(status), expected, "{status}");
        }
    }
}
