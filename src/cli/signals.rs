//! Ctrl-C and SIGTERM.
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

/// What both signals say, one after the other.
struct Heard {
    interrupts: Signal,
    terminations: Signal,
}

impl Heard {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupts: signal(SignalKind::interrupt())?,
            terminations: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> ExitCode {
        tokio::select! {
            _ = self.interrupts.recv() => ExitCode::Interrupted,
            _ = self.terminations.recv() => ExitCode::Terminated,
        }
    }
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
