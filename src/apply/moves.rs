//! Which grants of a plan take the place of others, the new one first.

use std::collections::BTreeSet;

use crate::model::Move;
use crate::plan::{Call, Plan};

/// The moves of a plan in which both grants stand for a while.
pub fn moves(plan: &Plan) -> BTreeSet<Move> {
    let mut moves = BTreeSet::new();
    for step in &plan.steps {
        let Call::DeleteGrant { key: old, .. } = &step.call else { continue };
        for other in &step.requires {
            if let Call::CreateGrant { key: new, .. } = &plan.step(*other).call {
                moves.insert(Move { old: old.clone(), new: new.clone() });
            }
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::schedule::testing::{create, delete, plan_of, step};

    #[test]
    fn a_delete_that_waits_for_a_create_ends_a_move() {
        let plan = plan_of(vec![
            step("R1", create("new"), &[]),
            step("R1", delete("old"), &[0]),
            step("R2", delete("cancelled"), &[]),
            step("R3", delete("first"), &[]),
            step("R3", create("second"), &[3]),
        ]);
        assert_eq!(moves(&plan), [Move { old: "old".into(), new: "new".into() }].into());
    }
}
