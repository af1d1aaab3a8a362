//! Changes told twice: as lines that people read, and as calls that machines send.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::change::{Amendment, Change, NewGrant, Order};
use super::identities::IdentityCall;
use super::impact::{of_reissue, phase};
use super::item::{Action, GrantView, Impact, Item};
use super::live::{Live, Owned};
use super::outline::{IdentityItem, Plan};
use super::planner::out_of_order;
use super::reservation::{Context, key_parts};
use super::step::{Call, IdentityTarget, ItemId, Step, StepId};
use crate::mapping::{DesiredGrant, DesiredReservation, HeldStay, RevokedStay, SpaceRef};
use crate::model::{
    AccessGrantKey, DeviceId, DoorId, DoorRef, EntranceId, GuestKey, HeldBy, Method, ReasonCode,
    ReservationId, SpaceKey, Window,
};

pub(super) struct Emitter<'a, 'c> {
    context: &'c Context<'a>,
    live: &'c Live<'c>,
    plan: Plan,
    identity_steps: HashMap<GuestKey, StepId>,
    last_create_at: HashMap<DoorRef, StepId>,
}

/// The steps of one reservation, by what they do, so that others can wait for them.
#[derive(Default)]
struct Sent {
    deletes: BTreeMap<usize, StepId>,
    updates: BTreeMap<usize, StepId>,
    creates: BTreeMap<usize, StepId>,
}

/// What is still to be sent for a reservation.
enum Errand<'r> {
    Amend(&'r Amendment<'r>),
    Create(&'r NewGrant<'r>),
    DeleteOld { position: usize, after: usize },
}

/// The errands of a reservation in the order they are sent where nothing speaks against it: windows, new grants (the
/// one that opens a reservation key before those that join it), old grants.
fn errands<'r>(changes: &'r [Change<'_>], items: &[ItemId]) -> Vec<(Errand<'r>, ItemId)> {
    let mut errands = Vec::new();
    let mut news: Vec<(&NewGrant<'_>, ItemId)> = Vec::new();
    let mut old_ones = Vec::new();
    for (change, item) in changes.iter().zip(items) {
        match change {
            Change::Amend(amendment) => errands.push((Errand::Amend(amendment), *item)),
            Change::Create(new) => news.push((new, *item)),
            Change::Replace { new, old, order } => {
                news.push((new, *item));
                if *order == Order::CreateFirst {
                    old_ones.extend(old.iter().map(|position| {
                        (Errand::DeleteOld { position: *position, after: new.piece }, *item)
                    }));
                }
            }
            Change::Revoke { .. } | Change::Hold { .. } | Change::HeldStay { .. } => {}
        }
    }
    news.sort_by_key(|(new, _)| {
        let joins = new.seat.as_ref().is_some_and(|seat| seat.after_creation_of.is_some());
        (joins, new.desired.window, new.key.clone())
    });
    errands.extend(news.into_iter().map(|(new, item)| (Errand::Create(new), item)));
    errands.extend(old_ones);
    errands
}

impl Sent {
    /// Whether nothing that is still waiting has to come before.
    fn allows(&self, errand: &Errand<'_>, waiting: &[(Errand<'_>, ItemId)]) -> bool {
        let updates = |position: &usize| {
            waiting.iter().any(|(other, _)| matches!(other, Errand::Amend(a) if a.position == *position))
        };
        let deletes = |position: &usize| {
            waiting
                .iter()
                .any(|(other, _)| matches!(other, Errand::DeleteOld { position: p, .. } if p == position))
        };
        let creates = |piece: &usize| !self.creates.contains_key(piece);
        match errand {
            Errand::Amend(amendment) => {
                !amendment.after_deletion_of.iter().any(deletes)
                    && !amendment.after_update_of.iter().any(updates)
            }
            Errand::Create(new) => new.seat.as_ref().is_none_or(|seat| {
                !seat.after_deletion_of.iter().any(deletes)
                    && !seat.after_update_of.iter().any(updates)
                    && !seat.after_creation_of.iter().any(creates)
            }),
            Errand::DeleteOld { after, .. } => !creates(after),
        }
    }
}

impl<'a, 'c> Emitter<'a, 'c> {
    pub(super) fn new(context: &'c Context<'a>, live: &'c Live<'c>) -> Self {
        Self {
            context,
            live,
            plan: Plan::default(),
            identity_steps: HashMap::new(),
            last_create_at: HashMap::new(),
        }
    }

    /// Calls for identities come first; one that takes a contact waits for the one that gives it up.
    pub(super) fn identities(&mut self, calls: Vec<IdentityCall>) {
        let mut releases = Vec::new();
        for IdentityCall { guest, key, call, fields } in calls {
            let action = match call {
                Call::CreateIdentity { .. } => Action::Create,
                _ => Action::Update,
            };
            let requires = if guest.is_some() { releases.clone() } else { Vec::new() };
            let step = self.step(None, call, Vec::new(), requires, self.context.now);
            match guest {
                None => releases.push(step),
                Some(guest) => {
                    self.identity_steps.insert(guest, step);
                }
            }
            self.plan.identities.push(IdentityItem { key, action, fields, step });
        }
    }

    /// The lines and calls of one reservation: what goes first, what moves, what is new, what goes last.
    pub(super) fn reservation(&mut self, reservation: &DesiredReservation, changes: &[Change<'_>]) {
        let items: Vec<ItemId> = changes
            .iter()
            .map(|change| {
                let item = self.item(reservation, change);
                self.plan.items.push(item);
                ItemId(index(self.plan.items.len() - 1))
            })
            .collect();
        let mut sent = Sent::default();
        for (change, item) in changes.iter().zip(&items) {
            let first: &[usize] = match change {
                Change::Revoke { position, .. } => std::slice::from_ref(position),
                Change::Replace { old, order: Order::DeleteFirst, .. } => old,
                _ => &[],
            };
            for position in first {
                let step = self.delete(*item, *position, Vec::new());
                sent.deletes.insert(*position, step);
            }
        }
        let mut waiting = errands(changes, &items);
        while !waiting.is_empty() {
            // The first that waits for nothing; if all wait for each other the check of the plan will say so.
            let ready = waiting.iter().position(|(errand, _)| sent.allows(errand, &waiting)).unwrap_or(0);
            let (errand, item) = waiting.remove(ready);
            match errand {
                Errand::Amend(amendment) => self.amend(amendment, item, &mut sent),
                Errand::Create(new) => {
                    let step = self.create(new, item, &sent);
                    sent.creates.insert(new.piece, step);
                }
                Errand::DeleteOld { position, after } => {
                    let created = sent.creates.get(&after).copied();
                    let step = self.delete(item, position, created.into_iter().collect());
                    sent.deletes.insert(position, step);
                }
            }
        }
    }

    fn amend(&mut self, amendment: &Amendment<'_>, item: ItemId, sent: &mut Sent) {
        let Amendment {
            desired,
            position,
            window,
            add,
            remove,
            methods: _,
            after_deletion_of,
            after_update_of,
        } = amendment;
        let owned = &self.live.owned[*position];
        let doors = self.doors_of(owned);
        let deadline = self.deadline(window.as_ref().unwrap_or(&desired.window));
        let (id, key) = (&owned.grant.id, owned.key);
        let mut requires: Vec<StepId> = Vec::new();
        if let Some(window) = window {
            requires.extend(after_deletion_of.iter().filter_map(|p| sent.deletes.get(p)));
            requires.extend(after_update_of.iter().filter_map(|p| sent.updates.get(p)));
            let call = Call::UpdateGrant { id: id.clone(), key: key.clone(), window: *window };
            let step = self.step(Some(item), call, doors.clone(), requires, deadline);
            sent.updates.insert(*position, step);
            requires = vec![step];
        }
        for method in remove {
            let call = Call::DeleteMethod { id: method.clone(), key: key.clone() };
            let now = self.context.now;
            self.step(Some(item), call, doors.clone(), requires.clone(), now);
        }
        if !add.is_empty() {
            let call = Call::AddMethods { id: id.clone(), key: key.clone(), methods: add.clone() };
            self.step(Some(item), call, doors, requires, deadline);
        }
    }

    fn create(&mut self, new: &NewGrant<'_>, item: ItemId, sent: &Sent) -> StepId {
        let NewGrant { piece: _, desired, key, spaces, capable, seat, methods, reason: _ } = new;
        let directory = self.context.directory;
        let mut requires = Vec::new();
        if let Some(seat) = seat {
            requires.extend(seat.after_deletion_of.iter().filter_map(|p| sent.deletes.get(p)));
            requires.extend(seat.after_update_of.iter().filter_map(|p| sent.updates.get(p)));
            requires.extend(seat.after_creation_of.iter().filter_map(|piece| sent.creates.get(piece)));
        }
        let made_by = self.identity_steps.get(&desired.guest).copied();
        let identity = match self.context.identities.existing(&desired.guest) {
            Some(identity) => IdentityTarget::Known(identity.id.clone()),
            None => IdentityTarget::MadeBy(made_by.expect("a guest without identity was given one")),
        };
        if let IdentityTarget::MadeBy(step) = identity {
            requires.push(step);
        }
        let call = Call::CreateGrant {
            key: key.clone(),
            identity,
            reservation_key: seat.as_ref().map(|seat| seat.key.clone()),
            spaces: spaces.iter().map(|space| directory.space(*space).id.clone()).collect(),
            window: desired.window,
            methods: methods.clone(),
            code: desired.code.clone().filter(|_| methods.contains(&Method::Code)),
            name: self.plan.item(item).reservation.key.to_string(),
        };
        let deadline = self.deadline(&desired.window);
        let step = self.step(Some(item), call, directory.doors_of(spaces), requires, deadline);
        for door in capable {
            if let Some(previous) = self.last_create_at.insert(*door, step) {
                let follows = &mut self.plan.steps[step.0 as usize].follows;
                if !follows.contains(&previous) {
                    follows.push(previous);
                }
            }
        }
        step
    }

    fn delete(&mut self, item: ItemId, position: usize, requires: Vec<StepId>) -> StepId {
        let owned = &self.live.owned[position];
        let call = Call::DeleteGrant { id: owned.grant.id.clone(), key: owned.key.clone() };
        let deadline = self.deadline(&owned.grant.window);
        self.step(Some(item), call, self.doors_of(owned), requires, deadline)
    }

    fn step(
        &mut self,
        item: Option<ItemId>,
        call: Call,
        doors: Vec<DoorRef>,
        mut requires: Vec<StepId>,
        deadline: Timestamp,
    ) -> StepId {
        requires.sort_unstable();
        requires.dedup();
        let id = StepId(index(self.plan.steps.len()));
        self.plan.steps.push(Step { item, call, doors, requires, follows: Vec::new(), deadline });
        id
    }

    fn deadline(&self, window: &Window) -> Timestamp {
        window.starts_at.max(self.context.now)
    }

    fn doors_of(&self, owned: &Owned<'_>) -> Vec<DoorRef> {
        owned.spaces.as_deref().map_or_else(|| owned.capable.clone(), |s| self.context.directory.doors_of(s))
    }

    fn item(&mut self, reservation: &DesiredReservation, change: &Change<'_>) -> Item {
        let id = &reservation.id;
        match change {
            Change::Create(new) => self.created(id, new),
            Change::Amend(amendment) => self.amended(id, amendment),
            Change::Replace { new, old, order } => self.replaced(id, new, old, *order),
            Change::Revoke { position, reason, stay } => self.revoked(id, *position, *reason, *stay),
            Change::Hold { desired, position, reason, text, held_by } => {
                self.held(id, *desired, *position, *reason, text, *held_by)
            }
            Change::HeldStay { stay, position } => self.held_stay(id, stay, *position),
        }
    }

    fn created(&mut self, id: &ReservationId, new: &NewGrant<'_>) -> Item {
        let desired = new.desired;
        let overtaken = new.capable.iter().find(|d| self.live.later_at(**d, desired.window.starts_at, id));
        let impact = if overtaken.is_some() { Impact::Desk } else { Impact::Seamless };
        if let Some(door) = overtaken {
            let name = &self.context.directory.door(*door).name;
            self.plan.warnings.push(out_of_order(&desired.source, name));
        }
        let reason = match new.reason {
            ReasonCode::SpaceAdded => "the stay was given another space; what the guest has stays",
            ReasonCode::DoorsChanged => "the stay moved to other doors; the policy keeps the old grant",
            _ => "a stay without a grant",
        };
        Item {
            key: new.key.clone(),
            reservation: id.clone(),
            action: Action::Create,
            reason_code: new.reason,
            reason: reason.to_owned(),
            impact,
            phase: phase(&desired.window, self.context.now),
            held_by: None,
            arrival: desired.arrival,
            before: None,
            after: Some(self.view_of_new(id, new)),
            source: Some(desired.source.clone()),
            code_wished: desired.code.is_some(),
        }
    }

    fn amended(&self, id: &ReservationId, amendment: &Amendment<'_>) -> Item {
        let Amendment { desired, position, window, add, remove, methods, .. } = amendment;
        let owned = &self.live.owned[*position];
        let before = self.view_of_live(owned);
        let mut after = before.clone();
        if let Some(window) = window {
            after.starts_at = window.starts_at;
            after.ends_at = window.ends_at;
        }
        after.methods.clone_from(methods);
        let methods_change = !add.is_empty() || !remove.is_empty();
        let (reason_code, reason) = match (window, methods_change) {
            (Some(_), true) => {
                (ReasonCode::WindowAndMethodsChanged, "times and ways to open the doors changed")
            }
            (Some(_), false) => (ReasonCode::WindowChanged, "arrival or departure changed"),
            (None, _) => (ReasonCode::MethodsChanged, "ways to open the doors changed"),
        };
        let impact = if window.is_some() || !remove.is_empty() {
            of_reissue(&before.methods)
        } else {
            Impact::Seamless
        };
        let begun = phase(&owned.grant.window, self.context.now);
        Item {
            key: owned.key.clone(),
            reservation: id.clone(),
            action: Action::Update,
            reason_code,
            reason: reason.to_owned(),
            impact,
            phase: begun.max(phase(&desired.window, self.context.now)),
            held_by: None,
            arrival: desired.arrival,
            before: Some(before),
            after: Some(after),
            source: Some(desired.source.clone()),
            code_wished: false,
        }
    }

    fn replaced(&self, id: &ReservationId, new: &NewGrant<'_>, old: &[usize], order: Order) -> Item {
        let desired = new.desired;
        let before = &self.live.owned[old[0]];
        let why = match new.reason {
            ReasonCode::SpaceAdded => "the stay was given another space that reservations own",
            ReasonCode::WindowChanged => "the dates no longer overlap those of the other guests",
            ReasonCode::ReservationRebuilt => "the dates of the whole reservation moved",
            _ => "the stay moved to other doors",
        };
        let how = match order {
            Order::CreateFirst => "the new grant comes before the old one goes",
            Order::DeleteFirst => "all grants of the reservation are deleted first, then made anew",
        };
        Item {
            key: new.key.clone(),
            reservation: id.clone(),
            action: Action::Replace,
            reason_code: new.reason,
            reason: format!("{why}; {how}"),
            impact: Impact::Replace,
            phase: phase(&before.grant.window, self.context.now),
            held_by: None,
            arrival: desired.arrival,
            before: Some(self.view_of_live(before)),
            after: Some(self.view_of_new(id, new)),
            source: Some(desired.source.clone()),
            code_wished: desired.code.is_some(),
        }
    }

    fn revoked(
        &self,
        id: &ReservationId,
        position: usize,
        reason_code: ReasonCode,
        stay: Option<&RevokedStay>,
    ) -> Item {
        let owned = &self.live.owned[position];
        let reason = match reason_code {
            ReasonCode::Cancelled => "the source says cancelled, no-show or checked out",
            ReasonCode::LeftEarly => "the stay is already over",
            ReasonCode::Duplicate => "another grant opens the same doors at the same time",
            ReasonCode::NoLongerWanted => "the configuration no longer gives this guest a grant",
            _ => "the guest moved back; another grant covers this time",
        };
        Item {
            key: owned.key.clone(),
            reservation: id.clone(),
            action: Action::Revoke,
            reason_code,
            reason: reason.to_owned(),
            impact: Impact::Revoke,
            phase: phase(&owned.grant.window, self.context.now),
            held_by: None,
            arrival: stay.map_or_else(|| utc_day(&owned.grant.window), |stay| stay.arrival),
            before: Some(self.view_of_live(owned)),
            after: None,
            source: stay.map(|stay| stay.source.clone()),
            code_wished: false,
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
            reason: reason.to_owned(),
            impact: Impact::Seamless,
            phase: phase(&window, self.context.now),
            held_by: Some(held_by),
            arrival: desired.map_or_else(|| utc_day(&window), |desired| desired.arrival),
            before,
            after,
            source: desired.map(|desired| desired.source.clone()),
            code_wished: false,
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
            reason: stay.reason.clone(),
            impact: Impact::Seamless,
            phase: phase(&stay.window, self.context.now),
            held_by: Some(stay.held_by),
            arrival: stay.arrival,
            before: owned.map(|owned| self.view_of_live(owned)),
            after: owned.is_none().then(|| view_of_waiting(id, stay)),
            source: Some(stay.source.clone()),
            code_wished: false,
        }
    }

    fn view_of_new(&self, id: &ReservationId, new: &NewGrant<'_>) -> GrantView {
        let NewGrant { piece: _, desired, key, spaces, seat, methods, capable: _, reason: _ } = new;
        GrantView {
            access_grant_key: Some(key.clone()),
            reservation_key: seat.as_ref().map(|seat| seat.key.clone()),
            methods: methods.clone(),
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
        let Places { space_keys, device_ids, acs_entrance_ids } = self.places(spaces);
        GrantView {
            access_grant_key: None,
            reservation_key: None,
            user_identity_key: Some(self.context.settings.namespace.identity_key(&desired.guest)),
            full_name: self.context.identities.full_name(&desired.guest).map(str::to_owned),
            space_keys,
            device_ids,
            acs_entrance_ids,
            starts_at: desired.window.starts_at,
            ends_at: desired.window.ends_at,
            methods: desired.methods.clone(),
            name: Some(id.key.to_string()),
        }
    }

    fn view_of_live(&self, owned: &Owned<'_>) -> GrantView {
        let grant = owned.grant;
        let spaces: Vec<SpaceRef> =
            grant.spaces.iter().filter_map(|space| self.context.directory.by_id(space)).collect();
        let Places { mut space_keys, device_ids, acs_entrance_ids } = self.places(&spaces);
        let unknown = grant.spaces.iter().filter(|space| self.context.directory.by_id(space).is_none());
        space_keys.extend(unknown.map(|space| SpaceKey::new(space.as_str())));
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

    fn places(&self, spaces: &[SpaceRef]) -> Places {
        let directory = self.context.directory;
        let mut places = Places {
            space_keys: spaces.iter().map(|space| directory.space(*space).key.clone()).collect(),
            ..Places::default()
        };
        for door in directory.doors_of(spaces) {
            match &directory.door(door).id {
                DoorId::Device(id) => {
                    places.device_ids.insert(id.clone());
                }
                DoorId::Entrance(id) => {
                    places.acs_entrance_ids.insert(id.clone());
                }
            }
        }
        places
    }

    /// Sorts the lines for reading; the calls keep their order and follow their lines.
    pub(super) fn into_plan(self) -> Plan {
        let mut plan = self.plan;
        let mut order: Vec<usize> = (0..plan.items.len()).collect();
        let place = |item: &Item| (item.arrival, item.reservation.clone(), item.key.clone(), item.action);
        order.sort_by_cached_key(|i| (place(&plan.items[*i]), *i));
        let mut moved_to = vec![ItemId(0); order.len()];
        for (to, from) in order.iter().enumerate() {
            moved_to[*from] = ItemId(index(to));
        }
        let mut items: Vec<Option<Item>> = plan.items.into_iter().map(Some).collect();
        plan.items = order.iter().map(|from| items[*from].take().expect("each line has one place")).collect();
        for step in &mut plan.steps {
            step.item = step.item.map(|item| moved_to[item.0 as usize]);
        }
        plan.identities.sort_by(|left, right| (&left.key, left.step).cmp(&(&right.key, right.step)));
        plan
    }
}

#[derive(Default)]
struct Places {
    space_keys: BTreeSet<SpaceKey>,
    device_ids: BTreeSet<DeviceId>,
    acs_entrance_ids: BTreeSet<EntranceId>,
}

/// Who waits, and when; what opens which door is not decided.
fn view_of_waiting(id: &ReservationId, stay: &HeldStay) -> GrantView {
    GrantView {
        access_grant_key: None,
        reservation_key: None,
        user_identity_key: None,
        full_name: (!stay.full_name.is_empty()).then(|| stay.full_name.clone()),
        space_keys: stay.spaces.iter().cloned().collect(),
        device_ids: BTreeSet::new(),
        acs_entrance_ids: BTreeSet::new(),
        starts_at: stay.window.starts_at,
        ends_at: stay.window.ends_at,
        methods: BTreeSet::new(),
        name: Some(id.key.to_string()),
    }
}

/// The day under which a line stands that no row speaks of.
fn utc_day(window: &Window) -> Date {
    TimeZone::UTC.to_datetime(window.starts_at).date()
}

fn index(position: usize) -> u32 {
    u32::try_from(position).expect("a plan has fewer than 2^32 lines")
}
