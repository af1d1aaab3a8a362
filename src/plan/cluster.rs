//! Seam's reservation keys within one reservation: who shares one, who needs another, and what must be made anew.
//!
//! Only grants with reservation-capable doors come here. The rules are those of SEAM.md §6.9: the first grant of a
//! key fixes its doors, later ones take the same or fewer, windows overlap, and doors change only after all grants
//! of the key are gone.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::live::Live;
use super::pieces::is_subset;
use crate::mapping::DoorRefs;
use crate::model::{DoorRef, ReservationId, SeamReservationKey, Window};

/// What becomes of a live grant of the reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// It stays as it is.
    Kept,
    /// It stays, with this window.
    Window(Window),
    /// It goes once its successor exists.
    Leaves,
    /// It goes.
    Goes,
}

/// A live grant under a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Its position in [`Live::owned`].
    pub(super) position: usize,
    /// Its window now.
    pub(super) old: Window,
    /// What becomes of it.
    pub(super) target: Target,
}

/// A grant still to be made under a key.
#[derive(Debug, Clone)]
struct Joiner {
    create: usize,
    window: Window,
}

/// One reservation key.
#[derive(Debug, Clone, Default)]
struct Group {
    doors: DoorRefs,
    members: Vec<Member>,
    joiners: Vec<Joiner>,
    n_foreign: usize,
    rebuilt: bool,
}

/// How the windows of the members of a key can be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shift {
    /// In any order.
    Free,
    /// In this order, each after the one before it.
    InOrder(Vec<usize>),
    /// Not without a moment in which two windows do not overlap (RULES 31).
    Stuck,
}

/// A place under a key for a new grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seat {
    /// The key.
    pub(super) key: SeamReservationKey,
    /// Live grants that must be gone before.
    pub(super) after_deletion_of: Vec<usize>,
    /// Live grants whose window must have moved before.
    pub(super) after_update_of: Vec<usize>,
    /// The new grant that opens the key, if it is another one.
    pub(super) after_creation_of: Option<usize>,
}

/// The keys of one reservation.
pub(super) struct Clusters<'a> {
    base: String,
    live: &'a Live<'a>,
    id: &'a ReservationId,
    groups: BTreeMap<(u32, SeamReservationKey), Group>,
}

impl<'a> Clusters<'a> {
    /// Collects the live grants of a reservation under their keys.
    pub(super) fn new(
        base: String,
        id: &'a ReservationId,
        live: &'a Live<'a>,
        targets: impl Iterator<Item = (usize, Target)>,
    ) -> Self {
        let mut clusters = Self { base, live, id, groups: BTreeMap::new() };
        for (position, target) in targets {
            let owned = &live.owned[position];
            let Some(key) = &owned.grant.reservation_key else { continue };
            let ordinal = clusters.ordinal(key);
            let group = clusters.groups.entry((ordinal, key.clone())).or_default();
            group.members.push(Member { position, old: owned.grant.window, target });
            group.doors.extend(owned.capable.iter().copied());
            group.doors.sort_unstable();
            group.doors.dedup();
        }
        for ((_, key), group) in &mut clusters.groups {
            if let Some(users) = live.users(key) {
                group.n_foreign = users.all - group.members.len();
            }
        }
        clusters
    }

    /// Members whose new window no longer overlaps that of the others under their key: they need another key. The
    /// ones that are kept as they are, and then those that arrive first, stay.
    pub(super) fn outgrown(&self) -> Vec<usize> {
        let mut outgrown = Vec::new();
        for group in self.groups.values() {
            let mut seated: Vec<Window> = Vec::new();
            let mut members: Vec<&Member> = group.members.iter().collect();
            members.sort_by_key(|m| (m.target != Target::Kept, goal(m), m.position));
            for member in members {
                let Some(goal) = goal(member) else { continue };
                if seated.iter().all(|window| window.overlaps(&goal)) {
                    seated.push(goal);
                } else if matches!(member.target, Target::Window(_)) {
                    outgrown.push(member.position);
                }
            }
        }
        outgrown
    }

    /// For each key whose windows move: how.
    pub(super) fn shifts(&self) -> Vec<(Vec<usize>, Shift)> {
        let mut shifts = Vec::new();
        for group in self.groups.values() {
            let moving: Vec<&Member> = group
                .members
                .iter()
                .filter(|m| matches!(m.target, Target::Window(window) if window != m.old))
                .collect();
            if moving.is_empty() {
                continue;
            }
            let staying: Vec<&Member> = group.members.iter().filter(|m| goal(m).is_some()).collect();
            let shift = shift(&moving, &staying);
            let affected =
                if shift == Shift::Stuck { &staying } else { &moving }.iter().map(|m| m.position).collect();
            shifts.push((affected, shift));
        }
        shifts
    }

    /// Whether all grants of the key of a member are ours to make anew.
    pub(super) fn may_rebuild(&self, position: usize) -> bool {
        self.group_of(position)
            .is_some_and(|g| g.n_foreign == 0 && g.members.iter().all(|m| m.target != Target::Kept))
    }

    /// Members that must be gone before the window of another may move, because they would not overlap.
    pub(super) fn in_the_way_of(&self, position: usize, window: &Window) -> Vec<usize> {
        self.group_of(position).map_or_else(Vec::new, |group| {
            group
                .members
                .iter()
                .filter(|m| m.position != position && goal(m).is_none() && !m.old.overlaps(window))
                .map(|m| m.position)
                .collect()
        })
    }

    /// Finds a key for a new grant: the key of the grant it takes over from, another of the reservation, or a new one.
    pub(super) fn seat(
        &mut self,
        create: usize,
        doors: &[DoorRef],
        window: Window,
        taking_over: Option<usize>,
        fresh: Fresh,
    ) -> Option<Seat> {
        let own = taking_over.and_then(|position| {
            self.groups.iter().find(|(_, group)| group.has(position)).map(|(key, _)| key.clone())
        });
        let mut keys: Vec<(u32, SeamReservationKey)> = own.into_iter().collect();
        keys.extend(self.groups.keys().cloned());
        for key in &keys {
            let group = self.groups.get_mut(key).expect("the key was taken from the map");
            if group.takes(doors, &window) {
                return Some(group.join(&key.1, create, window));
            }
        }
        for key in keys.iter().filter(|_| fresh != Fresh::Preferred) {
            let group = self.groups.get_mut(key).expect("the key was taken from the map");
            if group.dissolves() {
                group.rebuilt = true;
                group.doors = doors.into();
                return Some(group.join(&key.1, create, window));
            }
        }
        // A grant whose key is made anew goes in any case, so its successor must find a place.
        let is_going = taking_over.is_some_and(|position| self.is_rebuilt(position));
        if fresh == Fresh::Refused && !is_going {
            return None;
        }
        let (ordinal, key) = self.free_key();
        let group = self.groups.entry((ordinal, key.clone())).or_default();
        group.doors = doors.into();
        Some(group.join(&key, create, window))
    }

    /// A key that no other grant has.
    pub(super) fn own_key(&mut self, doors: DoorRefs) -> SeamReservationKey {
        let (ordinal, key) = self.free_key();
        self.groups.insert((ordinal, key.clone()), Group { doors, ..Group::default() });
        key
    }

    /// Whether a live grant is under a key that is made anew, so that it goes before its successor comes.
    pub(super) fn is_rebuilt(&self, position: usize) -> bool {
        self.group_of(position).is_some_and(|group| group.rebuilt)
    }

    /// Whether somebody else's grant has the plain key of the reservation.
    pub(super) fn foreign_in_the_way(&self) -> bool {
        self.live.users(&SeamReservationKey::new(&self.base)).is_some_and(|users| users.foreign() > 0)
    }

    fn group_of(&self, position: usize) -> Option<&Group> {
        self.groups.values().find(|group| group.has(position))
    }

    fn ordinal(&self, key: &SeamReservationKey) -> u32 {
        key.as_str()
            .strip_prefix(&self.base)
            .and_then(|rest| if rest.is_empty() { Some(1) } else { rest.strip_prefix('#')?.parse().ok() })
            .unwrap_or(u32::MAX)
    }

    fn free_key(&self) -> (u32, SeamReservationKey) {
        debug_assert!(self.base.ends_with(self.id.key.as_str()), "the base is made of the reservation's key");
        let mut n = 1;
        loop {
            let key = if n == 1 { self.base.clone() } else { format!("{}#{n}", self.base) };
            let entry = (n, SeamReservationKey::new(key));
            if self.live.users(&entry.1).is_none() && !self.groups.contains_key(&entry) {
                return entry;
            }
            n += 1;
        }
    }
}

/// Whether a new key may be given where none fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    /// It may.
    Allowed,
    /// It is to be given: the guest is inside and keeps the old unit until the new one opens (RULES 3, 30).
    Preferred,
    /// The grant must go under a key that exists, or not at all.
    Refused,
}

impl Group {
    fn has(&self, position: usize) -> bool {
        self.members.iter().any(|member| member.position == position)
    }

    /// Whether Seam takes a grant with these doors and this window beside those that are there.
    fn takes(&self, doors: &[DoorRef], window: &Window) -> bool {
        let joiners = || self.joiners.iter().map(|joiner| &joiner.window);
        // A window that has to move first may itself wait for a grant that leaves, and that one for its successor:
        // where grants leave, a new one must fit beside the windows as they are.
        let may_wait = self.members.iter().all(|member| member.target != Target::Leaves);
        if self.rebuilt {
            return is_subset(doors, &self.doors) && joiners().all(|other| other.overlaps(window));
        }
        let members_fit = self.members.iter().all(|member| match member.target {
            Target::Goes => true,
            Target::Kept | Target::Leaves => member.old.overlaps(window),
            Target::Window(goal) => goal.overlaps(window) && (may_wait || member.old.overlaps(window)),
        });
        // Where every member goes, the key is free before the first new grant comes, and its doors with it.
        let is_free = self.members.iter().all(|member| member.target == Target::Goes)
            && (self.joiners.is_empty() || !self.members.is_empty());
        !is_free
            && self.n_foreign == 0
            && is_subset(doors, &self.doors)
            && members_fit
            && joiners().all(|other| other.overlaps(window))
    }

    /// Whether nothing will be left under the key.
    fn dissolves(&self) -> bool {
        !self.rebuilt
            && self.n_foreign == 0
            && self.joiners.is_empty()
            && self.members.iter().all(|m| matches!(m.target, Target::Leaves | Target::Goes))
    }

    fn join(&mut self, key: &SeamReservationKey, create: usize, window: Window) -> Seat {
        let nobody_stays = self.rebuilt || self.members.is_empty();
        let after_creation_of =
            if nobody_stays { self.joiners.first().map(|first| first.create) } else { None };
        let (after_deletion_of, after_update_of) = if self.rebuilt {
            (self.members.iter().map(|m| m.position).collect(), Vec::new())
        } else {
            let apart = |m: &&Member| !m.old.overlaps(&window);
            let of = |wanted: fn(&Target) -> bool| {
                self.members.iter().filter(|m| wanted(&m.target)).filter(apart).map(|m| m.position).collect()
            };
            (of(|t| *t == Target::Goes), of(|t| matches!(t, Target::Window(_))))
        };
        self.joiners.push(Joiner { create, window });
        Seat { key: key.clone(), after_deletion_of, after_update_of, after_creation_of }
    }
}

/// The window a member will have; `None` for one that goes.
fn goal(member: &Member) -> Option<Window> {
    match member.target {
        Target::Kept => Some(member.old),
        Target::Window(window) => Some(window),
        Target::Leaves | Target::Goes => None,
    }
}

fn shift(moving: &[&Member], staying: &[&Member]) -> Shift {
    let new = |m: &Member| goal(m).expect("only members that stay are moved");
    let free = moving.iter().all(|m| {
        staying.iter().filter(|other| other.position != m.position).all(|other| other.old.overlaps(&new(m)))
    });
    if free {
        return Shift::Free;
    }
    let mut current: BTreeMap<usize, Window> = staying.iter().map(|m| (m.position, m.old)).collect();
    let mut waiting: Vec<&Member> = moving.to_vec();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let next = waiting.iter().position(|m| {
            current.iter().filter(|(position, _)| **position != m.position).all(|(_, w)| w.overlaps(&new(m)))
        });
        let Some(next) = next else { return Shift::Stuck };
        let member = waiting.remove(next);
        current.insert(member.position, new(member));
        order.push(member.position);
    }
    Shift::InOrder(order)
}

/// Whether a window has begun.
pub(super) fn has_begun(window: &Window, now: Timestamp) -> bool {
    window.starts_at <= now
}
