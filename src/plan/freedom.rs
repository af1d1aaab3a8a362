//! How much may be done to a live grant: a guest in house keeps what they have unless the source itself changed it
//! (RULES 15 and 16), and nobody loses anything while a quarantine stands.

use super::live::{Live, Owned};
use super::past::Quarantine;
use super::reservation::{Planner, Why};
use super::settings::Policy;
use crate::model::{ReasonCode, Window};

/// What may be done to a live grant.
#[derive(Debug, Clone)]
pub(super) enum Freedom {
    /// Whatever the source wants.
    Free,
    /// What gives the guest more time or more ways in; the rest waits, for this reason.
    Gain(Why),
    /// Nothing.
    Frozen(Why),
}

/// After so many runs in a row a change that does not last is no longer sent.
pub(super) const FLAPS: u32 = 3;

impl Planner<'_, '_> {
    /// What may be done to a live grant for a piece, or where no piece wants it any more.
    pub(super) fn freedom(&self, position: usize, piece: Option<usize>, live: &Live<'_>) -> Freedom {
        let owned = &live.owned[position];
        let past = self.context.past;
        let stayer = (self.reservation.id.clone(), owned.parts.guest.clone());
        if let Some(why) = self.context.withheld.why(&stayer) {
            return Freedom::Frozen(why);
        }
        if past.quarantine == Quarantine::Standing {
            let text = "a guard has stopped these changes three times; until somebody looks at them, only what gives guests more is done";
            return Freedom::Gain(Why::person(ReasonCode::Quarantine, text));
        }
        if !self.is_in_house(owned) || self.source_changed(owned, piece) {
            return Freedom::Free;
        }
        let text = if past.ledger.desired.contains_key(owned.key) {
            "the guest is in house, and it was not the source that changed: what they have is left to them"
        } else {
            "the guest is in house, and this store does not know what the source wanted before: what they have is left to them"
        };
        Freedom::Gain(Why::person(ReasonCode::InHouse, text))
    }

    pub(super) fn is_in_house(&self, owned: &Owned<'_>) -> bool {
        owned.grant.window.contains(self.context.now)
    }

    /// Whether what is wanted differs from what was wanted when that was last carried out.
    pub(super) fn source_changed(&self, owned: &Owned<'_>, piece: Option<usize>) -> bool {
        let recorded = self.context.past.ledger.desired.get(owned.key);
        match (recorded, piece) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(recorded), Some(i)) => !recorded.is_same_as(&self.pieces[i].wanted, self.context.now),
        }
    }

    /// How often the same change was made in vain, where it is no longer to be made.
    pub(super) fn flaps(&self, owned: &Owned<'_>, piece: usize) -> Option<u32> {
        let n_runs = *self.context.past.ledger.repairs.get(owned.key)?;
        (n_runs >= FLAPS && !self.source_changed(owned, Some(piece))).then_some(n_runs)
    }

    /// Whether each of the grants may go, or why not.
    pub(super) fn may_go(
        &self,
        positions: &[usize],
        piece: Option<usize>,
        live: &Live<'_>,
    ) -> Result<(), Why> {
        if self.policy() != Policy::Sync {
            return Ok(());
        }
        positions.iter().try_for_each(|position| match self.freedom(*position, piece, live) {
            Freedom::Free => Ok(()),
            Freedom::Gain(why) | Freedom::Frozen(why) => Err(why),
        })
    }
}

/// The window that gives the guest what they have and what they should have.
pub(super) fn widened(has: &Window, wanted: &Window) -> Window {
    if !has.overlaps(wanted) {
        return *has;
    }
    Window {
        starts_at: has.starts_at.min(wanted.starts_at),
        ends_at: has.ends_at.zip(wanted.ends_at).map(|(has, wanted)| has.max(wanted)),
    }
}
