//! Matters of one reservation: a guest without a key (RULES 11), a window that was made longer (RULES 20), a start that
//! was moved (RULES 13).

use std::collections::{BTreeMap, BTreeSet};

use super::ground::{Grant, Row, Stay};
use super::{Action, Change, Hold, Occupancy, root};
use crate::mapping::{FormerGuest, Newcomer};
use crate::model::local_span::{DAY, date_time, instant, start_of_day};
use crate::model::{Choice, LocalSpan, ReasonCode};
use crate::plan::live::Live;
use crate::plan::matter::{Actor, Matter, Nights};

impl Occupancy<'_> {
    /// Guests who should have a key by now and have none, for any reason but a word of their own row, a person's
    /// decision or a filter (RULES 11).
    pub(super) fn guests_without_key(&self) -> Vec<Matter> {
        let mut matters = Vec::new();
        for (c, change) in self.changes.iter().enumerate() {
            let Some(stay) = change.stay else { continue };
            let row = &self.ground.stays[stay];
            let now = self.ground.now(row.reservation);
            let is_due = row.dates.from <= now + DAY || self.ground.in_house(None, Some(stay));
            let is_excused = matches!(change.hold, Some(Hold::Filter | Hold::Person | Hold::OptOut))
                || matches!(self.ground.decision_of_stay(stay), Some(Choice::Revoke | Choice::Leave));
            if !row.grants(now)
                || row.opted_out
                || is_excused
                || !is_due
                || matches!(row.row, Row::Revoked(_))
            {
                continue;
            }
            let gets = change.hold.is_none() && !matches!(change.action, Action::Revoke(_));
            let has = |unit: &usize| {
                let doors = &self.ground.units[*unit].doors;
                self.ground.parties[row.reservation].grants.clone().any(|grant| {
                    let current = &self.ground.grants[grant];
                    doors.iter().all(|door| current.doors.contains(door))
                        && self.rest(grant).is_some_and(|rest| rest.from_now(now).overlaps(row.dates))
                })
            };
            let has_all = !row.units.is_empty() && row.units.iter().all(has);
            if gets || has_all {
                continue;
            }
            matters.extend(self.no_key(c, row));
        }
        matters
    }

    fn no_key(&self, c: usize, row: &Stay<'_>) -> Option<Matter> {
        let hold = self.changes[c].hold?;
        let id = self.ground.parties[row.reservation].id;
        let consequence = format!("{} ({}) has no key: {}", id.key, row.full_name, self.why(c, hold).text);
        Some(self.matter_of_row(row, ReasonCode::NoKey, row.dates.from, consequence))
    }

    /// What a person has to know where a change that others wait for is not carried out: one matter for all that hang
    /// together (RULES 16).
    pub(in crate::plan) fn when_undone(&self) -> Vec<Matter> {
        let mut parent: Vec<usize> = (0..self.ground.parties.len()).collect();
        let mut edges: Vec<(usize, usize, usize, LocalSpan)> = Vec::new();
        for (c, change) in self.changes.iter().enumerate().filter(|(_, change)| change.hold.is_none()) {
            for (grant, unit) in self.blockers[c].iter().filter(|(grant, unit)| self.meets(c, *grant, *unit))
            {
                let current = &self.ground.grants[*grant];
                let now = self.ground.now(change.reservation);
                if self.rest(*grant) != Some(current.window) {
                    let nights = current.window.common(change.opens).from_now(now);
                    edges.push((change.reservation, current.reservation, *unit, nights));
                    let (left, right) =
                        (root(&mut parent, change.reservation), root(&mut parent, current.reservation));
                    parent[left] = right;
                }
            }
        }
        let mut groups: BTreeMap<usize, Vec<(usize, usize, usize, LocalSpan)>> = BTreeMap::new();
        for edge in edges {
            groups.entry(root(&mut parent, edge.0)).or_default().push(edge);
        }
        groups.into_values().filter_map(|edges| self.undone(&edges)).collect()
    }

    fn undone(&self, edges: &[(usize, usize, usize, LocalSpan)]) -> Option<Matter> {
        let (waits, other, ..) = *edges.first()?;
        let concerned: BTreeSet<usize> =
            edges.iter().flat_map(|(waits, other, ..)| [*waits, *other]).collect();
        let mut sorted: Vec<usize> = concerned.into_iter().collect();
        sorted.sort_by_key(|reservation| self.ground.parties[*reservation].id);
        let mut units: Vec<usize> = edges.iter().map(|(_, _, unit, _)| *unit).collect();
        units.sort_unstable();
        let units = self.names_of_units(&units);
        let span = edges.iter().map(|(.., nights)| *nights).reduce(LocalSpan::hull)?;
        let clock = self.ground.clock(waits);
        let id = self.ground.parties[waits].id;
        let of = |reservation: &usize| self.named(*reservation);
        Some(Matter {
            property: id.property.clone(),
            reservation_key: id.key.clone(),
            reservations: sorted
                .iter()
                .map(|reservation| self.ground.parties[*reservation].id.key.clone())
                .collect(),
            guests: sorted.iter().map(|reservation| self.guest_name(*reservation)).collect(),
            unit: units.clone(),
            nights: Nights::of(span),
            code: ReasonCode::UnitInUse,
            deadline: instant(span.from.max(clock.now), &clock.zone).max(self.now),
            consequence: format!(
                "unit {units}: a change of {} was not carried out in full; who waits for the unit has no key to it until \
                 a run carries it out",
                sorted.iter().map(of).collect::<Vec<_>>().join(", ")
            ),
            remedy: vec![self.input.past.commands.of("run"), self.decide(other, "--revoke")],
            who: Actor::Desk,
            needs_person: true,
        })
    }

    /// Windows that go on although the recorded stay is over (RULES 20).
    pub(super) fn windows_made_longer(&self, live: &Live<'_>) -> Vec<Matter> {
        let mut matters = Vec::new();
        for change in &self.changes {
            let Some(grant) = change.grants.first() else { continue };
            let Grant { window, recorded, position, .. } = self.ground.grants[*grant];
            let now = self.ground.now(change.reservation);
            let goes_on = recorded.is_some_and(|recorded| recorded.to <= now && recorded.to < window.to);
            if !matches!(change.hold, Some(Hold::Outlasts | Hold::Overstay)) || !goes_on {
                continue;
            }
            let id = self.ground.parties[change.reservation].id;
            let units = self.names_of_spaces(live.owned[position].spaces.as_deref().unwrap_or_default());
            let nights = window.from_now(now);
            let until = date_time(window.to).strftime("%Y-%m-%d %H:%M");
            let consequence = format!(
                "unit {units}: the recorded stay of {} is over, and its key still opens until {until}; the window was \
                 made longer outside",
                self.named(change.reservation)
            );
            let remedy = vec![self.decide(change.reservation, "--revoke")];
            matters.push(Matter {
                property: id.property.clone(),
                reservation_key: id.key.clone(),
                reservations: vec![id.key.clone()],
                guests: vec![self.guest_name(change.reservation)],
                unit: units,
                nights: Nights::of(nights),
                code: ReasonCode::MadeLonger,
                deadline: self.now,
                consequence,
                remedy,
                who: Actor::Desk,
                needs_person: true,
            });
        }
        matters
    }

    /// Arrivals within a day, or stays that have begun, that wait for an earlier guest (RULES 13).
    pub(super) fn moved_starts(&self) -> Vec<Matter> {
        let mut matters = Vec::new();
        for change in self.changes.iter().filter(|change| change.hold.is_none()) {
            let Some(row) = change.stay.map(|stay| &self.ground.stays[stay]) else { continue };
            let now = self.ground.now(row.reservation);
            if !is_moved(change, row, now) || row.dates.from > now + DAY {
                continue;
            }
            let id = self.ground.parties[row.reservation].id;
            let from = date_time(change.opens.from).strftime("%Y-%m-%d %H:%M");
            let consequence = format!(
                "{} ({}) can open the unit from {from} on, because an earlier guest has it until then",
                id.key, row.full_name
            );
            let matter = self.matter_of_row(row, ReasonCode::NotLeft, row.dates.from, consequence);
            matters.push(Matter { needs_person: false, ..matter });
        }
        matters
    }

    /// Newcomers in the place of a known guest who keeps their key (RULES 5).
    pub(super) fn newcomers(&self) -> Vec<Matter> {
        let mut matters: Vec<Matter> = Vec::new();
        for change in &self.changes {
            let Some(row) = change.stay.map(|stay| &self.ground.stays[stay]) else { continue };
            let Some(Newcomer { former_name, fate, .. }) = row.newcomer else { continue };
            let id = self.ground.parties[row.reservation].id;
            let newcomer = format!("{} ({})", id.key, row.full_name);
            let (consequence, by) = match (fate, change.hold) {
                (FormerGuest::InHouse, Some(Hold::AnotherGuest)) => {
                    let has = format!("{newcomer} has no key: {former_name}, who is in house, keeps theirs");
                    (has, i64::MIN)
                }
                (FormerGuest::Stays, None) => {
                    let has = format!("{newcomer} and {former_name} can both open the unit");
                    (format!("{has}; this read may leave a guest out"), row.dates.from)
                }
                _ => continue,
            };
            let remedy = ["--grant", "--revoke"].map(|choice| self.decide(row.reservation, choice));
            let matter = self.matter_of_row(row, ReasonCode::AnotherGuest, by, consequence);
            matters.push(Matter { remedy: remedy.into(), ..matter });
        }
        matters
    }

    fn matter_of_row(&self, row: &Stay<'_>, code: ReasonCode, by: i64, consequence: String) -> Matter {
        let id = self.ground.parties[row.reservation].id;
        let clock = self.ground.clock(row.reservation);
        Matter {
            property: id.property.clone(),
            reservation_key: id.key.clone(),
            reservations: vec![id.key.clone()],
            guests: vec![row.full_name.clone()],
            unit: self.names_of_units(&row.units),
            nights: Nights::of(row.dates),
            code,
            deadline: instant(by.max(clock.now), &clock.zone).max(self.now),
            consequence,
            remedy: Vec::new(),
            who: Actor::Desk,
            needs_person: true,
        }
    }

    fn names_of_spaces(&self, spaces: &[crate::mapping::SpaceRef]) -> String {
        let is_common = |space: &&crate::mapping::SpaceRef| self.input.desired.common.contains(*space);
        let directory = self.input.directory;
        let names =
            spaces.iter().filter(|space| !is_common(space)).map(|space| directory.space(*space).key.as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}

/// Whether the start was moved behind the end of an earlier guest. A guest who moves has the new unit from that day on.
pub(super) fn is_moved(change: &Change, row: &Stay<'_>, now: i64) -> bool {
    matches!(row.row, Row::Grant(_))
        && change.opens.from > row.dates.from.max(now)
        && change.opens.from > start_of_day(now)
}
