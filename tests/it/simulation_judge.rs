//! What must be true when the trouble is over: everybody whose stay is not held has the doors they should have, nobody
//! has more, and the record and Seam know the same grants.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reservation_sync::event::Outcome;
use reservation_sync::mapping::{DesiredGrant, DesiredReservation, Directory, RevokedStay};
use reservation_sync::model::{
    AccessGrantKey, GrantKeyParts, LiveGrant, ProblemCode, ReasonCode, ReservationId, Window, is_variant,
};
use reservation_sync::plan::Action;

use super::simulation_run::{Done, Stage};
use super::simulation_watch::RunNumber;
use super::simulation_world::Nights;
use crate::small_world::namespace;

/// A run that had nothing to do, and what it saw.
pub(crate) struct Judge<'a> {
    pub(crate) done: &'a Done,
    pub(crate) stage: &'a Stage,
    pub(crate) nights: Nights,
    /// All runs so far.
    pub(crate) runs: RangeInclusive<RunNumber>,
}

impl Judge<'_> {
    pub(crate) fn judge(self) {
        let Done { desired, plan, before, .. } = self.done;
        let now = self.stage.clocks.seam();
        let directory = Directory::of(before);
        let live: Vec<&LiveGrant> = before.grants.iter().filter(|grant| grant.is_live(now)).collect();
        let holds = plan.items.iter().filter(|item| item.action == Action::Hold);
        let held: BTreeSet<_> = holds.map(|item| &item.reservation).collect();
        // Who loses a unit to another party, or waits for one, is named by a matter or a warning (RULES 13, 14).
        let is_told = |id: &ReservationId| {
            plan.matters.iter().any(|matter| matter.reservations.contains(&id.key))
                || plan.warnings.iter().any(|warning| warning.code == ProblemCode::StartMoved)
        };
        let is_settled =
            |reservation: &&DesiredReservation| !held.contains(&reservation.id) && !is_told(&reservation.id);
        for reservation in desired.reservations.iter().filter(is_settled) {
            self.everybody_has_their_doors(reservation, &directory, &live);
            // A row that is over says nothing of a grant for another time, which may be that of a missing row.
            let left_early = |stay: &RevokedStay| stay.reason_code == ReasonCode::LeftEarly;
            let says_all = reservation.left_alone.is_empty() && !reservation.revoked.iter().any(left_early);
            if self.nights == Nights::Full && says_all {
                self.nobody_has_more(reservation, &directory, &live);
            }
        }
        self.record_and_seam_agree(&live);
    }

    fn everybody_has_their_doors(
        &self,
        reservation: &DesiredReservation,
        directory: &Directory,
        live: &[&LiveGrant],
    ) {
        let now = self.stage.clocks.seam();
        for grant in &reservation.grants {
            let key = namespace().identity_key(&grant.guest);
            let identity = self.done.before.identities.iter().find(|i| i.key.as_ref() == Some(&key));
            for space in grant.spaces() {
                let space = &directory.space(space).id;
                let is_open = live.iter().any(|live| {
                    identity.is_some_and(|identity| identity.id == live.identity)
                        && live.spaces.contains(space)
                        && (live.window.same_from(&grant.window, now)
                            || gave_way(&live.window, &grant.window))
                });
                if !is_open {
                    let id = &reservation.id;
                    self.stage
                        .watch
                        .object(format!("{key} of {id} lacks {space} in the end: {:?}", grant.window));
                }
            }
        }
    }

    /// Whether a grant opens until then because the next booking of the same person in one of its spaces begins that day
    /// (RULES 12, 19).
    fn is_bridge(&self, of: &DesiredReservation, grant: &DesiredGrant, until: Timestamp) -> bool {
        let others = self.done.desired.reservations.iter().filter(|other| other.id != of.id);
        others.flat_map(|other| &other.grants).any(|next| {
            let same_contact = (next.email.is_some() && next.email == grant.email)
                || (next.phone.is_some() && next.phone == grant.phone);
            next.arrival == until.to_zoned(TimeZone::UTC).date()
                && (next.guest == grant.guest
                    || (same_contact && is_variant(&next.full_name, &grant.full_name)))
                && next.unit_spaces().any(|space| grant.unit_spaces().any(|own| own == space))
        })
    }

    fn nobody_has_more(&self, reservation: &DesiredReservation, directory: &Directory, live: &[&LiveGrant]) {
        let now = self.stage.clocks.seam();
        self.stage.watch.count("reservations judged to the letter");
        for live in live {
            let parts = live.key.as_ref().and_then(|key| GrantKeyParts::parse(&namespace(), key));
            let of_reservation = |parts: &GrantKeyParts| parts.reservation == reservation.id.key;
            let Some(parts) = parts.filter(of_reservation) else { continue };
            let is_wanted = reservation.grants.iter().any(|grant| {
                let spaces = grant.spaces();
                let is_bridged = |end| self.is_bridge(reservation, grant, end);
                grant.guest == parts.guest
                    && (live.window.same_from(&grant.window, now)
                        || live.window.ends_at.is_some_and(|end| {
                            let bridged = Window { ends_at: Some(end), ..grant.window };
                            is_bridged(end) && live.window.same_from(&bridged, now)
                        }))
                    && live.spaces.iter().all(|id| directory.by_id(id).is_some_and(|s| spaces.contains(&s)))
            });
            // Nights that no row of the guest covers are judged by absence (RULES 1, 21).
            let is_apart = !reservation
                .grants
                .iter()
                .any(|grant| grant.guest == parts.guest && grant.window.overlaps(&live.window));
            if !is_wanted && !is_apart {
                self.stage.watch.object(format!("nobody wants {live:?} in the end"));
            }
        }
    }

    fn record_and_seam_agree(&self, live: &[&LiveGrant]) {
        let Stage { record, watch, .. } = self.stage;
        let ledger = record.ledger_now();
        let remembered: BTreeSet<&str> = ledger.desired.keys().map(AccessGrantKey::as_str).collect();
        let standing = watch.keys();
        let ours =
            live.iter().filter_map(|grant| grant.key.as_ref()).filter(|key| standing.contains(key.as_str()));
        for key in ours.filter(|key| !remembered.contains(key.as_str())) {
            watch.object(format!("the record does not know {key}"));
        }
        // Of a grant that a run made or deleted and never knew it, the record keeps what was wanted of it.
        let steps = self.runs.clone().flat_map(|run| record.steps(run));
        let perhaps: BTreeSet<String> = steps
            .filter(|noted| ["/access_grants/create", "/access_grants/delete"].contains(&noted.path))
            .filter(|noted| matches!(noted.outcome, None | Some(Outcome::Unknown)))
            .map(|noted| noted.subject)
            .collect();
        for key in remembered.iter().filter(|key| !standing.contains(**key) && !perhaps.contains(**key)) {
            watch.object(format!("the record claims {key}, which does not stand"));
        }
    }
}

/// Buffers give way to another party: some hours at either end (RULES 13).
fn gave_way(has: &Window, wanted: &Window) -> bool {
    let hours = SignedDuration::from_hours(12);
    let Some((has_end, wanted_end)) = has.ends_at.zip(wanted.ends_at) else { return false };
    wanted.starts_at.duration_until(has.starts_at) <= hours && has_end.duration_until(wanted_end) <= hours
}
