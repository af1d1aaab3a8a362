//! What a person reads (RULES 16, 17): one matter for everything that hangs together.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;

use super::{Action, Cause, Hold, Occupancy, root};
use crate::model::local_span::{DAY, instant};
use crate::model::{Coverage, LocalSpan, Problem, ProblemCode, ReasonCode, SourcePlace, shell_word};
use crate::plan::Policy;
use crate::plan::live::Live;
use crate::plan::matter::{Actor, Matter, Nights};

/// Two reservations that are concerned with each other in a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    waits: usize,
    other: usize,
    unit: usize,
    code: ReasonCode,
    nights: LocalSpan,
}

impl Occupancy<'_> {
    /// Everything that two reservations are concerned with each other for.
    fn edges(&self, due: &mut BTreeSet<usize>) -> Vec<Edge> {
        let mut edges: Vec<Edge> = Vec::new();
        for (c, change) in self.changes.iter().enumerate() {
            self.edges_of_blockers(c, &mut edges);
            let now = self.ground.now(change.reservation);
            let Some(stay) = change.stay else { continue };
            if change.hold.is_none() {
                for (other, unit, nights) in self.who_has_not_left(c, stay) {
                    due.insert(change.reservation);
                    edges.push(Edge {
                        waits: change.reservation,
                        other,
                        unit,
                        code: ReasonCode::NotLeft,
                        nights,
                    });
                }
            }
            if self.ground.gives(stay) {
                let row = &self.ground.stays[stay];
                for (other, unit) in &self.claims.collisions[stay] {
                    let Some(hold) = self.claims.lost[stay].get(unit) else { continue };
                    if change.forced {
                        continue;
                    }
                    if self.is_checked_in(stay) && self.is_checked_in(*other) {
                        due.insert(change.reservation);
                    }
                    let rival = &self.ground.stays[*other];
                    // Whoever is in house by the window only keeps the unit, and the winner is due now (RULES 14).
                    if change.in_house && row.dates.contains(now) && self.is_checked_in(*other) {
                        due.insert(change.reservation);
                    }
                    edges.push(Edge {
                        waits: change.reservation,
                        other: rival.reservation,
                        unit: *unit,
                        code: hold.reason_code(),
                        nights: row.dates.common(rival.dates),
                    });
                }
            }
        }
        edges
    }

    /// What a change meets at a door and what becomes of that.
    fn edges_of_blockers(&self, c: usize, edges: &mut Vec<Edge>) {
        let change = &self.changes[c];
        let now = self.ground.now(change.reservation);
        for (grant, unit) in &self.blockers[c] {
            let current = &self.ground.grants[*grant];
            let Some(d) = self.change_of_grant[*grant] else { continue };
            let mut edge = |code: ReasonCode, nights: LocalSpan| {
                edges.push(Edge {
                    waits: change.reservation,
                    other: current.reservation,
                    unit: *unit,
                    code,
                    nights,
                });
            };
            let common = current.window.common(change.wanted).from_now(now);
            if self.changes[d].hold.is_none() {
                match self.action(d) {
                    Action::Revoke(Cause::Relet) => edge(ReasonCode::UnitRelet, common),
                    Action::Revoke(Cause::Occupied) => edge(ReasonCode::UnitOccupied, common),
                    _ => {}
                }
            }
            let stays =
                self.rest_in(*grant, *unit).map(|rest| rest.from_now(now).common(change.opens.from_now(now)));
            let stays = stays.filter(|common| !common.is_empty());
            let by_policy = !self.closes(*grant) && self.meets(c, *grant, *unit);
            match (change.hold, stays) {
                (Some(Hold::Occupied | Hold::Waits) | None, Some(_))
                    if change.forced || change.hold.is_some() =>
                {
                    let code = if change.forced { ReasonCode::Decided } else { ReasonCode::UnitInUse };
                    edge(code, common);
                }
                (Some(hold), Some(_)) if !matches!(hold, Hold::Filter) && self.is_granting_row(c) => {
                    edge(hold.reason_code(), common);
                }
                (None, _) if by_policy => edge(ReasonCode::Policy, common),
                _ => {}
            }
        }
    }

    /// Whether this plan closes or shortens a grant, as far as the policy lets it.
    fn closes(&self, grant: usize) -> bool {
        let Some(d) = self.change_of_grant[grant] else { return false };
        let policy = self.input.settings.policy;
        let is_forced = self.changes[d].forced;
        match self.rest(grant) {
            Some(rest) if rest == self.ground.grants[grant].window => false,
            Some(_) => policy != Policy::CreateOnly || is_forced,
            None => policy == Policy::Sync || is_forced,
        }
    }

    /// The units that a grant opens, as the stays of the ground call them.
    fn units_of_grant(&self, grant: usize) -> Vec<usize> {
        let doors = &self.ground.grants[grant].doors;
        (0..self.ground.units.len())
            .filter(|unit| self.ground.units[*unit].doors.iter().any(|door| doors.contains(door)))
            .collect()
    }

    /// A checked-in guest whose window opens later than now, because the earlier guest has not left (RULES 19).
    fn who_has_not_left(&self, c: usize, stay: usize) -> Vec<(usize, usize, LocalSpan)> {
        let change = &self.changes[c];
        let row = &self.ground.stays[stay];
        let now = self.ground.now(row.reservation);
        let has_arrived = self.is_checked_in(stay) && row.dates.from <= now + DAY && row.claims(now);
        let waits = LocalSpan::new(now, change.opens.from);
        if !has_arrived || waits.is_empty() {
            return Vec::new();
        }
        let claims = change.units.iter().flat_map(|unit| {
            let rivals = self.ground.rivals(&self.claims, *unit, row.reservation, waits);
            rivals.map(|rival| (self.ground.stays[rival].reservation, *unit, waits))
        });
        let grants = self.blockers[c]
            .iter()
            .filter(|(grant, _)| self.rest(*grant).is_some_and(|rest| rest.overlaps(waits)))
            .map(|(grant, unit)| (self.ground.grants[*grant].reservation, *unit, waits));
        claims.chain(grants).collect()
    }

    /// Who can open which unit when the plan is done, by what is left of the grants and what comes (RULES 17).
    fn doubles(&self, due: &mut BTreeSet<usize>) -> Vec<Edge> {
        let mut opens: BTreeMap<crate::model::DoorRef, Vec<(LocalSpan, usize, usize)>> = BTreeMap::new();
        for door in self.ground.units.iter().flat_map(|unit| &unit.doors) {
            opens.entry(*door).or_default();
        }
        let mut add =
            |doors: &[crate::model::DoorRef], span: LocalSpan, reservation: usize, unit: Option<usize>| {
                for door in doors {
                    opens.entry(*door).or_default().push((span, reservation, unit.unwrap_or(usize::MAX)));
                }
            };
        for (grant, current) in self.ground.grants.iter().enumerate() {
            let now = self.ground.now(current.reservation);
            let left = if self.closes(grant) { self.rest(grant) } else { Some(current.window) };
            if let Some(left) = left.map(|left| left.from_now(now)).filter(|left| !left.is_empty()) {
                add(&current.doors, left, current.reservation, None);
            }
        }
        for change in self.changes.iter().filter(|change| change.hold.is_none()) {
            let is_new = matches!(
                change.action,
                Action::Create | Action::Replace | Action::Extend | Action::Beside | Action::Update
            );
            if is_new {
                for unit in &change.units {
                    let span = change.opens.from_now(self.ground.now(change.reservation));
                    add(&self.ground.units[*unit].doors, span, change.reservation, Some(*unit));
                }
            }
        }
        let mut edges = Vec::new();
        for (door, mut spans) in opens {
            spans.sort_unstable();
            let unit_of = |unit: usize| {
                if unit == usize::MAX { self.unit_of_door(door) } else { Some(unit) }
            };
            for (at, (span, reservation, unit)) in spans.iter().enumerate() {
                for (other_span, other, other_unit) in
                    spans[at + 1..].iter().take_while(|(other, ..)| other.from < span.to)
                {
                    let common = span.common(*other_span);
                    let Some(unit) = unit_of(*unit).or_else(|| unit_of(*other_unit)) else { continue };
                    if !common.is_empty()
                        && !self.ground.same_party(door, *reservation, *other)
                        && reservation != other
                    {
                        edges.push(Edge {
                            waits: *reservation,
                            other: *other,
                            unit,
                            code: ReasonCode::TwoParties,
                            nights: common,
                        });
                    }
                }
            }
            for (stay, row) in self.ground.stays.iter().enumerate() {
                let now = self.ground.now(row.reservation);
                if !self.is_checked_in(stay) || row.dates.to > now || !self.ground.in_house(None, Some(stay))
                {
                    continue;
                }
                let has_door = |unit: &&usize| self.ground.units[**unit].doors.contains(&door);
                let Some(unit) = row.units.iter().find(has_door).copied() else { continue };
                for (span, other, _) in &spans {
                    if span.contains(now)
                        && !self.ground.same_party(door, *other, row.reservation)
                        && *other != row.reservation
                    {
                        due.insert(row.reservation);
                        edges.push(Edge {
                            waits: *other,
                            other: row.reservation,
                            unit,
                            code: ReasonCode::Overstay,
                            nights: span.common(LocalSpan::new(now, now + DAY)),
                        });
                    }
                }
            }
        }
        edges
    }

    fn unit_of_door(&self, door: crate::model::DoorRef) -> Option<usize> {
        self.ground.units.iter().position(|unit| unit.doors.contains(&door))
    }

    /// The matters, in the order of their deadlines.
    pub(in crate::plan) fn matters(&self, live: &Live<'_>) -> Vec<Matter> {
        let mut due: BTreeSet<usize> = BTreeSet::new();
        let mut edges = self.edges(&mut due);
        edges.extend(self.doubles(&mut due));
        let mut parent: Vec<usize> = (0..self.ground.parties.len()).collect();
        for edge in &edges {
            let (left, right) = (root(&mut parent, edge.waits), root(&mut parent, edge.other));
            parent[left] = right;
        }
        let mut groups: BTreeMap<usize, Vec<Edge>> = BTreeMap::new();
        for edge in edges {
            groups.entry(root(&mut parent, edge.waits)).or_default().push(edge);
        }
        let mut matters: Vec<Matter> =
            groups.into_values().filter_map(|edges| self.matter(edges, &due)).collect();
        matters.extend(self.newcomers());
        let is_told = |matter: &Matter, id: &crate::model::ReservationId| {
            matter.needs_person && matter.property == id.property && matter.reservations.contains(&id.key)
        };
        let without_key = self.guests_without_key().into_iter().filter(|lacks| {
            let id = crate::model::ReservationId {
                property: lacks.property.clone(),
                key: lacks.reservation_key.clone(),
            };
            !matters.iter().any(|matter| is_told(matter, &id))
        });
        let without_key: Vec<Matter> = without_key.collect();
        matters.extend(without_key);
        matters.extend(self.windows_made_longer(live));
        matters.extend(self.moved_starts());
        matters.sort_by(|left, right| {
            (left.deadline, &left.reservation_key, left.code).cmp(&(
                right.deadline,
                &right.reservation_key,
                right.code,
            ))
        });
        matters
    }

    fn matter(&self, mut edges: Vec<Edge>, due: &BTreeSet<usize>) -> Option<Matter> {
        edges.sort_by_key(|edge| (weight(edge.code), edge.nights.from, edge.waits, edge.other, edge.unit));
        edges.dedup();
        let first = *edges.first()?;
        let concerned: BTreeSet<usize> = edges.iter().flat_map(|edge| [edge.waits, edge.other]).collect();
        // Where all that is left is what went well, there is nothing to look at: both are named all the same.
        let is_quiet = |code: ReasonCode| {
            code == ReasonCode::UnitOccupied
                || (code == ReasonCode::UnitRelet && self.input.past.reading.coverage == Coverage::Complete)
        };
        let needs_person = edges.iter().any(|edge| !is_quiet(edge.code));
        let party = |reservation: usize| &self.ground.parties[reservation];
        let mut sorted: Vec<usize> = concerned.iter().copied().collect();
        sorted.sort_by_key(|reservation| party(*reservation).id);
        let units: BTreeSet<&str> =
            edges.iter().map(|edge| self.ground.units[edge.unit].name.as_str()).collect();
        let span = edges.iter().map(|edge| edge.nights).reduce(LocalSpan::hull)?;
        let clock = self.ground.clock(first.waits);
        let is_due = concerned.iter().any(|reservation| due.contains(reservation));
        let deadline =
            if is_due { self.now } else { instant(span.from.max(clock.now), &clock.zone).max(self.now) };
        let nights @ Nights { from, to } = Nights::of(span);
        let units = units.into_iter().collect::<Vec<_>>().join(", ");
        let lines: Vec<String> =
            sorted.iter().map(|reservation| self.what_becomes_of(*reservation, &edges)).collect();
        let open_now = self.who_can_open_now(&edges);
        Some(Matter {
            property: party(first.waits).id.property.clone(),
            reservation_key: party(first.waits).id.key.clone(),
            reservations: sorted.iter().map(|reservation| party(*reservation).id.key.clone()).collect(),
            guests: sorted.iter().map(|reservation| self.guest_name(*reservation)).collect(),
            unit: units.clone(),
            nights,
            code: first.code,
            deadline,
            consequence: format!(
                "unit {units}, {}: {}. {open_now}",
                nights_in_words(from, to, span.has_night()),
                lines.join("; ")
            ),
            remedy: self.remedies(&edges),
            who: Actor::Desk,
            needs_person,
        })
    }

    /// What a reservation has and gets, in one clause.
    fn what_becomes_of(&self, reservation: usize, edges: &[Edge]) -> String {
        let name = self.guest_name(reservation);
        let who = if name.is_empty() {
            self.ground.parties[reservation].id.key.to_string()
        } else {
            format!("{} ({name})", self.ground.parties[reservation].id.key)
        };
        let mut words: Vec<String> = Vec::new();
        for c in self.changes_of[reservation].clone() {
            let change = &self.changes[c];
            let units = change
                .stay
                .map(|stay| self.names_of_units(&self.ground.stays[stay].units))
                .unwrap_or_default();
            let text = match (change.hold, self.action(c)) {
                (Some(_), _) if change.grants.is_empty() && self.is_granting_row(c) => {
                    format!("waits for unit {units} and has no key")
                }
                (Some(_), _) if !change.grants.is_empty() => {
                    let has: BTreeSet<&str> = change
                        .grants
                        .iter()
                        .flat_map(|grant| self.units_of_grant(*grant))
                        .filter(|unit| edges.iter().any(|edge| edge.unit == *unit) || units.is_empty())
                        .map(|unit| self.ground.units[unit].name.as_str())
                        .collect();
                    let has = has.into_iter().collect::<Vec<_>>().join(", ");
                    let wants = if self.is_granting_row(c) && !units.is_empty() && units != has {
                        format!(" and is to have unit {units}")
                    } else {
                        String::new()
                    };
                    if has.is_empty() {
                        format!("keeps what it has{wants}")
                    } else {
                        format!("keeps unit {has}{wants}")
                    }
                }
                (None, Action::Create | Action::Replace | Action::Extend | Action::Beside) => {
                    format!("gets unit {units}")
                }
                (None, Action::Update | Action::Keep) if !units.is_empty() => format!("has unit {units}"),
                (None, Action::Revoke(cause)) => match cause {
                    Cause::Relet | Cause::NoUnit | Cause::Ignored | Cause::Occupied => {
                        "gives the unit up for those nights".to_owned()
                    }
                    _ => "loses its key".to_owned(),
                },
                _ => continue,
            };
            if !words.contains(&text) {
                words.push(text);
            }
        }
        if words.is_empty() { who } else { format!("{who} {}", words.join(" and ")) }
    }

    /// Whose keys open the units now.
    fn who_can_open_now(&self, edges: &[Edge]) -> String {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for unit in edges.iter().map(|edge| edge.unit).collect::<BTreeSet<_>>() {
            for (grant, _) in self.ground.grants_in(unit) {
                let current = &self.ground.grants[grant];
                if current.window.contains(self.ground.now(current.reservation)) {
                    let key = &self.ground.parties[current.reservation].id.key;
                    names.insert(format!("{} by {key}", self.ground.units[unit].name));
                }
            }
        }
        if names.is_empty() {
            "Nobody can open it now".to_owned()
        } else {
            format!("Now open: {}", names.into_iter().collect::<Vec<_>>().join(", "))
        }
    }

    /// The name of the first guest of a reservation.
    pub(super) fn guest_name(&self, reservation: usize) -> EcoString {
        let stays = &self.ground.stays[self.ground.parties[reservation].stays.clone()];
        let named = stays.iter().map(|stay| stay.full_name).find(|name| !name.is_empty());
        let of_grant = || {
            let grants = self.ground.parties[reservation].grants.clone();
            grants.into_iter().find_map(|grant| self.names_of_grants.get(&grant).cloned())
        };
        named.cloned().or_else(of_grant).unwrap_or_default()
    }

    /// A command that decides about a reservation.
    pub(super) fn decide(&self, reservation: usize, choice: &str) -> String {
        let id = self.ground.parties[reservation].id;
        let key = shell_word(id.key.as_str());
        let property = match id.property.as_str() {
            "" => String::new(),
            code => format!(" --property {}", shell_word(code)),
        };
        self.input.past.commands.of(&format!("decide {key}{property} {choice} --reason \"…\""))
    }

    /// Commands of which a person chooses one.
    fn remedies(&self, edges: &[Edge]) -> Vec<String> {
        let Some(edge) = edges.first() else { return Vec::new() };
        let id = |reservation: usize| &self.ground.parties[reservation].id;
        let (waits, other) = (edge.waits, edge.other);
        if waits == other {
            return vec![self.decide(waits, "--revoke")];
        }
        let unit = shell_word(self.ground.units[edge.unit].name.as_str());
        vec![
            self.decide(other, "--revoke"),
            self.decide(waits, &format!("--share-with {}", shell_word(id(other).key.as_str()))),
            self.decide(waits, &format!("--unit {unit} --grant")),
        ]
    }

    /// Warnings about starts that were moved (RULES 13).
    pub(in crate::plan) fn warnings(&self) -> Vec<Problem> {
        let mut warnings = Vec::new();
        for change in self.changes.iter().filter(|change| change.hold.is_none()) {
            let Some(stay) = change.stay else { continue };
            let row = &self.ground.stays[stay];
            if !super::alone::is_moved(change, row, self.ground.now(row.reservation)) {
                continue;
            }
            let at = crate::model::local_span::date_time(change.opens.from);
            warnings.push(Problem {
                source: SourcePlace::clone(row.source),
                column: "check_in",
                code: ProblemCode::StartMoved,
                message: format!(
                    "reservation {} can open its unit from {} on, because an earlier guest has it until then",
                    self.ground.parties[row.reservation].id,
                    at.strftime("%Y-%m-%d %H:%M")
                ),
                hint: "tell the desk, or correct the departure of the earlier guest in the PMS".to_owned(),
            });
        }
        warnings
    }
}

/// Which of several codes a matter is called by: the smallest.
fn weight(code: ReasonCode) -> u8 {
    match code {
        ReasonCode::TwoParties => 6,
        ReasonCode::UnitRelet => 5,
        ReasonCode::Policy => 4,
        ReasonCode::Overlap => 2,
        ReasonCode::UnitOccupied => 1,
        ReasonCode::Overstay | ReasonCode::NotLeft | ReasonCode::UnitInUse => 0,
        _ => 3,
    }
}

fn nights_in_words(from: jiff::civil::Date, to: jiff::civil::Date, has_night: bool) -> String {
    if has_night { format!("nights {from} to {to}") } else { format!("on {from}") }
}
