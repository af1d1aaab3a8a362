//! A plan and a source held against the limits: what is counted, of how many, and whether it must stop
//! (RULES 24 to 26).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;

use super::allowance::{Allowance, Bound};
use super::guards::{Guard, GuardSettings, Share};
use super::in_house::InHouse;
use super::occupancy::Counted;
use crate::model::{
    AccessGrantKey, Coverage, Fingerprint, GrantKeyParts, Inventory, Ledger, Namespace, PropertyCode,
    ReservationId, SourceRead, SourceShape, Trip,
};

/// What a guard is about: everything, or one property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardScope {
    /// The whole plan or source.
    All,
    /// One property of several.
    Property(PropertyCode),
    /// One column of the source.
    Column(&'static str),
}

impl fmt::Display for GuardScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("all"),
            Self::Property(code) => write!(formatter, "{code}"),
            Self::Column(column) => write!(formatter, "column {column}"),
        }
    }
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardCheck {
    /// Which guard.
    pub guard: Guard,
    /// Of what.
    pub scope: GuardScope,
    /// What was counted.
    pub count: u64,
    /// What is allowed, allowances included.
    pub limit: u64,
    /// Of how many.
    pub of: u64,
    /// Whether the plan must not be carried out.
    pub tripped: bool,
    /// The first records that were counted; of rejects the statuses that nobody knows.
    pub first: Vec<String>,
    /// A hash of all of them, by which the same stop is known again; `None` where rows are counted and not records.
    pub records: Option<Fingerprint>,
}

impl GuardCheck {
    /// What a person allows who has looked at it.
    pub fn allowance(&self) -> Allowance {
        let Self { guard, scope, count, .. } = self;
        let bound = match (guard, scope) {
            (Guard::MissingColumn, GuardScope::Column(column)) => Bound::Column(column),
            (Guard::OlderSource, _) => Bound::Share(Share::Count(1)),
            _ => Bound::Share(Share::Count(*count)),
        };
        let property = match scope {
            GuardScope::Property(code) => Some(code.clone()),
            GuardScope::All | GuardScope::Column(_) => None,
        };
        Allowance { guard: *guard, bound, property }
    }
}

/// What lets all of them pass that stop a plan or a source.
pub fn needed(checks: &[GuardCheck]) -> Vec<Allowance> {
    checks.iter().filter(|check| check.tripped).map(GuardCheck::allowance).collect()
}

/// In words: how many of how many, the limit, and the first records.
impl fmt::Display for GuardCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guard, scope, count, limit, of, tripped: _, first, records: _ } = self;
        if *guard == Guard::MaxShrink {
            write!(formatter, "{}: the source has {count}", guard.as_str())?;
            match scope {
                GuardScope::All => write!(formatter, " rows")?,
                GuardScope::Property(code) => write!(formatter, " rows of {code}")?,
                GuardScope::Column(column) => write!(formatter, " cells in column `{column}`")?,
            }
            return write!(formatter, " fewer than the usual {of}, and may have {limit} fewer");
        }
        if let (Guard::MissingColumn, GuardScope::Column(column)) = (guard, scope) {
            return write!(
                formatter,
                "{}: the source has no column `{column}`, and the last one that was accepted had it",
                guard.as_str()
            );
        }
        if *guard == Guard::OlderSource {
            write!(
                formatter,
                "{}: an earlier run read this file and a later one another, and {count} of {of} lines of its plan take \
                 something from guests",
                guard.as_str()
            )?;
        } else {
            write!(
                formatter,
                "{}: {count} of {of} {}, and at most {limit} may",
                guard.as_str(),
                guard.counts()
            )?;
        }
        if let GuardScope::Property(code) = scope {
            write!(formatter, " at {code}")?;
        }
        if !first.is_empty() {
            let (what, more) = match guard {
                Guard::MaxReject => ("unknown statuses: ", ""),
                _ => ("reservations ", if *count > first.len() as u64 { ", …" } else { "" }),
            };
            write!(formatter, " ({what}{}{more})", first.join(", "))?;
        }
        Ok(())
    }
}

/// How many records of a tripped guard are named.
const NAMED: usize = 5;

/// Judges what a plan revokes, changes and opens, in all and for each property.
pub(super) fn guard_checks(
    counted: &[Counted],
    existing: &BTreeMap<PropertyCode, u64>,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> Vec<GuardCheck> {
    let mut checks = Vec::new();
    for guard in [Guard::MaxCancel, Guard::MaxDelete, Guard::MaxUpdate] {
        let mut scopes = vec![(GuardScope::All, existing.values().sum())];
        if existing.len() > 1 {
            scopes.extend(existing.iter().map(|(code, of)| (GuardScope::Property(code.clone()), *of)));
        }
        for (scope, of) in scopes {
            let is_inside = |one: &&Counted| {
                one.guard == guard
                    && match &scope {
                        GuardScope::All => true,
                        GuardScope::Property(code) => one.reservation.property == *code,
                        GuardScope::Column(_) => false,
                    }
            };
            let inside: Vec<&Counted> = counted.iter().filter(is_inside).collect();
            let reservations: BTreeSet<&ReservationId> = inside.iter().map(|one| &one.reservation).collect();
            let first = reservations.iter().take(NAMED).map(ToString::to_string).collect();
            let records = Trip::records(reservations.iter().copied());
            let check = judged(guard, scope, inside.len() as u64, of, first, settings, allowances);
            checks.push(GuardCheck { records: Some(records), ..check });
        }
    }
    checks
}

/// What a plan does to guests in house: what is beyond the limit is held, and nothing stops (RULES 24).
pub(super) fn in_house_check(in_house: InHouse) -> GuardCheck {
    let InHouse { n_noticing, limit, n_stays } = in_house;
    GuardCheck {
        guard: Guard::MaxInHouse,
        scope: GuardScope::All,
        count: n_noticing,
        limit,
        of: n_stays,
        tripped: false,
        first: Vec::new(),
        records: None,
    }
}

/// Judges a source: how many of its rows cannot be used, those with a status that nobody knows among them. Rows of stays
/// that are over count in neither number (RULES 9, 11).
pub fn guard_rejects(source: &SourceRead, settings: &GuardSettings, allowances: &[Allowance]) -> GuardCheck {
    let n_unknown = source.counts.unknown_statuses;
    let mut words: Vec<(&String, &u64)> = source.unknown_statuses.iter().filter(|_| n_unknown > 0).collect();
    words.sort_by_key(|(word, n_rows)| (Reverse(**n_rows), word.as_str()));
    let first = words.into_iter().take(NAMED).map(|(word, n_rows)| format!("`{word}` in {n_rows}")).collect();
    let count = source.rejects.len() as u64 + n_unknown;
    judged(Guard::MaxReject, GuardScope::All, count, source.n_current_rows(), first, settings, allowances)
}

/// Judges a source: how many rows fewer it has than is usual, in all and at each property, and how many cells fewer
/// are filled in columns without which nobody gets a door.
pub fn guard_shrink(
    n_rows: u64,
    shape: &SourceShape,
    coverage: Coverage,
    ledger: &Ledger,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> Vec<GuardCheck> {
    // Rows of guests who left are not missing: a source that still has them is no smaller.
    let with_past = ledger.usual_rows_with_past();
    let missing_with_past = |property: &str| {
        let now = shape.with_past.get(property).copied().unwrap_or(0);
        with_past.get(property).map(|usual| usual.saturating_sub(now))
    };
    let missing_in_all: Option<u64> =
        (!with_past.is_empty()).then(|| with_past.keys().filter_map(|p| missing_with_past(p)).sum());
    let fewer = |scope: GuardScope, now: u64, usual: u64| {
        let bound = match &scope {
            GuardScope::All => missing_in_all,
            GuardScope::Property(property) => missing_with_past(property.as_str()),
            GuardScope::Column(_) => None,
        };
        let count = usual.saturating_sub(now).min(bound.unwrap_or(u64::MAX));
        let check = judged(Guard::MaxShrink, scope, count, usual, Vec::new(), settings, allowances);
        // Where nothing at all is left of what should be the whole, even a small source is not to be believed.
        if now == 0 && coverage == Coverage::Complete {
            let limit =
                limit(Guard::MaxShrink, &check.scope, settings, allowances, |share| share.of_emptied(usual));
            return GuardCheck { limit, tripped: count > limit, ..check };
        }
        check
    };
    let mut checks: Vec<GuardCheck> =
        ledger.usual_rows().map(|usual| fewer(GuardScope::All, n_rows, usual)).into_iter().collect();
    let by_property = ledger.usual_rows_by_property();
    if by_property.len() > 1 {
        for (property, usual) in by_property {
            let now = shape.rows.get(&property).copied().unwrap_or(0);
            checks.push(fewer(GuardScope::Property(PropertyCode::new(property)), now, usual));
        }
    }
    // A column that is not there at all is judged as such, and not by its empty cells.
    for column in SourceShape::columns().filter(|column| !shape.lacks(column)) {
        if let Some(usual) = ledger.usual_filled(column, shape.n_rows()) {
            let now = shape.filled.get(column).copied().unwrap_or(0);
            checks.push(fewer(GuardScope::Column(column), now, usual));
        }
    }
    checks
}

fn judged(
    guard: Guard,
    scope: GuardScope,
    count: u64,
    of: u64,
    first: Vec<String>,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> GuardCheck {
    let limit = limit(guard, &scope, settings, allowances, |share| share.of(of));
    GuardCheck { guard, scope, count, limit, of, tripped: count > limit, first, records: None }
}

/// How many a guard lets pass: what is configured, or what a person allowed where that is more.
fn limit(
    guard: Guard,
    scope: &GuardScope,
    settings: &GuardSettings,
    allowances: &[Allowance],
    count: impl Fn(Share) -> u64,
) -> u64 {
    let allowed = allowances
        .iter()
        .filter(|allowance| allowance.guard == guard)
        .filter(|allowance| match (&allowance.property, scope) {
            (None, _) => true,
            (Some(property), GuardScope::Property(code)) => property == code,
            (Some(_), GuardScope::All | GuardScope::Column(_)) => false,
        })
        .filter_map(|allowance| match allowance.bound {
            Bound::Share(share) => Some(count(share)),
            Bound::Column(_) => None,
        });
    allowed.fold(count(guard.limit(settings)), u64::max)
}

/// How many live grants of ours each property has.
pub fn existing_by_property(
    inventory: &Inventory,
    namespace: &Namespace,
    now: Timestamp,
) -> BTreeMap<PropertyCode, u64> {
    let mut existing = BTreeMap::new();
    let parts = |key: &AccessGrantKey| GrantKeyParts::parse(namespace, key);
    for grant in inventory.grants.iter().filter(|grant| grant.is_live(now)) {
        if let Some(parts) = grant.key.as_ref().and_then(parts) {
            *existing.entry(parts.property).or_default() += 1;
        }
    }
    existing
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn settings() -> GuardSettings {
        GuardSettings {
            max_delete: Share::Percent(10.0),
            max_cancel: Share::Percent(30.0),
            max_update: Share::Percent(30.0),
            min_existing: 10,
            max_shrink: Share::Percent(30.0),
            max_reject: Share::Percent(10.0),
            max_in_house: Share::Larger { count: 3, percent: 10.0 },
            missing_runs: 2,
            missing_for: SignedDuration::from_hours(12),
        }
    }

    fn check(count: u64, of: u64, allow: &[&str], expected_limit: u64, tripped: bool) {
        let allowances: Vec<Allowance> =
            allow.iter().map(|text| text.parse().expect("an allowance")).collect();
        let judged =
            judged(Guard::MaxCancel, GuardScope::All, count, of, Vec::new(), &settings(), &allowances);
        assert_eq!(
            (judged.limit, judged.tripped),
            (expected_limit, tripped),
            "{count} of {of} with {allow:?}"
        );
    }

    /// Counts of `max_shrink` in all and at each property, where each of `usual` was one source with those rows, each
    /// `PROPERTY CURRENT PAST`.
    fn check_shrink(usual: &[&str], now: &[&str], expected: &[u64]) {
        let shape = |rows: &[&str]| {
            let mut shape = SourceShape::default();
            for row in rows {
                let words: Vec<&str> = row.split(' ').collect();
                let number = |n: usize| words[n].parse::<u64>().expect("a number");
                shape.rows.insert(words[0].to_owned(), number(1));
                shape.with_past.insert(words[0].to_owned(), number(1) + number(2));
            }
            shape
        };
        let before = shape(usual);
        let ledger =
            Ledger { recent_rows: vec![before.n_rows()], recent_shapes: vec![before], ..Ledger::default() };
        let now = shape(now);
        let checks = guard_shrink(now.n_rows(), &now, Coverage::Complete, &ledger, &settings(), &[]);
        let counts = checks.iter().filter(|check| !matches!(check.scope, GuardScope::Column(_)));
        assert_eq!(counts.map(|check| check.count).collect::<Vec<_>>(), expected, "{usual:?} {now:?}");
    }

    #[test]
    fn guests_who_left_make_no_source_smaller() {
        check_shrink(&["X 25 0"], &["X 6 20"], &[0]);
        check_shrink(&["X 25 0"], &["X 6 0"], &[19]);
        check_shrink(&["X 25 0"], &["X 6 5"], &[14]);
        // Years of history hide nothing.
        check_shrink(&["X 100 5000"], &["X 0 5000"], &[100]);
        check_shrink(&["X 100 5000"], &["X 90 5010"], &[0]);
        check_shrink(&["X 3 0", "Y 1 0"], &["X 4 0", "Y 0 1"], &[0, 0, 0]);
        check_shrink(&["X 30 0", "Y 10 0"], &["X 30 0", "Y 0 0"], &[10, 0, 10]);
    }

    #[test]
    fn a_guard_trips_above_its_share_and_not_at_it() {
        check(30, 100, &[], 30, false);
        check(31, 100, &[], 30, true);
        check(4, 10, &[], 3, true);
    }

    #[test]
    fn guard_percentage_holds_in_small_house() {
        // `min_existing` is 10: it says nothing of percentages (RULES 25).
        check(9, 9, &[], 3, true);
        check(3, 9, &[], 3, false);
        check(3, 1, &[], 3, false);
    }

    #[test]
    fn guard_percentage_holds_at_small_property() {
        let at_property = |count| {
            let scope = GuardScope::Property("OPO".into());
            judged(Guard::MaxCancel, scope, count, 5, Vec::new(), &settings(), &[]).tripped
        };
        assert!(!at_property(3));
        assert!(at_property(4));
    }

    #[test]
    fn emptied_complete_source_stops_small_house() {
        let ledger = Ledger { recent_rows: vec![2, 2, 2], ..Ledger::default() };
        let stops = |n_rows, coverage, allow: &[&str]| {
            let allowances: Vec<Allowance> =
                allow.iter().map(|text| text.parse().expect("an allowance")).collect();
            let shape = SourceShape::default();
            let checks = guard_shrink(n_rows, &shape, coverage, &ledger, &settings(), &allowances);
            checks.iter().any(|check| check.tripped)
        };
        assert!(stops(0, Coverage::Complete, &[]));
        // One row less is what happens every day; an empty list of changes too.
        assert!(!stops(1, Coverage::Complete, &[]));
        assert!(!stops(0, Coverage::Partial, &[]));
        assert!(stops(0, Coverage::Complete, &["max_shrink=1"]));
        assert!(!stops(0, Coverage::Complete, &["max_shrink=2"]));
    }

    #[test]
    fn an_allowance_raises_one_limit_up_to_its_bound() {
        check(40, 100, &["max_cancel=40"], 40, false);
        check(41, 100, &["max_cancel=40"], 40, true);
        check(50, 100, &["max_cancel=50%"], 50, false);
        check(40, 100, &["max_update=100%"], 30, true);
        check(40, 100, &["max_cancel=40@LIS"], 30, true);
        // An allowance never lowers a limit.
        check(20, 100, &["max_cancel=1"], 30, false);
    }

    #[test]
    fn an_allowance_for_a_property_counts_there_only() {
        let allowances = ["max_cancel=9@LIS".parse().expect("an allowance")];
        let at = |code: &str| {
            let scope = GuardScope::Property(code.into());
            judged(Guard::MaxCancel, scope, 9, 20, Vec::new(), &settings(), &allowances).tripped
        };
        assert!(!at("LIS"));
        assert!(at("OPO"));
    }

    #[test]
    fn guard_passes_with_its_own_allowance() {
        let scope = GuardScope::Property("LIS".into());
        let judged = judged(Guard::MaxUpdate, scope, 12, 20, Vec::new(), &settings(), &[]);
        let allowance = judged.allowance();
        assert_eq!(allowance.to_string(), "max_update=12@LIS");
        let again =
            super::judged(Guard::MaxUpdate, judged.scope, 12, 20, Vec::new(), &settings(), &[allowance]);
        assert!(!again.tripped);
    }
}
