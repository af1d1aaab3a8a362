//! What became of each line, from what became of its calls.

use std::collections::BTreeMap;

use super::build::order;
use super::shape::{Document, Line, Matter};
use crate::event::Outcome;
use crate::model::without_contacts;
use crate::plan::{self, Call, ItemId, Plan, StepId};

/// How a call ended, and why.
type Ending<'a> = (Outcome, Option<&'a str>);

impl Document {
    /// Adds how the calls of the plan ended that the document was made of. A call that is not among them was not
    /// reached: its line is skipped.
    #[must_use]
    pub fn with_outcomes<'a>(
        mut self,
        plan: &Plan,
        outcomes: impl IntoIterator<Item = (StepId, Outcome, Option<&'a str>)>,
    ) -> Self {
        let endings: BTreeMap<StepId, Ending<'a>> =
            outcomes.into_iter().map(|(step, outcome, error)| (step, (outcome, error))).collect();
        let ending =
            |step: StepId| endings.get(&step).copied().unwrap_or((Outcome::Skipped, Some(NOT_REACHED)));

        let mut by_item: BTreeMap<ItemId, Vec<(&Call, Ending<'a>)>> = BTreeMap::new();
        for (number, step) in (0..).zip(&plan.steps) {
            if let Some(item) = step.item {
                by_item.entry(item).or_default().push((&step.call, ending(StepId(number))));
            }
        }
        let mut outside: Vec<Line> = Vec::new();
        for (line, item) in self.items.iter_mut().zip(order(plan)) {
            let Some(calls) = by_item.get(&item) else { continue };
            let endings: Vec<Ending<'a>> = calls.iter().map(|(_, ending)| *ending).collect();
            let Some((outcome, error)) = together(&endings) else { continue };
            line.outcome = Some(outcome);
            line.error = error.map(without_contacts);
            if stands_outside(calls) {
                outside.push(line.clone());
                let error = line.error.take().map(|error| format!("{error}; ")).unwrap_or_default();
                line.error = Some(format!("{error}{OUTSIDE}"));
            }
        }
        self.add_undone(plan, &outside);
        // Where the first grant of a new guest failed, a later one may have made the identity.
        let made_later: BTreeMap<StepId, Ending<'a>> = (0..)
            .zip(&plan.steps)
            .filter_map(|(number, step)| {
                let ending =
                    endings.get(&StepId(number)).copied().filter(|(outcome, _)| happened(*outcome))?;
                Some((step.call.new_identity()?.1?, ending))
            })
            .collect();
        for (person, item) in self.identities.iter_mut().zip(&plan.identities) {
            let (outcome, error) = match ending(item.step) {
                (outcome, _) if !happened(outcome) && made_later.contains_key(&item.step) => {
                    made_later[&item.step]
                }
                ending => ending,
            };
            person.outcome = Some(outcome);
            person.error = error.map(without_contacts);
        }
        self.count();
        self
    }
}

impl Document {
    /// Adds what needs a person because a change was not carried out (RULES 16, 29).
    fn add_undone(&mut self, plan: &Plan, outside: &[Line]) {
        let is_undone = |line: &Line| {
            line.outcome.is_some_and(|outcome| !matches!(outcome, Outcome::Done | Outcome::AlreadySo))
        };
        let undone: Vec<&Line> = self.items.iter().filter(|line| is_undone(line)).collect();
        let concerns = |matter: &&plan::Matter| {
            undone.iter().any(|line| {
                matter.property.as_str() == line.property.as_deref().unwrap_or_default()
                    && matter.reservations.contains(&line.reservation_key)
            })
        };
        let run_id = self.run_id.clone();
        let of_plan: Vec<Matter> =
            plan.when_undone.iter().filter(concerns).map(|matter| Matter::of(matter, &run_id)).collect();
        self.matters.extend(of_plan);
        self.matters.extend(outside.iter().map(|line| Matter::outside(line, &run_id, self.started_at)));
    }
}

/// What the desk has to know before the guest does.
const OUTSIDE: &str =
    "the old grant is gone and the new one is not there: the guest cannot get in until the next run";

fn happened(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Done | Outcome::AlreadySo)
}

/// Whether the old grant of a replace was taken away and the new one did not come.
fn stands_outside(calls: &[(&Call, Ending<'_>)]) -> bool {
    let deleted = calls
        .iter()
        .any(|(call, (outcome, _))| matches!(call, Call::DeleteGrant { .. }) && happened(*outcome));
    let missing = calls
        .iter()
        .any(|(call, (outcome, _))| matches!(call, Call::CreateGrant { .. }) && !happened(*outcome));
    deleted && missing
}

const NOT_REACHED: &str = "the run ended before its turn";

/// Several calls make one line, and it is as good as the worst of them. Something that may have happened goes before
/// something that did not: a call after a lost answer is skipped, but the line is unknown.
fn together<'a>(endings: &[Ending<'a>]) -> Option<Ending<'a>> {
    const FROM_WORST: [Outcome; 6] = [
        Outcome::Failed,
        Outcome::Unknown,
        Outcome::Stale,
        Outcome::Skipped,
        Outcome::Done,
        Outcome::AlreadySo,
    ];
    FROM_WORST.into_iter().find_map(|worst| endings.iter().find(|(outcome, _)| *outcome == worst)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcomes: &[Outcome], expected: Option<Outcome>) {
        let endings: Vec<Ending<'_>> = outcomes.iter().map(|outcome| (*outcome, None)).collect();
        assert_eq!(together(&endings).map(|(outcome, _)| outcome), expected, "{outcomes:?}");
    }

    #[test]
    fn a_line_is_as_good_as_the_worst_of_its_calls() {
        use Outcome::{AlreadySo, Done, Failed, Skipped, Stale, Unknown};
        check(&[], None);
        check(&[AlreadySo, AlreadySo], Some(AlreadySo));
        check(&[AlreadySo, Done], Some(Done));
        check(&[Done, Skipped], Some(Skipped));
        check(&[Done, Failed, Skipped], Some(Failed));
        check(&[Unknown, Skipped], Some(Unknown));
        check(&[Skipped, Stale], Some(Stale));
    }
}
