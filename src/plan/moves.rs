//! Which grants of a plan take the place of others.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::live::Live;
use super::outline::Plan;
use super::step::Call;
use crate::model::{AccessGrantKey, GrantKeyParts, GuestKey, Move, Namespace, ReservationId};

/// The moves of a plan: for a while both grants stand or, where the old one has to go first, neither does.
pub fn moves(plan: &Plan) -> BTreeSet<Move> {
    let mut moves = BTreeSet::new();
    for step in &plan.steps {
        for other in step.requires.iter().map(|other| plan.step(*other)) {
            let (old, (new, window)) = match (&step.call, &other.call) {
                (Call::DeleteGrant { key: old, .. }, Call::CreateGrant { key, window, .. }) => {
                    (old, (key, window))
                }
                // Another line may be that of another party, whose unit the new grant waits for.
                (Call::CreateGrant { key, window, .. }, Call::DeleteGrant { key: old, .. })
                    if step.item == other.item =>
                {
                    (old, (key, window))
                }
                _ => continue,
            };
            moves.insert(Move { old: old.clone(), new: new.clone(), window: *window });
        }
    }
    moves
}

/// What is left of moves that an earlier run broke off comes before everything else (RULES 29): the new grant of a
/// guest whose old one is gone, and the deletion of an old grant beside the new one.
pub(super) fn resume(plan: &mut Plan, broken_moves: &BTreeSet<Move>, namespace: &Namespace, live: &Live<'_>) {
    let stay = |key: &AccessGrantKey| {
        let GrantKeyParts { property, reservation: key, guest, .. } = GrantKeyParts::parse(namespace, key)?;
        Some((ReservationId { property, key }, guest))
    };
    let has_grant = |(id, guest): &(ReservationId, GuestKey)| {
        live.of_reservation(id).any(|position| live.owned[position].parts.guest == *guest)
    };
    let outside: BTreeSet<(ReservationId, GuestKey)> = broken_moves
        .iter()
        .filter(|one| !live.has(&one.old))
        .filter_map(|one| stay(&one.new))
        .filter(|stay| !has_grant(stay))
        .collect();
    let is_left = |call: &Call| match call {
        Call::CreateGrant { key, .. } => {
            !outside.is_empty() && stay(key).is_some_and(|stay| outside.contains(&stay))
        }
        Call::DeleteGrant { key, .. } => broken_moves.iter().any(|one| one.old == *key || one.new == *key),
        _ => false,
    };
    for step in plan.steps.iter_mut().filter(|step| is_left(&step.call)) {
        step.deadline = Timestamp::UNIX_EPOCH;
    }
}

#[cfg(test)]
mod tests {
    use super::super::schedule::testing::{create, delete, plan_of, step};
    use super::*;

    #[test]
    fn a_delete_and_a_create_of_one_line_of_which_one_waits_for_the_other_are_a_move() {
        let mut plan = plan_of(vec![
            step("R1", create("new"), &[]),
            step("R1", delete("old"), &[0]),
            step("R2", delete("cancelled"), &[]),
            step("R3", delete("first"), &[]),
            step("R3", create("second"), &[3]),
            step("R4", delete("departed"), &[]),
            step("R5", create("arrived"), &[5]),
        ]);
        plan.steps[4].item = plan.steps[3].item;
        let moves = moves(&plan);
        let pairs = moves.iter().map(|one| (one.old.as_str(), one.new.as_str()));
        assert_eq!(pairs.collect::<Vec<_>>(), [("first", "second"), ("old", "new")]);
    }
}
