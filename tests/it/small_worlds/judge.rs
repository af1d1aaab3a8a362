//! What must hold after a plan, judged by who can open which unit when: before, after each step and at the end.
//!
//! Knows nothing of how a plan is made. Times are looked at one by one: at every hour at which some window begins or
//! ends, because nothing changes between two such hours.

use std::collections::BTreeSet;

use reservation_sync::model::Standing;
use reservation_sync::plan::Policy;

use super::hotel::Outcome;
use super::worlds::{Decision, Grant, Hour, Reservation, Span, Stay, Unit, World};
use super::{Failure, Kind};

/// Everything that is wrong with the outcome of a plan.
pub(crate) fn judged(world: &World, outcome: &Outcome) -> Vec<Failure> {
    let mut judge = Judge::of(world, outcome, &outcome.states);
    judge.two_parties();
    judge.two_parties_unsaid();
    judge.losses();
    judge.outside_between();
    judge.outside_now();
    judge.gains();
    judge.withheld();
    judge.unsaid();
    judge.progress();
    if !outcome.again.is_empty() {
        judge.fail(Kind::SecondPlan, outcome.again.join("; "));
    }
    let mut failures = judge.failures;
    for (refused, states) in &outcome.refused {
        let mut judge = Judge::of(world, outcome, states);
        judge.two_parties();
        judge.losses();
        judge.outside_now();
        let counts = |kind: &Kind| matches!(kind, Kind::TwoParties | Kind::Outside | Kind::OutsideNow);
        let found = judge.failures.into_iter().filter(|(kind, _)| counts(kind));
        failures.extend(found.map(|(kind, text)| (Kind::Refused, format!("{refused}: {kind:?}: {text}"))));
    }
    failures.into_iter().collect()
}

struct Judge<'a> {
    world: &'a World,
    outcome: &'a Outcome,
    /// The grants before and after each change.
    states: &'a [Vec<Grant>],
    /// What the source would say if it listed everything.
    truth: Vec<&'a Stay>,
    hours: Vec<Hour>,
    failures: BTreeSet<Failure>,
}

type Pair = (Unit, Reservation, Reservation, Hour);

fn opens(grants: &[Grant], reservation: Reservation, unit: Option<Unit>, hour: Hour) -> bool {
    grants.iter().any(|grant| {
        grant.reservation == reservation
            && unit.is_none_or(|unit| grant.unit == unit)
            && grant.span.contains(hour)
    })
}

impl<'a> Judge<'a> {
    fn of(world: &'a World, outcome: &'a Outcome, states: &'a [Vec<Grant>]) -> Self {
        let truth: Vec<&Stay> = world.stays.iter().chain(&world.hidden).collect();
        let spans = states.iter().flatten().map(|grant| grant.span);
        let hours: BTreeSet<Hour> = spans
            .chain(truth.iter().map(|stay| stay.span))
            .flat_map(|span| [span.from, span.to])
            .chain([world.options.now])
            .filter(|hour| *hour >= world.options.now)
            .collect();
        let hours = hours.into_iter().collect();
        Self { world, outcome, states, truth, hours, failures: BTreeSet::new() }
    }

    fn fail(&mut self, kind: Kind, text: String) {
        self.failures.insert((kind, text));
    }

    fn before(&self) -> &'a [Grant] {
        &self.states[0]
    }

    fn at_end(&self) -> &'a [Grant] {
        self.states.last().expect("the one before")
    }

    fn now(&self) -> Hour {
        self.world.options.now
    }

    fn decided(&self, reservation: Reservation) -> Option<Decision> {
        self.world.options.decided(reservation)
    }

    /// Whether two reservations are one party (RULES 12).
    fn together(&self, a: Reservation, b: Reservation) -> bool {
        let share = |a, b| self.decided(a) == Some(Decision::ShareWith(b));
        a == b || share(a, b) || share(b, a)
    }

    /// Whether the source, and no person against it, gives a unit to a stay.
    fn gives(&self, stay: &Stay, unit: Unit) -> bool {
        stay.claims(unit, self.now()) && self.decided(stay.reservation) != Some(Decision::Revoke)
    }

    fn has_unit(&self, stay: &Stay) -> Option<Unit> {
        stay.unit.filter(|unit| self.gives(stay, *unit))
    }

    fn pairs(&self, grants: &[Grant]) -> BTreeSet<Pair> {
        let mut pairs = BTreeSet::new();
        for (n, a) in grants.iter().enumerate() {
            for b in &grants[n + 1..] {
                if a.unit == b.unit && !self.together(a.reservation, b.reservation) {
                    let (x, y) = (a.reservation.min(b.reservation), a.reservation.max(b.reservation));
                    let both = |hour: &&Hour| a.span.contains(**hour) && b.span.contains(**hour);
                    pairs.extend(self.hours.iter().filter(both).map(|hour| (a.unit, x, y, *hour)));
                }
            }
        }
        pairs
    }

    /// Beyond those that were, and those that the policy or a person keeps (RULES 16, 17).
    fn two_parties(&mut self) {
        let before = self.pairs(self.before());
        let forced = |of: Reservation| self.decided(of) == Some(Decision::Grant);
        let mut failures = Vec::new();
        for (step, state) in self.states.iter().enumerate().skip(1) {
            for (unit, a, b, hour) in self.pairs(state).difference(&before) {
                if self.world.options.policy == Policy::Sync && !forced(*a) && !forced(*b) {
                    let text = format!("after change {step}, R{a} and R{b} open unit {unit} at hour {hour}");
                    failures.push((Kind::TwoParties, text));
                }
            }
        }
        self.failures.extend(failures);
    }

    fn two_parties_unsaid(&mut self) {
        for (unit, a, b, hour) in self.pairs(self.at_end()) {
            if !self.outcome.matters.iter().any(|named| named.contains(&a) && named.contains(&b)) {
                self.fail(Kind::TwoPartiesUnsaid, format!("R{a} and R{b} open unit {unit} at hour {hour}"));
            }
        }
    }

    /// Whether the source puts a checked-in guest of another party into the unit of a stay at its nights.
    fn loses_to_checked_in(&self, stay: &Stay, unit: Unit) -> bool {
        self.world.stays.iter().any(|other| {
            self.gives(other, unit)
                && other.is_checked_in()
                && !self.together(other.reservation, stay.reservation)
                && other.span.after(self.now()).overlaps(stay.span)
        })
    }

    /// Whether a stay waits in that hour for another party's stay or grant, with which it shares no night (RULES 13).
    fn is_turnover(&self, stay: &Stay, unit: Unit, hour: Hour) -> bool {
        let now = self.now();
        let own = stay.span.after(now);
        let until = |reservation: Reservation, span: Span| {
            span.contains(hour)
                && !self.together(reservation, stay.reservation)
                && !span.after(now).shares_night(own)
        };
        let grants = self.before().iter().chain(self.at_end()).filter(|grant| grant.unit == unit);
        let mut stays = self.world.stays.iter().filter(|other| self.gives(other, unit));
        stays.any(|other| until(other.reservation, other.span))
            || grants.into_iter().any(|grant| until(grant.reservation, grant.span))
    }

    /// Whether a guest is in house by a row (RULES, Terms).
    fn is_in_house(&self, stay: &Stay) -> bool {
        let arrived = stay.is_checked_in() && stay.span.from <= self.now() + 24;
        arrived || (!self.world.options.uses_checked_in && stay.span.contains(self.now()))
    }

    /// Nobody loses what the source, or behind a partial export the hotel, still gives.
    fn losses(&mut self) {
        let mut failures = Vec::new();
        for stay in &self.truth {
            let (reservation, Some(unit)) = (stay.reservation, self.has_unit(stay)) else { continue };
            let is_listed = self
                .world
                .stays
                .iter()
                .any(|row| row.reservation == reservation && row.claims(unit, self.now()));
            let held: Vec<Grant> = self
                .before()
                .iter()
                .filter(|grant| grant.span.shares_night(stay.span) || !stay.span.has_night())
                .cloned()
                .collect();
            for hour in self.hours.iter().copied().filter(|hour| stay.span.contains(*hour)) {
                let is_excused = (!self.is_in_house(stay) && self.loses_to_checked_in(stay, unit))
                    || self.is_turnover(stay, unit, hour);
                let opens_after = |unit| opens(self.at_end(), reservation, unit, hour);
                if opens(self.before(), reservation, Some(unit), hour)
                    && !opens_after(Some(unit))
                    && !is_excused
                {
                    failures.push((Kind::Loses, format!("R{reservation} loses unit {unit} at hour {hour}")));
                }
                if is_listed && opens(&held, reservation, None, hour) && !opens_after(None) && !is_excused {
                    failures.push((Kind::Outside, format!("R{reservation} opens nothing at hour {hour}")));
                }
            }
        }
        self.failures.extend(failures);
    }

    /// Who is in house and opens something now, before and after, opens something all the time.
    fn outside_between(&mut self) {
        let (now, options) = (self.now(), &self.world.options);
        if options.policy == Policy::CreateOnly || options.delete_first {
            return;
        }
        let mut failures = Vec::new();
        for stay in &self.world.stays {
            let (reservation, Some(unit)) = (stay.reservation, self.has_unit(stay)) else { continue };
            let opens_now = |state: &[Grant]| opens(state, reservation, None, now);
            if !self.is_in_house(stay) || !opens_now(self.before()) || !opens_now(self.at_end()) {
                continue;
            }
            let states = self.states;
            for (step, _) in states.iter().enumerate().filter(|(_, state)| !opens_now(state)) {
                // Where another party's key opened the new unit when the old key was taken, no other order would do.
                let taken = states[..step].iter().rposition(|state| opens_now(state)).expect("the first");
                let rest = Span { from: now, to: stay.span.to };
                let is_anothers = states[taken].iter().any(|grant| {
                    grant.unit == unit
                        && grant.span.after(now).overlaps(rest)
                        && !self.together(grant.reservation, reservation)
                });
                if !is_anothers {
                    let text = format!("R{reservation} opens nothing after change {step}");
                    failures.push((Kind::OutsideBetween, text));
                }
            }
        }
        self.failures.extend(failures);
    }

    /// Who is in house keeps a door: also a guest who moves and whose new unit opens later.
    fn outside_now(&mut self) {
        let now = self.now();
        let stood_double = self.pairs(self.before());
        let mut failures = Vec::new();
        for stay in self.world.stays.iter().filter(|stay| stay.span.contains(now)) {
            let reservation = stay.reservation;
            let is_double = stood_double
                .iter()
                .any(|(_, a, b, hour)| *hour == now && (*a == reservation || *b == reservation));
            if self.has_unit(stay).is_some()
                && self.is_in_house(stay)
                && !is_double
                && opens(self.before(), reservation, None, now)
                && !opens(self.at_end(), reservation, None, now)
            {
                failures.push((Kind::OutsideNow, format!("R{reservation} is in house and opens nothing")));
            }
        }
        self.failures.extend(failures);
    }

    /// Nobody newly gets a unit that the source does not give them, or that is a checked-in guest's.
    fn gains(&mut self) {
        let now = self.now();
        let mut failures = Vec::new();
        for (step, state) in self.states.iter().enumerate().skip(1) {
            for Grant { reservation, unit, span, key: _ } in state {
                let is_new = |hour: &&Hour| {
                    span.contains(**hour) && !opens(self.before(), *reservation, Some(*unit), **hour)
                };
                for hour in self.hours.iter().filter(is_new) {
                    let gives = |stay: &&Stay| {
                        stay.reservation == *reservation
                            && self.gives(stay, *unit)
                            && (stay.span.contains(*hour) || (stay.is_checked_in() && *hour < stay.span.to))
                    };
                    let text =
                        format!("after change {step}, R{reservation} opens unit {unit} at hour {hour}");
                    let Some(stay) = self.world.stays.iter().find(gives) else {
                        failures.push((Kind::Gains, text));
                        continue;
                    };
                    let is_rival = |other: &Stay| {
                        self.gives(other, *unit)
                            && other.is_checked_in()
                            && other.span.contains(*hour)
                            && !self.together(other.reservation, *reservation)
                            && other.span.after(now).shares_night(stay.span)
                    };
                    if self.world.stays.iter().any(is_rival)
                        && self.decided(*reservation) != Some(Decision::Grant)
                    {
                        failures.push((Kind::GainsBesideCheckedIn, text));
                    }
                }
            }
        }
        self.failures.extend(failures);
    }

    /// What a filter, a person, the policy, a quarantine, absence or a limit withholds is not done.
    fn withheld(&mut self) {
        let options = &self.world.options;
        let mut failures = Vec::new();
        let mut n_in_house = 0;
        let all: BTreeSet<Reservation> =
            self.before().iter().chain(self.at_end()).map(|grant| grant.reservation).collect();
        for reservation in all {
            let of =
                |grants: &'a [Grant]| grants.iter().filter(move |grant| grant.reservation == reservation);
            let (before, after): (Vec<&Grant>, Vec<&Grant>) =
                (of(self.before()).collect(), of(self.at_end()).collect());
            let decided = self.decided(reservation);
            let is_outside = options.only.as_ref().is_some_and(|only| !only.contains(&reservation));
            if before != after && (is_outside || decided == Some(Decision::Leave)) {
                failures.push(format!("R{reservation} is to be left alone and is changed"));
            }
            if matches!(decided, Some(Decision::Revoke | Decision::Grant)) {
                continue;
            }
            let goes = before.iter().any(|old| !after.iter().any(|new| new.key == old.key));
            let changes =
                before.iter().any(|old| after.iter().any(|new| new.key == old.key && new.span != old.span));
            if (goes && options.policy != Policy::Sync) || (changes && options.policy == Policy::CreateOnly) {
                failures.push(format!("the policy forbids what is done to R{reservation}"));
            }
            let lost = |hour: &&Hour| {
                before.iter().any(|old| {
                    old.span.contains(**hour) && !opens(self.at_end(), reservation, Some(old.unit), **hour)
                })
            };
            if self.hours.iter().find(lost).is_none() {
                continue;
            }
            if options.is_quarantine {
                failures.push(format!("R{reservation} loses something in a quarantine"));
            }
            let row = self.world.stays.iter().find(|stay| stay.reservation == reservation);
            let is_in_house = row
                .map_or(!options.uses_checked_in && before[0].span.contains(self.now()), |row| {
                    row.standing != Standing::Revoked && self.is_in_house(row)
                });
            n_in_house += u64::from(is_in_house || self.ends_a_night(row, before[0]));
            if row.is_none() {
                let forbids = (is_in_house && !options.allow_in_house)
                    || options.only.is_some()
                    || options.is_cut
                    || (!options.is_complete && before[0].span.from < self.now() + 24);
                if forbids {
                    failures.push(format!("R{reservation} is absent and loses something"));
                }
            }
        }
        if options.max_in_house.is_some_and(|limit| n_in_house > limit) {
            failures.push(format!("{n_in_house} guests in house lose something"));
        }
        self.failures.extend(failures.into_iter().map(|text| (Kind::Withheld, text)));
    }

    /// Whether a cancellation ends a stay that would go on for a night, and nobody else has the unit tonight (RULES 24).
    fn ends_a_night(&self, row: Option<&Stay>, grant: &Grant) -> bool {
        let tonight = (self.now().div_euclid(24) + 1) * 24;
        row.is_some_and(|row| row.standing == Standing::Revoked)
            && grant.span.contains(self.now())
            && grant.span.after(self.now()).has_night()
            && !self.world.stays.iter().any(|other| {
                self.gives(other, grant.unit)
                    && other.span.contains(tonight)
                    && !self.together(other.reservation, grant.reservation)
            })
    }

    /// A stay that does not open what the source gives has a reason that somebody can read.
    fn unsaid(&mut self) {
        let Outcome { matters, held, .. } = self.outcome;
        let mut failures = Vec::new();
        for stay in &self.world.stays {
            let reservation = stay.reservation;
            let Some(unit) = stay.unit.filter(|unit| stay.claims(*unit, self.now())) else { continue };
            let is_shut = |hour: &&Hour| {
                stay.span.contains(**hour)
                    && !opens(self.at_end(), reservation, Some(unit), **hour)
                    && !self.is_turnover(stay, unit, **hour)
            };
            let is_said =
                held.contains(&reservation) || matters.iter().any(|named| named.contains(&reservation));
            let is_asked = self.world.options.only.as_ref().is_none_or(|only| only.contains(&reservation));
            if let Some(hour) = self.hours.iter().find(is_shut)
                && !is_said
                && is_asked
            {
                failures.push((Kind::Unsaid, format!("R{reservation}, unit {unit}, hour {hour}")));
            }
        }
        self.failures.extend(failures);
    }

    /// Where nothing is withheld and the source contradicts neither itself nor what is known, everybody has what it gives.
    fn progress(&mut self) {
        let (now, options) = (self.now(), &self.world.options);
        let is_free = options.policy == Policy::Sync
            && !options.is_cut
            && !options.is_quarantine
            && options.max_in_house.is_none()
            && options.only.is_none()
            && options.decision.is_none();
        let stays = &self.world.stays;
        let asks = |stay: &Stay| Some((self.has_unit(stay)?, stay.span.after(now)));
        let contradicts = |one: &Stay, other: &Stay| {
            let Some(((unit, span), (its_unit, its_span))) = asks(one).zip(asks(other)) else { return false };
            unit == its_unit && span.overlaps(its_span)
        };
        let has_contradiction = stays
            .iter()
            .enumerate()
            .any(|(n, one)| stays[n + 1..].iter().any(|other| contradicts(one, other)));
        let comes_later = |stay: &Stay| stay.is_checked_in() && stay.span.from > now + 24;
        let is_protected = |grant: &Grant| {
            let row = stays.iter().find(|stay| stay.reservation == grant.reservation);
            let Some(row) = row.filter(|row| options.is_complete || row.span.overlaps(grant.span)) else {
                return self.absence_protects(grant);
            };
            matches!(row.standing, Standing::Ignored | Standing::Unclear)
                || (row.unit.is_none() && row.standing != Standing::Revoked)
                || row.span.to <= now
                || (!row.span.overlaps(grant.span)
                    && row.standing != Standing::Revoked
                    && self.absence_protects(grant))
        };
        if !is_free
            || has_contradiction
            || stays.iter().any(comes_later)
            || self.before().iter().any(is_protected)
        {
            return;
        }
        let mut failures = Vec::new();
        for stay in stays {
            let (reservation, Some(unit)) = (stay.reservation, self.has_unit(stay)) else { continue };
            let is_its = |hour: &&Hour| stay.span.contains(**hour) && stay.span.after(now).has_night();
            for hour in self.hours.iter().filter(is_its) {
                let evening = hour.div_euclid(24) * 24 + 18;
                // Another guest's key that ends on the same day: the stay waits for it (RULES 13).
                let waits = self.at_end().iter().any(|grant| {
                    grant.reservation != reservation
                        && grant.unit == unit
                        && grant.span.contains(*hour)
                        && (grant.span.to <= evening
                            || (stay.span.from >= evening && grant.span.to < evening + 6))
                });
                if !waits && !opens(self.at_end(), reservation, Some(unit), *hour) {
                    failures.push((Kind::NoProgress, format!("R{reservation}, unit {unit}, hour {hour}")));
                }
            }
        }
        self.failures.extend(failures);
    }

    /// Whether a grant whose stay is not listed stays (RULES 21, 23).
    fn absence_protects(&self, grant: &Grant) -> bool {
        let options = &self.world.options;
        !options.is_complete || !options.absence_is_due || grant.span.contains(self.now())
    }
}
