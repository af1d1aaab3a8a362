//! Plans one reservation: what its guests should have against what they have, within Seam's rules.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::change::Change;
use super::cluster::{Fresh, Target, has_begun};
use super::conclude::next_window;
use super::foreign::Foreign;
use super::freedom::{Freedom, widened};
use super::identities::Identities;
use super::in_house::Withheld;
use super::live::Live;
use super::matching::{Fate, Memory, matching};
use super::past::{Past, Quarantine};
use super::pieces::{Piece, pieces};
use super::settings::{PlanSettings, Policy};
use crate::mapping::{DesiredGrant, DesiredReservation, Directory, SpaceRef, SpaceRefs};
use crate::model::{GuestKey, HeldBy, Move, ReasonCode, ReservationId, Wanted, Window};

/// What is asked about every reservation.
pub(super) struct Context<'a> {
    pub(super) settings: &'a PlanSettings,
    pub(super) directory: &'a Directory,
    pub(super) identities: &'a Identities<'a>,
    pub(super) foreign: &'a Foreign<'a>,
    pub(super) common: &'a BTreeSet<SpaceRef>,
    pub(super) unfinished_moves: &'a BTreeSet<Move>,
    pub(super) past: &'a Past<'a>,
    /// Guests in house whose grants are not to be changed by this plan.
    pub(super) withheld: &'a Withheld,
    pub(super) now: Timestamp,
}

/// A guest of a reservation.
pub(super) type Stayer = (ReservationId, GuestKey);

/// The changes of a reservation and the grants that need none.
#[derive(Debug, Default)]
pub(super) struct ReservationPlan<'a> {
    pub(super) changes: Vec<Change<'a>>,
    pub(super) n_unchanged: usize,
    /// Positions of grants that are as wanted, and what is wanted of them.
    pub(super) as_wanted: Vec<(usize, Wanted)>,
    /// Positions of grants of which the rows no longer speak; they count as unchanged until something is said of them.
    pub(super) missing: Vec<usize>,
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
    base_key: &str,
    live: &Live<'_>,
    context: &Context<'a>,
) -> ReservationPlan<'a> {
    let pieces = pieces(reservation, context.directory, live);
    let memory = Memory { common: context.common, unfinished_moves: context.unfinished_moves };
    let matched = matching(reservation, &pieces, live, &memory, context.now);
    let mut planner = Planner {
        context,
        reservation,
        base_key,
        works: Vec::with_capacity(pieces.len()),
        targets: matched.kept.iter().chain(&matched.missing).map(|p| (*p, Target::Kept)).collect(),
        pieces,
        plan: ReservationPlan {
            changes: Vec::new(),
            n_unchanged: matched.kept.len() + matched.missing.len(),
            as_wanted: Vec::new(),
            missing: matched.missing,
        },
    };
    planner.hold_stays(live, &matched.kept);
    for (position, reason, stay) in &matched.revoked {
        planner.revoke(live, *position, *reason, *stay);
    }
    for (i, fate) in matched.fates.iter().enumerate() {
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
    pub(super) works: Vec<Work>,
    pub(super) targets: BTreeMap<usize, Target>,
    pub(super) plan: ReservationPlan<'a>,
}

impl Planner<'_, '_> {
    pub(super) fn policy(&self) -> Policy {
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
            // What a row takes away goes at once, also in house (RULES 15); only a quarantine keeps it.
            let is_told = stay.is_some() && self.context.past.quarantine == Quarantine::None;
            if !is_told && let Err(why) = self.may_go(&[position], None, live) {
                self.targets.insert(position, Target::Kept);
                return self.hold_live(position, None, why);
            }
            self.targets.insert(position, Target::Goes);
            self.plan.changes.push(Change::Revoke { position, reason, stay });
        } else {
            self.targets.insert(position, Target::Kept);
            let why = Why::policy("would be revoked, which the policy does not allow");
            self.hold_live(position, None, why);
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
        for &position in lives {
            let target = match self.policy() {
                Policy::CreateOnly => Target::Kept,
                Policy::UpsertOnly | Policy::Sync => Target::Window(self.next_window(
                    i,
                    position,
                    &self.freedom(position, Some(i), live),
                    live,
                )),
            };
            self.targets.insert(position, target);
        }
    }

    /// The window that a grant which stays gets, as far as it may be changed.
    pub(super) fn next_window(
        &self,
        i: usize,
        position: usize,
        freedom: &Freedom,
        live: &Live<'_>,
    ) -> Window {
        let owned = &live.owned[position];
        let has = owned.grant.window;
        let wanted = &self.pieces[i].desired.window;
        let aim = match freedom {
            _ if self.flaps(owned, i).is_some() => has,
            Freedom::Free => *wanted,
            Freedom::Gain(_) => widened(&has, wanted),
            Freedom::Frozen(_) => has,
        };
        next_window(&has, &aim, self.context.now)
    }

    /// A space was added. A new grant for it stands beside the one whose credential is in the guest's pocket, unless
    /// Seam wants the doors of the reservation made anew.
    fn extension(&mut self, i: usize, lives: &[usize], missing: &[SpaceRef], live: &Live<'_>) -> Work {
        let directory = self.context.directory;
        let desired = self.pieces[i].desired;
        let units: SpaceRefs = desired.unit_spaces().collect();
        // A common door that no wanted method opens is a warning (RULES 12), not a grant of its own.
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
        if let Err(why) = self.may_go(lives, Some(i), live) {
            return Work::Withhold { beside: lives.to_vec(), position, why };
        }
        for position in lives {
            self.targets.insert(*position, Target::Leaves);
        }
        Work::Replace { old: lives.to_vec(), reason: ReasonCode::SpaceAdded, fresh: Fresh::Refused }
    }

    fn room_move(&mut self, i: usize, lives: &[usize], live: &Live<'_>) -> Work {
        let kept = self.may_go(lives, Some(i), live).err();
        let leaves =
            if self.policy() == Policy::Sync && kept.is_none() { Target::Leaves } else { Target::Kept };
        for position in lives {
            self.targets.insert(*position, leaves);
        }
        let is_frozen = lives.iter().any(|p| matches!(self.freedom(*p, Some(i), live), Freedom::Frozen(_)));
        match (self.policy(), kept) {
            (Policy::Sync, None) => {
                Work::Replace { old: lives.to_vec(), reason: ReasonCode::DoorsChanged, fresh: Fresh::Allowed }
            }
            (Policy::Sync, Some(why)) if is_frozen => Work::Hold { beside: lives.to_vec(), why },
            (Policy::Sync, Some(why)) => {
                self.hold_live(lives[0], None, why);
                self.beside_the_old_doors(i, lives, live)
            }
            (Policy::UpsertOnly, _) => self.beside_the_old_doors(i, lives, live),
            (Policy::CreateOnly, _) => Work::Hold {
                beside: lives.to_vec(),
                why: Why::policy("moved to other doors, which the policy does not carry out"),
            },
        }
    }

    /// A new grant for the doors of a move that leaves the old one standing.
    fn beside_the_old_doors(&self, i: usize, lives: &[usize], live: &Live<'_>) -> Work {
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

    fn new_stay(&self, i: usize) -> Work {
        let desired = self.pieces[i].desired;
        let withhold = |why| Work::Withhold { beside: Vec::new(), position: None, why };
        if let Some(why) = self.adoption_pending(desired) {
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

    /// A guest who is in the house by a grant that is not ours keeps that one (RULES 27). Where it ends before their
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
