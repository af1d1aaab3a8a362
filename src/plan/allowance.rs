//! How a person raises a limit for one plan (RULES 27).
//!
//! There is no allowance without a bound, and none for everything.

use std::fmt;
use std::str::FromStr;

use super::guards::{Guard, Share};
use crate::model::{Column, PropertyCode, SourceShape};

/// What an allowance for a guard says behind the `=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueForm {
    /// A number or a percentage, for all properties or for one.
    Limit,
    /// A number of stays.
    Stays,
    /// `1`: it is so, and right.
    Once,
    /// The name of a column.
    Column,
}

impl ValueForm {
    fn of(guard: Guard) -> Self {
        match guard {
            Guard::MaxCancel
            | Guard::MaxDelete
            | Guard::MaxReject
            | Guard::MaxShrink
            | Guard::MaxUpdate
            | Guard::MaxInHouse => Self::Limit,
            Guard::InHouse | Guard::UnknownOrigin => Self::Stays,
            Guard::NewOwner | Guard::NewWorkspace | Guard::OlderSource => Self::Once,
            Guard::MissingColumn => Self::Column,
        }
    }
}

/// `GUARD=VALUE[@PROPERTY]`: lets one thing pass that a guard would stop, for this plan only (RULES 27).
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// Which guard.
    pub guard: Guard,
    /// Up to what.
    pub bound: Bound,
    /// For one property only; never with a guard that is about the whole source or store.
    pub property: Option<PropertyCode>,
}

/// How far an allowance reaches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Up to so many, or such a part.
    Share(Share),
    /// This column of the source.
    Column(Column),
}

impl Allowance {
    /// Allows so many, for all properties.
    pub fn count(guard: Guard, count: u64) -> Self {
        Self { guard, bound: Bound::Share(Share::Count(count)), property: None }
    }

    /// How many of `whole` it allows; none where it is about a column.
    pub fn limit(&self, whole: u64) -> u64 {
        match self.bound {
            Bound::Share(share) => share.of(whole),
            Bound::Column(_) => 0,
        }
    }

    /// Whether it allows what a guard with `=1` stops once.
    pub fn permits(&self, guard: Guard) -> bool {
        self.guard == guard && self.limit(1) >= 1
    }

    /// Whether it allows a source without that column.
    pub fn permits_missing(&self, column: &str) -> bool {
        self.guard == Guard::MissingColumn && matches!(self.bound, Bound::Column(named) if named == column)
    }
}

impl fmt::Display for Allowance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guard, bound, property } = self;
        write!(formatter, "{}=", guard.as_str())?;
        match bound {
            Bound::Share(share) => write!(formatter, "{share}")?,
            Bound::Column(column) => formatter.write_str(column)?,
        }
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
    /// A guard that counts stays was given something else.
    #[error("`{value}` is no number of stays, for example {guard}=2")]
    BadStays {
        /// The guard.
        guard: &'static str,
        /// What was written.
        value: String,
    },
    /// A guard that is passed or not was given a number.
    #[error("`{value}` says too much: write {guard}=1")]
    NotOnce {
        /// The guard.
        guard: &'static str,
        /// What was written.
        value: String,
    },
    /// A column that no guard looks at.
    #[error("no column `{0}` to be missing; there are {known}", known = columns())]
    UnknownColumn(String),
    /// A guard of the whole source or store was limited to a property.
    #[error("{0} is never of one property: leave out what begins with `@`")]
    NotByProperty(&'static str),
    /// Nothing behind the `@`.
    #[error("no property behind `@`")]
    BlankProperty,
}

fn columns() -> String {
    SourceShape::columns().collect::<Vec<_>>().join(", ")
}

impl FromStr for Allowance {
    type Err = AllowanceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text.split_once('=').ok_or(AllowanceError::WithoutBound)?;
        let guard = Guard::ALL
            .into_iter()
            .find(|guard| guard.as_str() == name)
            .ok_or_else(|| AllowanceError::UnknownGuard(name.to_owned()))?;
        let form = ValueForm::of(guard);
        let (value, property) = match rest.split_once('@') {
            Some(_) if form != ValueForm::Limit => return Err(AllowanceError::NotByProperty(guard.as_str())),
            Some((_, "")) => return Err(AllowanceError::BlankProperty),
            Some((value, property)) => (value, Some(PropertyCode::new(property))),
            None => (rest, None),
        };
        let owned = || value.to_owned();
        let bound = match form {
            ValueForm::Limit => match value.parse() {
                Ok(share @ (Share::Count(_) | Share::Percent(_))) => Bound::Share(share),
                Ok(Share::Larger { .. }) | Err(_) => return Err(AllowanceError::BadBound(owned())),
            },
            ValueForm::Stays => Bound::Share(Share::Count(
                value
                    .parse()
                    .map_err(|_| AllowanceError::BadStays { guard: guard.as_str(), value: owned() })?,
            )),
            ValueForm::Once if value == "1" => Bound::Share(Share::Count(1)),
            ValueForm::Once => {
                return Err(AllowanceError::NotOnce { guard: guard.as_str(), value: owned() });
            }
            ValueForm::Column => Bound::Column(
                SourceShape::columns()
                    .find(|column| *column == value)
                    .ok_or_else(|| AllowanceError::UnknownColumn(owned()))?,
            ),
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
        assert_eq!(refused("max_cancel=5@"), AllowanceError::BlankProperty);
        assert_eq!(refused("max_in_house=3 or 10%"), AllowanceError::BadBound("3 or 10%".to_owned()));
    }

    #[test]
    fn allowance_reads_back_what_it_prints() {
        for text in [
            "max_delete=31",
            "max_delete=31@LIS",
            "max_in_house=12.5%",
            "max_in_house=4@LIS",
            "in_house=2",
            "unknown_origin=40",
            "new_owner=1",
            "new_workspace=1",
            "older_source=1",
            "missing_column=guest_key",
        ] {
            let allowance: Allowance = text.parse().expect(text);
            assert_eq!(allowance.to_string(), text);
        }
    }

    #[test]
    fn allowance_value_fits_its_guard() {
        let refused = |text: &str| text.parse::<Allowance>().expect_err(text).to_string();
        assert_eq!(refused("in_house=50%"), "`50%` is no number of stays, for example in_house=2");
        assert_eq!(
            refused("unknown_origin=all"),
            "`all` is no number of stays, for example unknown_origin=2"
        );
        assert_eq!(refused("older_source=2"), "`2` says too much: write older_source=1");
        assert_eq!(refused("new_owner=yes"), "`yes` says too much: write new_owner=1");
        assert_eq!(
            refused("missing_column=room"),
            "no column `room` to be missing; there are unit, guest_key, full_name, status"
        );
        for guard in ["in_house=1", "unknown_origin=1", "new_workspace=1", "missing_column=unit"] {
            let refused = refused(&format!("{guard}@LIS"));
            assert!(
                refused.ends_with("is never of one property: leave out what begins with `@`"),
                "{refused}"
            );
        }
    }

    #[test]
    fn allowance_permits_only_what_it_names() {
        let allowance = |text: &str| text.parse::<Allowance>().expect(text);
        assert!(allowance("older_source=1").permits(Guard::OlderSource));
        assert!(!allowance("older_source=1").permits(Guard::NewOwner));
        assert!(!allowance("missing_column=unit").permits(Guard::MissingColumn));
        assert!(allowance("missing_column=unit").permits_missing("unit"));
        assert!(!allowance("missing_column=unit").permits_missing("status"));
        assert!(!allowance("max_cancel=9").permits_missing("unit"));
    }
}
