//! Guards against a source that is not what it was: a column that is gone, a file that is older than one that was read.

use jiff::Timestamp;

use super::allowance::Allowance;
use super::guards::Guard;
use super::item::{Action, GrantView, Item};
use super::judging::{GuardCheck, GuardScope};
use super::outline::Plan;
use crate::model::{Column, Ledger, SourceShape};

/// How many reservations of a tripped guard are named.
const NAMED: usize = 5;

/// Judges a source: which watched columns the last accepted one had and this one has not (RULES 11).
pub fn guard_columns(shape: &SourceShape, ledger: &Ledger, allowances: &[Allowance]) -> Vec<GuardCheck> {
    let Some(before) = ledger.recent_shapes.first() else { return Vec::new() };
    let is_gone = |column: &Column| before.has(column) && shape.lacks(column);
    SourceShape::columns().filter(is_gone).map(|column| column_check(column, allowances)).collect()
}

/// Judges a header that lacks columns which the configuration names: those that the last accepted source had.
pub fn guard_absent(absent: &[Column], ledger: &Ledger, allowances: &[Allowance]) -> Vec<GuardCheck> {
    let Some(before) = ledger.recent_shapes.first() else { return Vec::new() };
    let was_there = absent.iter().filter(|column| before.has(column));
    was_there.map(|column| column_check(column, allowances)).collect()
}

fn column_check(column: Column, allowances: &[Allowance]) -> GuardCheck {
    let is_allowed = allowances.iter().any(|allowance| allowance.permits_missing(column));
    GuardCheck {
        guard: Guard::MissingColumn,
        scope: GuardScope::Column(column),
        count: 1,
        limit: u64::from(is_allowed),
        of: 1,
        tripped: !is_allowed,
        first: Vec::new(),
        records: None,
    }
}

/// Judges a plan that is made of a file that an earlier run read and a later one replaced (RULES 26): what it takes from
/// guests. One of fewer rows than `min_existing` stops nothing.
pub fn guard_older(
    plan: &Plan,
    n_rows: u64,
    min_existing: u32,
    allowances: &[Allowance],
    now: Timestamp,
) -> GuardCheck {
    let taking: Vec<&Item> = plan.items.iter().filter(|item| takes(item, now)).collect();
    let count = taking.len() as u64;
    let is_allowed = allowances.iter().any(|allowance| allowance.permits(Guard::OlderSource));
    let passes = is_allowed || n_rows < u64::from(min_existing);
    let mut first: Vec<String> = taking.iter().map(|item| item.reservation.to_string()).collect();
    first.dedup();
    first.truncate(NAMED);
    GuardCheck {
        guard: Guard::OlderSource,
        scope: GuardScope::All,
        count,
        limit: if passes { count } else { 0 },
        of: plan.items.len() as u64,
        tripped: count > 0 && !passes,
        first,
        records: None,
    }
}

/// Whether a line revokes, shortens or moves something: a door, some of the time to come, or a way in is lost.
fn takes(item: &Item, now: Timestamp) -> bool {
    match (item.action, &item.before, &item.after) {
        (Action::Create | Action::Hold | Action::None, _, _) => false,
        (Action::Update | Action::Replace, Some(before), Some(after)) => !covers(after, before, now),
        (Action::Revoke | Action::Update | Action::Replace, _, _) => true,
    }
}

/// Whether one grant gives all that the other one still gives.
fn covers(after: &GrantView, before: &GrantView, now: Timestamp) -> bool {
    before.acs_entrance_ids.iter().all(|id| after.acs_entrance_ids.contains(id))
        && before.device_ids.iter().all(|id| after.device_ids.contains(id))
        && before.methods.is_subset(&after.methods)
        && after.starts_at <= before.starts_at.max(now)
        && after.ends_at.is_none_or(|after| before.ends_at.is_some_and(|before| before <= after))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::Arc;

    use jiff::civil::date;

    use super::*;
    use crate::model::{EntranceId, Method, MethodSet, ReasonCode, ReservationId};
    use crate::plan::{Impact, Phase};

    fn shape(columns: &[Column]) -> SourceShape {
        let present = Some(columns.iter().map(|column| (*column).to_owned()).collect());
        SourceShape { present, ..SourceShape::default() }
    }

    #[test]
    fn column_that_was_there_trips_until_allowed() {
        let all = ["unit", "guest_key", "full_name", "status"];
        let before = |shape: SourceShape| Ledger { recent_shapes: vec![shape], ..Ledger::default() };
        let tripped = |ledger: &Ledger, now: &[Column], allowed: &[&str]| -> Vec<String> {
            let allowances: Vec<Allowance> =
                allowed.iter().map(|text| text.parse().expect("an allowance")).collect();
            let checks = guard_columns(&shape(now), ledger, &allowances);
            checks.iter().filter(|check| check.tripped).map(|check| check.allowance().to_string()).collect()
        };
        let ledger = before(shape(&all));
        assert_eq!(tripped(&ledger, &all, &[]), [""; 0]);
        assert_eq!(tripped(&ledger, &all[..3], &[]), ["missing_column=status"]);
        assert_eq!(tripped(&ledger, &all[2..], &[]), ["missing_column=unit", "missing_column=guest_key"]);
        assert_eq!(tripped(&ledger, &all[2..], &["missing_column=unit"]), ["missing_column=guest_key"]);
        assert_eq!(tripped(&before(shape(&["unit"])), &["unit"], &[]), [""; 0]);
        assert_eq!(tripped(&before(SourceShape::default()), &["unit"], &[]), [""; 0], "nothing is known");
        assert_eq!(tripped(&Ledger::default(), &["unit"], &[]), [""; 0]);
    }

    fn view(doors: &[&str], days: (i8, Option<i8>), methods: &[Method]) -> GrantView {
        let at = |day: i8| date(2026, 12, day).at(12, 0, 0, 0).in_tz("UTC").expect("a day").timestamp();
        GrantView {
            access_grant_key: None,
            reservation_key: None,
            user_identity_key: None,
            full_name: None,
            space_keys: [].into(),
            device_ids: [].into(),
            acs_entrance_ids: doors.iter().map(EntranceId::new).collect(),
            starts_at: at(days.0),
            ends_at: days.1.map(at),
            methods: methods.iter().copied().collect::<MethodSet>(),
            name: None,
        }
    }

    fn item(action: Action, before: Option<GrantView>, after: Option<GrantView>) -> Item {
        Item {
            key: "pms::R1:G:a".into(),
            reservation: ReservationId { property: "".into(), key: "R1".into() },
            action,
            reason_code: ReasonCode::NewStay,
            reason: Cow::Borrowed(""),
            impact: Impact::Seamless,
            phase: Phase::Future,
            held_by: None,
            arrival: date(2026, 12, 5),
            before: before.map(Arc::new),
            after: after.map(Arc::new),
            source: None,
            code_wished: false,
            wanted: None,
        }
    }

    #[test]
    fn line_takes_what_is_lost() {
        use Method::{Card, Code};
        let now = date(2026, 12, 4).at(0, 0, 0, 0).in_tz("UTC").expect("a day").timestamp();
        let has = || view(&["101", "lobby"], (5, Some(8)), &[Code]);
        let update = |after: GrantView| item(Action::Update, Some(has()), Some(after));
        for (name, item, expected) in [
            ("created", item(Action::Create, None, Some(has())), false),
            ("held", item(Action::Hold, Some(has()), Some(has())), false),
            ("revoked", item(Action::Revoke, Some(has()), None), true),
            ("extended", update(view(&["101", "lobby"], (5, Some(9)), &[Code])), false),
            ("earlier", update(view(&["101", "lobby"], (4, Some(8)), &[Code])), false),
            ("for ever", update(view(&["101", "lobby"], (5, None), &[Code])), false),
            ("another way in", update(view(&["101", "lobby"], (5, Some(8)), &[Code, Card])), false),
            ("shortened", update(view(&["101", "lobby"], (5, Some(7)), &[Code])), true),
            ("later", update(view(&["101", "lobby"], (6, Some(8)), &[Code])), true),
            ("moved in time", update(view(&["101", "lobby"], (6, Some(9)), &[Code])), true),
            ("a way in less", update(view(&["101", "lobby"], (5, Some(8)), &[Card])), true),
            (
                "moved",
                item(Action::Replace, Some(has()), Some(view(&["102", "lobby"], (5, Some(8)), &[Code]))),
                true,
            ),
            (
                "a door more",
                item(
                    Action::Replace,
                    Some(has()),
                    Some(view(&["101", "102", "lobby"], (5, Some(8)), &[Code])),
                ),
                false,
            ),
            (
                "an end for one that had none",
                item(
                    Action::Update,
                    Some(view(&["101"], (5, None), &[Code])),
                    Some(view(&["101"], (5, Some(8)), &[Code])),
                ),
                true,
            ),
            (
                "a start in the past",
                item(
                    Action::Update,
                    Some(view(&["101"], (1, Some(8)), &[Code])),
                    Some(view(&["101"], (3, Some(8)), &[Code])),
                ),
                false,
            ),
        ] {
            assert_eq!(takes(&item, now), expected, "{name}");
        }
    }

    #[test]
    fn older_source_trips_only_where_it_takes() {
        let now = Timestamp::UNIX_EPOCH;
        let has = || view(&["101"], (5, Some(8)), &[Method::Code]);
        let revoking = Plan { items: vec![item(Action::Revoke, Some(has()), None)], ..Plan::default() };
        let creating = Plan { items: vec![item(Action::Create, None, Some(has()))], ..Plan::default() };
        let allowed: [Allowance; 1] = ["older_source=1".parse().expect("an allowance")];
        for (plan, n_rows, allowances, tripped) in [
            (&revoking, 10, &[][..], true),
            (&revoking, 9, &[], false),
            (&revoking, 10, &allowed, false),
            (&creating, 10, &[], false),
        ] {
            let check = guard_older(plan, n_rows, 10, allowances, now);
            assert_eq!(check.tripped, tripped, "{n_rows} {allowances:?}");
            assert_eq!(check.allowance().to_string(), "older_source=1");
        }
    }
}
