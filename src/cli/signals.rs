//! Ctrl-C and SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

use crate::exit_code::ExitCode;
use crate::run::{Failure, Interrupt};

/// Hears signals from now on: the first drains the job, a second ends the program.
pub(super) fn listen(interrupt: &Interrupt) -> Result<(), Failure> {
    let heard = |kind| {
        signal(kind)
            .map_err(|error| Failure::new(ExitCode::Unexpected, &error, "check the limits of this process"))
    };
    let mut interrupts = heard(SignalKind::interrupt())?;
    let mut terminations = heard(SignalKind::terminate())?;
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
