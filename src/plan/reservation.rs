//! Plans one reservation: what its guests should have against what they have, within Seam's rules and within what was
//! decided across reservations.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::change::{Amendment, Change, Part, Reach};
use super::cluster::{Fresh, Target, has_begun};
use super::conclude::{key_parts, next_window, widened};
use super::foreign::{Evidence, Foreign};
use super::identities::Identities;
use super::live::Live;
use super::matching::Fate;
use super::occupancy::{Draft, GrantRuling, PieceRuling, Rulings};
use super::past::Past;
use super::pieces::Piece;
use super::settings::{PlanSettings, Policy};
use crate::mapping::{DesiredGrant, DesiredReservation, Directory, Owned, SpaceRef, SpaceRefs};
use crate::model::{HeldBy, MethodSet, ReasonCode, Wanted, Window};

/// After so many runs in a row a change that does not last is no longer sent.
pub(super) const FLAPS: u32 = 3;

/// What is asked about every reservation.
pub(super) struct Context<'a> {
    pub(super) settings: &'a PlanSettings,
    pub(super) directory: &'a Directory,
    pub(super) identities: &'a Identities<'a>,
    pub(super) foreign: &'a Foreign<'a>,
    pub(super) past: &'a Past<'a>,
    pub(super) now: Timestamp,
}

/// The changes of a reservation and the grants that need none.
#[derive(Debug, Default)]
pub(super) struct ReservationPlan<'a> {
    pub(super) changes: Vec<Change<'a>>,
    pub(super) n_unchanged: usize,
    /// Positions of grants that are as wanted, and what is wanted of them.
    pub(super) as_wanted: Vec<(usize, Wanted)>,
    /// Positions of grants of which the rows no longer speak.
    pub(super) missing: Vec<usize>,
    /// Pieces that are held for a reason of this reservation, which nobody else knew.
    pub(super) refused: Vec<(usize, Why)>,
    /// Positions of grants that Seam's rules do not let be shortened.
    pub(super) fixed: Vec<usize>,
}

/// What a piece needs.
pub(super) enum Work {
    /// These grants stay; windows and methods follow.
    Amend(Vec<usize>),
    /// A new grant for these spaces, beside grants that stay; the policy keeps those of another door.
    Create { spaces: SpaceRefs, beside: Vec<usize>, left: Vec<usize>, reason: ReasonCode, fresh: Fresh },
    /// A new grant for all its spaces instead of these.
    Replace { old: Vec<usize>, reason: ReasonCode, fresh: Fresh },
    /// No new grant, for this reason; grants that stay follow all the same.
    Withhold { beside: Vec<usize>, position: Option<usize>, why: Why },
    /// Nothing, for this reason.
    Hold { beside: Vec<usize>, why: Why },
    /// Nothing more is said of it.
    Nothing,
}

/// Why something is held, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Why {
    pub(super) reason: ReasonCode,
    pub(super) held_by: HeldBy,
    pub(super) text: String,
}

impl Why {
    pub(super) fn policy(text: &str) -> Self {
        Self { reason: ReasonCode::Policy, held_by: HeldBy::Rule, text: text.to_owned() }
    }

    pub(super) fn person(reason: ReasonCode, text: &str) -> Self {
        Self { reason, held_by: HeldBy::Person, text: text.to_owned() }
    }
}

/// Decides what a reservation needs. `base_key` is its Seam reservation key without a number (RULES 3).
pub(super) fn plan_reservation<'a>(
    reservation: &'a DesiredReservation,
    draft: Draft<'a>,
    rulings: Option<&Rulings>,
    base_key: &str,
    live: &Live<'_>,
    context: &Context<'a>,
) -> ReservationPlan<'a> {
    let Draft { pieces, matching } = draft;
    let mut planner = Planner {
        context,
        reservation,
        base_key,
        works: Vec::with_capacity(pieces.len()),
        targets: matching.kept.iter().chain(&matching.missing).map(|p| (*p, Target::Kept)).collect(),
        pieces,
        rulings,
        plan: ReservationPlan {
            changes: Vec::new(),
            n_unchanged: matching.kept.len() + matching.missing.len(),
            as_wanted: Vec::new(),
            missing: matching.missing,
            refused: Vec::new(),
            fixed: Vec::new(),
        },
    };
    planner.hold_stays(live, &matching.kept);
    for (position, reason, stay) in &matching.revoked {
        planner.revoke(live, *position, *reason, *stay);
    }
    planner.missing(live);
    for (i, fate) in matching.fates.iter().enumerate() {
        let work = planner.work(i, fate, live);
        planner.works.push(work);
    }
    let settled = planner.settle(live);
    planner.finish(live, settled)
}

pub(super) struct Planner<'a, 'c> {
    pub(super) context: &'c Context<'a>,
    pub(super) reservation: &'a DesiredReservation,
    pub(super) base_key: &'c str,
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) rulings: Option<&'c Rulings>,
    pub(super) works: Vec<Work>,
    pub(super) targets: BTreeMap<usize, Target>,
    pub(super) plan: ReservationPlan<'a>,
}

impl<'c> Planner<'_, 'c> {
    pub(super) fn policy(&self) -> Policy {
        self.context.settings.policy
    }

    pub(super) fn ruling(&self, i: usize) -> Option<&'c PieceRuling> {
        self.rulings.and_then(|rulings| rulings.pieces.get(i))
    }

    fn grant_ruling(&self, position: usize) -> Option<&'c GrantRuling> {
        self.rulings.and_then(|rulings| rulings.grants.get(&position))
    }

    /// What the doors of a piece are opened for.
    pub(super) fn opens(&self, i: usize) -> Window {
        self.ruling(i).map_or(self.pieces[i].desired.window, |ruling| ruling.opens)
    }

    /// What a live grant of a piece is to be open for. In house the start of one that opens now is never moved: another
    /// unit of the stay may wait for an earlier guest (RULES 13).
    pub(super) fn opens_of_live(&self, i: usize, position: usize, live: &Live<'_>) -> Window {
        let (opens, now) = (self.opens(i), self.context.now);
        let has = live.owned[position].grant.window;
        let in_house = self.ruling(i).is_some_and(|ruling| ruling.in_house);
        let is_begun = in_house && has_begun(&self.pieces[i].desired.window, now) && has.contains(now);
        if is_begun && !has_begun(&opens, now) { Window { starts_at: has.starts_at, ..opens } } else { opens }
    }

    fn hold_stays(&mut self, live: &Live<'_>, kept: &[usize]) {
        let mut untold = Vec::new();
        for position in kept {
            if !self.take(live, *position) {
                untold.push(*position);
            }
        }
        for stay in &self.reservation.held {
            let of_guest = |position: &usize| live.owned[*position].parts.guest == stay.guest;
            let position = untold.iter().position(of_guest).map(|i| untold.remove(i));
            if position.is_some() {
                self.plan.n_unchanged -= 1;
            }
            self.plan.changes.push(Change::HeldStay { stay, position });
        }
    }

    /// Leaves to the guest of a grant of several units what nobody else needs.
    fn leave_part(&mut self, live: &Live<'_>, position: usize) {
        let Some(ruling) = self.grant_ruling(position) else { return };
        let Some((spaces, window)) = ruling.part.clone() else { return };
        let Context { settings, directory, .. } = self.context;
        let owned = &live.owned[position];
        let parts = key_parts(&self.reservation.id, owned.parts.guest.clone(), &spaces, directory);
        self.plan.changes.push(Change::Part(Part {
            position,
            key: live.free_key(parts, &settings.namespace, |_| false),
            reservation_key: None,
            spaces,
            window,
            wanted: owned.recorded.copied(),
            reason: ruling.reason,
        }));
    }

    /// Takes from a grant what others need, or all of it; whether something was taken, or said.
    fn take(&mut self, live: &Live<'_>, position: usize) -> bool {
        let Some(ruling) = self.grant_ruling(position) else { return false };
        let GrantRuling { rest, reason, text, hold: _, part: _ } = ruling;
        let has = live.owned[position].grant.window;
        match rest {
            // No policy bounds what a person decided (RULES 17).
            None if self.policy() == Policy::Sync || *reason == ReasonCode::Decided => {
                self.plan.n_unchanged -= 1;
                self.leave_part(live, position);
                // What is missing still stands while others are made, so that nothing of Seam's rules depends on it.
                let target = if *reason == ReasonCode::Absent { Target::Kept } else { Target::Goes };
                self.targets.insert(position, target);
                let text = Some(text.clone());
                self.plan.changes.push(Change::Revoke { position, reason: *reason, stay: None, text });
                true
            }
            None => {
                self.plan.n_unchanged -= 1;
                let why = Why::policy("would be revoked, which the policy does not allow");
                self.hold_live(position, None, why);
                true
            }
            Some(rest) if !rest.same_from(&has, self.context.now) => {
                self.plan.n_unchanged -= 1;
                self.leave_part(live, position);
                self.cut(live, position, *rest, (*reason, text.clone()));
                true
            }
            Some(_) => false,
        }
    }

    /// Shortens a grant to what nobody else needs.
    fn cut(&mut self, live: &Live<'_>, position: usize, rest: Window, told: (ReasonCode, String)) {
        if self.policy() == Policy::CreateOnly {
            let why = Why::policy("would be shortened, which the policy does not allow");
            return self.hold_live(position, None, why);
        }
        let owned = &live.owned[position];
        let window = next_window(&owned.grant.window, &rest, self.context.now);
        self.targets.insert(position, Target::Window(window));
        self.plan.changes.push(Change::Amend(Amendment {
            desired: None,
            told: Some(told),
            position,
            window: Some(window),
            add: MethodSet::new(),
            remove: Vec::new(),
            after_deletion_of: Vec::new(),
            after_update_of: None,
            wanted: owned.recorded.map(|recorded| recorded.within(window)),
            reach: Reach::Whole,
        }));
    }

    fn revoke(&mut self, live: &Live<'_>, position: usize, reason: ReasonCode, stay: Option<usize>) {
        let ruling = self.grant_ruling(position);
        if let Some(GrantRuling { rest: Some(rest), reason, text, hold, part: _ }) = ruling {
            self.targets.insert(position, Target::Kept);
            if let Some(why) = hold {
                self.hold_live(position, None, why.clone());
            }
            if !rest.same_from(&live.owned[position].grant.window, self.context.now) {
                self.cut(live, position, *rest, (*reason, text.clone()));
            }
            return;
        }
        if self.policy() == Policy::Sync || ruling.is_some_and(|ruling| ruling.reason == ReasonCode::Decided)
        {
            self.leave_part(live, position);
            let stay = stay.map(|stay| &self.reservation.revoked[stay]);
            let told = ruling.filter(|ruling| ruling.reason == ReasonCode::MadeLonger);
            let reason = told.map_or(reason, |told| told.reason);
            self.targets.insert(position, Target::Goes);
            let text = told.map(|told| told.text.clone());
            self.plan.changes.push(Change::Revoke { position, reason, stay, text });
        } else {
            self.targets.insert(position, Target::Kept);
            let why = Why::policy("would be revoked, which the policy does not allow");
            self.hold_live(position, None, why);
        }
    }

    /// Grants of which no row speaks.
    fn missing(&mut self, live: &Live<'_>) {
        for position in self.plan.missing.clone() {
            if self.take(live, position) {
                continue;
            }
            let Some(why) = self.grant_ruling(position).and_then(|ruling| ruling.hold.clone()) else {
                continue;
            };
            if self.policy() == Policy::Sync && !why.text.is_empty() {
                self.plan.n_unchanged -= 1;
                let Why { reason, held_by, text } = why;
                self.plan.changes.push(Change::Missing { position, reason, text, held_by });
            }
        }
    }

    pub(super) fn hold_live(&mut self, position: usize, piece: Option<usize>, why: Why) {
        let Why { reason, held_by, text } = why;
        self.plan.changes.push(Change::Hold {
            desired: piece.map(|i| self.pieces[i].desired),
            position: Some(position),
            reason,
            text,
            held_by,
        });
    }

    fn work(&mut self, i: usize, fate: &Fate, live: &Live<'_>) -> Work {
        if let Some(why) = self.ruling(i).and_then(|ruling| ruling.hold.clone()) {
            return self.held(i, fate, why, live);
        }
        match fate {
            Fate::Covered(lives) if self.ruling(i).is_some_and(|ruling| ruling.is_anew) => {
                for position in lives {
                    self.targets.insert(*position, Target::Leaves);
                }
                Work::Replace { old: lives.clone(), reason: ReasonCode::WindowChanged, fresh: Fresh::Allowed }
            }
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

    /// A stay that is held keeps what nobody else needs.
    fn held(&mut self, i: usize, fate: &Fate, why: Why, live: &Live<'_>) -> Work {
        let lives: &[usize] = match fate {
            Fate::New => &[],
            Fate::Covered(lives) | Fate::Extended { lives, .. } | Fate::Moved(lives) => lives,
        };
        let loses = self.ruling(i).is_some_and(|ruling| ruling.loses);
        let mut n_told = 0;
        for position in lives {
            self.targets.insert(*position, Target::Kept);
            self.plan.n_unchanged += 1;
            if self.take(live, *position) {
                n_told += 1;
            } else {
                self.plan.n_unchanged -= 1;
            }
        }
        if loses && n_told == lives.len() && !lives.is_empty() && why.reason == ReasonCode::Decided {
            return Work::Nothing;
        }
        Work::Hold { beside: if n_told == 0 { lives.to_vec() } else { Vec::new() }, why }
    }

    /// Sets the window that grants which stay are to have.
    fn aim(&mut self, i: usize, lives: &[usize], live: &Live<'_>) {
        for &position in lives {
            let target = match self.policy() {
                Policy::CreateOnly => Target::Kept,
                Policy::UpsertOnly | Policy::Sync => Target::Window(self.next_window(i, position, live)),
            };
            self.targets.insert(position, target);
        }
    }

    /// The window that a grant which stays gets, as far as it may be changed.
    pub(super) fn next_window(&self, i: usize, position: usize, live: &Live<'_>) -> Window {
        let owned = &live.owned[position];
        let has = owned.grant.window;
        let wanted = self.opens_of_live(i, position, live);
        let aim = if self.flaps(owned, i).is_some() {
            has
        } else if self.ruling(i).is_some_and(|ruling| ruling.gains_only.is_some()) {
            widened(&has, &wanted)
        } else {
            wanted
        };
        next_window(&has, &aim, self.context.now)
    }

    /// How often the same change was made in vain, where it is no longer to be made.
    pub(super) fn flaps(&self, owned: &Owned<'_>, piece: usize) -> Option<u32> {
        let ledger = self.context.past.ledger;
        let n_runs = *ledger.repairs.get(owned.key)?;
        let is_same = owned
            .recorded
            .is_some_and(|recorded| recorded.is_same_as(&self.pieces[piece].wanted, self.context.now));
        (n_runs >= FLAPS && is_same).then_some(n_runs)
    }

    /// Whether the grants of a piece may go, or why not.
    pub(super) fn may_go(&self, i: usize) -> Result<(), Why> {
        match self.ruling(i).and_then(|ruling| ruling.is_protected.clone()) {
            Some(why) if self.policy() == Policy::Sync => Err(why),
            _ => Ok(()),
        }
    }

    /// A space was added. A new grant for it stands beside the one whose credential is in the guest's pocket, unless
    /// Seam wants the doors of the reservation made anew.
    fn extension(&mut self, i: usize, lives: &[usize], missing: &[SpaceRef], live: &Live<'_>) -> Work {
        let directory = self.context.directory;
        let desired = self.pieces[i].desired;
        let units: SpaceRefs = desired.unit_spaces().collect();
        // A common door that no wanted method opens is a warning (RULES 18), not a grant of its own.
        let missing: SpaceRefs = missing
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
        let position = lives.first().copied();
        if self.policy() != Policy::Sync {
            let why = Why::policy(
                "a space was added that needs the grant to be made anew, which the policy does not allow",
            );
            return Work::Withhold { beside: lives.to_vec(), position, why };
        }
        if let Err(why) = self.may_go(i) {
            return Work::Withhold { beside: lives.to_vec(), position, why };
        }
        for position in lives {
            self.targets.insert(*position, Target::Leaves);
        }
        Work::Replace { old: lives.to_vec(), reason: ReasonCode::SpaceAdded, fresh: Fresh::Refused }
    }

    fn room_move(&mut self, i: usize, lives: &[usize], live: &Live<'_>) -> Work {
        if let Some(ruling) = self.ruling(i).filter(|ruling| ruling.is_beside) {
            for position in lives {
                self.targets.insert(*position, Target::Kept);
            }
            if let Some(why) = &ruling.gains_only {
                self.hold_live(lives[0], None, why.clone());
            }
            return self.beside_the_old_doors(i, lives, live);
        }
        let stays_until = |position: &usize| self.grant_ruling(*position).and_then(|ruling| ruling.rest);
        let bridged: Vec<(usize, Window)> =
            lives.iter().filter_map(|position| Some((*position, stays_until(position)?))).collect();
        // No policy bounds what a person decided (RULES 17).
        let is_decided = self.ruling(i).is_some_and(|ruling| ruling.is_decided);
        let policy = if is_decided { Policy::Sync } else { self.policy() };
        let reason = if policy == self.policy() { ReasonCode::DoorsChanged } else { ReasonCode::Decided };
        let leaves = if policy == Policy::Sync { Target::Leaves } else { Target::Kept };
        for position in lives {
            self.targets.insert(*position, leaves);
        }
        match policy {
            // The old unit stays open until the new one is (RULES 15); the new grant gets a key of its own.
            Policy::Sync | Policy::UpsertOnly if !bridged.is_empty() => {
                for (position, rest) in &bridged {
                    self.targets.insert(*position, Target::Kept);
                    let ruling = self.grant_ruling(*position).expect("it was found above");
                    let told = (reason, ruling.text.clone());
                    if !rest.same_from(&live.owned[*position].grant.window, self.context.now) {
                        self.cut(live, *position, *rest, told);
                    }
                }
                let others = lives.iter().filter(|p| !bridged.iter().any(|(bridged, _)| bridged == *p));
                let mut left: Vec<usize> = others.copied().collect();
                if policy == Policy::Sync {
                    for position in std::mem::take(&mut left) {
                        self.targets.insert(position, Target::Goes);
                        self.plan.changes.push(Change::Revoke { position, reason, stay: None, text: None });
                    }
                }
                Work::Create {
                    spaces: self.pieces[i].spaces.clone(),
                    beside: Vec::new(),
                    left,
                    reason,
                    fresh: Fresh::Allowed,
                }
            }
            Policy::Sync => {
                let now = self.context.now;
                let is_inside = self.pieces[i].desired.window.contains(now)
                    && lives.iter().any(|position| live.owned[*position].grant.window.contains(now));
                let fresh = if is_inside { Fresh::Preferred } else { Fresh::Allowed };
                Work::Replace { old: lives.to_vec(), reason, fresh }
            }
            Policy::UpsertOnly => self.beside_the_old_doors(i, lives, live),
            Policy::CreateOnly => Work::Hold {
                beside: lives.to_vec(),
                why: Why::policy("moved to other doors, which the policy does not carry out"),
            },
        }
    }

    /// A new grant for the doors of a move that leaves the old one standing.
    fn beside_the_old_doors(&self, i: usize, lives: &[usize], live: &Live<'_>) -> Work {
        // Another key for a unit that changed in place is not what #n is for, but for a guest in house it is (RULES 3).
        let in_house = self.ruling(i).is_some_and(|ruling| ruling.in_house);
        let is_shared = !in_house && lives.iter().any(|position| !live.owned[*position].capable.is_empty());
        Work::Create {
            spaces: self.pieces[i].spaces.clone(),
            beside: Vec::new(),
            left: lives.to_vec(),
            reason: ReasonCode::DoorsChanged,
            fresh: if is_shared { Fresh::Refused } else { Fresh::Allowed },
        }
    }

    fn new_stay(&self, i: usize) -> Work {
        let desired = self.pieces[i].desired;
        let withhold = |why| Work::Withhold { beside: Vec::new(), position: None, why };
        if let Some(why) = self.adoption_pending(desired).or_else(|| self.foreign_in_the_way(desired)) {
            return withhold(why);
        }
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

    /// A grant that is not ours and is taken for that of the stay has to be taken over, or to go (RULES 36).
    fn foreign_in_the_way(&self, desired: &DesiredGrant) -> Option<Why> {
        let (grant, evidence) = self.context.foreign.in_the_way(&self.reservation.id, desired)?;
        let what = match evidence {
            Evidence::Key => "the reservation",
            Evidence::Person => "the guest",
        };
        let text = format!(
            "the grant {} in Seam, which is not ours, is of {what}, the unit and the time of this stay; take it over, or \
             delete it in Seam\n{}",
            grant.id,
            self.context.past.commands.of("adopt")
        );
        Some(Why::person(ReasonCode::ForeignGrant, &text))
    }

    /// A guest who is in the house by a grant that is not ours keeps that one (RULES 36). Where it ends before their
    /// stay does, somebody has to see to it.
    fn adoption_pending(&self, desired: &DesiredGrant) -> Option<Why> {
        let Context { directory, foreign, now, .. } = self.context;
        if !has_begun(&desired.window, *now) {
            return None;
        }
        let grant = foreign.lets_in_now(&self.reservation.id, desired, directory, *now)?;
        let lasts = match (grant.window.ends_at, desired.window.ends_at) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(theirs), Some(wanted)) => theirs >= wanted,
        };
        let text = "the guest is in the house by a grant that is not ours, and keeps it until they leave";
        Some(if lasts {
            Why { reason: ReasonCode::AdoptionPending, held_by: HeldBy::Rule, text: text.to_owned() }
        } else {
            let end = grant
                .window
                .ends_at
                .map_or_else(String::new, |end| end.strftime(" at %Y-%m-%d %H:%MZ").to_string());
            let text = format!("{text}; but it ends{end}, before the stay does");
            Why::person(ReasonCode::AdoptionPending, &text)
        })
    }
}
