//! Limits on what one plan may do (RULES 24 to 26).
//!
//! A percentage never switches a guard off, however small the house.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

/// A limit: so many, such a part, or the larger of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
    /// So many, or so many of a hundred where that is more.
    Larger {
        /// So many.
        count: u64,
        /// So many of a hundred.
        percent: f64,
    },
}

/// What a percentage means at the least, in a house of any size (RULES 25).
const SMALLEST_PART: u64 = 3;

impl Share {
    /// How many of `whole` that is: a percentage is rounded down, and means 3 at the least.
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => part(whole, percent).max(SMALLEST_PART),
            Self::Larger { count, percent } => part(whole, percent).max(SMALLEST_PART).max(count),
        }
    }

    /// How many of `whole` that is where nothing is left of it: a percentage is only that part, because otherwise the
    /// whole of a small house could go.
    pub(super) fn of_emptied(self, whole: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) | Self::Larger { count: _, percent } => part(whole, percent),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a count is a smaller count"
)]
fn part(whole: u64, percent: f64) -> u64 {
    (whole as f64 * percent.clamp(0.0, 100.0) / 100.0 + 1e-9).floor() as u64
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(formatter, "{count}"),
            Self::Percent(percent) => write!(formatter, "{percent}%"),
            Self::Larger { count, percent } => write!(formatter, "{count} or {percent}%"),
        }
    }
}

/// Why a text is not a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// Neither a number, nor a percentage, nor both.
    #[error("expected a number, a percentage, or the larger of both")]
    Unknown,
    /// A percentage of nothing, which would allow three.
    #[error("a percentage never means fewer than {SMALLEST_PART}, also this one")]
    NothingInPercent,
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let count = |text: &str| {
            let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain).ok_or(ShareError::Unknown)
        };
        let percent = |text: &str| {
            let digits = text.strip_suffix('%').ok_or(ShareError::Unknown)?.trim_end();
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let percent: f64 = digits.parse().ok().filter(|_| is_plain).ok_or(ShareError::Unknown)?;
            match percent {
                0.0 => Err(ShareError::NothingInPercent),
                percent if percent <= 100.0 => Ok(percent),
                _ => Err(ShareError::Unknown),
            }
        };
        let text = text.trim();
        if let Some((left, right)) = text.split_once(" or ") {
            return Ok(Self::Larger { count: count(left.trim())?, percent: percent(right.trim())? });
        }
        if text.ends_with('%') { percent(text).map(Self::Percent) } else { count(text).map(Self::Count) }
    }
}

/// When to stop and ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuardSettings {
    /// Revocations by absence, of live owned grants.
    pub max_delete: Share,
    /// Explicit cancellations, of live owned grants.
    pub max_cancel: Share,
    /// Updates and replaces, of live owned grants.
    pub max_update: Share,
    /// An older file of fewer rows is only a warning (RULES 26). Limits the refusal of such a file and nothing else.
    pub min_existing: u32,
    /// How much smaller the source may be than the median of recent runs.
    pub max_shrink: Share,
    /// Rejected rows, of the rows of the source.
    pub max_reject: Share,
    /// Guests in house from whom a plan may take something, of all guests in house (RULES 24).
    pub max_in_house: Share,
    /// An absent stay is revoked in this consecutive complete run of its absence.
    pub missing_runs: u32,
    /// And at least this long after the first.
    pub missing_for: SignedDuration,
}

/// What stops a plan or a source until a person allows it, by its name in the configuration and for `--allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// Explicit cancellations.
    MaxCancel,
    /// Revocations by absence.
    MaxDelete,
    /// Rejected rows.
    MaxReject,
    /// A source that shrank.
    MaxShrink,
    /// Updates and replaces.
    MaxUpdate,
    /// Guests in house whose credential is made anew or taken away; it holds what is beyond, and stops nothing.
    MaxInHouse,
    /// Guests in house whose stay is missing: none without a word from a person (RULES 23).
    InHouse,
    /// Missing stays that this store never saw: none without a word from a person (RULES 22).
    UnknownOrigin,
    /// A configuration with other properties or spaces than the one that owns the namespace (RULES 2).
    NewOwner,
    /// Another workspace than the one that this store and namespace last worked on (RULES 26).
    NewWorkspace,
    /// A file that an earlier run read and a later run replaced (RULES 26).
    OlderSource,
    /// A column that the last accepted run had and this one has not (RULES 11).
    MissingColumn,
}

impl Guard {
    pub(super) const ALL: [Self; 12] = [
        Self::MaxCancel,
        Self::MaxDelete,
        Self::MaxReject,
        Self::MaxShrink,
        Self::MaxUpdate,
        Self::MaxInHouse,
        Self::InHouse,
        Self::UnknownOrigin,
        Self::NewOwner,
        Self::NewWorkspace,
        Self::OlderSource,
        Self::MissingColumn,
    ];

    /// The name in the configuration and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MaxCancel => "max_cancel",
            Self::MaxDelete => "max_delete",
            Self::MaxReject => "max_reject",
            Self::MaxShrink => "max_shrink",
            Self::MaxUpdate => "max_update",
            Self::MaxInHouse => "max_in_house",
            Self::InHouse => "in_house",
            Self::UnknownOrigin => "unknown_origin",
            Self::NewOwner => "new_owner",
            Self::NewWorkspace => "new_workspace",
            Self::OlderSource => "older_source",
            Self::MissingColumn => "missing_column",
        }
    }

    /// What it counts, for people.
    pub fn counts(self) -> &'static str {
        match self {
            Self::MaxCancel => {
                "grants would be revoked because the source says cancelled, no-show or checked out"
            }
            Self::MaxDelete => "grants would be revoked because their stay is no longer in the source",
            Self::MaxReject => "rows of the source cannot be used",
            Self::MaxShrink => "rows are missing from the source",
            Self::MaxUpdate => "grants would be changed or replaced",
            Self::MaxInHouse => "guests in house would notice",
            Self::InHouse => {
                "guests in house would lose access because their stay is no longer in the source"
            }
            Self::UnknownOrigin => "grants would be revoked whose stay this store never saw",
            Self::NewOwner => "configurations are not the one that owns this namespace",
            Self::NewWorkspace => "workspaces are not the one that this store last worked on",
            Self::OlderSource => "sources are older than one that an earlier run read",
            Self::MissingColumn => "columns of the last accepted source are missing",
        }
    }

    /// What it allows as configured; none of what only a person allows.
    pub(super) fn limit(self, settings: &GuardSettings) -> Share {
        match self {
            Self::MaxCancel => settings.max_cancel,
            Self::MaxDelete => settings.max_delete,
            Self::MaxReject => settings.max_reject,
            Self::MaxShrink => settings.max_shrink,
            Self::MaxUpdate => settings.max_update,
            Self::MaxInHouse => settings.max_in_house,
            Self::InHouse
            | Self::UnknownOrigin
            | Self::NewOwner
            | Self::NewWorkspace
            | Self::OlderSource
            | Self::MissingColumn => Share::Count(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_reads_count_percentage_and_larger() {
        let check = |text: &str, expected: Result<Share, ShareError>| {
            assert_eq!(text.parse::<Share>(), expected, "{text}");
        };
        check("3", Ok(Share::Count(3)));
        check("0", Ok(Share::Count(0)));
        check("10%", Ok(Share::Percent(10.0)));
        check("2.5 %", Ok(Share::Percent(2.5)));
        check(" 3 or 10% ", Ok(Share::Larger { count: 3, percent: 10.0 }));
        check("0%", Err(ShareError::NothingInPercent));
        check("3 or 0.0%", Err(ShareError::NothingInPercent));
        for bad in ["", "%", "101%", "-1%", "-1", "+1", "ten", "1e1%", "10% or 3", "3 or 4", "or 10%", "3 or"]
        {
            check(bad, Err(ShareError::Unknown));
        }
    }

    #[test]
    fn share_percentage_never_means_fewer_than_three() {
        let check = |text: &str, whole: u64, expected: u64| {
            assert_eq!(text.parse::<Share>().expect(text).of(whole), expected, "{text} of {whole}");
        };
        check("10%", 200, 20);
        check("10%", 199, 19);
        check("10%", 39, 3);
        check("10%", 12, 3);
        check("10%", 1, 3);
        check("10%", 0, 3);
        check("30%", 13, 3);
        check("100%", 2, 3);
        check("0", 200, 0);
        check("1", 200, 1);
        check("3 or 10%", 12, 3);
        check("3 or 10%", 200, 20);
        check("5 or 10%", 12, 5);
        check("1 or 10%", 12, 3);
    }

    #[test]
    fn share_of_emptied_source_has_no_minimum() {
        let check = |text: &str, whole: u64, expected: u64| {
            assert_eq!(text.parse::<Share>().expect(text).of_emptied(whole), expected, "{text} of {whole}");
        };
        check("30%", 2, 0);
        check("3 or 30%", 2, 0);
        check("30%", 100, 30);
        check("100%", 2, 2);
        check("5", 2, 5);
    }
}
