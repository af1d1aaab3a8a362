//! Families of small worlds: what a few reservations had before, and what the source says of them now. Each world of a
//! family has a number that never changes, so that a range of them can be run.
//!
//! Hours count from midnight of day 0. A night is a midnight that lies inside a window (RULES, Terms).

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use reservation_sync::model::{AccessGrantKey, Standing};
use reservation_sync::plan::Policy;

pub(crate) type Hour = i32;
pub(crate) type Unit = u8;
pub(crate) type Reservation = u8;

/// The check-out hour of the hotel.
const CHECK_OUT: Hour = 11;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: Hour,
    pub(crate) to: Hour,
}

impl Span {
    pub(crate) fn new(from: Hour, to: Hour) -> Self {
        Self { from, to }
    }

    /// From the check-in hour of one day to the check-out hour of another.
    pub(crate) fn nights(from: i32, to: i32) -> Self {
        Self::new(from * 24 + 15, to * 24 + CHECK_OUT)
    }

    /// The part that is not past.
    pub(crate) fn after(self, now: Hour) -> Self {
        Self { from: self.from.max(now), ..self }
    }

    pub(crate) fn contains(self, hour: Hour) -> bool {
        self.from <= hour && hour < self.to
    }

    fn common(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let common = self.common(other);
        common.from < common.to
    }

    pub(crate) fn has_night(self) -> bool {
        (self.from.div_euclid(24) + 1) * 24 < self.to
    }

    pub(crate) fn shares_night(self, other: Self) -> bool {
        self.common(other).has_night()
    }
}

/// `1d15..3d11`.
impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |hour: Hour| format!("{}d{:02}", hour.div_euclid(24), hour.rem_euclid(24));
        write!(f, "{}..{}", clock(self.from), clock(self.to))
    }
}

/// A row of the source: one guest in one unit, or in none yet.
#[derive(Clone, Debug)]
pub(crate) struct Stay {
    pub(crate) reservation: Reservation,
    pub(crate) unit: Option<Unit>,
    pub(crate) span: Span,
    pub(crate) standing: Standing,
}

impl Stay {
    /// Booked or checked in, and not over.
    pub(crate) fn grants(&self, now: Hour) -> bool {
        matches!(self.standing, Standing::Expected | Standing::CheckedIn) && self.span.to > now
    }

    /// Whether the source gives this unit to it (RULES 14).
    pub(crate) fn claims(&self, unit: Unit, now: Hour) -> bool {
        self.grants(now) && self.unit == Some(unit)
    }

    pub(crate) fn is_checked_in(&self) -> bool {
        self.standing == Standing::CheckedIn
    }
}

/// A live grant of ours. Before a plan it is as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) key: AccessGrantKey,
    pub(crate) reservation: Reservation,
    pub(crate) unit: Unit,
    pub(crate) span: Span,
}

/// What a person decided of a reservation (RULES 17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    ShareWith(Reservation),
    Grant,
    Revoke,
    Leave,
}

/// The options of a run.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(crate) struct Options {
    pub(crate) now: Hour,
    pub(crate) policy: Policy,
    pub(crate) is_complete: bool,
    /// The source was cut (RULES 21).
    pub(crate) is_cut: bool,
    /// What is absent now was absent before, for long enough (RULES 21).
    pub(crate) absence_is_due: bool,
    /// The source was seen to use a checked-in status: who is not checked in is not in house.
    pub(crate) uses_checked_in: bool,
    /// Doors that belong to reservations: the old grant goes before the new one can be made.
    pub(crate) delete_first: bool,
    /// Guests in house who may lose something (RULES 24).
    pub(crate) max_in_house: Option<u64>,
    pub(crate) is_quarantine: bool,
    pub(crate) allow_in_house: bool,
    /// Only these reservations (RULES 40).
    pub(crate) only: Option<BTreeSet<Reservation>>,
    pub(crate) decision: Option<(Reservation, Decision)>,
}

impl Options {
    /// A run of `sync` over a partial read, by which nobody is checked in.
    pub(crate) fn at(now: Hour) -> Self {
        Self {
            now,
            policy: Policy::Sync,
            is_complete: false,
            is_cut: false,
            absence_is_due: false,
            uses_checked_in: false,
            delete_first: false,
            max_in_house: None,
            is_quarantine: false,
            allow_in_house: false,
            only: None,
            decision: None,
        }
    }

    pub(crate) fn decided(&self, reservation: Reservation) -> Option<Decision> {
        self.decision.filter(|(of, _)| *of == reservation).map(|(_, decision)| decision)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) number: u64,
    /// The grants that stand: each its reservation, unit and window.
    pub(crate) before: Vec<(Reservation, Unit, Span)>,
    /// The rows, in the order of the source, which is that of their booking.
    pub(crate) stays: Vec<Stay>,
    /// A row that the hotel has and a partial export does not list.
    pub(crate) hidden: Option<Stay>,
    pub(crate) options: Options,
}

/// What one reservation was and is: a grant or none, a row or none.
type Story = (Option<(Unit, Span)>, Option<(Option<Unit>, Span, Standing)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Half of the worlds have something that withholds.
    Withholding,
    /// Each world once as it is and once with each of its rows hidden; all of it by partial reads.
    Partial,
}

pub(crate) struct Family {
    stories: Vec<Story>,
    n_reservations: u32,
    now: Hour,
    kind: Kind,
}

/// The families by their names.
pub(crate) const FAMILIES: [&str; 5] = ["two", "three", "four", "times", "partial"];
/// Early on day 1.
pub(crate) const NOW: Hour = 24 + 3;

impl Family {
    pub(crate) fn named(name: &str) -> Self {
        use Standing::{CheckedIn, Expected, Ignored, Revoked, Unclear};
        let (two, all) = ([Expected, CheckedIn], [Expected, CheckedIn, Revoked, Ignored, Unclear]);
        let plain = |n_reservations, stories| Self { stories, n_reservations, now: NOW, kind: Kind::Plain };
        match name {
            // Two reservations, two units, four nights, every status.
            "two" => plain(2, stories(2, &spans(3), &spans(4), &all, true)),
            // Three reservations, three units: in house, arriving, leaving today.
            "three" => {
                let spans = [Span::nights(0, 3), Span::nights(1, 3), Span::nights(0, 1)];
                let mut own = stories(3, &spans, &spans, &two, true);
                own.extend(cancelled(3, &spans));
                plain(3, own)
            }
            // Four reservations, three units, in house or not; half of them with something that withholds.
            "four" => {
                let of = |span| [stories(3, &[span], &[span], &[Expected], true), cancelled(3, &[span])];
                let own = [Span::nights(0, 3), Span::nights(1, 3)].into_iter().flat_map(of).flatten();
                Self { kind: Kind::Withholding, ..plain(4, own.collect()) }
            }
            // Two reservations, two units, odd hours: late departures, early arrivals, day use.
            "times" => {
                let starts = [15, 24 + 9, 24 + 15, 24 + 20, 48 + 15];
                let ends = [24 + 11, 24 + 16, 24 + 20, 48 + 11, 48 + 16, 72 + 11];
                let of = |from: Hour| ends.into_iter().map(move |to| Span::new(from, to));
                let spans: Vec<Span> =
                    starts.into_iter().flat_map(of).filter(|span| span.from < span.to).collect();
                plain(2, stories(2, &spans, &spans, &two, false))
            }
            // Two reservations, two units, four nights: the hotel contradicts itself nowhere, the export hides a row.
            "partial" => {
                let own = stories(2, &spans(4), &spans(4), &two, false);
                Self { kind: Kind::Partial, now: 3, ..plain(2, own) }
            }
            other => panic!("{other} is none of {FAMILIES:?}"),
        }
    }

    /// The numbers of the family; not each has a world.
    pub(crate) fn numbers(&self) -> Range<u64> {
        let choices = (self.stories.len() as u64).pow(self.n_reservations);
        0..if self.kind == Kind::Partial { choices * 3 } else { choices }
    }

    /// The world of a number; `None` where it has no such row to hide, where it differs from another world in the names
    /// of units only, or where it starts from two parties in a unit.
    pub(crate) fn world(&self, number: u64) -> Option<World> {
        let (mut rest, hidden) = match self.kind {
            Kind::Partial => (number / 3, usize::try_from(number % 3).expect("below 3")),
            Kind::Plain | Kind::Withholding => (number, 0),
        };
        let n_stories = self.stories.len() as u64;
        let mut chosen = Vec::new();
        for _ in 0..self.n_reservations {
            chosen.push(&self.stories[usize::try_from(rest % n_stories).expect("few stories")]);
            rest /= n_stories;
        }
        if !is_canonical(&chosen) {
            return None;
        }
        let (mut before, mut stays) = (Vec::new(), Vec::new());
        for (reservation, (grant, row)) in (1..).zip(chosen) {
            before.extend(grant.map(|(unit, span)| (reservation, unit, span)));
            stays.extend(row.map(|(unit, span, standing)| Stay { reservation, unit, span, standing }));
        }
        let rows = || stays.iter().filter_map(|stay| Some((stay.reservation, stay.unit?, stay.span)));
        if !is_clean(&before) || (self.kind == Kind::Partial && !is_clean(&rows().collect::<Vec<_>>())) {
            return None;
        }
        let hidden = match hidden {
            0 => None,
            n if n <= stays.len() => Some(stays.remove(n - 1)),
            _ => return None,
        };
        let says_in = stays.iter().any(Stay::is_checked_in);
        let options = self.options(number, says_in);
        Some(World { number, before, stays, hidden, options })
    }

    fn options(&self, number: u64, says_in: bool) -> Options {
        use Policy::{CreateOnly, Sync, UpsertOnly};
        let mut dice = Dice::of(number);
        let mut options = Options {
            policy: dice.one(&[Sync, Sync, Sync, Sync, UpsertOnly, CreateOnly]),
            is_complete: dice.one_in(2),
            absence_is_due: dice.one_in(2),
            uses_checked_in: dice.one_in(2) || says_in,
            delete_first: dice.one_in(3),
            ..Options::at(self.now)
        };
        match self.kind {
            Kind::Plain => {}
            Kind::Withholding => self.withhold(&mut options, &mut dice),
            Kind::Partial => (options.policy, options.is_complete) = (Sync, false),
        }
        options
    }

    fn withhold(&self, options: &mut Options, dice: &mut Dice) {
        let all: Vec<Reservation> = (1..=4).take(self.n_reservations as usize).collect();
        match dice.below(12) {
            0 => options.only = Some(all.into_iter().filter(|_| dice.one_in(2)).collect()),
            1 => options.max_in_house = Some(dice.below(3)),
            2 => options.is_quarantine = true,
            3 => (options.is_cut, options.is_complete) = (true, false),
            4 => {
                let other = dice.one(&all);
                let choices =
                    [Decision::Grant, Decision::Revoke, Decision::Leave, Decision::ShareWith(other)];
                options.decision = Some((dice.one(&all), dice.one(&choices)));
            }
            5 => options.allow_in_house = true,
            _ => {}
        }
    }
}

/// Every span of nights from day 0 to a last day.
fn spans(last: i32) -> Vec<Span> {
    (0..last).flat_map(|from| (from + 1..=last).map(move |to| Span::nights(from, to))).collect()
}

fn stories(units: Unit, before: &[Span], after: &[Span], standings: &[Standing], blank: bool) -> Vec<Story> {
    let mut befores = vec![None];
    befores.extend((0..units).flat_map(|unit| before.iter().map(move |span| Some((unit, *span)))));
    let mut rows = vec![None];
    for span in after {
        for standing in standings {
            rows.extend((0..units).map(|unit| Some((Some(unit), *span, *standing))));
            if blank && matches!(standing, Standing::Expected | Standing::CheckedIn) {
                rows.push(Some((None, *span, *standing)));
            }
        }
    }
    let all = befores.iter().flat_map(|before| rows.iter().map(move |row| (*before, *row)));
    all.filter(|story| *story != (None, None)).collect()
}

/// A grant whose row says cancelled.
fn cancelled(units: Unit, spans: &[Span]) -> Vec<Story> {
    let story = |unit, span: &Span| (Some((unit, *span)), Some((Some(unit), *span, Standing::Revoked)));
    (0..units).flat_map(|unit| spans.iter().map(move |span| story(unit, span))).collect()
}

/// Whether units are used in the order of their first appearance.
fn is_canonical(stories: &[&Story]) -> bool {
    let mut n_seen = 0;
    let befores = stories.iter().filter_map(|story| Some(story.0?.0));
    let rows = stories.iter().filter_map(|story| story.1?.0);
    befores.chain(rows).all(|unit| {
        let is_next = unit <= n_seen;
        n_seen = n_seen.max(unit + 1);
        is_next
    })
}

/// Whether no two reservations are in one unit.
fn is_clean(grants: &[(Reservation, Unit, Span)]) -> bool {
    let meets = |(_, unit, span): &(Reservation, Unit, Span), other: &(Reservation, Unit, Span)| {
        *unit == other.1 && span.overlaps(other.2)
    };
    grants.iter().enumerate().all(|(n, one)| !grants[n + 1..].iter().any(|other| meets(one, other)))
}

/// Chance that is the same for the same number.
struct Dice(u64);

impl Dice {
    fn of(number: u64) -> Self {
        let mut dice = Self(number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        dice.below(2);
        dice
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn one<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("few choices")]
    }
}
