//! Changes as lines that people read: what happens to a grant, why, before and after.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::change::{Amendment, Change, NewGrant, Order, Part, Reach};
use super::conclude::key_parts;
use super::emit::Emitter;
use super::impact::{of_reissue, phase};
use super::item::{Action, GrantView, Impact, Item};
use super::planner::out_of_order;
use crate::mapping::{DesiredGrant, DesiredReservation, HeldStay, Owned, RevokedStay, SpaceRef, SpaceRefs};
use crate::model::{
    AccessGrantKey, DeviceId, DoorId, DoorRef, EntranceId, HeldBy, Method, MethodSet, ReasonCode,
    ReservationId, SharedSet, SpaceId, SpaceKey, Window,
};

impl Emitter<'_, '_> {
    /// The line of a change.
    pub(super) fn item(&mut self, reservation: &DesiredReservation, change: &Change<'_>) -> Item {
        let id = &reservation.id;
        match change {
            Change::Create(new) => self.created(id, new),
            Change::Part(part) => self.part(id, part),
            Change::Amend(amendment) => self.amended(id, amendment),
            Change::Replace { new, old, order } => self.replaced(id, new, old, order),
            Change::Revoke { position, reason, stay, text } => {
                self.revoked(id, *position, *reason, *stay, text.as_deref())
            }
            Change::Hold { desired, position, reason, text, held_by } => {
                self.held(id, *desired, *position, *reason, text, *held_by)
            }
            Change::HeldStay { stay, position } => self.held_stay(id, stay, *position),
            Change::Missing { position, reason, text, held_by } => {
                self.held(id, None, Some(*position), *reason, text, *held_by)
            }
        }
    }

    /// Warns where a later stay has a grant at a door of a new one: its card may close the door to this guest until
    /// the desk writes theirs again (RULES 30).
    fn overtaken(&mut self, id: &ReservationId, new: &NewGrant<'_>) -> bool {
        let starts_at = new.window.starts_at;
        let Some(door) = new.capable.iter().find(|door| self.live.later_at(**door, starts_at, id)) else {
            return false;
        };
        let name = &self.context.directory.door(*door).name;
        self.plan.warnings.push(out_of_order(&new.desired.source, name));
        true
    }

    fn created(&mut self, id: &ReservationId, new: &NewGrant<'_>) -> Item {
        let desired = new.desired;
        let impact = if self.overtaken(id, new) { Impact::Desk } else { Impact::Seamless };
        let reason = match new.reason {
            ReasonCode::SpaceAdded => "the stay was given another space; what the guest has stays",
            ReasonCode::DoorsChanged => "the stay moved to other doors; the old grant stays",
            _ => "a stay without a grant",
        };
        Item {
            key: new.key.clone(),
            reservation: id.clone(),
            action: Action::Create,
            reason_code: new.reason,
            reason: reason.into(),
            impact,
            phase: phase(&new.window, self.context.now),
            held_by: None,
            arrival: desired.arrival,
            before: None,
            after: Some(Arc::new(self.view_of_new(id, new))),
            source: Some(desired.source.clone()),
            code_wished: desired.code.is_some(),
            wanted: Some(new.wanted),
        }
    }

    fn part(&self, id: &ReservationId, part: &Part) -> Item {
        let Part { position, key, spaces, window, reservation_key, wanted, reason } = part;
        let owned = &self.live.owned[*position];
        let Places { space_keys, device_ids, acs_entrance_ids, .. } = self.places(spaces);
        let after = GrantView {
            access_grant_key: Some(key.clone()),
            reservation_key: reservation_key.clone(),
            space_keys,
            device_ids,
            acs_entrance_ids,
            starts_at: window.starts_at,
            ends_at: window.ends_at,
            ..self.view_of_live(owned)
        };
        Item {
            key: key.clone(),
            reservation: id.clone(),
            action: Action::Create,
            reason_code: *reason,
            reason: "the guest keeps these units of a grant that goes".into(),
            impact: of_reissue(after.methods),
            phase: phase(window, self.context.now),
            held_by: None,
            arrival: utc_day(window),
            before: None,
            after: Some(Arc::new(after)),
            source: None,
            code_wished: false,
            wanted: *wanted,
        }
    }

    fn amended(&self, id: &ReservationId, amendment: &Amendment<'_>) -> Item {
        let Amendment { desired, told, position, window, add, remove, wanted, reach, .. } = amendment;
        let owned = &self.live.owned[*position];
        let before = self.view_of_live(owned);
        let mut after = before.clone();
        if let Some(window) = window {
            after.starts_at = window.starts_at;
            after.ends_at = window.ends_at;
        }
        let stays = |method: &Method| remove.iter().all(|(removed, _)| removed != method);
        after.methods = before.methods.iter().copied().filter(stays).collect();
        after.methods.extend(add.iter());
        let methods_change = !add.is_empty() || !remove.is_empty();
        let (reason_code, reason) = match (window, methods_change) {
            (Some(_), true) => {
                (ReasonCode::WindowAndMethodsChanged, "times and ways to open the doors changed")
            }
            (Some(_), false) => (ReasonCode::WindowChanged, "arrival or departure changed"),
            (None, _) => (ReasonCode::MethodsChanged, "ways to open the doors changed"),
        };
        let (reason_code, reason) = match told {
            Some((code, text)) => (*code, text.clone().into()),
            None => (reason_code, reason.into()),
        };
        let impact = if window.is_some() || !remove.is_empty() {
            of_reissue(before.methods)
        } else {
            Impact::Seamless
        };
        let begun = phase(&owned.grant.window, self.context.now);
        Item {
            key: owned.key.clone(),
            reservation: id.clone(),
            action: Action::Update,
            reason_code,
            reason,
            impact,
            phase: desired.map_or(begun, |desired| begun.max(phase(&desired.window, self.context.now))),
            held_by: None,
            arrival: desired.map_or_else(|| utc_day(&owned.grant.window), |desired| desired.arrival),
            before: Some(Arc::new(before)),
            after: Some(Arc::new(after)),
            source: desired.map(|desired| desired.source.clone()),
            code_wished: false,
            wanted: wanted.filter(|_| *reach == Reach::Whole),
        }
    }

    fn replaced(&mut self, id: &ReservationId, new: &NewGrant<'_>, old: &[usize], order: &Order) -> Item {
        let desired = new.desired;
        let impact = if self.overtaken(id, new) { Impact::Desk } else { Impact::Replace };
        let before = &self.live.owned[old[0]];
        let why = match new.reason {
            ReasonCode::SpaceAdded => "the stay was given another space that reservations own",
            ReasonCode::WindowChanged => "the dates no longer overlap those of the other guests",
            ReasonCode::ReservationRebuilt => "the dates of the whole reservation moved",
            _ if !before.right_person => "the grant belongs to another person than its key says",
            _ => "the stay moved to other doors",
        };
        let how = match order {
            Order::CreateFirst => "the new grant comes before the old one goes",
            Order::DeleteFirst(_) => "all grants of the reservation are deleted first, then made anew",
        };
        Item {
            key: new.key.clone(),
            reservation: id.clone(),
            action: Action::Replace,
            reason_code: new.reason,
            reason: format!("{why}; {how}").into(),
            impact,
            phase: phase(&before.grant.window, self.context.now),
            held_by: None,
            arrival: desired.arrival,
            before: Some(Arc::new(self.view_of_live(before))),
            after: Some(Arc::new(self.view_of_new(id, new))),
            source: Some(desired.source.clone()),
            code_wished: desired.code.is_some(),
            wanted: Some(new.wanted),
        }
    }

    fn revoked(
        &self,
        id: &ReservationId,
        position: usize,
        reason_code: ReasonCode,
        stay: Option<&RevokedStay>,
        text: Option<&str>,
    ) -> Item {
        let owned = &self.live.owned[position];
        let reason = match reason_code {
            ReasonCode::Cancelled => "the source says cancelled, no-show or checked out",
            ReasonCode::LeftEarly => "the stay is already over",
            ReasonCode::RolledBack => "the run that made it is undone",
            ReasonCode::Duplicate => "another grant opens the same doors at the same time",
            ReasonCode::NoLongerWanted => "the configuration no longer gives this access",
            ReasonCode::Absent => {
                "the stay is no longer in the source, for long enough and in enough complete runs"
            }
            ReasonCode::AnotherGuest => "the source gives the place to another person",
            _ => "the source gives the guest other doors in this time; another grant opens them",
        };
        Item {
            key: owned.key.clone(),
            reservation: id.clone(),
            action: Action::Revoke,
            reason_code,
            reason: text.map_or(reason.into(), |text| text.to_owned().into()),
            impact: Impact::Revoke,
            phase: phase(&owned.grant.window, self.context.now),
            held_by: None,
            arrival: stay.map_or_else(|| utc_day(&owned.grant.window), |stay| stay.arrival),
            before: Some(Arc::new(self.view_of_live(owned))),
            after: None,
            source: stay.map(|stay| stay.source.clone()),
            code_wished: false,
            wanted: None,
        }
    }

    fn held(
        &self,
        id: &ReservationId,
        desired: Option<&DesiredGrant>,
        position: Option<usize>,
        reason_code: ReasonCode,
        reason: &str,
        held_by: HeldBy,
    ) -> Item {
        let owned = position.map(|position| &self.live.owned[position]);
        let after = desired.map(|desired| self.view_of_wanted(id, desired));
        let before = owned.map(|owned| self.view_of_live(owned));
        let window = desired
            .map(|desired| desired.window)
            .or(owned.map(|owned| owned.grant.window))
            .expect("a held line is about a stay or a grant");
        let key = owned
            .map(|owned| owned.key.clone())
            .or_else(|| after.as_ref().and_then(|after| after.access_grant_key.clone()))
            .expect("a held line is about a stay or a grant");
        Item {
            key,
            reservation: id.clone(),
            action: Action::Hold,
            reason_code,
            reason: reason.to_owned().into(),
            impact: Impact::Seamless,
            phase: phase(&window, self.context.now),
            held_by: Some(held_by),
            arrival: desired.map_or_else(|| utc_day(&window), |desired| desired.arrival),
            before: before.map(Arc::new),
            after: after.map(Arc::new),
            source: desired.map(|desired| desired.source.clone()),
            code_wished: false,
            wanted: None,
        }
    }

    fn held_stay(&self, id: &ReservationId, stay: &HeldStay, position: Option<usize>) -> Item {
        let owned = position.map(|position| &self.live.owned[position]);
        let key = owned.map_or_else(
            || {
                let parts = key_parts(id, stay.guest.clone(), &[], self.context.directory);
                parts.key(&self.context.settings.namespace)
            },
            |owned| owned.key.clone(),
        );
        Item {
            key,
            reservation: id.clone(),
            action: Action::Hold,
            reason_code: stay.reason_code,
            reason: stay.reason.clone().into(),
            impact: Impact::Seamless,
            phase: phase(&stay.window, self.context.now),
            held_by: Some(stay.held_by),
            arrival: stay.arrival,
            before: owned.map(|owned| Arc::new(self.view_of_live(owned))),
            after: owned.is_none().then(|| Arc::new(view_of_waiting(id, stay))),
            source: Some(stay.source.clone()),
            code_wished: false,
            wanted: None,
        }
    }

    fn view_of_new(&self, id: &ReservationId, new: &NewGrant<'_>) -> GrantView {
        let NewGrant { desired, key, spaces, seat, methods, window, .. } = new;
        GrantView {
            access_grant_key: Some(key.clone()),
            reservation_key: seat.as_ref().map(|seat| seat.key.clone()),
            methods: *methods,
            starts_at: window.starts_at,
            ends_at: window.ends_at,
            ..self.view(id, desired, spaces)
        }
    }

    fn view_of_wanted(&self, id: &ReservationId, desired: &DesiredGrant) -> GrantView {
        let spaces = desired.spaces();
        let parts = key_parts(id, desired.guest.clone(), &spaces, self.context.directory);
        let key: AccessGrantKey = parts.key(&self.context.settings.namespace);
        GrantView { access_grant_key: Some(key), ..self.view(id, desired, &spaces) }
    }

    fn view(&self, id: &ReservationId, desired: &DesiredGrant, spaces: &[SpaceRef]) -> GrantView {
        let Places { space_keys, device_ids, acs_entrance_ids, .. } = self.places(spaces);
        let guest = self.context.identities.position(&desired.guest);
        GrantView {
            access_grant_key: None,
            reservation_key: None,
            user_identity_key: Some(self.context.settings.namespace.identity_key(&desired.guest)),
            full_name: guest.and_then(|guest| self.context.identities.full_name(guest)).cloned(),
            space_keys,
            device_ids,
            acs_entrance_ids,
            starts_at: desired.window.starts_at,
            ends_at: desired.window.ends_at,
            methods: desired.methods,
            name: Some(id.key.text()),
        }
    }

    fn view_of_live(&self, owned: &Owned<'_>) -> GrantView {
        let grant = owned.grant;
        let spaces: SpaceRefs =
            grant.spaces.iter().filter_map(|space| self.context.directory.by_id(space)).collect();
        let Places { mut space_keys, device_ids, acs_entrance_ids, .. } = self.places(&spaces);
        let unknown = grant.spaces.iter().filter(|space| self.context.directory.by_id(space).is_none());
        for space in unknown {
            space_keys.insert(SpaceKey::from(space));
        }
        let identity = self.live.identity(&grant.identity);
        GrantView {
            access_grant_key: Some(owned.key.clone()),
            reservation_key: grant.reservation_key.clone(),
            user_identity_key: identity.and_then(|identity| identity.key.clone()),
            full_name: identity.and_then(|identity| identity.full_name.clone()),
            space_keys,
            device_ids,
            acs_entrance_ids,
            starts_at: grant.window.starts_at,
            ends_at: grant.window.ends_at,
            methods: grant.methods(),
            name: grant.name.clone(),
        }
    }

    /// What a set of spaces is called and has; made once for each set.
    pub(super) fn places(&self, spaces: &[SpaceRef]) -> Places {
        if let Some(places) = self.places.borrow().get(spaces) {
            return places.clone();
        }
        let directory = self.context.directory;
        let doors = directory.doors_of(spaces);
        let ids = || doors.iter().map(|door| &directory.door(*door).id);
        let of_device = |id: &DoorId| if let DoorId::Device(id) = id { Some(id.clone()) } else { None };
        let of_entrance = |id: &DoorId| if let DoorId::Entrance(id) = id { Some(id.clone()) } else { None };
        let places = Places {
            space_ids: spaces.iter().map(|space| directory.space(*space).id.clone()).collect(),
            space_keys: spaces.iter().map(|space| directory.space(*space).key.clone()).collect(),
            device_ids: ids().filter_map(of_device).collect(),
            acs_entrance_ids: ids().filter_map(of_entrance).collect(),
            doors: doors.into_iter().collect(),
        };
        self.places.borrow_mut().insert(spaces.into(), places.clone());
        places
    }
}

/// What a set of spaces is called and has, shared by all lines and calls about it.
#[derive(Clone)]
pub(super) struct Places {
    pub(super) space_ids: SharedSet<SpaceId>,
    pub(super) doors: SharedSet<DoorRef>,
    space_keys: SharedSet<SpaceKey>,
    device_ids: SharedSet<DeviceId>,
    acs_entrance_ids: SharedSet<EntranceId>,
}

/// Who waits, and when; what opens which door is not decided.
fn view_of_waiting(id: &ReservationId, stay: &HeldStay) -> GrantView {
    GrantView {
        access_grant_key: None,
        reservation_key: None,
        user_identity_key: None,
        full_name: (!stay.full_name.is_empty()).then(|| stay.full_name.clone()),
        space_keys: SharedSet::new(),
        device_ids: SharedSet::new(),
        acs_entrance_ids: SharedSet::new(),
        starts_at: stay.window.starts_at,
        ends_at: stay.window.ends_at,
        methods: MethodSet::new(),
        name: Some(id.key.text()),
    }
}

/// The day under which a line stands that no row speaks of.
fn utc_day(window: &Window) -> Date {
    TimeZone::UTC.to_datetime(window.starts_at).date()
}
