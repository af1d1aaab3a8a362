//! How the program ends, in the numbers that schedulers act on.
//!
//! The table is a promise to users (README, "Exit codes"). Where several endings apply, one decides by a fixed
//! order; nothing else in the program may weigh one ending against another.

use std::fmt;

/// An ending of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// Converged, or nothing to do, or a plan was made.
    Success,
    /// An error that nobody foresaw.
    Unexpected,
    /// Changes are pending; only with `--detailed-exitcode`.
    ChangesPending,
    /// Finished, but some rows were rejected or some changes failed or need a person.
    Incomplete,
    /// Stopped by a guard or a quarantine.
    Stopped,
    /// Seam, the source or the store stayed unavailable after retries, or the host's clock is wrong.
    Temporary,
    /// The source cannot be used.
    Source,
    /// Seam refused the key, the workspace or the permission.
    Refused,
    /// A budget was used up.
    Budget,
    /// The time was used up.
    OutOfTime,
    /// Another run holds the lock.
    Locked,
    /// The saved plan, or the recorded owner or workspace of the namespace, does not fit.
    PlanDoesNotFit,
    /// Applied, but not yet seen to be issued.
    NotVerified,
    /// The command line cannot be understood.
    Usage,
    /// The configuration cannot be used.
    Configuration,
    /// Interrupted from the keyboard.
    Interrupted,
    /// Told to stop.
    Terminated,
}

/// Whether Seam was changed, for whoever decides on what to do next: the last column of the README's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeamChanged {
    /// Not at all.
    No,
    /// Nothing, or all of it.
    AllOrNothing,
    /// A part.
    Partly,
    /// Perhaps.
    Maybe,
    /// Not at all, or a part.
    NoOrPartly,
    /// All of it.
    All,
}

impl ExitCode {
    /// From the ending that goes before all others to the one that goes before none (RULES 37). Usage and
    /// configuration end the program before anything else can happen.
    pub const PRECEDENCE: [Self; 17] = [
        Self::Usage,
        Self::Configuration,
        Self::Interrupted,
        Self::Terminated,
        Self::Locked,
        Self::Unexpected,
        Self::Refused,
        Self::Stopped,
        Self::Source,
        Self::PlanDoesNotFit,
        Self::Temporary,
        Self::Budget,
        Self::OutOfTime,
        Self::Incomplete,
        Self::NotVerified,
        Self::ChangesPending,
        Self::Success,
    ];

    /// The one that decides where several apply; success where none does.
    pub fn worst(codes: impl IntoIterator<Item = Self>) -> Self {
        codes.into_iter().min_by_key(|code| code.rank()).unwrap_or(Self::Success)
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unexpected => 1,
            Self::ChangesPending => 2,
            Self::Incomplete => 3,
            Self::Stopped => 4,
            Self::Temporary => 5,
            Self::Source => 6,
            Self::Refused => 7,
            Self::Budget => 8,
            Self::OutOfTime => 10,
            Self::Locked => 11,
            Self::PlanDoesNotFit => 12,
            Self::NotVerified => 13,
            Self::Usage => 64,
            Self::Configuration => 78,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// The ending of a number; `None` where the table has no such row.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::PRECEDENCE.into_iter().find(|exit_code| exit_code.code() == code)
    }

    /// What the number means, as the table of the README says it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Success => "converged, or nothing to do, or a plan was made",
            Self::Unexpected => "unexpected error",
            Self::ChangesPending => "only with --detailed-exitcode: changes are pending",
            Self::Incomplete => {
                "finished, but some rows were rejected or have a status that is not known, some stays wait for a person, or some changes failed"
            }
            Self::Stopped => "stopped by a guard or a quarantine: a human is needed",
            Self::Temporary => {
                "temporary: Seam, the source or the store stayed unavailable after retries, or the host's clock is wrong"
            }
            Self::Source => "source or data error: unreadable, wrong schema, too many rejects, stale file",
            Self::Refused => "Seam refused the key, the workspace or the permission",
            Self::Budget => "a budget was reached: --max-changes, or the failure-rate breaker",
            Self::OutOfTime => "--max-duration was reached; the rest is left for the next run",
            Self::Locked => "another run holds the lock",
            Self::PlanDoesNotFit => {
                "the saved plan, or the recorded owner or workspace of this namespace, does not fit"
            }
            Self::NotVerified => "applied, but verify timed out",
            Self::Usage => "usage error",
            Self::Configuration => "configuration error",
            Self::Interrupted | Self::Terminated => "interrupted: calls in flight were finished and recorded",
        }
    }

    /// Whether Seam was changed.
    pub fn seam_changed(self) -> SeamChanged {
        match self {
            Self::Success => SeamChanged::AllOrNothing,
            Self::Unexpected | Self::Temporary => SeamChanged::Maybe,
            Self::Incomplete | Self::Budget | Self::OutOfTime | Self::Interrupted | Self::Terminated => {
                SeamChanged::Partly
            }
            Self::Refused => SeamChanged::NoOrPartly,
            Self::NotVerified => SeamChanged::All,
            Self::ChangesPending
            | Self::Stopped
            | Self::Source
            | Self::Locked
            | Self::PlanDoesNotFit
            | Self::Usage
            | Self::Configuration => SeamChanged::No,
        }
    }

    fn rank(self) -> usize {
        Self::PRECEDENCE.iter().position(|other| *other == self).expect("every ending has a rank")
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.code(), self.meaning())
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_go_by_the_promised_order() {
        let order: Vec<u8> = ExitCode::PRECEDENCE.into_iter().map(ExitCode::code).collect();
        assert_eq!(order, [64, 78, 130, 143, 11, 1, 7, 4, 6, 12, 5, 8, 10, 3, 13, 2, 0]);
    }

    #[test]
    fn every_number_leads_back_to_its_ending() {
        for exit_code in ExitCode::PRECEDENCE {
            assert_eq!(ExitCode::from_code(exit_code.code()), Some(exit_code));
        }
        for unused in [9, 14, 63, 65, 77, 79, 129, 255] {
            assert_eq!(ExitCode::from_code(unused), None, "{unused}");
        }
    }

    #[test]
    fn the_worst_of_several_decides_whatever_their_order() {
        let check = |codes: &[ExitCode], expected: u8| {
            assert_eq!(ExitCode::worst(codes.iter().copied()).code(), expected);
            assert_eq!(ExitCode::worst(codes.iter().rev().copied()).code(), expected);
        };
        check(&[], 0);
        check(&[ExitCode::Success, ExitCode::ChangesPending], 2);
        check(&[ExitCode::Incomplete, ExitCode::ChangesPending, ExitCode::NotVerified], 3);
        check(&[ExitCode::Incomplete, ExitCode::OutOfTime, ExitCode::Budget], 8);
        check(&[ExitCode::Refused, ExitCode::Stopped, ExitCode::Incomplete], 7);
        check(&[ExitCode::Unexpected, ExitCode::Interrupted, ExitCode::Incomplete], 130);
        check(&[ExitCode::Temporary, ExitCode::Source], 6);
        check(&[ExitCode::Terminated, ExitCode::Locked], 143);
    }

    #[test]
    fn an_ending_that_must_not_have_written_says_so() {
        for exit_code in [ExitCode::Stopped, ExitCode::Source, ExitCode::Locked, ExitCode::PlanDoesNotFit] {
            assert_eq!(exit_code.seam_changed(), SeamChanged::No, "{exit_code}");
        }
    }
}
