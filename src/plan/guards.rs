//! Limits on what one plan may do, and how a person raises one (RULES 16 to 18).
//!
//! An allowance raises one limit for one plan; there is no allowance without a bound, and none for everything.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

use crate::model::PropertyCode;

/// A limit: so many, or such a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Share {
    /// So many.
    Count(u64),
    /// So many of a hundred.
    Percent(f64),
}

impl Share {
    /// How many of `whole` that is, rounded down.
    pub fn of(self, whole: u64) -> u64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => part(whole, percent),
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
        }
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
    /// Percentages do not bite below this many grants or rows.
    pub min_existing: u32,
    /// How much smaller the source may be than the median of recent runs.
    pub max_shrink: Share,
    /// Rejected rows, of the rows of the source.
    pub max_reject: Share,
    /// In-house stays that a plan may re-issue, replace or, by absence, revoke.
    pub max_in_house: Share,
    /// An absent stay is revoked in this consecutive complete run of its absence.
    pub missing_runs: u32,
    /// And at least this long after the first.
    pub missing_for: SignedDuration,
}

/// The guards that count something of a plan or a source, by their names in the configuration.
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
    /// Guests in house whose stay is missing: none without a word from a person (RULES 15).
    InHouse,
    /// Missing stays that this store never saw: none without a word from a person (RULES 14).
    UnknownOrigin,
}

impl Guard {
    const ALL: [Self; 8] = [
        Self::MaxCancel,
        Self::MaxDelete,
        Self::MaxReject,
        Self::MaxShrink,
        Self::MaxUpdate,
        Self::MaxInHouse,
        Self::InHouse,
        Self::UnknownOrigin,
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
        }
    }

    pub(super) fn limit(self, settings: &GuardSettings) -> Share {
        match self {
            Self::MaxCancel => settings.max_cancel,
            Self::MaxDelete => settings.max_delete,
            Self::MaxReject => settings.max_reject,
            Self::MaxShrink => settings.max_shrink,
            Self::MaxUpdate => settings.max_update,
            Self::MaxInHouse => settings.max_in_house,
            Self::InHouse | Self::UnknownOrigin => Share::Count(0),
        }
    }
}

/// `GUARD=VALUE[@PROPERTY]`: raises one limit, for this plan only (RULES 18).
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Which limit.
    pub guard: Guard,
    /// To what.
    pub bound: Share,
    /// For one property only.
    pub property: Option<PropertyCode>,
}

impl fmt::Display for Allowance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guard, bound, property } = self;
        write!(formatter, "{}={bound}", guard.as_str())?;
        property.as_ref().map_or(Ok(()), |property| write!(formatter, "@{property}"))
    }
}

/// Why a text is not an allowance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowanceError {
    /// No value: an allowance has a bound.
    #[error("expected GUARD=VALUE or GUARD=VALUE@PROPERTY, for example max_cancel=25")]
    WithoutBound,
    /// No such guard.
    #[error("no guard `{0}`; there are {known}", known = Guard::ALL.map(Guard::as_str).join(", "))]
    UnknownGuard(String),
    /// Neither a number nor a percentage.
    #[error("`{0}` is neither a number nor a percentage such as 25%")]
    BadBound(String),
}

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once('=').ok_or(AllowanceError::WithoutBound)?;
        let guard = Guard::ALL
            .into_iter()
            .find(|guard| guard.as_str() == name)
            .ok_or_else(|| AllowanceError::UnknownGuard(name.to_owned()))?;
        let (value, property) = match rest.split_once('@') {
            Some((value, property)) => (value, Some(PropertyCode::new(property))),
            None => (rest, None),
        };
        let bad = || AllowanceError::BadBound(value.to_owned());
        let bound = match value.strip_suffix('%') {
            Some(percent) => {
                let percent: f64 = percent.parse().map_err(|_| bad())?;
                Share::Percent(Some(percent).filter(|p| (0.0..=100.0).contains(p)).ok_or_else(bad)?)
            }
            None => Share::Count(value.parse().map_err(|_| bad())?),
        };
        Ok(Self { guard, bound, property })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_without_a_bound_is_refused() {
        let refused = |text: &str| text.parse::<Allowance>().expect_err(text);
        assert_eq!(refused("max_cancel"), AllowanceError::WithoutBound);
        assert_eq!(refused("all=5"), AllowanceError::UnknownGuard("all".to_owned()));
        assert_eq!(refused("max_cancel=many"), AllowanceError::BadBound("many".to_owned()));
        assert_eq!(refused("max_cancel=-1"), AllowanceError::BadBound("-1".to_owned()));
        assert_eq!(refused("max_cancel=101%"), AllowanceError::BadBound("101%".to_owned()));
    }
}
