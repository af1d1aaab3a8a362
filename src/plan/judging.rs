//! A plan and a source held against the limits: what is counted, of how many, and whether it must stop (RULES 16, 17).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::guards::{Allowance, Guard, GuardSettings, Share};
use super::in_house::InHouse;
use super::item::{Action, Item};
use super::outline::Plan;
use crate::model::{
    AccessGrantKey, Coverage, Fingerprint, GrantKeyParts, Inventory, Ledger, Namespace, PropertyCode,
    ReasonCode, SourceShape,
};

/// What a guard is about: everything, or one property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The whole plan or source.
    All,
    /// One property of several.
    Property(PropertyCode),
    /// One column of the source.
    Column(&'static str),
}

impl fmt::Display for Scope {
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
    pub scope: Scope,
    /// What was counted.
    pub count: u64,
    /// What is allowed, allowances included.
    pub limit: u64,
    /// Of how many.
    pub of: u64,
    /// Whether the plan must not be carried out.
    pub tripped: bool,
    /// The first records that were counted.
    pub first: Vec<String>,
    /// A hash of all of them, by which the same stop is known again; `None` where rows are counted and not records.
    pub records: Option<Fingerprint>,
}

impl GuardCheck {
    /// What a person who has looked at it adds to the command.
    pub fn allow(&self) -> String {
        let Self { guard, scope, count, .. } = self;
        match scope {
            Scope::All | Scope::Column(_) => format!("--allow {}={count}", guard.as_str()),
            Scope::Property(code) => format!("--allow {}={count}@{code}", guard.as_str()),
        }
    }
}

/// In words: how many of how many, the limit, and the first records.
impl fmt::Display for GuardCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guard, scope, count, limit, of, tripped: _, first, records: _ } = self;
        if *guard == Guard::MaxShrink {
            write!(formatter, "{}: the source has {count}", guard.as_str())?;
            match scope {
                Scope::All => write!(formatter, " rows")?,
                Scope::Property(code) => write!(formatter, " rows of {code}")?,
                Scope::Column(column) => write!(formatter, " cells in column `{column}`")?,
            }
            return write!(formatter, " fewer than the usual {of}, and may have {limit} fewer");
        }
        write!(formatter, "{}: {count} of {of} {}, and at most {limit} may", guard.as_str(), guard.counts())?;
        if let Scope::Property(code) = scope {
            write!(formatter, " at {code}")?;
        }
        if !first.is_empty() {
            let more = if *count > first.len() as u64 { ", …" } else { "" };
            write!(formatter, " (reservations {}{more})", first.join(", "))?;
        }
        Ok(())
    }
}

/// How many records of a tripped guard are named.
const NAMED: usize = 5;

/// Judges a plan: what it revokes and changes, in all and for each property.
pub fn guard_plan(
    plan: &Plan,
    existing: &BTreeMap<PropertyCode, u64>,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> Vec<GuardCheck> {
    let mut checks = Vec::new();
    for guard in [Guard::MaxCancel, Guard::MaxDelete, Guard::MaxUpdate] {
        let counted: Vec<&Item> = plan.items.iter().filter(|item| counts(guard, item)).collect();
        let mut scopes = vec![(Scope::All, existing.values().sum())];
        if existing.len() > 1 {
            scopes.extend(existing.iter().map(|(code, of)| (Scope::Property(code.clone()), *of)));
        }
        for (scope, of) in scopes {
            let inside = |item: &&&Item| match &scope {
                Scope::All => true,
                Scope::Property(code) => item.reservation.property == *code,
                Scope::Column(_) => false,
            };
            let inside: Vec<&&Item> = counted.iter().filter(inside).collect();
            let mut first: Vec<String> = inside.iter().map(|item| item.reservation.to_string()).collect();
            first.dedup();
            first.truncate(NAMED);
            let mut keys: Vec<&str> = inside.iter().map(|item| item.key.as_str()).collect();
            keys.sort_unstable();
            let records = Fingerprint(blake3::hash(keys.join("\n").as_bytes()).to_hex().to_string());
            let check = judged(guard, scope, keys.len() as u64, of, first, settings, allowances);
            checks.push(GuardCheck { records: Some(records), ..check });
        }
    }
    let InHouse { n_noticing, limit, n_stays } = plan.in_house;
    checks.push(GuardCheck {
        guard: Guard::MaxInHouse,
        scope: Scope::All,
        count: n_noticing,
        limit,
        of: n_stays,
        // What is beyond is held, and nothing else (RULES 16).
        tripped: false,
        first: Vec::new(),
        records: None,
    });
    checks
}

/// Judges a source: how many of its rows cannot be used.
pub fn guard_rejects(
    n_rejected: u64,
    n_rows: u64,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> GuardCheck {
    judged(Guard::MaxReject, Scope::All, n_rejected, n_rows, Vec::new(), settings, allowances)
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
    let fewer = |scope: Scope, now: u64, usual: u64| {
        // Where nothing at all is left of what should be the whole, even a small source is not to be believed.
        let is_emptied = now == 0 && coverage == Coverage::Complete;
        let min_existing = if is_emptied { 0 } else { settings.min_existing };
        let settings = GuardSettings { min_existing, ..*settings };
        judged(Guard::MaxShrink, scope, usual.saturating_sub(now), usual, Vec::new(), &settings, allowances)
    };
    let mut checks: Vec<GuardCheck> =
        ledger.usual_rows().map(|usual| fewer(Scope::All, n_rows, usual)).into_iter().collect();
    let by_property = ledger.usual_rows_by_property();
    if by_property.len() > 1 {
        for (property, usual) in by_property {
            let now = shape.rows.get(&property).copied().unwrap_or(0);
            checks.push(fewer(Scope::Property(PropertyCode::new(property)), now, usual));
        }
    }
    for column in SourceShape::columns() {
        if let Some(usual) = ledger.usual_filled(column, shape.n_rows()) {
            let now = shape.filled.get(column).copied().unwrap_or(0);
            checks.push(fewer(Scope::Column(column), now, usual));
        }
    }
    checks
}

fn judged(
    guard: Guard,
    scope: Scope,
    count: u64,
    of: u64,
    first: Vec<String>,
    settings: &GuardSettings,
    allowances: &[Allowance],
) -> GuardCheck {
    let share = guard.limit(settings);
    let own = match share {
        // A part of very little says nothing.
        Share::Percent(_) if of < u64::from(settings.min_existing) => count,
        share => share.of(of),
    };
    let allowed = allowances
        .iter()
        .filter(|allowance| allowance.guard == guard)
        .filter(|allowance| match (&allowance.property, &scope) {
            (None, _) => true,
            (Some(property), Scope::Property(code)) => property == code,
            (Some(_), Scope::All | Scope::Column(_)) => false,
        })
        .map(|allowance| allowance.bound.of(of));
    let limit = allowed.fold(own, u64::max);
    GuardCheck { guard, scope, count, limit, of, tripped: count > limit, first, records: None }
}

fn counts(guard: Guard, item: &Item) -> bool {
    match guard {
        // What is taken over was named one by one in a file that somebody reviewed.
        Guard::MaxCancel => {
            item.action == Action::Revoke
                && !matches!(item.reason_code, ReasonCode::Absent | ReasonCode::TakenOver)
        }
        Guard::MaxDelete => item.action == Action::Revoke && item.reason_code == ReasonCode::Absent,
        Guard::MaxReject | Guard::MaxShrink | Guard::MaxInHouse | Guard::InHouse | Guard::UnknownOrigin => {
            false
        }
        Guard::MaxUpdate => {
            matches!(item.action, Action::Update | Action::Replace)
                && item.reason_code != ReasonCode::TakenOver
        }
    }
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
            max_in_house: Share::Count(3),
            missing_runs: 2,
            missing_for: SignedDuration::from_hours(12),
        }
    }

    fn check(count: u64, of: u64, allow: &[&str], expected_limit: u64, tripped: bool) {
        let allowances: Vec<Allowance> =
            allow.iter().map(|text| text.parse().expect("an allowance")).collect();
        let judged = judged(Guard::MaxCancel, Scope::All, count, of, Vec::new(), &settings(), &allowances);
        assert_eq!(
            (judged.limit, judged.tripped),
            (expected_limit, tripped),
            "{count} of {of} with {allow:?}"
        );
    }

    #[test]
    fn a_guard_trips_above_its_share_and_not_at_it() {
        check(30, 100, &[], 30, false);
        check(31, 100, &[], 30, true);
        check(4, 10, &[], 3, true);
    }

    #[test]
    fn a_percentage_does_not_bite_below_the_smallest_population() {
        check(9, 9, &[], 9, false);
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
            let scope = Scope::Property(code.into());
            judged(Guard::MaxCancel, scope, 9, 20, Vec::new(), &settings(), &allowances).tripped
        };
        assert!(!at("LIS"));
        assert!(at("OPO"));
    }

    #[test]
    fn a_tripped_guard_says_the_exact_words_that_would_let_it_pass() {
        let scope = Scope::Property("LIS".into());
        let judged = judged(Guard::MaxUpdate, scope, 12, 20, Vec::new(), &settings(), &[]);
        assert_eq!(judged.allow(), "--allow max_update=12@LIS");
        let allowance: Allowance =
            judged.allow().trim_start_matches("--allow ").parse().expect("its own words");
        let again =
            super::judged(Guard::MaxUpdate, judged.scope, 12, 20, Vec::new(), &settings(), &[allowance]);
        assert!(!again.tripped);
    }
}
