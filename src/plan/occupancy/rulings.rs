//! What the decisions across reservations mean for one reservation.

use std::collections::BTreeMap;

use super::ground::Status;
use super::{Action, Cause, Hold, Occupancy};
use crate::mapping::SpaceRefs;
use crate::model::local_span::{FOR_EVER, instant};
use crate::model::{HeldBy, LocalSpan, ReasonCode, Window};
use crate::plan::absence::Missing;
use crate::plan::in_house::InHouse;
use crate::plan::live::Live;
use crate::plan::reservation::Why;
use crate::plan::{Allowance, Guard};

/// What is decided about one reservation.
#[derive(Debug, Default)]
pub(in crate::plan) struct Rulings {
    /// In the order of the pieces.
    pub(in crate::plan) pieces: Vec<PieceRuling>,
    /// By position among the live grants.
    pub(in crate::plan) grants: BTreeMap<usize, GrantRuling>,
}

/// What is decided about a wanted grant.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself")]
pub(in crate::plan) struct PieceRuling {
    /// Why it is not carried out.
    pub(in crate::plan) hold: Option<Why>,
    /// What it opens.
    pub(in crate::plan) opens: Window,
    pub(in crate::plan) in_house: bool,
    /// Only what gives the guest more may be sent, for this reason.
    pub(in crate::plan) gains_only: Option<Why>,
    /// Why its grants may not be made anew.
    pub(in crate::plan) is_protected: Option<Why>,
    /// The old grants stay beside the new one.
    pub(in crate::plan) is_beside: bool,
    /// A person decided that it gets what the source asks (RULES 17).
    pub(in crate::plan) is_decided: bool,
    /// A new grant for the same doors at another time, in the place of the old ones.
    pub(in crate::plan) is_anew: bool,
    /// It stays held, and its grants go.
    pub(in crate::plan) loses: bool,
}

/// What is decided about a live grant.
#[derive(Debug, Clone)]
pub(in crate::plan) struct GrantRuling {
    /// What is left of it; `None` where it goes.
    pub(in crate::plan) rest: Option<Window>,
    /// Why something is taken, where something is.
    pub(in crate::plan) reason: ReasonCode,
    /// The same in a sentence.
    pub(in crate::plan) text: String,
    /// Why what is asked of it is not done.
    pub(in crate::plan) hold: Option<Why>,
    /// What the guest keeps of a grant of several units, as a new grant.
    pub(in crate::plan) part: Option<(SpaceRefs, Window)>,
}

impl Occupancy<'_> {
    /// The rulings for each reservation of the ground.
    pub(in crate::plan) fn rulings(&self, reservation: usize, live: &Live<'_>) -> Rulings {
        let mut rulings = Rulings::default();
        for c in self.changes_of[reservation].clone() {
            let change = &self.changes[c];
            if change.piece.is_some() {
                rulings.pieces.push(self.piece_ruling(c));
            }
            for grant in &change.grants {
                let position = self.ground.grants[*grant].position;
                let rest = self.rest(*grant).map(|rest| self.window_of(*grant, rest, live));
                let hold = change.hold.map(|hold| self.why(c, hold));
                let (reason, text) = self.reason_of_taking(c, *grant);
                let part = self.part_kept(*grant, live);
                let part = part.map(|(spaces, span)| (spaces, self.window_of(*grant, span, live)));
                rulings.grants.insert(position, GrantRuling { rest, reason, text, hold, part });
            }
        }
        rulings
    }

    fn piece_ruling(&self, c: usize) -> PieceRuling {
        let change = &self.changes[c];
        let stay = &self.ground.stays[change.stay.expect("a piece is of a stay")];
        let zone = &self.ground.clock(change.reservation).zone;
        let mut opens = stay.window;
        let span = if change.hold.is_some() { change.wanted } else { change.opens };
        let now = self.ground.now(change.reservation);
        if span.from != stay.buffered.from && span.from.max(now) != stay.buffered.from.max(now) {
            opens.starts_at = instant(span.from, zone);
        }
        if span.to != stay.buffered.to {
            opens.ends_at = (span.to < FOR_EVER).then(|| instant(span.to, zone));
        }
        let loses = matches!(change.action, Action::Revoke(_)) && change.hold.is_none();
        let hold = match (change.hold, change.action) {
            (Some(hold), _) => Some(self.why(c, hold)),
            (None, Action::Revoke(Cause::Person)) => Some(self.why(c, Hold::Person)),
            (None, Action::Revoke(_)) => Some(self.why(c, Hold::Collision)),
            (None, _) => None,
        };
        let why = || {
            let is_recorded = change.grants.iter().all(|grant| self.ground.grants[*grant].recorded.is_some());
            self.why(c, if is_recorded { Hold::NotTheSource } else { Hold::LostStore })
        };
        let gains_only = change.gains_only.then(why);
        let is_protected = change.is_protected.then(why);
        PieceRuling {
            hold,
            opens,
            in_house: change.in_house,
            gains_only,
            is_protected,
            is_beside: change.action == Action::Beside,
            is_decided: change.forced,
            is_anew: change.is_anew,
            loses,
        }
    }

    /// A span of a live grant as instants; what was not moved stays exactly as it is.
    fn window_of(&self, grant: usize, rest: LocalSpan, live: &Live<'_>) -> Window {
        let current = &self.ground.grants[grant];
        let zone = &self.ground.clock(current.reservation).zone;
        let has = live.owned[current.position].grant.window;
        let starts_at =
            if rest.from == current.window.from { has.starts_at } else { instant(rest.from, zone) };
        let ends_at = if rest.to == current.window.to {
            has.ends_at
        } else {
            (rest.to < FOR_EVER).then(|| instant(rest.to, zone))
        };
        Window { starts_at, ends_at }
    }

    /// Why a grant loses something.
    fn reason_of_taking(&self, c: usize, grant: usize) -> (ReasonCode, String) {
        let change = &self.changes[c];
        let others = self.names_of_claimants(c, grant);
        if change.hold.is_some() {
            let text = format!("the nights beyond its stay belong to {others}");
            return (ReasonCode::UnitRelet, text);
        }
        match change.action {
            Action::Revoke(Cause::Relet) => {
                (ReasonCode::UnitRelet, format!("no longer in the source, and its unit is given to {others}"))
            }
            Action::Revoke(Cause::NoUnit) => (
                ReasonCode::UnitRelet,
                format!("has no unit any more, and the one it had is given to {others}"),
            ),
            Action::Revoke(Cause::Ignored) => (
                ReasonCode::UnitRelet,
                format!("its status is one to be ignored, and its unit is given to {others}"),
            ),
            Action::Revoke(Cause::Occupied) => {
                (ReasonCode::UnitOccupied, format!("the guest of {others} is checked in in its unit"))
            }
            Action::Revoke(Cause::MadeLonger) => (
                ReasonCode::MadeLonger,
                "the recorded stay is over; its window was made longer outside".to_owned(),
            ),
            Action::Revoke(Cause::Person) => {
                (ReasonCode::Decided, "a person decided that its grants go".to_owned())
            }
            Action::Revoke(Cause::Absent) => (
                ReasonCode::Absent,
                "the stay is no longer in the source, for long enough and in enough complete runs".to_owned(),
            ),
            _ => (
                ReasonCode::DoorsChanged,
                "the guest moves; the old unit stays open until the new one is".to_owned(),
            ),
        }
    }

    /// The reservations that need the unit of a grant.
    fn names_of_claimants(&self, c: usize, grant: usize) -> String {
        let mut names: Vec<String> = self.claimants[c]
            .iter()
            .filter(|claimant| self.blockers[**claimant].iter().any(|(blocker, _)| *blocker == grant))
            .map(|claimant| self.named(self.changes[*claimant].reservation))
            .collect();
        names.sort();
        names.dedup();
        names.join(", ")
    }

    /// A reservation as a person calls it.
    pub(super) fn named(&self, reservation: usize) -> String {
        format!("reservation {}", self.ground.parties[reservation].id)
    }

    /// Why a change is held, in words.
    pub(super) fn why(&self, c: usize, hold: Hold) -> Why {
        if let Some(why) = self.own_reasons.get(&c) {
            return why.clone();
        }
        let change = &self.changes[c];
        let reason = hold.reason_code();
        let (held_by, text) = match hold {
            Hold::Collision | Hold::Stalemate => {
                let stay = change.stay.expect("only a stay loses a unit");
                let of_unit = &self.claims.collisions[stay];
                let units = self.names_of_units(&self.ground.stays[stay].units);
                let mut winners: Vec<String> = of_unit
                    .iter()
                    .filter(|(_, unit)| !self.claims.has(stay, *unit))
                    .map(|(other, _)| self.named(self.ground.stays[*other].reservation))
                    .collect();
                winners.sort();
                winners.dedup();
                let text = match (hold, winners.is_empty()) {
                    (Hold::Stalemate, _) | (_, true) => {
                        let others = self.names_of_rivals(stay);
                        format!("{others} has unit {units} in that time too; both keep what they have")
                    }
                    _ => format!("{} has unit {units} in that time", winners.join(" and ")),
                };
                (HeldBy::Person, text)
            }
            Hold::Occupied => {
                let who = self.who_is_in_the_way(c);
                (HeldBy::Person, who.unwrap_or_else(|| "another party can still open the unit".to_owned()))
            }
            Hold::Waits => (
                HeldBy::Person,
                "another stay of the reservation is held, so that it is not known what the guest has left"
                    .to_owned(),
            ),
            Hold::Policy => (
                HeldBy::Person,
                "several guests change units with each other, which the policy does not carry out".to_owned(),
            ),
            Hold::NoUnit => (HeldBy::Rule, "has no unit yet".to_owned()),
            Hold::NoOpinion => (HeldBy::Rule, "its row has no opinion; left as it is".to_owned()),
            Hold::OptOut => (HeldBy::Rule, "the stay wants to be left alone".to_owned()),
            Hold::Absent | Hold::AbsentInHouse | Hold::UnknownOrigin => self.why_missing(c),
            Hold::LostStore => (
                HeldBy::Person,
                "the guest is in house, and this store does not know what the source wanted before: what they \
                 have is left to them"
                    .to_owned(),
            ),
            Hold::NotTheSource => (
                HeldBy::Person,
                "the guest is in house, and it was not the source that changed: what they have is left to them"
                    .to_owned(),
            ),
            Hold::Withheld => (HeldBy::Person, "its stay is held".to_owned()),
            Hold::ForeignNamespace => (
                HeldBy::Person,
                "a grant of this namespace, which this store never recorded, is of another guest and other doors"
                    .to_owned(),
            ),
            Hold::Filter => (HeldBy::Rule, "outside the filter of this run".to_owned()),
            Hold::InHouseLimit => {
                let InHouse { n_noticing, limit, n_stays: _ } = self.in_house();
                let text = format!(
                    "{n_noticing} guests in house would lose something, and at most {limit} may; \
                     if that is right, type\n{}",
                    self.again(&[(Guard::MaxInHouse, n_noticing)])
                );
                (HeldBy::Person, text)
            }
            Hold::Quarantine => (
                HeldBy::Person,
                "a guard has stopped these changes three times; until somebody looks at them, only what gives \
                 guests more is done"
                    .to_owned(),
            ),
            Hold::Person => (HeldBy::Rule, "a person decided it".to_owned()),
            Hold::Outlasts => (
                HeldBy::Person,
                "the recorded stay is over; its window was made longer outside".to_owned(),
            ),
            Hold::CheckFailed => {
                let found = self.withheld.get(self.ground.parties[change.reservation].id);
                let found = found.map_or("it fails its check", String::as_str);
                (
                    HeldBy::Person,
                    format!("a fault of this program: {found}; nothing is changed for it, please report it"),
                )
            }
            Hold::Overstay => {
                (HeldBy::Rule, "the guest is still checked in after the check-out; left as it is".to_owned())
            }
            Hold::AnotherGuest => {
                let newcomer = change.stay.and_then(|stay| self.ground.stays[stay].newcomer);
                let former = newcomer.map_or("the known guest", |newcomer| newcomer.former_name.as_str());
                (HeldBy::Person, format!("{former}, who has the place, is in house and keeps the key"))
            }
        };
        Why { reason, held_by, text }
    }

    fn why_missing(&self, c: usize) -> (HeldBy, String) {
        let silent = (HeldBy::Rule, String::new());
        let Some(grant) = self.changes[c].grants.first() else { return silent };
        match self.missing.get(grant) {
            None | Some(Missing::Silent { .. }) => silent,
            Some(Missing::Waits { text, .. }) => (HeldBy::Rule, text.clone()),
            Some(Missing::Due { since, needed, n_due, .. }) => {
                let text = format!("no longer in the source since {}", since.strftime("%Y-%m-%d %H:%MZ"));
                match needed.what() {
                    Some((guard, what, held_by)) => {
                        let command = self.again(&self.allowing(guard, *n_due));
                        (
                            held_by,
                            format!("{text}; {what}, so it is kept until a person allows it\n{command}"),
                        )
                    }
                    None => (HeldBy::Rule, text),
                }
            }
        }
    }

    /// What a person allows who lets go as many missing stays: in house these are guests from whom something is taken.
    fn allowing(&self, guard: Guard, n_due: u64) -> Vec<(Guard, u64)> {
        let InHouse { n_noticing, limit, n_stays: _ } = self.in_house();
        let n_taken = n_noticing + n_due;
        let takes_too_much = guard == Guard::InHouse && n_taken > limit;
        let in_house = takes_too_much.then_some((Guard::MaxInHouse, n_taken));
        [(guard, n_due)].into_iter().chain(in_house).collect()
    }

    /// The command that lets pass what stops this plan, and so many more of something.
    fn again(&self, more: &[(Guard, u64)]) -> String {
        let more = more.iter().map(|(guard, count)| Allowance::count(*guard, *count));
        let needed: Vec<Allowance> = self.needed.iter().cloned().chain(more).collect();
        self.input.past.commands.again(&needed)
    }

    pub(super) fn names_of_units(&self, units: &[usize]) -> String {
        let mut names: Vec<&str> = units.iter().map(|unit| self.ground.units[*unit].name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.join(", ")
    }

    fn names_of_rivals(&self, stay: usize) -> String {
        let row = &self.ground.stays[stay];
        let mut names: Vec<String> = row
            .units
            .iter()
            .flat_map(|unit| self.ground.claims_in(*unit))
            .filter(|(other, _, door)| {
                let other = &self.ground.stays[*other];
                other.dates.overlaps(row.dates)
                    && !self.ground.same_party(*door, other.reservation, row.reservation)
            })
            .map(|(other, ..)| self.named(self.ground.stays[other].reservation))
            .collect();
        names.sort();
        names.dedup();
        names.join(" and ")
    }

    /// Whose grant opens the unit of a change that is held, and why it stays.
    pub(super) fn who_is_in_the_way(&self, c: usize) -> Option<String> {
        let change = &self.changes[c];
        let mut words: Vec<String> = Vec::new();
        for (grant, unit) in &self.blockers[c] {
            let current = &self.ground.grants[*grant];
            let Some(rest) = self.rest_in(*grant, *unit) else { continue };
            if !rest.from_now(self.ground.now(current.reservation)).overlaps(change.wanted) {
                continue;
            }
            let d = self.change_of_grant[*grant];
            let stays = d.and_then(|d| self.changes[d].hold).map(Self::why_it_stays);
            let name = self.named(current.reservation);
            let unit = self.ground.units[*unit].name;
            let text = format!("{name} can open unit {unit} in that time{}", stays.unwrap_or_default());
            if !words.contains(&text) {
                words.push(text);
            }
        }
        words.sort();
        (!words.is_empty()).then(|| words.join("; "))
    }

    fn why_it_stays(hold: Hold) -> String {
        let why = match hold {
            Hold::Collision | Hold::Stalemate => "the unit it is to have is another's",
            Hold::Occupied | Hold::Waits => "it waits for another one",
            Hold::Policy => "the policy keeps it",
            Hold::NoUnit => "it has no unit yet and is in house",
            Hold::NoOpinion => "its row has no opinion",
            Hold::OptOut => "it wants to be left alone",
            Hold::Absent => "it is missing from the source, but not for long enough",
            Hold::AbsentInHouse => "it is missing from the source, and its guest is in house",
            Hold::UnknownOrigin => "this store never recorded it",
            Hold::LostStore | Hold::NotTheSource => "its guest is in house",
            Hold::Withheld => "its stay is held",
            Hold::ForeignNamespace => "it belongs to another job",
            Hold::Filter => "it is outside the filter",
            Hold::InHouseLimit => "too many guests in house would lose something",
            Hold::Quarantine => "a quarantine holds it",
            Hold::Person => "a person decided to leave it",
            Hold::Outlasts => "its window was made longer outside",
            Hold::Overstay => "its guest is still checked in",
            Hold::CheckFailed => "the check of the plan took it out",
            Hold::AnotherGuest => "its row names another person than the guest in house",
        };
        format!(" ({why})")
    }

    /// Whether a reservation has a row that is there and has no grant that opens its units.
    pub(super) fn is_checked_in(&self, stay: usize) -> bool {
        self.ground.stays[stay].status == Status::CheckedIn
    }
}
