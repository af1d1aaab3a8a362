//! The source as a job reads it: a column that a person lets be missing is not asked for, and one that the last accepted
//! source had stops the job as a guard does (RULES 11).

use std::borrow::Cow;

use jiff::Timestamp;

use super::failure::Failure;
use super::gates::stopped_by;
use super::job::Job;
use super::told::Told;
use crate::exit_code::ExitCode;
use crate::model::SourceRead;
use crate::plan::{Bound, Guard, GuardCheck, guard_absent};
use crate::source::{self, SourceError, SourceSettings};

/// Why a source was not read, and the guards that tripped over it.
pub(super) struct Unread {
    pub(super) failure: Failure,
    pub(super) guards: Vec<GuardCheck>,
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Self {
        Self { failure, guards: Vec::new() }
    }
}

impl Job<'_> {
    /// Reads the source, unless the job is asked to end: a database may let us wait for minutes.
    pub(super) async fn read_source(&self, now: Timestamp) -> Result<SourceRead, Failure> {
        Ok(self.read(now).await??)
    }

    /// Reads the source, and holds a header that lacks a column against the last one that was accepted.
    pub(super) async fn read_known_source(&self, now: Timestamp, told: &Told) -> Result<SourceRead, Unread> {
        let error = match self.read(now).await? {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        let SourceError::Header { absent, .. } = &error else { return Err(Failure::from(error).into()) };
        if absent.is_empty() {
            return Err(Failure::from(error).into());
        }
        let ledger = self.history(told).await?;
        let guards = guard_absent(absent, &ledger, self.allowances);
        // A column that no source had is a wrong header, and no person can allow it.
        if guards.len() < absent.len() {
            return Err(Failure::from(error).into());
        }
        let failure = stopped_by(&guards, &[], &told.commands).err().unwrap_or_else(|| error.into());
        Err(Unread { failure, guards })
    }

    async fn read(&self, now: Timestamp) -> Result<Result<SourceRead, SourceError>, Failure> {
        let settings = self.source_settings();
        tokio::select! {
            read = source::read(&settings, now) => Ok(read),
            () = self.interrupt.token().cancelled() => Err(Failure::interrupted(ExitCode::Interrupted, None)),
        }
    }

    fn source_settings(&self) -> Cow<'_, SourceSettings> {
        let mut settings = Cow::Borrowed(&self.settings.source);
        for allowance in self.allowances.iter().filter(|allowance| allowance.guard == Guard::MissingColumn) {
            if let Bound::Column(column) = allowance.bound {
                settings.to_mut().columns.excuse(column);
            }
        }
        settings
    }
}
