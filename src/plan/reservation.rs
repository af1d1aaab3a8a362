//! Plans one reservation: what its guests should have against what they have, within Seam's rules.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::change::{Amendment, Change, NewGrant, Order};
use super::cluster::{Clusters, Fresh, Seat, Shift, Target, has_begun};
use super::identities::Identities;
use super::live::Live;
use super::matching::{Fate, Memory, Piece, matching, pieces};
use super::settings::{PlanSettings, Policy};
use crate::mapping::{DesiredReservation, Directory, SpaceRef};
use crate::model::{
    AccessGrantKey, AccessMethodId, DoorRef, GrantKeyParts, GuestKey, HeldBy, LiveGrant, Method, MethodSet,
    ReasonCode, ReservationId, Window, door_set_hash,
};

/// What is asked about every reservation.
pub(super) struct Context<'a> {
    pub(super) settings: &'a PlanSettings,
    pub(super) directory: &'a Directory,
    pub(super) identities: &'a Identities<'a>,
    pub(super) common: &'a BTreeSet<SpaceRef>,
    pub(super) unfinished_moves: &'a BTreeSet<AccessGrantKey>,
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
    /// A new grant for these spaces, beside grants that stay; the policy keeps those of another door.
    Create { spaces: Vec<SpaceRef>, beside: Vec<usize>, left: Vec<usize>, reason: ReasonCode, fresh: Fresh },
    /// A new grant for all its spaces instead of these.
    Replace { old: Vec<usize>, reason: ReasonCode, fresh: Fresh },
    /// No new grant, for this reason; grants that stay follow all the same.
    Withhold { beside: Vec<usize>, position: Option<usize>, why: Why },
    /// Nothing, for this reason.
    Hold { beside: Vec<usize>, why: Why },
}

/// Why something is held, and by whom.
#[derive(Debug, Clone)]
struct Why {
    reason: ReasonCode,
    held_by: HeldBy,
    text: String,
}

impl Why {
    fn policy(text: &str) -> Self {
        Self { reason: ReasonCode::Policy, held_by: HeldBy::Rule, text: text.to_owned() }
    }

    fn person(reason: ReasonCode, text: &str) -> Self {
        Self { reason, held_by: HeldBy::Person, text: text.to_owned() }
    }
}

/// Decides what a reservation needs. `base_key` is its Seam reservation key without a number (RULES 3).
pub(super) fn plan_reservation<'a>(
    reservation: &'a DesiredReservation,
    base_key: &str,
    live: &mut Live<'_>,
    context: &Context<'a>,
) -> ReservationPlan<'a> {
    let pieces = pieces(reservation, context.directory, live);
    let matched = matching(
        reservation,
        &pieces,
        live,
        &Memory { common: context.common, unfinished_moves: context.unfinished_moves },
        context.now,
    );
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
    planner.settle(live);
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
            Fate::Moved(lives) => self.room_move(i, lives, live),
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

    /// A space was added. A new grant for it stands beside the one whose credential is in the guest's pocket, unless
    /// Seam wants the doors of the reservation made anew.
    fn extension(&mut self, i: usize, lives: &[usize], missing: &[SpaceRef], live: &Live<'_>) -> Work {
        let directory = self.context.directory;
        let desired = self.pieces[i].desired;
        let units: Vec<SpaceRef> = desired.unit_spaces().collect();
        // A common door that no wanted method opens is a warning (RULES 12), not a grant of its own.
        let missing: Vec<SpaceRef> = missing
            .iter()
            .copied()
            .filter(|s| units.contains(s) || !directory.space(*s).methods.is_disjoint(&desired.methods))
            .collect();
        if missing.is_empty() {
            return Work::Amend(lives.to_vec());
        }
        let forced = lives.iter().any(|position| !live.owned[*position].capable.is_empty())
            && missing.iter().any(|s| !units.contains(s) && !directory.space(*s).capable.is_empty());
        if !forced {
            return Work::Create {
                spaces: missing,
                beside: lives.to_vec(),
                left: Vec::new(),
                reason: ReasonCode::SpaceAdded,
                fresh: Fresh::Allowed,
            };
        }
        if self.policy() != Policy::Sync {
            return Work::Withhold {
                beside: lives.to_vec(),
                position: lives.first().copied(),
                why: Why::policy(
                    "a space was added that needs the grant to be made anew, which the policy does not allow",
                ),
            };
        }
        for position in lives {
            self.targets.insert(*position, Target::Leaves);
        }
        Work::Replace { old: lives.to_vec(), reason: ReasonCode::SpaceAdded, fresh: Fresh::Refused }
    }

    fn room_move(&mut self, i: usize, lives: &[usize], live: &Live<'_>) -> Work {
        let leaves = if self.policy() == Policy::Sync { Target::Leaves } else { Target::Kept };
        for position in lives {
            self.targets.insert(*position, leaves);
        }
        match self.policy() {
            Policy::Sync => {
                Work::Replace { old: lives.to_vec(), reason: ReasonCode::DoorsChanged, fresh: Fresh::Allowed }
            }
            Policy::UpsertOnly => {
                // Another key for a unit that changed in place is not what #n is for (RULES 3).
                let is_shared = lives.iter().any(|position| !live.owned[*position].capable.is_empty());
                Work::Create {
                    spaces: self.pieces[i].spaces.clone(),
                    beside: Vec::new(),
                    left: lives.to_vec(),
                    reason: ReasonCode::DoorsChanged,
                    fresh: if is_shared { Fresh::Refused } else { Fresh::Allowed },
                }
            }
            Policy::CreateOnly => Work::Hold {
                beside: lives.to_vec(),
                why: Why::policy("moved to other doors, which the policy does not carry out"),
            },
        }
    }

    fn new_stay(&self, i: usize) -> Work {
        let desired = self.pieces[i].desired;
        let withhold = |why| Work::Withhold { beside: Vec::new(), position: None, why };
        if let Some(text) = self.context.identities.refusal(&desired.guest) {
            return withhold(Why::person(ReasonCode::ContactConflict, text));
        }
        let begins_late = self
            .context
            .settings
            .horizon
            .is_some_and(|horizon| self.reservation.first_arrival > self.context.now + horizon);
        if begins_late {
            return withhold(Why {
                reason: ReasonCode::BeyondHorizon,
                held_by: HeldBy::Rule,
                text: "begins beyond the horizon; its grant is made later".to_owned(),
            });
        }
        Work::Create {
            spaces: self.pieces[i].spaces.clone(),
            beside: Vec::new(),
            left: Vec::new(),
            reason: ReasonCode::NewStay,
            fresh: Fresh::Allowed,
        }
    }

    /// Finds a way for every grant, or holds it; what is held stays where it is and may be in the way of others.
    fn settle(&mut self, live: &Live<'_>) {
        loop {
            while self.settle_windows(live) {}
            let (seats, _) = self.seats(live);
            let refused: Vec<(usize, Why)> =
                seats.into_iter().filter_map(|(i, seat)| seat.err().map(|why| (i, why))).collect();
            if refused.is_empty() {
                return;
            }
            for (i, why) in refused {
                self.give_up(i, why);
            }
        }
    }

    fn give_up(&mut self, i: usize, why: Why) {
        let work = std::mem::replace(&mut self.works[i], Work::Amend(Vec::new()));
        self.works[i] = match work {
            Work::Create { beside, left, .. } => {
                let position = left.first().or(beside.first()).copied();
                Work::Withhold { beside, position, why }
            }
            Work::Replace { old: beside, .. } => {
                for position in &beside {
                    self.targets.insert(*position, Target::Kept);
                }
                Work::Hold { beside, why }
            }
            other => other,
        };
    }

    /// Makes the windows under each reservation key reachable, or finds another way (RULES 3 and 22). Says whether it
    /// had to.
    fn settle_windows(&mut self, live: &Live<'_>) -> bool {
        let outgrown = self.clusters(live).outgrown();
        let mut changed = !outgrown.is_empty();
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
            changed = true;
            for position in affected {
                if rebuild {
                    self.replace_piece_of(position, ReasonCode::ReservationRebuilt);
                } else {
                    let text = "the windows of this reservation cannot be moved without one of its guests losing access in between";
                    self.hold_piece_of(position, Why::person(ReasonCode::WindowsWouldNotOverlap, text));
                }
            }
        }
        changed
    }

    fn piece_of(&self, position: usize) -> Option<usize> {
        self.works.iter().position(|work| match work {
            Work::Amend(lives)
            | Work::Create { beside: lives, .. }
            | Work::Withhold { beside: lives, .. } => lives.contains(&position),
            Work::Replace { .. } | Work::Hold { .. } => false,
        })
    }

    fn replace_piece_of(&mut self, position: usize, reason: ReasonCode) {
        if self.policy() != Policy::Sync {
            let text = "the dates moved so that the grant must be made anew, which the policy does not allow";
            return self.hold_piece_of(position, Why::policy(text));
        }
        let Some((i, old)) = self.piece_and_lives(position) else { return };
        for position in &old {
            self.targets.insert(*position, Target::Leaves);
        }
        self.works[i] = Work::Replace { old, reason, fresh: Fresh::Allowed };
    }

    fn hold_piece_of(&mut self, position: usize, why: Why) {
        let Some((i, beside)) = self.piece_and_lives(position) else { return };
        for position in &beside {
            self.targets.insert(*position, Target::Kept);
        }
        self.works[i] = Work::Hold { beside, why };
    }

    fn piece_and_lives(&self, position: usize) -> Option<(usize, Vec<usize>)> {
        let i = self.piece_of(position)?;
        match &self.works[i] {
            Work::Amend(lives)
            | Work::Create { beside: lives, .. }
            | Work::Withhold { beside: lives, .. } => Some((i, lives.clone())),
            Work::Replace { .. } | Work::Hold { .. } => None,
        }
    }

    fn clusters<'l>(&self, live: &'l Live<'_>) -> Clusters<'l>
    where
        'a: 'l,
    {
        let targets = self.targets.iter().map(|(position, target)| (*position, *target));
        Clusters::new(self.base_key.to_owned(), &self.reservation.id, live, targets)
    }

    /// A seat for every new grant, or why there is none, and the keys as they will be.
    fn seats<'l>(&self, live: &'l Live<'_>) -> (BTreeMap<usize, Result<Option<Seat>, Why>>, Clusters<'l>)
    where
        'a: 'l,
    {
        let mut clusters = self.clusters(live);
        let mut seats = BTreeMap::new();
        for (i, spaces, taking_over, fresh) in self.seat_order() {
            let seat = self.seat(&mut clusters, i, spaces, taking_over, fresh);
            seats.insert(i, seat);
        }
        (seats, clusters)
    }

    fn finish(mut self, live: &mut Live<'_>) -> ReservationPlan<'a> {
        let mut orders: BTreeMap<usize, Order> = BTreeMap::new();
        let mut chains: BTreeMap<usize, usize> = BTreeMap::new();
        let mut in_the_way: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let (mut seats, clusters) = self.seats(live);
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
        drop(clusters);
        let mut seat_of =
            |i: usize| seats.remove(&i).and_then(Result::ok).expect("settled: every new grant has a seat");
        let works = std::mem::take(&mut self.works);
        for (i, work) in works.into_iter().enumerate() {
            match work {
                Work::Amend(lives) => self.amend(i, &lives, live, &chains, &in_the_way),
                Work::Create { spaces, beside, left, reason, fresh: _ } => {
                    self.amend(i, &beside, live, &chains, &in_the_way);
                    self.plan.n_unchanged += left.len();
                    let new = self.new_grant(i, spaces, seat_of(i), reason, live);
                    self.plan.changes.push(Change::Create(new));
                }
                Work::Replace { old, reason, .. } => {
                    let spaces = self.pieces[i].spaces.clone();
                    let new = self.new_grant(i, spaces, seat_of(i), reason, live);
                    self.plan.changes.push(Change::Replace { new, old, order: orders[&i] });
                }
                Work::Withhold { beside, position, why } => {
                    self.amend(i, &beside, live, &chains, &in_the_way);
                    self.hold(i, position, why);
                }
                Work::Hold { beside, why } => self.hold(i, beside.first().copied(), why),
            }
        }
        self.plan
    }

    /// New grants in the order in which they take their seats: widest door set first, then by arrival.
    fn seat_order(&self) -> Vec<(usize, &[SpaceRef], Option<usize>, Fresh)> {
        let mut order: Vec<_> = self
            .works
            .iter()
            .enumerate()
            .filter_map(|(i, work)| match work {
                Work::Create { spaces, fresh, .. } => Some((i, spaces.as_slice(), None, *fresh)),
                Work::Replace { old, fresh, .. } => {
                    Some((i, self.pieces[i].spaces.as_slice(), old.first().copied(), *fresh))
                }
                Work::Amend(_) | Work::Withhold { .. } | Work::Hold { .. } => None,
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
    ) -> Result<Option<Seat>, Why> {
        let capable: Vec<DoorRef> = self.context.directory.capable_of(spaces);
        if capable.is_empty() {
            return Ok(None);
        }
        if clusters.foreign_in_the_way() {
            let text = "grants that are not ours use the reservation key of this stay";
            return Err(Why::person(ReasonCode::ForeignGrant, text));
        }
        let window = self.pieces[i].desired.window;
        clusters.seat(i, &capable, window, taking_over, fresh).map(Some).ok_or_else(|| {
            if self.policy() == Policy::Sync {
                let text =
                    "needs every grant of the reservation to be made anew, and one of them is left alone";
                Why::person(ReasonCode::SpaceAdded, text)
            } else {
                Why::policy("moved to other doors, for which the old grant would have to go first")
            }
        })
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
            let remove: Vec<(Method, AccessMethodId)> = match self.policy() {
                Policy::Sync => surplus(owned.grant, &desired.methods),
                Policy::UpsertOnly | Policy::CreateOnly => Vec::new(),
            };
            let differs = !desired.window.same_from(&owned.grant.window, self.context.now);
            if !differs && add.is_empty() && remove.is_empty() {
                self.plan.n_unchanged += 1;
                continue;
            }
            if self.policy() == Policy::CreateOnly {
                self.hold_for_policy(position, Some(i), "differs, which the policy does not change");
                continue;
            }
            self.plan.changes.push(Change::Amend(Amendment {
                desired,
                position,
                window: differs.then(|| next_window(&owned.grant.window, &desired.window, self.context.now)),
                add,
                remove,
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

    fn hold(&mut self, i: usize, position: Option<usize>, why: Why) {
        let Why { reason, held_by, text } = why;
        let desired = Some(self.pieces[i].desired);
        self.plan.changes.push(Change::Hold { desired, position, reason, text, held_by });
    }
}

/// The access methods of a grant that are not wanted. One that is still being made cannot be taken away yet.
fn surplus(grant: &LiveGrant, wanted: &MethodSet) -> Vec<(Method, AccessMethodId)> {
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
