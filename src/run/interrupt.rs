//! SIGINT and SIGTERM: the first asks the job to finish what is in flight, a second ends the program at once.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

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

    /// The exit code of who asked.
    pub fn exit_code(&self) -> Option<ExitCode> {
        self.by.get().copied()
    }
}
