//! What one row means: a candidate for a grant, or a stay about which something else is said.

use jiff::SignedDuration;

use super::current_access::KnownStay;
use super::desired::{HeldStay, LeftAlone, RevokedStay, UnitSpaces};
use super::directory::SpaceRef;
use super::guests::RowGuest;
use super::map::{Draft, Mapper};
use super::places::NoPlace;
use super::segments::{Candidate, Said};
use super::settings::UnitRule;
use crate::model::{
    GuestKey, HeldBy, MethodSet, Moment, Property, ReasonCode, SharedSet, Standing, Stay, Window,
    door_set_hash,
};

/// A stay that begins within this time can no longer wait for a unit by itself (RULES 18).
pub(super) const LAST_CALL: SignedDuration = SignedDuration::from_hours(24);

/// When the window of a row opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// At its check-in.
    AsBooked,
    /// Now at the latest, because the guest is there (RULES 19).
    Now,
}

impl<'a> Mapper<'a> {
    /// Sorts a row among what its reservation becomes.
    pub(super) fn sort_row(
        &mut self,
        draft: &mut Draft<'a>,
        mut stay: Stay,
        RowGuest { key: guest, wanted, newcomer, known_as }: RowGuest,
        opening: Opening,
    ) {
        let property = draft.property;
        let units = self.places.spaces_of(&stay.place, &draft.desired.id.property);
        let units = units.or_else(|nowhere| self.units_of_live_grant(draft, &stay, &guest, nowhere));
        if let Some(full_name) = known_as {
            stay.guest.full_name = full_name;
        }
        match stay.standing {
            _ if stay.opted_out => {
                return draft.desired.left_alone.push(left_alone(stay, guest, units.ok(), property));
            }
            Standing::Unclear | Standing::Ignored => {
                return draft.desired.left_alone.push(left_alone(stay, guest, units.ok(), property));
            }
            Standing::Revoked => {
                let revoked = revoked(stay.into(), units.ok(), guest, property, ReasonCode::Cancelled);
                return draft.desired.revoked.push(revoked);
            }
            Standing::CheckedIn | Standing::Expected => {}
        }
        if !wanted {
            let revoked = revoked(stay.into(), units.ok(), guest, property, ReasonCode::NoLongerWanted);
            return draft.desired.revoked.push(revoked);
        }
        let window = self.opened(window_of(&stay, property), opening);
        let methods = if stay.methods.is_empty() { self.settings.methods } else { stay.methods };
        let mut said = Said::from(stay);
        said.facts.newcomer = newcomer.map(Box::new);
        if let Ok(units) = &units
            && units.iter().all(|unit| !self.is_deaf(unit, methods))
        {
            let units = units.clone();
            return draft.candidates.push(Candidate { said, guest, units, methods, window });
        }
        if window.ended(self.now) {
            return self.close(draft, said, units.ok(), guest, window);
        }
        let (reason_code, held_by, reason) = match &units {
            Err(NoPlace::Unassigned) => {
                let soon = said.check_in.instant <= self.now + LAST_CALL;
                let by = if soon { HeldBy::Person } else { HeldBy::Rule };
                let reason =
                    if soon { "arrives within 24 hours and has no unit yet" } else { "has no unit yet" };
                (ReasonCode::UnitNotAssigned, by, reason.to_owned())
            }
            Err(NoPlace::UnknownProperty) => {
                let code = &draft.desired.id.property;
                let reason = format!("the configuration does not know property `{code}`");
                (ReasonCode::UnknownProperty, HeldBy::Person, reason)
            }
            Err(NoPlace::Unmapped { unit, space }) => {
                let wanted = space.as_ref().map_or_else(String::new, |space| format!(" (wanted `{space}`)"));
                let reason = match self.settings.units {
                    UnitRule::SourceNamesSpaces => {
                        format!(
                            "unit `{unit}` leads to no space: the configuration has no [spaces] key or table{wanted}"
                        )
                    }
                    _ => format!("unit `{unit}` leads to no space in Seam{wanted}"),
                };
                self.unmapped.add(unit.clone(), space.clone(), &said.source);
                (ReasonCode::UnmappedUnit, HeldBy::Person, reason)
            }
            Ok(units) => {
                let deaf: Vec<&str> = units
                    .iter()
                    .filter(|unit| self.is_deaf(unit, methods))
                    .map(|unit| unit.unit.as_str())
                    .collect();
                let reason =
                    format!("a door of unit `{}` cannot be opened by {}", deaf.join("`, `"), words(methods));
                (ReasonCode::DoorWithoutMethod, HeldBy::Person, reason)
            }
        };
        draft.desired.held.push(held(said, guest, units.ok(), window, reason_code, held_by, reason));
    }

    /// The units of a row whose space Seam has no more by that key, by the live grant that was made for it: its stay can be
    /// changed all the same (RULES 18).
    fn units_of_live_grant(
        &mut self,
        draft: &Draft<'a>,
        stay: &Stay,
        guest: &GuestKey,
        nowhere: NoPlace,
    ) -> Result<SharedSet<UnitSpaces>, NoPlace> {
        let NoPlace::Unmapped { unit, space: Some(space) } = &nowhere else { return Err(nowhere) };
        let window = window_of(stay, draft.property);
        let keys = || std::iter::once(space).chain(&self.settings.also);
        let door_sets = [door_set_hash([space]), door_set_hash(keys())];
        let is_its = |known: &KnownStay<'_, '_>| {
            known.guest() == guest && known.window().overlaps(&window) && known.is_made_for(&door_sets)
        };
        let Some(known) = self.access.stays_of(&draft.desired.id).find(is_its) else { return Err(nowhere) };
        let spaces = known.spaces(self.directory);
        let spaces: Vec<SpaceRef> =
            spaces.iter().copied().filter(|space| !self.also.contains(space)).collect();
        if spaces.is_empty() {
            return Err(nowhere);
        }
        self.unmapped.add(unit.clone(), Some(space.clone()), &stay.source);
        Ok([UnitSpaces { unit: unit.clone(), spaces }].into_iter().collect())
    }

    /// A row that grants while another one of the same age takes away: what the guest has is kept. The row that takes
    /// away is not listed beside it.
    pub(super) fn hold_contradiction(&mut self, draft: &mut Draft<'a>, stay: Stay, guest: RowGuest) {
        if !matches!(stay.standing, Standing::Expected | Standing::CheckedIn) {
            return;
        }
        let units = self.places.spaces_of(&stay.place, &draft.desired.id.property).ok();
        let window = window_of(&stay, draft.property);
        let reason =
            "one row grants this stay and another takes it away, and neither is newer; correct the rows \
                      in the source"
                .to_owned();
        let code = ReasonCode::ContradictingRows;
        draft.desired.held.push(held(stay.into(), guest.key, units, window, code, HeldBy::Person, reason));
    }

    /// Whether a door of the unit can be opened by none of the methods (RULES 18). What can be opened by nothing at
    /// all is no door: spaces also hold thermostats and sensors.
    fn is_deaf(&self, unit: &UnitSpaces, methods: MethodSet) -> bool {
        let doors = unit.spaces.iter().flat_map(|space| &self.directory.space(*space).doors);
        let mut openable =
            doors.map(|door| &self.directory.door(*door).methods).filter(|m| !m.is_empty()).peekable();
        openable.peek().is_none() || openable.any(|supported| supported.is_disjoint(&methods))
    }

    /// What is said of a row that is over: the guest left, or should have (RULES 9, 17). One who is in another unit by
    /// now has moved, and is not late.
    pub(super) fn close(
        &self,
        draft: &mut Draft<'a>,
        said: Said,
        units: Option<SharedSet<UnitSpaces>>,
        guest: GuestKey,
        window: Window,
    ) {
        let is_there =
            |candidate: &Candidate| candidate.guest == guest && candidate.window.contains(self.now);
        if said.facts.standing == Standing::CheckedIn && !draft.candidates.iter().any(is_there) {
            let reason = "the guest is still checked in after the check-out; left as it is".to_owned();
            let stay = held(said, guest, units, window, ReasonCode::Overstay, HeldBy::Rule, reason);
            draft.desired.held.push(stay);
        } else {
            let revoked = revoked(said, units, guest, draft.property, ReasonCode::LeftEarly);
            draft.desired.revoked.push(revoked);
        }
    }
}

/// A stay whose right is gone; of a place that leads nowhere no space is known.
pub(super) fn revoked(
    said: Said,
    units: Option<SharedSet<UnitSpaces>>,
    guest: GuestKey,
    property: &Property,
    reason_code: ReasonCode,
) -> RevokedStay {
    RevokedStay {
        guest,
        units: units.unwrap_or_default(),
        window: said.window(property),
        arrival: said.check_in.local.date(),
        dates: said.facts.dates,
        reason_code,
        source: said.source,
    }
}

/// A stay about which nothing is to be done.
pub(super) fn left_alone(
    stay: Stay,
    guest: GuestKey,
    units: Option<SharedSet<UnitSpaces>>,
    property: &Property,
) -> LeftAlone {
    let window = window_of(&stay, property);
    let Said { full_name, facts, source, .. } = stay.into();
    LeftAlone { guest, full_name, units: units.unwrap_or_default(), window, facts, source }
}

pub(super) fn window_of(stay: &Stay, property: &Property) -> Window {
    window_between(&stay.check_in, &stay.check_out, property)
}

pub(super) fn window_between(check_in: &Moment, check_out: &Moment, property: &Property) -> Window {
    let starts_at = check_in.instant - property.early_access;
    if *check_out == Moment::OPEN_END {
        return Window { starts_at, ends_at: None };
    }
    Window::new(starts_at, check_out.instant + property.late_exit)
}

pub(super) fn held(
    said: Said,
    guest: GuestKey,
    units: Option<SharedSet<UnitSpaces>>,
    window: Window,
    reason_code: ReasonCode,
    held_by: HeldBy,
    reason: String,
) -> HeldStay {
    HeldStay {
        guest,
        full_name: said.full_name,
        units: units.unwrap_or_default(),
        window,
        arrival: said.check_in.local.date(),
        facts: said.facts,
        reason_code,
        reason,
        held_by,
        source: said.source,
    }
}

pub(super) fn words(methods: MethodSet) -> String {
    methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" or ")
}
