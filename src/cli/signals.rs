//! Ctrl-C and SIGTERM.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::exit_code::ExitCode;
use crate::run::Interrupt;

/// Hears signals from now on: the first drains the job, a second ends the program.
pub(super) fn listen(interrupt: &Interrupt) -> io::Result<()> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let interrupt = interrupt.clone();
    tokio::spawn(async move {
        loop {
            let by = tokio::select! {
                _ = interrupts.recv() => ExitCode::Interrupted,
                _ = terminations.recv() => ExitCode::Terminated,
            };
            if interrupt.ask(by) {
                tracing::warn!(
                    "asked to stop: calls in flight are finished and recorded; ask again to stop at once"
                );
            } else {
                stop_at_once(by);
            }
        }
    });
    Ok(())
}

#[expect(clippy::exit, reason = "a second signal means now; the next run finds what was left by its keys")]
fn stop_at_once(by: ExitCode) -> ! {
    std::process::exit(i32::from(by.code()))
}
