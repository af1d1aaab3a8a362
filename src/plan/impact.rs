//! What the guest notices of a change, and where their stay stands.

use jiff::{SignedDuration, Timestamp};

use super::item::{Impact, Phase};
use crate::model::{Method, MethodSet, Window};

/// From when on an arrival is near.
const NEAR: SignedDuration = SignedDuration::from_hours(24);

/// Where a stay stands.
pub(super) fn phase(window: &Window, now: Timestamp) -> Phase {
    if window.ended(now) {
        Phase::Departed
    } else if window.starts_at <= now {
        Phase::InHouse
    } else if window.starts_at <= now + NEAR {
        Phase::Arriving
    } else {
        Phase::Future
    }
}

/// What a new window or fewer methods mean: Seam makes every credential anew, and a card must be encoded again.
pub(super) fn of_reissue(methods: MethodSet) -> Impact {
    if methods.contains(&Method::Card) { Impact::Desk } else { Impact::Reissue }
}
