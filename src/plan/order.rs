//! The steps of a plan in an order in which nobody opens a unit before another party's grant there is closed
//! (RULES 29).
//!
//! Each closing is followed at once by what it frees. Where several wait for each other, one of them gives up the old
//! unit first: a guest who is not in house, else the first by reservation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use hashbrown::{HashMap, HashSet};

use super::item::{Action, Item};
use super::live::Live;
use super::occupancy::Need;
use super::outline::Plan;
use super::step::{Call, ItemId, Step, StepId, StepIds};
use crate::model::{AccessGrantId, ReservationId, Window};

/// Said of the guest who makes room for the others.
const GIVES_UP_FIRST: &str = "several stays change units with each other; this one gives up the old unit first, and its \
                              guest has no key until the last call of the change";

/// Said of the guest whose old unit is shortened before the new one is free.
const SHORTENED_FIRST: &str =
    "several stays change units with each other; the old unit of this one is shortened first";

/// A step that opens, or makes room for one that does, with one that closes and must have succeeded before.
struct Edge<'n> {
    opens: usize,
    closes: usize,
    need: &'n Need,
}

/// Adds what steps need of other reservations, and puts all steps in order. Gives back the lines of each ring.
pub(super) fn order_across(
    plan: &mut Plan,
    needs: &[Need],
    created: &HashMap<(ReservationId, usize), Vec<StepId>>,
    live: &Live<'_>,
) -> Vec<HashSet<ItemId>> {
    if needs.is_empty() {
        return Vec::new();
    }
    let mut of_grant: HashMap<&AccessGrantId, Vec<usize>> = HashMap::new();
    for (n, step) in plan.steps.iter().enumerate() {
        if let Call::UpdateGrant { id, .. } | Call::DeleteGrant { id, .. } = &step.call {
            of_grant.entry(id).or_default().push(n);
        }
    }
    let steps_of =
        |position: usize| of_grant.get(&live.owned[position].grant.id).map_or(&[][..], Vec::as_slice);
    let steps = &plan.steps;
    let mut edges: Vec<Edge<'_>> = Vec::new();
    for need in needs {
        let Some(closes) = steps_of(need.closes).last().copied() else { continue };
        let creates = need.piece.and_then(|piece| created.get(&(need.reservation.clone(), piece)));
        let widens = need.widens.iter().flat_map(|own| {
            let had = &live.owned[*own].grant.window;
            steps_of(*own).iter().copied().filter(|n| opens_more(&steps[*n].call, had))
        });
        let opens = creates.into_iter().flatten().map(|step| step.0 as usize).chain(widens);
        edges.extend(opens.filter(|opens| *opens != closes).map(|opens| Edge { opens, closes, need }));
    }
    drop(of_grant);
    // What of a guest has to go first waits for all that the new grant waits for (RULES 29).
    let mut goes_first: Vec<Edge<'_>> = Vec::new();
    for Edge { opens, closes, need } in &edges {
        let Step { item, requires, .. } = &steps[*opens];
        for own in requires.iter().map(|other| other.0 as usize).filter(|own| own != closes) {
            if steps[own].item == *item && matches!(steps[own].call, Call::DeleteGrant { .. }) {
                goes_first.push(Edge { opens: own, closes: *closes, need });
            }
        }
    }
    edges.extend(goes_first);
    let (order, rings) = Sorter::new(plan, &edges, live).sort();
    renumber(plan, &order);
    rings
}

/// Whether a call lets a guest in at a time that the grant did not have: one that only takes waits for nobody.
fn opens_more(call: &Call, had: &Window) -> bool {
    match call {
        Call::UpdateGrant { window, .. } => !had.overlaps(window) || had.intersection(window) != *window,
        _ => false,
    }
}

struct Sorter<'e> {
    plan: &'e mut Plan,
    edges: &'e [Edge<'e>],
    /// What each step waits for.
    before: Vec<BTreeSet<usize>>,
    /// Who waits for each step.
    behind: Vec<BTreeSet<usize>>,
    /// For how many steps each one still waits.
    n_waits: Vec<usize>,
    /// Steps that wait for none.
    ready: BinaryHeap<Reverse<usize>>,
    is_sent: Vec<bool>,
    /// The windows of live grants before the plan.
    had: HashMap<AccessGrantId, Window>,
    /// Updates that were already cut in two.
    halved: BTreeSet<usize>,
    /// The lines of rings that were broken.
    rings: Vec<HashSet<ItemId>>,
}

impl<'e> Sorter<'e> {
    fn new(plan: &'e mut Plan, edges: &'e [Edge<'e>], live: &Live<'_>) -> Self {
        for edge in edges {
            let requires = &mut plan.steps[edge.opens].requires;
            let id = StepId::at(edge.closes);
            if !requires.contains(&id) {
                requires.push(id);
            }
        }
        let n = plan.steps.len();
        let mut before = vec![BTreeSet::new(); n];
        let mut behind = vec![BTreeSet::new(); n];
        for (n, step) in plan.steps.iter().enumerate() {
            for other in step.requires.iter().chain(&step.follows).map(|other| other.0 as usize) {
                before[n].insert(other);
                behind[other].insert(n);
            }
        }
        let had = edges.iter().map(|edge| {
            let grant = live.owned[edge.need.closes].grant;
            (grant.id.clone(), grant.window)
        });
        let n_waits: Vec<usize> = before.iter().map(BTreeSet::len).collect();
        Self {
            ready: (0..n).filter(|n| n_waits[*n] == 0).map(Reverse).collect(),
            is_sent: vec![false; n],
            had: had.collect(),
            halved: BTreeSet::new(),
            rings: Vec::new(),
            plan,
            edges,
            before,
            behind,
            n_waits,
        }
    }

    /// The steps in their new order, and the lines of each ring.
    fn sort(mut self) -> (Vec<usize>, Vec<HashSet<ItemId>>) {
        let closing: BTreeSet<usize> = self.edges.iter().map(|edge| edge.closes).collect();
        let mut freed: Vec<usize> = Vec::new();
        let mut order = Vec::with_capacity(self.n_waits.len());
        loop {
            let next = freed.pop().or_else(|| self.ready.pop().map(|Reverse(next)| next));
            let Some(next) = next else {
                if order.len() == self.plan.steps.len() || !self.break_ring() {
                    break;
                }
                continue;
            };
            if std::mem::replace(&mut self.is_sent[next], true) {
                continue;
            }
            order.push(next);
            for behind in &self.behind[next] {
                self.n_waits[*behind] -= 1;
                if self.n_waits[*behind] == 0 {
                    if closing.contains(&next) {
                        freed.push(*behind);
                    } else {
                        self.ready.push(Reverse(*behind));
                    }
                }
            }
        }
        // Whoever still waits keeps the old order; the check of the plan says so.
        order.extend((0..self.is_sent.len()).filter(|n| !self.is_sent[*n]));
        (order, self.rings)
    }

    /// Lets one guest of a ring give up the old unit first. Whether there was one.
    fn break_ring(&mut self) -> bool {
        let Some(ring) = self.ring() else { return false };
        let edges = self.edges;
        let mut candidates: Vec<(bool, &ReservationId, usize)> = edges
            .iter()
            .filter(|edge| ring.contains(&edge.closes) && !self.is_sent[edge.closes])
            .map(|edge| (edge.need.in_house, &edge.need.of, edge.closes))
            .collect();
        candidates.sort_unstable();
        let is_exchange = candidates.into_iter().any(|(_, _, closes)| self.gives_up_first(closes, &ring));
        if is_exchange {
            self.note_ring(&ring);
        }
        is_exchange || self.gives_up_an_order(&ring)
    }

    /// The lines of a ring belong together, also with those of a ring that shares one of them.
    fn note_ring(&mut self, ring: &BTreeSet<usize>) {
        let mut items: HashSet<ItemId> = ring.iter().filter_map(|step| self.plan.steps[*step].item).collect();
        self.rings.retain(|other| {
            let is_apart = other.is_disjoint(&items);
            if !is_apart {
                items.extend(other);
            }
            is_apart
        });
        self.rings.push(items);
    }

    /// Lets a step of a ring close a unit before what it waits for. Whether it could.
    fn gives_up_first(&mut self, closes: usize, ring: &BTreeSet<usize>) -> bool {
        match &self.plan.steps[closes].call {
            Call::DeleteGrant { .. } => {
                let of_item = self.plan.steps[closes].item;
                let is_own =
                    |before: &usize| !self.is_sent[*before] && self.plan.steps[*before].item == of_item;
                let creates: Vec<usize> = self.before[closes].iter().copied().filter(is_own).collect();
                if creates.is_empty() {
                    // It goes before its own create, or takes the place of nothing: it need not wait.
                    return self.waits_no_more(closes, ring, |item| {
                        (item.action == Action::Replace).then_some(GIVES_UP_FIRST)
                    });
                }
                self.say(closes, |_| Some(GIVES_UP_FIRST));
                for create in creates {
                    self.turn(closes, create);
                }
                true
            }
            Call::UpdateGrant { id, window, .. } => {
                let window = *window;
                let Some(had) = self.had.get(id).filter(|had| had.overlaps(&window)).copied() else {
                    return false;
                };
                let part = had.intersection(&window);
                if part == window {
                    // It only takes: what its guest gains need not come first.
                    return self.waits_no_more(closes, ring, |_| Some(SHORTENED_FIRST));
                }
                let is_cut = part != had && self.halved.insert(closes);
                if is_cut {
                    self.shrink_first(closes, part);
                }
                is_cut
            }
            _ => false,
        }
    }

    /// Drops an order of a ring that is no condition. Whether there was one.
    fn gives_up_an_order(&mut self, ring: &BTreeSet<usize>) -> bool {
        let droppable = ring.iter().find_map(|step| {
            let Step { requires, follows, .. } = &self.plan.steps[*step];
            let is_droppable = |other: &&StepId| {
                let before = other.0 as usize;
                ring.contains(&before) && !self.is_sent[before] && !requires.contains(*other)
            };
            Some((*step, follows.iter().find(is_droppable)?.0 as usize))
        });
        if let Some((step, before)) = droppable {
            self.release(step, before);
        }
        droppable.is_some()
    }

    /// A step of a ring waits no more for others in it. Whether it did.
    fn waits_no_more(
        &mut self,
        step: usize,
        ring: &BTreeSet<usize>,
        why: impl Fn(&Item) -> Option<&'static str>,
    ) -> bool {
        let is_in_ring = |before: &usize| ring.contains(before) && !self.is_sent[*before];
        let waits: Vec<usize> = self.before[step].iter().copied().filter(is_in_ring).collect();
        if waits.is_empty() {
            return false;
        }
        self.say(step, why);
        for other in waits {
            self.release(step, other);
        }
        true
    }

    /// Says in the line of a step why it goes first.
    fn say(&mut self, step: usize, why: impl Fn(&Item) -> Option<&'static str>) {
        let Some(item) = self.plan.steps[step].item else { return };
        let item = &mut self.plan.items[item.0 as usize];
        if let Some(why) = why(item) {
            item.reason = why.into();
        }
    }

    /// A delete goes before the create that it waited for.
    fn turn(&mut self, delete: usize, create: usize) {
        self.release(delete, create);
        self.wait(create, delete);
    }

    /// A step waits for another one to succeed.
    fn wait(&mut self, step: usize, other: usize) {
        if self.before[step].insert(other) {
            self.behind[other].insert(step);
            self.n_waits[step] += 1;
            self.plan.steps[step].requires.push(StepId::at(other));
        }
    }

    /// A step waits no more for another.
    fn release(&mut self, step: usize, other: usize) {
        let id = StepId::at(other);
        self.plan.steps[step].requires.retain(|required| *required != id);
        self.plan.steps[step].follows.retain(|followed| *followed != id);
        if self.before[step].remove(&other) {
            self.behind[other].remove(&step);
            self.n_waits[step] -= 1;
            if self.n_waits[step] == 0 {
                self.ready.push(Reverse(step));
            }
        }
    }

    /// An update that takes and gives first takes, so that others can go on.
    fn shrink_first(&mut self, update: usize, part: Window) {
        let mut first: Step = self.plan.steps[update].clone();
        if let Call::UpdateGrant { window, .. } = &mut first.call {
            *window = part;
        }
        first.requires = StepIds::new();
        first.follows = StepIds::new();
        let new = self.plan.steps.len();
        self.plan.steps.push(first);
        self.before.push(BTreeSet::new());
        self.behind.push(BTreeSet::new());
        self.n_waits.push(0);
        self.is_sent.push(false);
        // Who waited for the update waits for its first half.
        for edge in self.edges.iter().filter(|edge| edge.closes == update) {
            if self.before[edge.opens].remove(&update) {
                self.behind[update].remove(&edge.opens);
                self.before[edge.opens].insert(new);
                self.behind[new].insert(edge.opens);
            }
            for other in &mut self.plan.steps[edge.opens].requires {
                if *other == StepId::at(update) {
                    *other = StepId::at(new);
                }
            }
        }
        self.wait(update, new);
        self.ready.push(Reverse(new));
    }

    /// Steps that wait for each other.
    fn ring(&self) -> Option<BTreeSet<usize>> {
        let start = self.is_sent.iter().position(|is_sent| !is_sent)?;
        let mut path = vec![start];
        let mut at: BTreeMap<usize, usize> = BTreeMap::from([(start, 0)]);
        loop {
            let last = *path.last().expect("it has a beginning");
            let next = self.before[last].iter().copied().find(|before| !self.is_sent[*before])?;
            if let Some(position) = at.get(&next) {
                return Some(path[*position..].iter().copied().collect());
            }
            at.insert(next, path.len());
            path.push(next);
        }
    }
}

/// Puts the steps into an order and follows them wherever they are named. Who makes which identity is said later.
fn renumber(plan: &mut Plan, order: &[usize]) {
    let mut moved_to = vec![StepId(0); order.len()];
    for (to, from) in order.iter().enumerate() {
        moved_to[*from] = StepId::at(to);
    }
    let mut steps: Vec<Option<Step>> = std::mem::take(&mut plan.steps).into_iter().map(Some).collect();
    plan.steps = order.iter().map(|from| steps[*from].take().expect("each step has one place")).collect();
    for step in &mut plan.steps {
        for other in step.requires.iter_mut().chain(&mut step.follows) {
            *other = moved_to[other.0 as usize];
        }
        step.requires.sort_unstable();
        step.requires.dedup();
    }
}
