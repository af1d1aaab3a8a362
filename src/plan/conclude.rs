//! From works that were settled to the changes of a reservation.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::change::{Amendment, Change, NewGrant, Order, Reach};
use super::cluster::{Seat, Shift, Target};
use super::live::Live;
use super::reservation::{Planner, ReservationPlan, Why, Work};
use super::settings::Policy;
use super::settle::Settled;
use crate::mapping::{Directory, SpaceRef, SpaceRefs};
use crate::model::{
    AccessGrantKey, AccessMethodId, GrantKeyParts, GuestKey, HeldBy, LiveGrant, Method, MethodSet,
    ReasonCode, ReservationId, Window, door_set_hash,
};

impl<'a> Planner<'a, '_> {
    /// The changes.
    pub(super) fn finish(mut self, live: &Live<'_>, settled: Settled<'_>) -> ReservationPlan<'a> {
        let mut orders: BTreeMap<usize, Order> = BTreeMap::new();
        let mut chains: BTreeMap<usize, usize> = BTreeMap::new();
        let mut in_the_way: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let Settled { mut seats, mut clusters } = settled;
        let mut given: Vec<AccessGrantKey> = Vec::new();
        for (i, work) in self.works.iter().enumerate() {
            if let Work::Replace { old, .. } = work {
                let rebuilt: Vec<usize> =
                    old.iter().copied().filter(|position| clusters.is_rebuilt(*position)).collect();
                let is_none = rebuilt.is_empty();
                orders.insert(i, if is_none { Order::CreateFirst } else { Order::DeleteFirst(rebuilt) });
            }
        }
        for (_, shift) in clusters.shifts() {
            if let Shift::InOrder(order) = shift {
                chains.extend(order.windows(2).map(|pair| (pair[1], pair[0])));
            }
        }
        for (position, target) in &self.targets {
            if let Target::Window(window) = target {
                in_the_way.insert(*position, clusters.in_the_way_of(*position, window));
            }
        }
        for change in &mut self.plan.changes {
            let Change::Part(part) = change else { continue };
            let capable = self.context.directory.capable_of(&part.spaces);
            part.reservation_key = (!capable.is_empty()).then(|| clusters.own_key(capable));
        }
        drop(clusters);
        let mut seat_of = |i: usize| seats.remove(&i).expect("settled: every new grant has a seat");
        let works = std::mem::take(&mut self.works);
        for (i, work) in works.into_iter().enumerate() {
            match work {
                Work::Amend(lives) => self.amend(i, &lives, live, &chains, &in_the_way),
                Work::Create { spaces, beside, left, reason, fresh: _ } => {
                    self.amend(i, &beside, live, &chains, &in_the_way);
                    // The lines of old doors that are kept for a reason of their own are told already.
                    let is_told = |p: &usize| self.plan.changes.iter().any(|c| c.is_hold_of(*p));
                    self.plan.n_unchanged += left.iter().filter(|p| !is_told(p)).count();
                    let new = self.new_grant(i, spaces, seat_of(i), reason, (live, &mut given));
                    self.plan.changes.push(Change::Create(new));
                }
                Work::Replace { old, reason, .. } => {
                    let spaces = self.pieces[i].spaces.clone();
                    let new = self.new_grant(i, spaces, seat_of(i), reason, (live, &mut given));
                    let order = orders.remove(&i).expect("each replacement has its order");
                    self.plan.changes.push(Change::Replace { new, old, order });
                }
                Work::Withhold { beside, position, why } => {
                    self.amend(i, &beside, live, &chains, &in_the_way);
                    self.plan.refused.push((i, why.clone()));
                    self.hold(i, position, why);
                }
                Work::Hold { beside, why } => self.hold(i, beside.first().copied(), why),
                Work::Nothing => {}
            }
        }
        // What is taken because others need it waits for the same as what the stay itself changes.
        for change in &mut self.plan.changes {
            let Change::Amend(Amendment {
                desired: None, position, after_deletion_of, after_update_of, ..
            }) = change
            else {
                continue;
            };
            *after_deletion_of = in_the_way.get(position).cloned().unwrap_or_default();
            *after_update_of = chains.get(position).copied();
        }
        self.plan.refused.sort_by_key(|(i, _)| *i);
        self.plan.refused.dedup_by_key(|(i, _)| *i);
        self.plan
    }

    fn amend(
        &mut self,
        i: usize,
        lives: &[usize],
        live: &Live<'_>,
        chains: &BTreeMap<usize, usize>,
        in_the_way: &BTreeMap<usize, Vec<usize>>,
    ) {
        let desired = self.pieces[i].desired;
        for &position in lives {
            let owned = &live.owned[position];
            let has = owned.grant.methods();
            let spaces = owned.spaces.as_deref().unwrap_or_default();
            let supported = supported(self.context.directory, desired.methods, spaces);
            let add: MethodSet = supported.difference(&has).copied().collect();
            let mut remove: Vec<(Method, AccessMethodId)> = match self.policy() {
                Policy::Sync => surplus(owned.grant, desired.methods),
                Policy::UpsertOnly | Policy::CreateOnly => Vec::new(),
            };
            let now = self.context.now;
            let differs = !self.opens_of_live(i, position, live).same_from(&owned.grant.window, now);
            let wanted = self.pieces[i].wanted;
            if !differs && add.is_empty() && remove.is_empty() {
                self.plan.n_unchanged += 1;
                self.plan.as_wanted.push((position, wanted));
                continue;
            }
            if self.policy() == Policy::CreateOnly {
                let why = Why::policy("differs, which the policy does not change");
                self.hold_live(position, Some(i), why);
                continue;
            }
            if let Some(n_runs) = self.flaps(owned, i) {
                let why = flapping(n_runs, differs, !add.is_empty() || !remove.is_empty());
                self.hold_live(position, Some(i), why);
                continue;
            }
            let aim = self.next_window(i, position, live);
            let window = (aim != owned.grant.window).then_some(aim);
            let reach = match self.ruling(i).and_then(|ruling| ruling.gains_only.clone()) {
                None => Reach::Whole,
                Some(why) => {
                    remove.clear();
                    if window.is_none() && add.is_empty() {
                        self.hold_live(position, Some(i), why);
                        continue;
                    }
                    Reach::Gain
                }
            };
            self.plan.changes.push(Change::Amend(Amendment {
                desired: Some(desired),
                told: None,
                position,
                window,
                add,
                remove,
                after_deletion_of: in_the_way.get(&position).cloned().unwrap_or_default(),
                after_update_of: chains.get(&position).copied(),
                wanted: Some(wanted),
                reach,
            }));
        }
    }

    fn new_grant(
        &self,
        i: usize,
        spaces: SpaceRefs,
        seat: Option<Seat>,
        reason: ReasonCode,
        (live, given): (&Live<'_>, &mut Vec<AccessGrantKey>),
    ) -> NewGrant<'a> {
        let desired = self.pieces[i].desired;
        let namespace = &self.context.settings.namespace;
        let parts = key_parts(&self.reservation.id, desired.guest.clone(), &spaces, self.context.directory);
        // Keys of other reservations differ from these in their first parts.
        let key = live.free_key(parts, namespace, |key| given.contains(key));
        given.push(key.clone());
        let window = self.opens(i);
        // A stay that changes its unit after it began has the new one from that moment on, as recorded (RULES 13).
        let is_move = matches!(reason, ReasonCode::DoorsChanged | ReasonCode::Decided);
        let moves = is_move && desired.window.starts_at <= self.context.now;
        let wanted = self.pieces[i].wanted;
        NewGrant {
            piece: i,
            desired,
            window,
            key,
            capable: self.context.directory.capable_of(&spaces),
            methods: supported(self.context.directory, desired.methods, &spaces),
            spaces,
            seat,
            reason,
            wanted: if moves {
                wanted.within(Window { ends_at: wanted.window().ends_at, ..window })
            } else {
                wanted
            },
        }
    }

    fn hold(&mut self, i: usize, position: Option<usize>, why: Why) {
        let Why { reason, held_by, text } = why;
        let desired = Some(self.pieces[i].desired);
        self.plan.changes.push(Change::Hold { desired, position, reason, text, held_by });
    }
}

/// Why a change that does not last is no longer sent, with what does not settle.
fn flapping(n_runs: u32, window_differs: bool, methods_differ: bool) -> Why {
    let what = match (window_differs, methods_differ) {
        (true, true) => "the times and the ways to open the doors do",
        (true, false) => "arrival or departure does",
        (false, _) => "the ways to open the doors do",
    };
    let text = format!(
        "changed in {n_runs} runs in a row although the source did not change: {what} not settle, so it is left alone"
    );
    Why { reason: ReasonCode::Flapping, held_by: HeldBy::Person, text }
}

/// The access methods of a grant that are not wanted. One that is still being made cannot be taken away yet.
pub(super) fn surplus(grant: &LiveGrant, wanted: MethodSet) -> Vec<(Method, AccessMethodId)> {
    let mut surplus = Vec::new();
    for requested in &grant.requested {
        let Some(method) = requested.method.filter(|method| !wanted.contains(method)) else { continue };
        let existing = requested.access_methods.intersection(&grant.access_methods);
        surplus.extend(existing.map(|id| (method, id.clone())));
    }
    surplus.sort();
    surplus.dedup();
    surplus
}

/// What the key of a new grant says (RULES 1).
pub(super) fn key_parts(
    id: &ReservationId,
    guest: GuestKey,
    spaces: &[SpaceRef],
    directory: &Directory,
) -> GrantKeyParts {
    GrantKeyParts {
        property: id.property.clone(),
        reservation: id.key.clone(),
        guest,
        door_set: door_set_hash(spaces.iter().map(|space| &directory.space(*space).key)),
        ordinal: 1,
    }
}

/// Wanted methods that at least one of the doors supports; all of them where none does, so that Seam says why.
pub(super) fn supported(directory: &Directory, wanted: MethodSet, spaces: &[SpaceRef]) -> MethodSet {
    let possible = directory.methods_of(spaces);
    let both: MethodSet = wanted.intersection(&possible).copied().collect();
    if both.is_empty() { wanted } else { both }
}

/// The window to send: a start that is past stays what it was.
pub(super) fn next_window(old: &Window, wanted: &Window, now: Timestamp) -> Window {
    if wanted.same_from(old, now) {
        *old
    } else if old.starts_at <= now && wanted.starts_at <= now {
        Window { starts_at: old.starts_at, ends_at: wanted.ends_at }
    } else {
        *wanted
    }
}

/// The window that gives the guest what they have and what they should have.
pub(super) fn widened(has: &Window, wanted: &Window) -> Window {
    if !has.overlaps(wanted) {
        return *has;
    }
    Window {
        starts_at: has.starts_at.min(wanted.starts_at),
        ends_at: has.ends_at.zip(wanted.ends_at).map(|(has, wanted)| has.max(wanted)),
    }
}
