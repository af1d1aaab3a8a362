//! What earlier runs recorded and a plan may ask about. Seam is the truth; the ledger only remembers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::absence::Absence;
use super::decision::{Choice, Decision};
use super::door::DoorId;
use super::fact::Fact;
use super::name::{AccessGrantKey, Unit};
use super::pin::Pin;
use super::reservation::{Fingerprint, ReservationId};
use super::source_shape::SourceShape;
use super::time::Window;
use super::wanted::Wanted;

/// A grant that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// The one that goes.
    pub old: AccessGrantKey,
    /// The one that comes, before or after that.
    pub new: AccessGrantKey,
    /// When that is wanted.
    pub window: Window,
}

impl Move {
    /// The other grant of the move, seen from one of them.
    pub fn other(&self, key: &AccessGrantKey) -> Option<&AccessGrantKey> {
        let Self { old, new, window: _ } = self;
        if key == old { Some(new) } else { (key == new).then_some(old) }
    }
}

/// A guard that stopped the last runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// Its name.
    pub guard: String,
    /// What it is about: `all`, or a property.
    pub scope: String,
    /// Short hashes of the reservations that it counted, sorted.
    pub records: Fingerprint,
    /// How often in a row it was stopped by the same records.
    pub n_trips: u32,
    /// When it was first.
    pub since: Timestamp,
}

impl Trip {
    /// Short hashes of reservations, by which they are known again.
    pub fn records<'a>(reservations: impl Iterator<Item = &'a ReservationId>) -> Fingerprint {
        let short = |id: &ReservationId| blake3::hash(id.to_string().as_bytes()).to_hex()[..8].to_owned();
        let mut hashes: Vec<String> = reservations.map(short).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Fingerprint(hashes.join(","))
    }

    /// Whether at least half of some reservations are those of this trip.
    pub fn is_half_of(&self, records: &Fingerprint) -> bool {
        let before: BTreeSet<&str> = self.records.0.split(',').collect();
        let now: BTreeSet<&str> = records.0.split(',').collect();
        2 * now.intersection(&before).count() >= now.len()
    }
}

/// What the store remembers about this workspace and namespace.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The fingerprint of the last source that was carried out.
    pub last_source: Option<Fingerprint>,
    /// The newest bytes that a run read, whatever became of it; `None` where none is on record.
    pub newest_source: Option<Fingerprint>,
    /// All bytes that runs read, as far as they are on record.
    pub read_sources: BTreeSet<Fingerprint>,
    /// The rows of the sources that were carried out lately, newest first; those of stays that were over do not count.
    pub recent_rows: Vec<u64>,
    /// What those sources looked like, newest first; shorter where earlier versions did not record it.
    pub recent_shapes: Vec<SourceShape>,
    /// Guards that stopped the last run.
    pub trips: Vec<Trip>,
    /// For each grant that this store has seen a stay for: what was wanted of it when that was last carried out.
    pub desired: BTreeMap<AccessGrantKey, Wanted>,
    /// Grants that were changed in the last runs although the source did not change, and in how many in a row.
    pub repairs: BTreeMap<AccessGrantKey, u32>,
    /// The grants whose stay is missing.
    pub absences: BTreeMap<AccessGrantKey, Absence>,
    /// Moves of the last run that changed something; see [`Ledger::broken_moves`].
    pub unfinished_moves: BTreeSet<Move>,
    /// Reservations that are kept as they were.
    pub pins: Vec<Pin>,
    /// What persons decided about stays, at most one for a reservation and one for each of its units; ended ones stay
    /// until a run drops them.
    pub decisions: Vec<Decision>,
    /// The last day on which a row of the source had a checked-in status; `None` where none ever had.
    pub last_checked_in_status: Option<Date>,
    /// Whether the source was ever seen to list two guests of one reservation (RULES 5).
    pub lists_several_guests: bool,
    /// Doors that were once found common to several units (RULES, Terms).
    pub common_doors: BTreeSet<DoorId>,
}

impl Ledger {
    /// Takes a recorded fact in.
    pub fn recall(&mut self, fact: Fact) {
        match fact {
            // The job asks the store for it before there is a ledger.
            Fact::Owner(_) => {}
            Fact::Decision(decision) => self.decisions.push(decision),
            Fact::LastCheckedInStatus(day) => self.last_checked_in_status = Some(day),
            Fact::ListsSeveralGuests => self.lists_several_guests = true,
            Fact::CommonDoor(id) => {
                self.common_doors.insert(id);
            }
        }
    }

    /// The newest decision about the stay of a reservation in a unit that holds on that day at the property. Who may
    /// share the unit stands beside it.
    pub fn decision_about(
        &self,
        reservation: &ReservationId,
        unit: Option<&Unit>,
        today: Date,
    ) -> Option<&Decision> {
        let counts = |one: &&Decision| {
            !matches!(one.choice, Choice::ShareWith(_)) && one.is_about(reservation, unit) && one.holds(today)
        };
        self.decisions.iter().filter(counts).max_by_key(|one| one.decided_at)
    }

    /// The moves that were broken off. Of some both grants stand: one of them is too many, unless rows want both. Of
    /// others neither does: the old one had to go first, and the guest is outside.
    pub fn broken_moves(&self, is_live: impl Fn(&AccessGrantKey) -> bool) -> BTreeSet<Move> {
        let is_broken = |one: &&Move| is_live(&one.old) == is_live(&one.new);
        self.unfinished_moves.iter().filter(is_broken).cloned().collect()
    }

    /// Whether the last run read the very same bytes.
    pub fn saw(&self, fingerprint: &Fingerprint) -> bool {
        self.last_source.as_ref() == Some(fingerprint)
    }

    /// Whether an earlier run read these bytes, and a later one others (RULES 26).
    pub fn is_older(&self, fingerprint: &Fingerprint) -> bool {
        self.newest_source.as_ref().is_some_and(|newest| newest != fingerprint)
            && self.read_sources.contains(fingerprint)
    }

    /// The median size of recent sources; `None` where there was none.
    pub fn usual_rows(&self) -> Option<u64> {
        median(self.recent_rows.clone())
    }

    /// The median number of rows of each property.
    pub fn usual_rows_by_property(&self) -> BTreeMap<String, u64> {
        self.by_property(|shape| &shape.rows)
    }

    /// The same with the rows of stays that are over; blank where it is not on record.
    pub fn usual_rows_with_past(&self) -> BTreeMap<String, u64> {
        if self.recent_shapes.iter().any(|shape| shape.with_past.is_empty()) {
            return BTreeMap::new();
        }
        self.by_property(|shape| &shape.with_past)
    }

    fn by_property(&self, rows: impl Fn(&SourceShape) -> &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let properties: BTreeSet<&String> = self.recent_shapes.iter().flat_map(|s| rows(s).keys()).collect();
        let of = |property: &String| {
            self.recent_shapes.iter().map(|shape| rows(shape).get(property).copied().unwrap_or(0)).collect()
        };
        properties
            .into_iter()
            .filter_map(|property| Some((property.clone(), median(of(property))?)))
            .collect()
    }

    /// How many cells of a column would usually be filled in a source of so many rows; `None` where that is not known.
    pub fn usual_filled(&self, column: &str, n_rows: u64) -> Option<u64> {
        let in_this_size = |shape: &SourceShape| {
            let filled = *shape.filled.get(column)?;
            let of = shape.n_rows();
            (of > 0).then(|| filled.saturating_mul(n_rows) / of)
        };
        median(self.recent_shapes.iter().filter_map(in_this_size).collect())
    }
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_usual_size_is_the_median_of_recent_sources() {
        let usual = |rows: &[u64]| Ledger { recent_rows: rows.to_vec(), ..Ledger::default() }.usual_rows();
        assert_eq!(usual(&[]), None);
        assert_eq!(usual(&[500]), Some(500));
        assert_eq!(usual(&[100, 500, 510, 490, 505]), Some(500));
    }

    #[test]
    fn newest_decision_about_a_stay_counts() {
        let reservation = ReservationId { property: "".into(), key: "R1".into() };
        let decided = |unit: Option<&str>, choice: Choice, second: i64, until: Option<Date>| Decision {
            reservation: reservation.clone(),
            unit: unit.map(Unit::new),
            choice,
            reason: "r".to_owned(),
            until,
            decided_at: Timestamp::from_second(second).expect("a small number"),
        };
        let today = date(2026, 12, 6);
        let ledger = Ledger {
            decisions: vec![
                decided(None, Choice::Leave, 2, None),
                decided(Some("104"), Choice::Grant, 3, Some(today)),
                decided(Some("105"), Choice::Revoke, 1, None),
            ],
            ..Ledger::default()
        };
        let check = |unit: &str, today: Date, expected: Choice| {
            let found = ledger.decision_about(&reservation, Some(&unit.into()), today);
            assert_eq!(found.map(|decision| &decision.choice), Some(&expected), "{unit} {today}");
        };
        check("104", today, Choice::Grant);
        check("104", date(2026, 12, 7), Choice::Leave);
        check("105", today, Choice::Leave);
        check("106", today, Choice::Leave);
        let other = ReservationId { property: "".into(), key: "R2".into() };
        assert_eq!(ledger.decision_about(&other, Some(&"104".into()), today), None);
    }

    #[test]
    fn a_move_is_broken_while_both_grants_stand_or_neither_does() {
        let window = Window { starts_at: Timestamp::UNIX_EPOCH, ends_at: None };
        let one = Move { old: "pms::R1:G:a".into(), new: "pms::R1:G:b".into(), window };
        let ledger = Ledger { unfinished_moves: [one.clone()].into(), ..Ledger::default() };
        let broken = |live: &[&AccessGrantKey]| ledger.broken_moves(|key| live.contains(&key));
        assert_eq!(broken(&[&one.old, &one.new]), [one.clone()].into());
        assert_eq!(broken(&[]), [one.clone()].into());
        assert_eq!(broken(&[&one.old]), BTreeSet::new());
        assert_eq!(broken(&[&one.new]), BTreeSet::new());
        assert_eq!((one.other(&one.old), one.other(&one.new)), (Some(&one.new), Some(&one.old)));
        assert_eq!(one.other(&"pms::R1:G:c".into()), None);
    }
}
