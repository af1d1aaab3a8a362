//! Grants of several units of which a guest loses some (RULES 15, 17).

use super::{Action, Occupancy};
use crate::mapping::{Desired, SpaceRef, SpaceRefs};
use crate::model::{DoorRef, LocalSpan};
use crate::plan::live::Live;

impl Occupancy<'_> {
    /// The spaces that the guest of a grant keeps, and for how long: those of the units that nobody else needs, or that
    /// a person left to the guest. `None` where the grant stays as it is, or goes with all that it opens.
    pub(super) fn part_kept(&self, grant: usize, live: &Live<'_>) -> Option<(SpaceRefs, LocalSpan)> {
        let current = &self.ground.grants[grant];
        let d = self.change_of_grant[grant]?;
        let change = &self.changes[d];
        let is_partial = match change.action {
            Action::Revoke(cause) => cause.is_on_demand() || !change.left_units.is_empty(),
            _ => false,
        };
        if change.hold.is_some() || !is_partial || self.rest(grant) == Some(current.window) {
            return None;
        }
        let doors_of = |units: &[usize]| -> Vec<DoorRef> {
            units.iter().flat_map(|unit| &self.ground.units[*unit].doors).copied().collect()
        };
        let left = doors_of(&change.left_units);
        let needed = doors_of(&self.needed_units(grant, d));
        let Desired { doors, common, .. } = self.input.desired;
        let own_doors = |space| doors.own_doors(self.input.directory, [space]);
        let is_kept = |doors: &[DoorRef]| {
            let is_left = left.is_empty() || doors.iter().any(|door| left.contains(door));
            is_left && !doors.iter().any(|door| needed.contains(door))
        };
        let spaces = live.owned[current.position].spaces.as_deref()?;
        // A space that is no unit and no common one any more is given to nobody.
        let is_unit = |space: &SpaceRef| !common.contains(space) && !own_doors(*space).is_empty();
        let is_of_kept_unit = |space: &SpaceRef| is_unit(space) && is_kept(&own_doors(*space));
        let mut kept: SpaceRefs = spaces.iter().copied().filter(is_of_kept_unit).collect();
        if kept.is_empty() {
            return None;
        }
        let now = self.ground.now(current.reservation);
        let until = self.first_claim(d, &kept, now);
        let span = LocalSpan { to: current.window.to.min(until), ..current.window };
        kept.extend(spaces.iter().copied().filter(|space| own_doors(*space).is_empty()));
        kept.sort_unstable();
        (!span.from_now(now).is_empty()).then_some((kept, span))
    }

    /// When somebody else opens one of the spaces that are kept: on the day on which the stay ends.
    fn first_claim(&self, d: usize, kept: &[SpaceRef], now: i64) -> i64 {
        let doors = self.input.desired.doors.own_doors(self.input.directory, kept.iter().copied());
        let opens_kept = |c: &&usize| {
            let change = &self.changes[**c];
            change.hold.is_none()
                && change
                    .units
                    .iter()
                    .any(|unit| self.ground.units[*unit].doors.iter().any(|door| doors.contains(door)))
        };
        let claims =
            self.claimants[d].iter().filter(opens_kept).map(|c| self.changes[*c].opens.from.max(now));
        claims.min().unwrap_or(i64::MAX)
    }
}
