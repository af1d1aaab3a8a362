//! Plans one reservation: what its guests should have against what they have, within Seam's rules.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::change::{Amendment, Change, NewGrant, Order};
use super::cluster::{Clusters, Fresh, Seat, Shift, Target, has_begun};
use super::identities::Identities;
use super::live::Live;
use super::matching::{Fate, Piece, matching, pieces};
use super::settings::{PlanSettings, Policy};
use crate::mapping::{DesiredReservation, Directory, SpaceRef};
use crate::model::{
    AccessGrantKey, DoorRef, GrantKeyParts, GuestKey, HeldBy, MethodSet, ReasonCode, ReservationId, Window,
    door_set_hash,
};

/// What is asked about every reservation.
pub(super) struct Context<'a> {
    pub(super) settings: &'a PlanSettings,
    pub(super) directory: &'a Directory,
    pub(super) identities: &'a Identities<'a>,
    pub(super) now: Timestamp,
}

/// The changes of a reservation and the grants that need none.
#[derive(Debug, Default)]
pub(super) struct ReservationPlan<'a> {
    pub(super) changes: Vec<Change<'a>>,
    pub(super) n_unchanged: usize,
}

/// What a piece needs.
enum Work {
    /// These grants stay; windows and methods follow.
    Amend(Vec<usize>),
    /// A new grant for these spaces, beside grants that stay.
    Create { spaces: Vec<SpaceRef>, beside: Vec<usize>, reason: ReasonCode },
    /// A new grant for all its spaces instead of these.
    Replace { old: Vec<usize>, reason: ReasonCode, fresh: Fresh },
    /// Nothing, for this reason.
    Hold { beside: Vec<usize>, reason: ReasonCode, held_by: HeldBy, text: String },
}

/// Decides what a reservation needs. `base_key` is its Seam reservation key without a number (RULES 3).
pub(super) fn plan_reservation<'a>(
    reservation: &'a DesiredReservation,
    base_key: &str,
    live: &mut Live<'_>,
    context: &Context<'a>,
) -> ReservationPlan<'a> {
    let pieces = pieces(reservation, context.directory, live);
    let matched = matching(reservation, &pieces, live, context.now);
    let mut planner = Planner {
        context,
        reservation,
        base_key,
        works: Vec::with_capacity(pieces.len()),
        targets: matched.kept.iter().map(|position| (*position, Target::Kept)).collect(),
        pieces,
        plan: ReservationPlan { changes: Vec::new(), n_unchanged: matched.kept.len() },
    };
    planner.hold_stays(live, &matched.kept);
    for (position, reason, stay) in &matched.revoked {
        planner.revoke(live, *position, *reason, *stay);
    }
    for (i, fate) in matched.fates.iter().enumerate() {
        let work = planner.work(i, fate, live);
        planner.works.push(work);
    }
    planner.settle_windows(live);
    planner.finish(live)
}

struct Planner<'a, 'c> {
    context: &'c Context<'a>,
    reservation: &'a DesiredReservation,
    base_key: &'c str,
    pieces: Vec<Piece<'a>>,
    works: Vec<Work>,
    targets: BTreeMap<usize, Target>,
    plan: ReservationPlan<'a>,
}

impl<'a> Planner<'a, '_> {
    fn policy(&self) -> Policy {
        self.context.settings.policy
    }

    fn hold_stays(&mut self, live: &Live<'_>, kept: &[usize]) {
        let mut untold = kept.to_vec();
        for stay in &self.reservation.held {
            let of_guest = |position: &usize| live.owned[*position].parts.guest == stay.guest;
            let position = untold.iter().position(of_guest).map(|i| untold.remove(i));
            if position.is_some() {
                self.plan.n_unchanged -= 1;
            }
            self.plan.changes.push(Change::HeldStay { stay, position });
        }
    }

    fn revoke(&mut self, live: &Live<'_>, position: usize, reason: ReasonCode, stay: Option<usize>) {
        if self.policy() == Policy::Sync {
            let stay = stay.map(|stay| &self.reservation.revoked[stay]);
            self.targets.insert(position, Target::Goes);
            self.plan.changes.push(Change::Revoke { position, reason, stay });
        } else {
            debug_assert!(position < live.owned.len(), "the position is one of a live grant");
            self.targets.insert(position, Target::Kept);
            self.hold_for_policy(position, None, "would be revoked, which the policy does not allow");
        }
    }

    fn hold_for_policy(&mut self, position: usize, piece: Option<usize>, text: &str) {
        self.plan.changes.push(Change::Hold {
            desired: piece.map(|i| self.pieces[i].desired),
            position: Some(position),
            reason: ReasonCode::Policy,
            text: text.to_owned(),
            held_by: HeldBy::Rule,
        });
    }

    fn work(&mut self, i: usize, fate: &Fate, live: &Live<'_>) -> Work {
        match fate {
            Fate::Covered(lives) => {
                self.aim(i, lives, live);
                Work::Amend(lives.clone())
            }
            Fate::Extended { lives, missing } => {
                self.aim(i, lives, live);
                self.extension(i, lives, missing, live)
            }
            Fate::Moved(position) => self.room_move(*position),
            Fate::New => self.new_stay(i),
        }
    }

    /// Sets the window that grants which stay are to have.
    fn aim(&mut self, i: usize, lives: &[usize], live: &Live<'_>) {
        for position in lives {
            let old = live.owned[*position].grant.window;
            let target = match self.policy() {
                Policy::CreateOnly => Target::Kept,
                Policy::UpsertOnly | Policy::Sync => {
                    Target::Window(next_window(&old, &self.pieces[i].desired.window, self.context.now))
                }
            };
            self.targets.insert(*position, target);
        }
    }

    fn extension(&mut self, i: usize, lives: &[usize], missing: &[SpaceRef], live: &Live<'_>) -> Work {
        let directory = self.context.directory;
        let units: Vec<SpaceRef> = self.pieces[i].desired.unit_spaces().collect();
        let forced =
            missing.iter().any(|space| !units.contains(space) && !directory.space(*space).capable.is_empty());
        if !forced {
            let spaces = missing.to_vec();
            return Work::Create { spaces, beside: lives.to_vec(), reason: ReasonCode::SpaceAdded };
        }
        if self.policy() != Policy::Sync {
            let text =
                "a space was added that needs the grant to be made anew, which the policy does not allow";
            return Work::Hold {
                beside: lives.to_vec(),
                reason: ReasonCode::Policy,
                held_by: HeldBy::Rule,
                text: text.to_owned(),
            };
        }
        debug_assert!(
            lives.iter().all(|position| *position < live.owned.len()),
            "positions are of live grants"
        );
        for position in lives {
            self.targets.insert(*position, Target::Leaves);
        }
        Work::Replace { old: lives.to_vec(), reason: ReasonCode::SpaceAdded, fresh: Fresh::Refused }
    }

    fn room_move(&mut self, position: usize) -> Work {
        match self.policy() {
            Policy::Sync => {
                self.targets.insert(position, Target::Leaves);
                Work::Replace { old: vec![position], reason: ReasonCode::DoorsChanged, fresh: Fresh::Allowed }
            }
            Policy::UpsertOnly => {
                self.targets.insert(position, Target::Kept);
                self.plan.n_unchanged += 1;
                Work::Create { spaces: Vec::new(), beside: Vec::new(), reason: ReasonCode::DoorsChanged }
            }
            Policy::CreateOnly => {
                self.targets.insert(position, Target::Kept);
                Work::Hold {
                    beside: vec![position],
                    reason: ReasonCode::Policy,
                    held_by: HeldBy::Rule,
                    text: "moved to other doors, which the policy does not carry out".to_owned(),
                }
            }
        }
    }

    fn new_stay(&self, i: usize) -> Work {
        let desired = self.pieces[i].desired;
        if let Some(text) = self.context.identities.refusal(&desired.guest) {
            return Work::Hold {
                beside: Vec::new(),
                reason: ReasonCode::ContactConflict,
                held_by: HeldBy::Person,
                text: text.to_owned(),
            };
        }
        let begins_late = self
            .context
            .settings
            .horizon
            .is_some_and(|horizon| self.reservation.first_arrival > self.context.now + horizon);
        if begins_late {
            return Work::Hold {
                beside: Vec::new(),
                reason: ReasonCode::BeyondHorizon,
                held_by: HeldBy::Rule,
                text: "begins beyond the horizon; its grant is made later".to_owned(),
            };
        }
        Work::Create { spaces: Vec::new(), beside: Vec::new(), reason: ReasonCode::NewStay }
    }

    /// Makes the windows under each reservation key reachable, or finds another way (RULES 3 and 22).
    fn settle_windows(&mut self, live: &Live<'_>) {
        let outgrown = self.clusters(live).outgrown();
        for position in outgrown {
            self.replace_piece_of(position, ReasonCode::WindowChanged);
        }
        let clusters = self.clusters(live);
        let stuck: Vec<(Vec<usize>, bool)> = clusters
            .shifts()
            .into_iter()
            .filter(|(_, shift)| *shift == Shift::Stuck)
            .map(|(affected, _)| {
                let future = |p: &usize| !has_begun(&live.owned[*p].grant.window, self.context.now);
                let rebuild = self.policy() == Policy::Sync
                    && affected.iter().all(|p| future(p) && clusters.may_rebuild(*p));
                (affected, rebuild)
            })
            .collect();
        for (affected, rebuild) in stuck {
            for position in affected {
                if rebuild {
                    self.replace_piece_of(position, ReasonCode::ReservationRebuilt);
                } else {
                    self.hold_piece_of(position);
                }
            }
        }
    }

    fn piece_of(&self, position: usize) -> Option<usize> {
        self.works.iter().position(|work| match work {
            Work::Amend(lives) | Work::Create { beside: lives, .. } => lives.contains(&position),
            Work::Replace { .. } | Work::Hold { .. } => false,
        })
    }

    fn replace_piece_of(&mut self, position: usize, reason: ReasonCode) {
        let Some(i) = self.piece_of(position) else { return };
        if self.policy() != Policy::Sync {
            return self.hold_piece_of(position);
        }
        let (Work::Amend(old) | Work::Create { beside: old, .. }) = &self.works[i] else { return };
        let old = old.clone();
        for position in &old {
            self.targets.insert(*position, Target::Leaves);
        }
        self.works[i] = Work::Replace { old, reason, fresh: Fresh::Allowed };
    }

    fn hold_piece_of(&mut self, position: usize) {
        let Some(i) = self.piece_of(position) else { return };
        let (Work::Amend(lives) | Work::Create { beside: lives, .. }) = &self.works[i] else { return };
        let beside = lives.clone();
        for position in &beside {
            self.targets.insert(*position, Target::Kept);
        }
        self.works[i] = Work::Hold {
            beside,
            reason: ReasonCode::WindowsWouldNotOverlap,
            held_by: HeldBy::Person,
            text: "the windows of this reservation cannot be moved without one of its guests losing access in between"
                .to_owned(),
        };
    }

    fn clusters<'l>(&self, live: &'l Live<'_>) -> Clusters<'l>
    where
        'a: 'l,
    {
        let targets = self.targets.iter().map(|(position, target)| (*position, *target));
        Clusters::new(self.base_key.to_owned(), &self.reservation.id, live, targets)
    }

    fn finish(mut self, live: &mut Live<'_>) -> ReservationPlan<'a> {
        let mut seats: BTreeMap<usize, Result<Option<Seat>, String>> = BTreeMap::new();
        let mut orders: BTreeMap<usize, Order> = BTreeMap::new();
        let mut chains: BTreeMap<usize, usize> = BTreeMap::new();
        let mut in_the_way: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        {
            let mut clusters = self.clusters(live);
            for (i, spaces, taking_over, fresh) in self.seat_order() {
                let seat = self.seat(&mut clusters, i, &spaces, taking_over, fresh);
                seats.insert(i, seat);
            }
            for (i, work) in self.works.iter().enumerate() {
                if let Work::Replace { old, .. } = work {
                    let rebuilt = old.iter().any(|position| clusters.is_rebuilt(*position));
                    orders.insert(i, if rebuilt { Order::DeleteFirst } else { Order::CreateFirst });
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
        }
        let works = std::mem::take(&mut self.works);
        for (i, work) in works.into_iter().enumerate() {
            match work {
                Work::Amend(lives) => self.amend(i, &lives, live, &chains, &in_the_way),
                Work::Create { spaces, beside, reason } => {
                    self.amend(i, &beside, live, &chains, &in_the_way);
                    let spaces = if spaces.is_empty() { self.pieces[i].spaces.clone() } else { spaces };
                    match seats.remove(&i).expect("every new grant was given a seat") {
                        Ok(seat) => {
                            let new = self.new_grant(i, spaces, seat, reason, live);
                            self.plan.changes.push(Change::Create(new));
                        }
                        Err(text) => self.hold(i, None, ReasonCode::ForeignGrant, HeldBy::Person, text),
                    }
                }
                Work::Replace { old, reason, .. } => {
                    let spaces = self.pieces[i].spaces.clone();
                    match seats.remove(&i).expect("every new grant was given a seat") {
                        Ok(seat) => {
                            let new = self.new_grant(i, spaces, seat, reason, live);
                            self.plan.changes.push(Change::Replace { new, old, order: orders[&i] });
                        }
                        Err(text) => {
                            self.hold(
                                i,
                                old.first().copied(),
                                ReasonCode::ForeignGrant,
                                HeldBy::Person,
                                text,
                            );
                        }
                    }
                }
                Work::Hold { beside, reason, held_by, text } => {
                    self.hold(i, beside.first().copied(), reason, held_by, text);
                }
            }
        }
        // All reservations keep their changes until the last is planned, and room for four would be most of it.
        self.plan.changes.shrink_to_fit();
        self.plan
    }

    /// New grants in the order in which they take their seats: widest door set first, then by arrival.
    fn seat_order(&self) -> Vec<(usize, Vec<SpaceRef>, Option<usize>, Fresh)> {
        let mut order: Vec<_> = self
            .works
            .iter()
            .enumerate()
            .filter_map(|(i, work)| match work {
                Work::Create { spaces, .. } if spaces.is_empty() => {
                    Some((i, self.pieces[i].spaces.clone(), None, Fresh::Allowed))
                }
                Work::Create { spaces, .. } => Some((i, spaces.clone(), None, Fresh::Allowed)),
                Work::Replace { old, fresh, .. } => {
                    Some((i, self.pieces[i].spaces.clone(), old.first().copied(), *fresh))
                }
                Work::Amend(_) | Work::Hold { .. } => None,
            })
            .collect();
        order.sort_by_key(|(i, spaces, ..)| {
            let n_doors = self.context.directory.capable_of(spaces).len();
            (std::cmp::Reverse(n_doors), self.pieces[*i].desired.window, *i)
        });
        order
    }

    fn seat(
        &self,
        clusters: &mut Clusters<'_>,
        i: usize,
        spaces: &[SpaceRef],
        taking_over: Option<usize>,
        fresh: Fresh,
    ) -> Result<Option<Seat>, String> {
        let capable: Vec<DoorRef> = self.context.directory.capable_of(spaces);
        if capable.is_empty() {
            return Ok(None);
        }
        if clusters.foreign_in_the_way() {
            return Err("grants that are not ours use the reservation key of this stay".to_owned());
        }
        let window = self.pieces[i].desired.window;
        match clusters.seat(i, &capable, window, taking_over, fresh) {
            Some(seat) => Ok(Some(seat)),
            None => {
                Err("needs every grant of the reservation to be made anew, and one of them is left alone"
                    .to_owned())
            }
        }
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
            let supported = supported(self.context.directory, &desired.methods, spaces);
            let add: MethodSet = supported.difference(&has).copied().collect();
            let surplus: MethodSet = match self.policy() {
                Policy::Sync => has.difference(&desired.methods).copied().collect(),
                Policy::UpsertOnly | Policy::CreateOnly => MethodSet::new(),
            };
            let differs = !desired.window.same_from(&owned.grant.window, self.context.now);
            if !differs && add.is_empty() && surplus.is_empty() {
                self.plan.n_unchanged += 1;
                continue;
            }
            if self.policy() == Policy::CreateOnly {
                self.hold_for_policy(position, Some(i), "differs, which the policy does not change");
                continue;
            }
            let requested =
                owned.grant.requested.iter().filter(|r| r.method.is_some_and(|m| surplus.contains(&m)));
            let remove = requested.flat_map(|r| r.access_methods.intersection(&owned.grant.access_methods));
            let mut methods: MethodSet = has.difference(&surplus).copied().collect();
            methods.extend(&add);
            self.plan.changes.push(Change::Amend(Amendment {
                desired,
                position,
                window: differs.then(|| next_window(&owned.grant.window, &desired.window, self.context.now)),
                add,
                remove: remove.cloned().collect(),
                methods,
                after_deletion_of: in_the_way.get(&position).cloned().unwrap_or_default(),
                after_update_of: chains.get(&position).copied(),
            }));
        }
    }

    fn new_grant(
        &self,
        i: usize,
        spaces: Vec<SpaceRef>,
        seat: Option<Seat>,
        reason: ReasonCode,
        live: &mut Live<'_>,
    ) -> NewGrant<'a> {
        let desired = self.pieces[i].desired;
        let namespace = &self.context.settings.namespace;
        let parts = key_parts(&self.reservation.id, desired.guest.clone(), &spaces, self.context.directory);
        let key: AccessGrantKey = live.take_key(parts, namespace);
        NewGrant {
            piece: i,
            desired,
            key,
            capable: self.context.directory.capable_of(&spaces),
            methods: supported(self.context.directory, &desired.methods, &spaces),
            spaces,
            seat,
            reason,
        }
    }

    fn hold(&mut self, i: usize, position: Option<usize>, reason: ReasonCode, held_by: HeldBy, text: String) {
        let desired = Some(self.pieces[i].desired);
        self.plan.changes.push(Change::Hold { desired, position, reason, text, held_by });
    }
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
fn supported(directory: &Directory, wanted: &MethodSet, spaces: &[SpaceRef]) -> MethodSet {
    let possible = directory.methods_of(spaces);
    let both: MethodSet = wanted.intersection(&possible).copied().collect();
    if both.is_empty() { wanted.clone() } else { both }
}

/// The window to send: a start that is past stays what it was.
fn next_window(old: &Window, wanted: &Window, now: Timestamp) -> Window {
    if wanted.same_from(old, now) {
        *old
    } else if old.starts_at <= now && wanted.starts_at <= now {
        Window { starts_at: old.starts_at, ends_at: wanted.ends_at }
    } else {
        *wanted
    }
}
