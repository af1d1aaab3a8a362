//! Changes as calls that machines send, each with what it has to wait for.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hashbrown::HashMap;
use jiff::Timestamp;
use smallvec::{SmallVec, smallvec};

use super::change::{Amendment, Change, NewGrant, Order, Part};
use super::contacts::Position;
use super::identity_calls::{IdentityCall, Making};
use super::lines::Places;
use super::live::Live;
use super::occupancy::Need;
use super::order::order_across;
use super::outline::{IdentityItem, Plan};
use super::reservation::Context;
use super::rings::rings;
use super::step::{Call, IdentityTarget, ItemId, Step, StepId, StepIds, assign_makers};
use crate::mapping::{DesiredReservation, Owned, SpaceRefs};
use crate::model::{DoorRef, GuestKey, Method, ReasonCode, ReservationId, SharedSet, Window};

pub(super) struct Emitter<'a, 'c> {
    pub(super) context: &'c Context<'a>,
    pub(super) live: &'c Live<'c>,
    pub(super) plan: Plan,
    /// What must have happened before the grants of a new guest, by their place; most wait for nothing.
    before_grants: HashMap<Position, StepIds>,
    last_create_at: HashMap<DoorRef, StepId>,
    /// The creates of reservations that wait for others.
    created: HashMap<(ReservationId, usize), Vec<StepId>>,
    needs: &'c [Need],
    pub(super) places: RefCell<HashMap<SpaceRefs, Places>>,
}

/// The steps of one reservation, by what they do, so that others can wait for them.
#[derive(Default)]
struct Sent {
    deletes: BTreeMap<usize, StepId>,
    updates: BTreeMap<usize, StepId>,
    creates: BTreeMap<usize, StepId>,
    /// What gives a guest more, or something else.
    gains: Vec<(GuestKey, StepId)>,
    /// The new grants of guests who move.
    moves: Vec<(GuestKey, StepId)>,
}

/// What is still to be sent for a reservation.
enum Errand<'r> {
    Amend(&'r Amendment<'r>),
    Create(&'r NewGrant<'r>),
    /// Before the grant goes of which it is a part.
    CreatePart(&'r Part),
    DeleteOld {
        position: usize,
        after: usize,
    },
    DeleteSuperseded {
        position: usize,
    },
    /// A row takes the grant from a guest who is in house and gets something else: that is sent before (RULES 30).
    DeleteAfterGains {
        position: usize,
    },
    DeleteMissing {
        position: usize,
    },
}

/// What a revocation waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Nothing,
    /// No row takes the grant away, another has taken its place: it goes only when that one is there.
    Successor,
    /// It is in house, and its guest gains something: that is sent before, and it goes whatever becomes of that.
    Gains,
}

/// What a revocation waits for. It goes first all the same where something else cannot come before it is gone.
fn wait(change: &Change<'_>, changes: &[Change<'_>], live: &Live<'_>, now: Timestamp) -> Wait {
    let Change::Revoke { position, reason, stay, .. } = change else { return Wait::Nothing };
    let is_awaited = changes.iter().any(|other| match other {
        Change::Amend(amendment) => amendment.after_deletion_of.contains(position),
        Change::Create(new) | Change::Replace { new, .. } => {
            new.seat.as_ref().is_some_and(|seat| seat.after_deletion_of.contains(position))
        }
        _ => false,
    });
    if *reason == ReasonCode::Absent || is_awaited {
        return Wait::Nothing;
    }
    let is_part = |other: &Change<'_>| matches!(other, Change::Part(part) if part.position == *position);
    let owned = &live.owned[*position];
    let gains = || {
        changes.iter().any(|other| match other {
            Change::Amend(amendment) => live.owned[amendment.position].parts.guest == owned.parts.guest,
            Change::Create(new) | Change::Replace { new, .. } => new.desired.guest == owned.parts.guest,
            _ => false,
        })
    };
    match stay {
        None => Wait::Successor,
        Some(_) if changes.iter().any(is_part) => Wait::Successor,
        Some(_) if owned.grant.window.contains(now) && gains() => Wait::Gains,
        Some(_) => Wait::Nothing,
    }
}

/// How the identities of new guests of a reservation are made (RULES 29).
pub(super) fn making(changes: &[Change<'_>]) -> Making {
    let waits_for_deletion = changes.iter().any(|change| match change {
        Change::Amend(amendment) => !amendment.after_deletion_of.is_empty(),
        Change::Create(new) | Change::Replace { new, .. } => {
            new.seat.as_ref().is_some_and(|seat| !seat.after_deletion_of.is_empty())
        }
        _ => false,
    });
    if waits_for_deletion { Making::Ahead } else { Making::WithGrant }
}

/// Whether a grant is shortened because its guest moves: then the new one comes first, unless it waits for this.
fn shortens_behind(amendment: &Amendment<'_>, new: &NewGrant<'_>, live: &Live<'_>) -> bool {
    let Amendment { desired, told, position, .. } = amendment;
    let is_bridge = desired.is_none() && matches!(told, Some((ReasonCode::DoorsChanged, _)));
    let waits_for_it = new.seat.as_ref().is_some_and(|seat| seat.after_update_of.contains(position));
    is_bridge
        && new.reason == ReasonCode::DoorsChanged
        && new.desired.guest == live.owned[*position].parts.guest
        && !waits_for_it
}

/// The errands of a reservation in the order they are sent where nothing speaks against it: windows, new grants (the
/// one that opens a reservation key before those that join it), old grants.
fn errands<'r>(
    changes: &'r [Change<'_>],
    items: &[ItemId],
    wait: impl Fn(&Change<'_>) -> Wait,
) -> Vec<(Errand<'r>, ItemId)> {
    let mut errands = Vec::new();
    let mut news: Vec<(&NewGrant<'_>, ItemId)> = Vec::new();
    let mut old_ones = Vec::new();
    for (change, item) in changes.iter().zip(items) {
        match change {
            Change::Amend(amendment) => errands.push((Errand::Amend(amendment), *item)),
            Change::Part(part) => errands.push((Errand::CreatePart(part), *item)),
            Change::Create(new) => news.push((new, *item)),
            Change::Replace { new, old, order } => {
                news.push((new, *item));
                let goes_first = |position: &usize| match order {
                    Order::CreateFirst => false,
                    Order::DeleteFirst(first) => first.contains(position),
                };
                old_ones.extend(
                    old.iter()
                        .filter(|position| !goes_first(position))
                        .map(|position| (Errand::DeleteOld { position: *position, after: new.piece }, *item)),
                );
            }
            // Absence waits for what is certain: new grants are made while those that are missing still stand.
            Change::Revoke { position, reason: ReasonCode::Absent, .. } => {
                old_ones.push((Errand::DeleteMissing { position: *position }, *item));
            }
            Change::Revoke { position, .. } => match wait(change) {
                Wait::Nothing => {}
                Wait::Successor => old_ones.push((Errand::DeleteSuperseded { position: *position }, *item)),
                Wait::Gains => old_ones.push((Errand::DeleteAfterGains { position: *position }, *item)),
            },
            Change::Hold { .. } | Change::HeldStay { .. } | Change::Missing { .. } => {}
        }
    }
    news.sort_by_key(|(new, _)| {
        let joins = new.seat.as_ref().is_some_and(|seat| seat.after_creation_of.is_some());
        (joins, new.window, new.key.clone())
    });
    errands.extend(news.into_iter().map(|(new, item)| (Errand::Create(new), item)));
    errands.extend(old_ones);
    errands
}

impl Sent {
    /// Whether nothing that is still waiting has to come before.
    fn allows(&self, errand: &Errand<'_>, waiting: &[(Errand<'_>, ItemId)], live: &Live<'_>) -> bool {
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
                let is_before = |(other, _): &(Errand<'_>, ItemId)| matches!(other, Errand::Create(new) if shortens_behind(amendment, new, live));
                !amendment.after_deletion_of.iter().any(deletes)
                    && !amendment.after_update_of.iter().any(updates)
                    && !waiting.iter().any(is_before)
            }
            Errand::Create(new) => new.seat.as_ref().is_none_or(|seat| {
                !seat.after_deletion_of.iter().any(deletes)
                    && !seat.after_update_of.iter().any(updates)
                    && !seat.after_creation_of.iter().any(creates)
            }),
            Errand::CreatePart(_) => true,
            Errand::DeleteOld { after, .. } => !creates(after),
            Errand::DeleteSuperseded { .. } | Errand::DeleteAfterGains { .. } => {
                let gives = |other: &Errand<'_>| {
                    matches!(other, Errand::Amend(_) | Errand::Create(_) | Errand::CreatePart(_))
                };
                !waiting.iter().any(|(other, _)| gives(other))
            }
            Errand::DeleteMissing { .. } => {
                waiting.iter().all(|(other, _)| matches!(other, Errand::DeleteMissing { .. }))
            }
        }
    }
}

impl<'a, 'c> Emitter<'a, 'c> {
    pub(super) fn new(context: &'c Context<'a>, live: &'c Live<'c>, needs: &'c [Need]) -> Self {
        let waits =
            needs.iter().filter_map(|need| Some(((need.reservation.clone(), need.piece?), Vec::new())));
        Self {
            created: waits.collect(),
            needs,
            context,
            live,
            plan: Plan::default(),
            before_grants: HashMap::new(),
            last_create_at: HashMap::new(),
            places: RefCell::default(),
        }
    }

    /// Calls for identities come before all others. What takes a contact waits for the call that gives it up: a call for
    /// another identity, or the grants of a new guest.
    pub(super) fn identity(&mut self, call: IdentityCall) {
        let IdentityCall { guest, call, after } = call;
        let mut requires = after.into_iter().map(StepId::at).collect();
        let is_new = call.as_ref().is_none_or(|call| matches!(call, Call::CreateIdentity(_)));
        if let Some(call) = call {
            requires = smallvec![self.step(None, call, SharedSet::new(), requires, self.context.now)];
        }
        if let Some(guest) = guest.filter(|_| is_new) {
            self.before_grants.insert(guest, requires);
        }
    }

    /// The lines and calls of one reservation: what goes first, what moves, what is new, what goes last.
    pub(super) fn reservation(&mut self, reservation: &DesiredReservation, changes: &[Change<'_>]) {
        let items: SmallVec<[ItemId; 8]> = changes
            .iter()
            .map(|change| {
                let item = self.item(reservation, change);
                self.plan.items.push(item);
                ItemId(index(self.plan.items.len() - 1))
            })
            .collect();
        let mut sent = Sent::default();
        let (live, now) = (self.live, self.context.now);
        let wait = |change: &Change<'_>| wait(change, changes, live, now);
        for (change, item) in changes.iter().zip(&items) {
            let first: &[usize] = match change {
                Change::Revoke { reason: ReasonCode::Absent, .. } => &[],
                revoked if wait(revoked) != Wait::Nothing => &[],
                Change::Revoke { position, .. } => std::slice::from_ref(position),
                Change::Replace { order: Order::DeleteFirst(first), .. } => first,
                _ => &[],
            };
            for position in first {
                let step = self.delete(*item, *position, StepIds::new());
                sent.deletes.insert(*position, step);
            }
        }
        let mut waiting = errands(changes, &items, wait);
        while !waiting.is_empty() {
            // The first that waits for nothing; if all wait for each other the check of the plan will say so.
            let ready =
                waiting.iter().position(|(errand, _)| sent.allows(errand, &waiting, self.live)).unwrap_or(0);
            let (errand, item) = waiting.remove(ready);
            match errand {
                Errand::Amend(amendment) => self.amend(amendment, item, &mut sent),
                Errand::Create(new) => {
                    let step = self.create(new, item, &sent);
                    if !self.created.is_empty()
                        && let Some(created) = self.created.get_mut(&(reservation.id.clone(), new.piece))
                    {
                        created.push(step);
                    }
                    sent.creates.insert(new.piece, step);
                    sent.gains.push((new.desired.guest.clone(), step));
                    if new.reason == ReasonCode::DoorsChanged {
                        sent.moves.push((new.desired.guest.clone(), step));
                    }
                }
                Errand::CreatePart(part) => {
                    let step = self.create_part(part, item);
                    sent.gains.push((live.owned[part.position].parts.guest.clone(), step));
                }
                Errand::DeleteOld { position, after } => {
                    let created = sent.creates.get(&after).copied();
                    let step = self.delete(item, position, created.into_iter().collect());
                    sent.deletes.insert(position, step);
                }
                Errand::DeleteSuperseded { position } => {
                    let step = self.delete(item, position, self.gains_of(position, &sent));
                    sent.deletes.insert(position, step);
                }
                Errand::DeleteAfterGains { position } => {
                    let step = self.delete(item, position, StepIds::new());
                    self.plan.steps[step.0 as usize].follows = self.gains_of(position, &sent);
                    sent.deletes.insert(position, step);
                }
                Errand::DeleteMissing { position } => {
                    let before = sent.creates.values().chain(sent.updates.values()).copied().collect();
                    self.delete(item, position, before);
                }
            }
        }
    }

    /// What was sent that gives the guest of a grant more.
    fn gains_of(&self, position: usize, sent: &Sent) -> StepIds {
        let guest = &self.live.owned[position].parts.guest;
        sent.gains.iter().filter(|(other, _)| other == guest).map(|(_, step)| *step).collect()
    }

    fn amend(&mut self, amendment: &Amendment<'_>, item: ItemId, sent: &mut Sent) {
        let Amendment {
            desired,
            told,
            position,
            window,
            add,
            remove,
            after_deletion_of,
            after_update_of,
            wanted: _,
            reach: _,
        } = amendment;
        let owned = &self.live.owned[*position];
        let doors = self.doors_of(owned);
        let wanted = window.or(desired.map(|desired| desired.window)).unwrap_or(owned.grant.window);
        let deadline = if desired.is_some() { self.deadline(&wanted) } else { self.context.now };
        let (id, key) = (&owned.grant.id, owned.key);
        let mut requires = StepIds::new();
        if let Some(window) = window {
            requires.extend(after_deletion_of.iter().filter_map(|p| sent.deletes.get(p)).copied());
            requires.extend(after_update_of.iter().filter_map(|p| sent.updates.get(p)).copied());
            if desired.is_none() && matches!(told, Some((ReasonCode::DoorsChanged, _))) {
                let own = sent.moves.iter().filter(|(guest, _)| *guest == owned.parts.guest);
                requires.extend(own.map(|(_, step)| *step));
            }
            let call = Call::UpdateGrant { id: id.clone(), key: key.clone(), window: *window };
            let step = self.step(Some(item), call, doors.clone(), requires, deadline);
            sent.updates.insert(*position, step);
            sent.gains.push((owned.parts.guest.clone(), step));
            requires = smallvec![step];
        }
        for (_, method) in remove {
            let call = Call::DeleteMethod { id: method.clone(), key: key.clone() };
            let now = self.context.now;
            self.step(Some(item), call, doors.clone(), requires.clone(), now);
        }
        if !add.is_empty() {
            let call = Call::AddMethods { id: id.clone(), key: key.clone(), methods: *add };
            let step = self.step(Some(item), call, doors, requires, deadline);
            sent.gains.push((owned.parts.guest.clone(), step));
        }
    }

    fn create(&mut self, new: &NewGrant<'_>, item: ItemId, sent: &Sent) -> StepId {
        let NewGrant { desired, key, spaces, capable, seat, methods, window, .. } = new;
        let mut requires = StepIds::new();
        if let Some(seat) = seat {
            requires.extend(seat.after_deletion_of.iter().filter_map(|p| sent.deletes.get(p)).copied());
            requires.extend(seat.after_update_of.iter().filter_map(|p| sent.updates.get(p)).copied());
            requires
                .extend(seat.after_creation_of.iter().filter_map(|piece| sent.creates.get(piece)).copied());
        }
        let identities = self.context.identities;
        let guest =
            identities.position(&desired.guest).expect("who is to get a grant is a guest of the source");
        requires.extend(self.before_grants.get(&guest).into_iter().flatten().copied());
        let identity = match identities.persons[guest].existing {
            Some(identity) => IdentityTarget::Known(identity.id.clone()),
            None => self.new_identity(guest, item),
        };
        let Places { space_ids, doors, .. } = self.places(spaces);
        let call = Call::CreateGrant {
            key: key.clone(),
            identity,
            reservation_key: seat.as_ref().map(|seat| seat.key.clone()),
            spaces: space_ids,
            window: *window,
            methods: *methods,
            code: desired.code.clone().filter(|_| methods.contains(&Method::Code)),
            name: self.plan.item(item).reservation.key.text(),
        };
        let deadline = self.deadline(window);
        let step = self.step(Some(item), call, doors, requires, deadline);
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

    fn create_part(&mut self, part: &Part, item: ItemId) -> StepId {
        let Part { position, key, spaces, window, reservation_key, .. } = part;
        let grant = self.live.owned[*position].grant;
        let Places { space_ids, doors, .. } = self.places(spaces);
        let call = Call::create_like(grant, key.clone(), reservation_key.clone(), space_ids, *window);
        let deadline = self.deadline(window);
        self.step(Some(item), call, doors, StepIds::new(), deadline)
    }

    /// The identity that a grant of a new guest brings along. Which step makes it is said once the order of the steps
    /// stands.
    fn new_identity(&self, guest: Position, item: ItemId) -> IdentityTarget {
        let identities = self.context.identities;
        let shown = self.plan.item(item).after.as_ref().and_then(|view| view.user_identity_key.clone());
        let key = shown
            .unwrap_or_else(|| self.context.settings.namespace.identity_key(identities.persons[guest].guest));
        IdentityTarget::New { identity: Box::new(identities.new_identity(guest, key)), made_by: None }
    }

    fn delete(&mut self, item: ItemId, position: usize, requires: StepIds) -> StepId {
        let owned = &self.live.owned[position];
        let call = Call::DeleteGrant { id: owned.grant.id.clone(), key: owned.key.clone() };
        let deadline = self.deadline(&owned.grant.window);
        self.step(Some(item), call, self.doors_of(owned), requires, deadline)
    }

    fn step(
        &mut self,
        item: Option<ItemId>,
        call: Call,
        doors: SharedSet<DoorRef>,
        mut requires: StepIds,
        deadline: Timestamp,
    ) -> StepId {
        requires.sort_unstable();
        requires.dedup();
        let id = StepId::at(self.plan.steps.len());
        self.plan.steps.push(Step { item, call, doors, requires, follows: StepIds::new(), deadline });
        id
    }

    fn deadline(&self, window: &Window) -> Timestamp {
        window.starts_at.max(self.context.now)
    }

    fn doors_of(&self, owned: &Owned<'_>) -> SharedSet<DoorRef> {
        match &owned.spaces {
            Some(spaces) => self.places(spaces).doors,
            None => owned.capable.iter().copied().collect(),
        }
    }

    /// Sorts the lines for reading; the calls keep their order and follow their lines.
    pub(super) fn into_plan(self) -> Plan {
        let mut plan = self.plan;
        let mut order: Vec<usize> = (0..plan.items.len()).collect();
        let place = |i: &usize| {
            let item = &plan.items[*i];
            (item.arrival, &item.reservation, &item.key, item.action, *i)
        };
        order.sort_unstable_by(|left, right| place(left).cmp(&place(right)));
        let mut moved_to = vec![ItemId(0); order.len()];
        for (to, from) in order.iter().enumerate() {
            moved_to[*from] = ItemId(index(to));
        }
        for step in &mut plan.steps {
            step.item = step.item.map(|item| moved_to[item.0 as usize]);
        }
        // In place, because the lines are most of the plan's memory: each swap brings one line to its place.
        for i in 0..moved_to.len() {
            while moved_to[i].0 as usize != i {
                let to = moved_to[i].0 as usize;
                plan.items.swap(i, to);
                moved_to.swap(i, to);
            }
        }
        let lines = order_across(&mut plan, self.needs, &self.created, self.live);
        assign_makers(&mut plan.steps);
        plan.identities = IdentityItem::all_of(&plan.steps);
        plan.rings = rings(&plan, &lines, self.live, &self.context.settings.namespace);
        plan
    }
}

fn index(position: usize) -> u32 {
    u32::try_from(position).expect("a plan has fewer than 2^32 lines")
}
