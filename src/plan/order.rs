//! The steps of a plan in an order in which nobody opens a unit before another party's grant there is closed
//! (RULES 29).
//!
//! Each closing is followed at once by what it frees. Where several wait for each other, one of them gives up the old
//! unit first: a guest who is not in house, else the first by reservation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use hashbrown::HashMap;

use super::item::Action;
use super::live::Live;
use super::occupancy::Need;
use super::outline::Plan;
use super::step::{Call, Step, StepId, StepIds};
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

/// Adds what steps need of other reservations, and puts all steps in order.
pub(super) fn order_across(
    plan: &mut Plan,
    needs: &[Need],
    created: &HashMap<(ReservationId, usize), Vec<StepId>>,
    live: &Live<'_>,
) {
    if needs.is_empty() {
        return;
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
    let order = Sorter::new(plan, &edges, live).sort(plan);
    renumber(plan, &order);
}

/// Whether a call lets a guest in at a time that the grant did not have: one that only takes waits for nobody.
fn opens_more(call: &Call, had: &Window) -> bool {
    match call {
        Call::UpdateGrant { window, .. } => !had.overlaps(window) || had.intersection(window) != *window,
        _ => false,
    }
}

struct Sorter<'e> {
    edges: &'e [Edge<'e>],
    /// What each step waits for.
    before: Vec<BTreeSet<usize>>,
    /// Who waits for each step.
    behind: Vec<BTreeSet<usize>>,
    /// The windows of live grants before the plan.
    had: HashMap<AccessGrantId, Window>,
    /// Updates that were already cut in two.
    halved: BTreeSet<usize>,
}

impl<'e> Sorter<'e> {
    fn new(plan: &mut Plan, edges: &'e [Edge<'e>], live: &Live<'_>) -> Self {
        for edge in edges {
            let requires = &mut plan.steps[edge.opens].requires;
            let id = StepId(u32::try_from(edge.closes).expect("a plan has fewer than 2^32 steps"));
            if !requires.contains(&id) {
                requires.push(id);
            }
        }
        let n = plan.steps.len();
        let mut sorter = Self {
            edges,
            before: vec![BTreeSet::new(); n],
            behind: vec![BTreeSet::new(); n],
            had: HashMap::new(),
            halved: BTreeSet::new(),
        };
        for (n, step) in plan.steps.iter().enumerate() {
            for other in step.requires.iter().chain(&step.follows) {
                sorter.wait(n, other.0 as usize);
            }
        }
        for edge in edges {
            let owned = &live.owned[edge.need.closes];
            sorter.had.insert(owned.grant.id.clone(), owned.grant.window);
        }
        sorter
    }

    fn wait(&mut self, step: usize, other: usize) {
        self.before[step].insert(other);
        self.behind[other].insert(step);
    }

    /// The steps in their new order.
    fn sort(mut self, plan: &mut Plan) -> Vec<usize> {
        let mut n_waits: Vec<usize> = self.before.iter().map(BTreeSet::len).collect();
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..n_waits.len()).filter(|n| n_waits[*n] == 0).map(Reverse).collect();
        let closing: BTreeSet<usize> = self.edges.iter().map(|edge| edge.closes).collect();
        let mut freed: Vec<usize> = Vec::new();
        let mut is_sent = vec![false; n_waits.len()];
        let mut order = Vec::with_capacity(n_waits.len());
        loop {
            let next = freed.pop().or_else(|| ready.pop().map(|Reverse(next)| next));
            let Some(next) = next else {
                if order.len() == plan.steps.len()
                    || !self.break_ring(plan, &is_sent, &mut n_waits, &mut ready)
                {
                    break;
                }
                is_sent.resize(n_waits.len(), false);
                continue;
            };
            if is_sent[next] {
                continue;
            }
            is_sent[next] = true;
            order.push(next);
            for behind in self.behind[next].clone() {
                n_waits[behind] -= 1;
                if n_waits[behind] == 0 {
                    if closing.contains(&next) { freed.push(behind) } else { ready.push(Reverse(behind)) }
                }
            }
        }
        // Whoever still waits keeps the old order; the check of the plan says so.
        order.extend((0..is_sent.len()).filter(|n| !is_sent[*n]));
        order
    }

    /// Lets one guest of a ring give up the old unit first. Whether there was one.
    fn break_ring(
        &mut self,
        plan: &mut Plan,
        is_sent: &[bool],
        n_waits: &mut Vec<usize>,
        ready: &mut BinaryHeap<Reverse<usize>>,
    ) -> bool {
        let Some(ring) = self.ring(is_sent) else { return false };
        let mut candidates: Vec<(bool, &ReservationId, usize)> = self
            .edges
            .iter()
            .filter(|edge| ring.contains(&edge.closes) && !is_sent[edge.closes])
            .map(|edge| (edge.need.in_house, &edge.need.of, edge.closes))
            .collect();
        candidates.sort_unstable();
        for (_, _, closes) in candidates {
            match &plan.steps[closes].call {
                Call::DeleteGrant { .. } => {
                    let creates: Vec<usize> = self.before[closes]
                        .iter()
                        .copied()
                        .filter(|before| {
                            !is_sent[*before] && plan.steps[*before].item == plan.steps[closes].item
                        })
                        .collect();
                    if creates.is_empty() {
                        // It goes before its own create, or takes the place of nothing: it need not wait.
                        let waits = self.waits_in(&ring, closes, is_sent);
                        if waits.is_empty() {
                            continue;
                        }
                        for other in waits {
                            self.release(plan, closes, other, n_waits);
                        }
                        if let Some(item) = plan.steps[closes].item.map(|item| item.0 as usize)
                            && plan.items[item].action == Action::Replace
                        {
                            plan.items[item].reason = GIVES_UP_FIRST.into();
                        }
                        if n_waits[closes] == 0 {
                            ready.push(Reverse(closes));
                        }
                        return true;
                    }
                    if let Some(item) = plan.steps[closes].item {
                        plan.items[item.0 as usize].reason = GIVES_UP_FIRST.into();
                    }
                    for create in creates {
                        self.turn(plan, closes, create, n_waits);
                    }
                    if n_waits[closes] == 0 {
                        ready.push(Reverse(closes));
                    }
                    return true;
                }
                Call::UpdateGrant { id, window, .. } => {
                    let Some(had) = self.had.get(id).copied() else { continue };
                    if !had.overlaps(window) {
                        continue;
                    }
                    let part = had.intersection(window);
                    if part == *window {
                        // It only takes: what its guest gains need not come first.
                        let waits = self.waits_in(&ring, closes, is_sent);
                        if waits.is_empty() {
                            continue;
                        }
                        if let Some(item) = plan.steps[closes].item {
                            plan.items[item.0 as usize].reason = SHORTENED_FIRST.into();
                        }
                        for other in waits {
                            self.release(plan, closes, other, n_waits);
                        }
                        if n_waits[closes] == 0 {
                            ready.push(Reverse(closes));
                        }
                        return true;
                    }
                    if part == had || !self.halved.insert(closes) {
                        continue;
                    }
                    self.shrink_first(plan, closes, part, n_waits, ready);
                    return true;
                }
                _ => {}
            }
        }
        self.give_up_an_order(plan, &ring, is_sent, n_waits, ready)
    }

    /// Drops an order of a ring that is no condition. Whether there was one.
    fn give_up_an_order(
        &mut self,
        plan: &mut Plan,
        ring: &BTreeSet<usize>,
        is_sent: &[bool],
        n_waits: &mut [usize],
        ready: &mut BinaryHeap<Reverse<usize>>,
    ) -> bool {
        for step in ring {
            let Step { requires, follows, .. } = &mut plan.steps[*step];
            let is_droppable = |other: &StepId| {
                let before = other.0 as usize;
                ring.contains(&before) && !is_sent[before] && !requires.contains(other)
            };
            let Some(at) = follows.iter().position(is_droppable) else { continue };
            let before = follows.remove(at).0 as usize;
            self.before[*step].remove(&before);
            self.behind[before].remove(step);
            n_waits[*step] -= 1;
            if n_waits[*step] == 0 {
                ready.push(Reverse(*step));
            }
            return true;
        }
        false
    }

    /// A delete goes before the create that it waited for.
    fn turn(&mut self, plan: &mut Plan, delete: usize, create: usize, n_waits: &mut [usize]) {
        let id = |n: usize| StepId(u32::try_from(n).expect("a plan has fewer than 2^32 steps"));
        self.release(plan, delete, create, n_waits);
        if self.before[create].insert(delete) {
            self.behind[delete].insert(create);
            n_waits[create] += 1;
            plan.steps[create].requires.push(id(delete));
        }
    }

    /// What a step of a ring waits for in it.
    fn waits_in(&self, ring: &BTreeSet<usize>, step: usize, is_sent: &[bool]) -> Vec<usize> {
        let before = self.before[step].iter().copied();
        before.filter(|before| ring.contains(before) && !is_sent[*before]).collect()
    }

    /// A step waits no more for another.
    fn release(&mut self, plan: &mut Plan, step: usize, other: usize, n_waits: &mut [usize]) {
        let id = StepId(u32::try_from(other).expect("a plan has fewer than 2^32 steps"));
        plan.steps[step].requires.retain(|required| *required != id);
        plan.steps[step].follows.retain(|followed| *followed != id);
        if self.before[step].remove(&other) {
            self.behind[other].remove(&step);
            n_waits[step] -= 1;
        }
    }

    /// An update that takes and gives first takes, so that others can go on.
    fn shrink_first(
        &mut self,
        plan: &mut Plan,
        update: usize,
        part: Window,
        n_waits: &mut Vec<usize>,
        ready: &mut BinaryHeap<Reverse<usize>>,
    ) {
        let id = |n: usize| StepId(u32::try_from(n).expect("a plan has fewer than 2^32 steps"));
        let mut first: Step = plan.steps[update].clone();
        if let Call::UpdateGrant { window, .. } = &mut first.call {
            *window = part;
        }
        first.requires = StepIds::new();
        first.follows = StepIds::new();
        let new = plan.steps.len();
        plan.steps.push(first);
        self.before.push(BTreeSet::new());
        self.behind.push(BTreeSet::new());
        n_waits.push(0);
        // Who waited for the update waits for its first half.
        for edge in self.edges.iter().filter(|edge| edge.closes == update) {
            if self.before[edge.opens].remove(&update) {
                self.behind[update].remove(&edge.opens);
                self.before[edge.opens].insert(new);
                self.behind[new].insert(edge.opens);
            }
            for other in &mut plan.steps[edge.opens].requires {
                if *other == id(update) {
                    *other = id(new);
                }
            }
        }
        self.wait(update, new);
        n_waits[update] += 1;
        plan.steps[update].requires.push(id(new));
        ready.push(Reverse(new));
    }

    /// Steps that wait for each other.
    fn ring(&self, is_sent: &[bool]) -> Option<BTreeSet<usize>> {
        let start = (0..is_sent.len()).find(|n| !is_sent[*n])?;
        let mut path = vec![start];
        let mut at: BTreeMap<usize, usize> = BTreeMap::from([(start, 0)]);
        loop {
            let last = *path.last().expect("it has a beginning");
            let next = self.before[last].iter().copied().find(|before| !is_sent[*before])?;
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
        moved_to[*from] = StepId(u32::try_from(to).expect("a plan has fewer than 2^32 steps"));
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
