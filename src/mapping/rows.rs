//! What one row means: a candidate for a grant, or a stay about which something else is said.

use jiff::SignedDuration;

use super::desired::{HeldStay, RevokedStay, UnitSpaces};
use super::directory::SpaceRef;
use super::guests::RowGuest;
use super::map::{Draft, Mapper};
use super::places::NoPlace;
use super::segments::Candidate;
use super::settings::UnitRule;
use crate::model::{GuestKey, HeldBy, MethodSet, Property, PropertyCode, ReasonCode, Standing, Stay, Window};

/// A stay that begins within this time can no longer wait for a unit by itself (RULES 7).
const LAST_CALL: SignedDuration = SignedDuration::from_hours(24);

/// When the window of a row opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// At its check-in.
    AsBooked,
    /// Now at the latest, because the guest is there (RULES 9).
    Now,
}

impl<'a> Mapper<'a> {
    /// Sorts a row among what its reservation becomes.
    pub(super) fn sort_row(
        &mut self,
        draft: &mut Draft<'a>,
        row: usize,
        stay: &'a Stay,
        RowGuest { key: guest, wanted }: RowGuest,
        opening: Opening,
    ) {
        let property = draft.property;
        match stay.standing {
            _ if stay.opted_out => return draft.desired.left_alone.push(guest),
            Standing::Unclear | Standing::Ignored => return draft.desired.left_alone.push(guest),
            Standing::Revoked => {
                let revoked = self.revoked(stay, guest, property, draft.code, ReasonCode::Cancelled);
                return draft.desired.revoked.push(revoked);
            }
            Standing::CheckedIn | Standing::Expected => {}
        }
        if !wanted {
            let revoked = self.revoked(stay, guest, property, draft.code, ReasonCode::NoLongerWanted);
            return draft.desired.revoked.push(revoked);
        }
        let window = self.opened(window_of(stay, property), opening);
        let methods = if stay.methods.is_empty() { self.settings.methods } else { stay.methods };
        let units = self.places.spaces_of(&stay.place, draft.code);
        if let Ok(units) = &units
            && units.iter().all(|unit| !self.is_deaf(unit, methods))
        {
            let units = units.clone();
            return draft.candidates.push(Candidate { row, stay, guest, units, methods, window });
        }
        if window.ended(self.now) {
            return self.close(draft, stay, guest, window);
        }
        let (reason_code, held_by, reason) = match units {
            Err(NoPlace::Unassigned) => {
                let soon = stay.check_in.instant <= self.now + LAST_CALL;
                let by = if soon { HeldBy::Person } else { HeldBy::Rule };
                let reason =
                    if soon { "arrives within 24 hours and has no unit yet" } else { "has no unit yet" };
                (ReasonCode::UnitNotAssigned, by, reason.to_owned())
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
                self.unmapped.add(unit, space, &stay.source);
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
        draft.desired.held.push(held(stay, guest, window, reason_code, held_by, reason));
    }

    /// Whether a door of the unit can be opened by none of the methods (RULES 12). What can be opened by nothing at
    /// all is no door: spaces also hold thermostats and sensors.
    fn is_deaf(&self, unit: &UnitSpaces, methods: MethodSet) -> bool {
        let doors = unit.spaces.iter().flat_map(|space| &self.directory.space(*space).doors);
        let mut openable =
            doors.map(|door| &self.directory.door(*door).methods).filter(|m| !m.is_empty()).peekable();
        openable.peek().is_none() || openable.any(|supported| supported.is_disjoint(&methods))
    }

    /// What is said of a row that is over: the guest left, or should have (RULES 9). One who is in another unit by now
    /// has moved, and is not late.
    pub(super) fn close(&mut self, draft: &mut Draft<'a>, stay: &'a Stay, guest: GuestKey, window: Window) {
        let is_there =
            |candidate: &Candidate<'_>| candidate.guest == guest && candidate.window.contains(self.now);
        if stay.standing == Standing::CheckedIn && !draft.candidates.iter().any(is_there) {
            let reason = "the guest is still checked in after the check-out; left as it is".to_owned();
            let stay = held(stay, guest, window, ReasonCode::Overstay, HeldBy::Rule, reason);
            draft.desired.held.push(stay);
        } else {
            let revoked = self.revoked(stay, guest, draft.property, draft.code, ReasonCode::LeftEarly);
            draft.desired.revoked.push(revoked);
        }
    }

    pub(super) fn revoked(
        &mut self,
        stay: &'a Stay,
        guest: GuestKey,
        property: &Property,
        code: &'a PropertyCode,
        reason_code: ReasonCode,
    ) -> RevokedStay {
        let units = self.places.spaces_of(&stay.place, code).unwrap_or_default();
        let mut spaces: Vec<SpaceRef> = units.iter().flat_map(|unit| &unit.spaces).copied().collect();
        spaces.sort_unstable();
        spaces.dedup();
        RevokedStay {
            guest,
            spaces,
            window: window_of(stay, property),
            arrival: stay.check_in.local.date(),
            reason_code,
            source: stay.source.clone(),
        }
    }
}

pub(super) fn window_of(stay: &Stay, property: &Property) -> Window {
    Window::new(stay.check_in.instant - property.early_access, stay.check_out.instant + property.late_exit)
}

pub(super) fn held(
    stay: &Stay,
    guest: GuestKey,
    window: Window,
    reason_code: ReasonCode,
    held_by: HeldBy,
    reason: String,
) -> HeldStay {
    HeldStay {
        guest,
        full_name: stay.guest.full_name.clone(),
        spaces: Vec::new(),
        window,
        arrival: stay.check_in.local.date(),
        reason_code,
        reason,
        held_by,
        source: stay.source.clone(),
    }
}

pub(super) fn words(methods: MethodSet) -> String {
    methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" or ")
}
