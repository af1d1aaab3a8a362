//! SIGINT, SIGTERM and SIGHUP: the first asks the job to finish what is in flight, a second ends the program at once.

use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use crate::exit_code::ExitCode;

/// Whether somebody asked the job to end, and who.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    cancel: CancellationToken,
    by: Arc<OnceLock<ExitCode>>,
}

impl Interrupt {
    /// Asks the job to end. Returns whether it was the first to ask.
    pub fn ask(&self, by: ExitCode) -> bool {
        let is_first = self.by.set(by).is_ok();
        self.cancel.cancel();
        is_first
    }

    /// What the job watches.
    pub fn token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Does work that only reads, until somebody asks the job to end or its time is over: what does not answer keeps
    /// nobody waiting. What it had in hand is dropped.
    pub(super) fn unless_over<'a, T>(
        &'a self,
        until: Option<Instant>,
        work: impl Future<Output = Result<T, Failure>> + 'a,
    ) -> Pin<Box<dyn Future<Output = Result<T, Failure>> + 'a>>
    where
        T: 'a,
    {
        let over = async move {
            match until {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
        };
        // Boxed, because what reads both sides is large.
        let work = Box::pin(work);
        Box::pin(async move {
            tokio::select! {
                biased;
                done = work => done,
                () = self.cancel.cancelled() => {
                    let exit_code = self.exit_code().unwrap_or(ExitCode::Interrupted);
                    Err(Failure::interrupted(exit_code, None))
                }
                () = over => Err(Failure::time_used_up()),
            }
        })
    }

    /// The exit code of who asked.
    pub fn exit_code(&self) -> Option<ExitCode> {
        self.by.get().copied()
    }
}
