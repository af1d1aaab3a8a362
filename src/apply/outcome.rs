//! What the record keeps of an answer, and what it remembers of the grant.

use crate::event::Outcome;
use crate::model::Wanted;
use crate::plan::{Call, Plan, StepId};
use crate::seam::{CallError, Effect, How, Made, Receipt};
use crate::store::{LedgerChange, StepOutcome};

/// What Seam answered, or that nothing was sent.
pub(super) enum Answer {
    Receipt(Receipt),
    Error(CallError),
    NotSent,
}

pub(super) fn outcome_of_receipt(how: How) -> Outcome {
    match how {
        How::Fresh => Outcome::Done,
        How::AlreadySo => Outcome::AlreadySo,
    }
}

pub(super) fn outcome_of_error(error: &CallError) -> Outcome {
    match error.effect {
        Effect::None => Outcome::Failed,
        Effect::Unknown => Outcome::Unknown,
    }
}

/// What the record keeps of an answer. After the last call for a grant it knows what was wanted of it.
pub(super) fn outcome_of(call: &Call, wanted: Option<Wanted>, is_last: bool, answer: &Answer) -> StepOutcome {
    match answer {
        Answer::NotSent => StepOutcome { ledger: not_made(call), ..StepOutcome::plain(Outcome::Skipped) },
        Answer::Error(error) => StepOutcome {
            request_id: error.request_id.clone(),
            error: Some(error.to_string()),
            ledger: match error.effect {
                Effect::None => not_made(call),
                Effect::Unknown => LedgerChange::Keep,
            },
            ..StepOutcome::plain(outcome_of_error(error))
        },
        Answer::Receipt(Receipt { how, made, key, n_attempts: _, request_id }) => StepOutcome {
            outcome: outcome_of_receipt(*how),
            request_id: request_id.clone(),
            error: None,
            seam_id: match made {
                Made::Nothing => None,
                Made::Grant { id, identity: _ } => Some(id.to_string()),
                Made::Identity(id) => Some(id.to_string()),
            },
            ledger: match (call, key) {
                (Call::CreateGrant { key: from, .. }, Some(to)) => {
                    LedgerChange::Renamed { from: from.clone(), to: to.clone(), desired: wanted }
                }
                _ => ledger_change(call, wanted, is_last),
            },
        },
    }
}

/// A grant that was not made is not remembered, though its intent was.
fn not_made(call: &Call) -> LedgerChange {
    match call {
        Call::CreateGrant { key, .. } => LedgerChange::Remove { key: key.clone() },
        _ => LedgerChange::Keep,
    }
}

/// What is wanted of the grant of a step, and whether no other call for it follows.
pub(super) fn to_remember(plan: &Plan, id: StepId) -> (Option<Wanted>, bool) {
    let step = plan.step(id);
    let wanted = step.item.and_then(|item| plan.item(item).wanted);
    (wanted, plan.steps.get(id.0 as usize + 1).is_none_or(|next| next.item != step.item))
}

/// What to remember of the grant: what was wanted of it, once the last call for it was made, or that it is gone.
fn ledger_change(call: &Call, wanted: Option<Wanted>, is_last: bool) -> LedgerChange {
    let key = match call {
        Call::DeleteGrant { key, .. } => return LedgerChange::Remove { key: key.clone() },
        Call::CreateGrant { key, .. } => key,
        Call::UpdateGrant { key, .. }
        | Call::AddMethods { key, .. }
        | Call::RestoreMethods { key, .. }
        | Call::DeleteMethod { key, .. }
            if is_last =>
        {
            key
        }
        _ => return LedgerChange::Keep,
    };
    wanted.map_or(LedgerChange::Keep, |desired| LedgerChange::Set { key: key.clone(), desired })
}
