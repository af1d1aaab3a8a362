//! What each live grant of a workspace is to this job: its own, a stay's under another name, or nobody's business.
//!
//! Classifying changes nothing. What is a match can be taken over: a grant of ours is made first, and the other one is
//! deleted after (RULES 36). Who is in the house keeps what they have until they leave.

use std::collections::{BTreeMap, BTreeSet};

use ecow::EcoString;
use hashbrown::HashMap;
use jiff::civil::Date;

use super::foreign::{Evidence, Foreign, has_key_of, is_foreign};
use super::planner::PlanInput;
use super::settings::Policy;
use crate::mapping::{DesiredGrant, DesiredReservation, SpaceRef, SpaceRefs};
use crate::model::{
    AccessGrantId, GrantKeyParts, GrantState, LiveGrant, ReservationId, SourcePlace, SpaceId, Window,
};

/// What a grant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Ours, of a reservation of the source.
    Ours,
    /// Not ours, and the grant of a stay: it can be taken over.
    Match,
    /// Not ours, and like the grant of a stay, but it is not to be touched.
    Skip,
    /// Ours, of a reservation that the source does not list.
    Orphan,
    /// Not ours, and of no stay.
    Foreign,
}

impl Class {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::Match, Self::Skip, Self::Orphan, Self::Foreign, Self::Ours];

    /// The word of the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Match => "match",
            Self::Skip => "skip",
            Self::Orphan => "orphan",
            Self::Foreign => "foreign",
        }
    }
}

/// Whether taking a match over is proposed, or left to whoever reviews it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proposal {
    /// Nothing is lost by it.
    Adopt,
    /// The guest would lose something that the source does not give.
    Decide,
    /// It is no match.
    None,
}

/// The stay that a grant is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterpart {
    /// The reservation.
    pub reservation: ReservationId,
    /// The guest, as the source names them; the first of several.
    pub full_name: EcoString,
    /// The day of arrival.
    pub arrival: Date,
    /// When the source wants the doors open.
    pub window: Window,
    /// The row.
    pub source: SourcePlace,
}

/// One live grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<'a> {
    /// Which.
    pub grant: &'a LiveGrant,
    /// What it is.
    pub class: Class,
    /// Why, in one sentence.
    pub reason: String,
    /// Whether to take it over.
    pub proposal: Proposal,
    /// The stay, where there is one.
    pub stay: Option<Counterpart>,
}

/// Classifies every live grant, by class and id.
pub fn classify<'a>(input: &PlanInput<'a>) -> Vec<Finding<'a>> {
    let classifier = Classifier::of(input);
    let live = input.inventory.grants.iter().filter(|grant| grant.is_live(input.now));
    let mut findings: Vec<Finding<'a>> = live.map(|grant| classifier.finding(grant)).collect();
    findings.sort_by_key(|finding| {
        let order = Class::ALL.iter().position(|class| *class == finding.class);
        let stay = finding.stay.as_ref().map(|stay| (stay.arrival, stay.reservation.clone()));
        (order, stay, finding.grant.window, finding.grant.id.clone())
    });
    findings
}

struct Classifier<'a> {
    input: &'a PlanInput<'a>,
    foreign: Foreign<'a>,
    /// The wanted grants that open a space as that of their unit.
    wanted: HashMap<SpaceRef, Vec<(&'a DesiredReservation, &'a DesiredGrant)>>,
    by_id: HashMap<&'a ReservationId, &'a DesiredReservation>,
}

impl<'a> Classifier<'a> {
    fn of(input: &'a PlanInput<'_>) -> Self {
        let PlanInput { now, settings, desired, directory, inventory, .. } = *input;
        let mut wanted: HashMap<SpaceRef, Vec<_>> = HashMap::new();
        for reservation in &desired.reservations {
            for grant in &reservation.grants {
                for space in grant.unit_spaces().collect::<BTreeSet<_>>() {
                    wanted.entry(space).or_default().push((reservation, grant));
                }
            }
        }
        Self {
            input,
            foreign: Foreign::of(inventory, directory, &settings.namespace, &BTreeMap::new(), now),
            wanted,
            by_id: desired.reservations.iter().map(|reservation| (&reservation.id, reservation)).collect(),
        }
    }

    fn finding<'g>(&self, grant: &'g LiveGrant) -> Finding<'g> {
        let told = |class: Class, reason: String| Finding {
            grant,
            class,
            reason,
            proposal: Proposal::None,
            stay: None,
        };
        let settings = self.input.settings;
        if let Some(key) = grant.key.as_ref().filter(|key| settings.namespace.owns(key)) {
            let Some(parts) = GrantKeyParts::parse(&settings.namespace, key) else {
                return told(Class::Orphan, "its key has our mark, and names no reservation".to_owned());
            };
            let id = ReservationId { property: parts.property, key: parts.reservation };
            return if self.by_id.contains_key(&id) {
                told(Class::Ours, format!("made by this job for reservation {id}"))
            } else {
                told(
                    Class::Orphan,
                    format!("made by this job for reservation {id}, which the source does not list"),
                )
            };
        }
        let stays = self.stays_of(grant);
        let reservations: BTreeSet<&ReservationId> = stays.iter().map(|(r, ..)| &r.id).collect();
        match reservations.len() {
            0 => self.without_stay(grant, told),
            1 => self.with_stay(grant, &stays),
            _ => {
                let names: Vec<String> = reservations.iter().map(ToString::to_string).collect();
                told(Class::Skip, format!("it fits several stays: {}", names.join(", ")))
            }
        }
    }

    /// The wanted grants that a grant answers for. Where one has its reservation's key, those that only look alike do
    /// not count.
    fn stays_of(&self, grant: &LiveGrant) -> Vec<(&'a DesiredReservation, &'a DesiredGrant, Evidence)> {
        let spaces = grant.spaces.iter().filter_map(|space| self.input.directory.by_id(space));
        let mut stays: Vec<_> = spaces
            .flat_map(|space| self.wanted.get(&space).into_iter().flatten())
            .filter_map(|(r, desired)| Some((*r, *desired, self.foreign.evidence(grant, &r.id, desired)?)))
            .collect();
        if let Some(best) = stays.iter().map(|(.., evidence)| *evidence).min() {
            stays.retain(|(.., evidence)| *evidence == best);
        }
        stays.sort_by_key(|(r, desired, _)| (&r.id, &desired.source, &desired.guest, desired.window));
        stays.dedup_by_key(|(r, desired, _)| (r.id.clone(), desired.guest.clone(), desired.window));
        stays
    }

    fn without_stay<'g>(
        &self,
        grant: &'g LiveGrant,
        told: impl Fn(Class, String) -> Finding<'g>,
    ) -> Finding<'g> {
        let named = self.input.desired.reservations.iter().find(|r| has_key_of(grant, &r.id));
        let Some(DesiredReservation { id, grants, held, revoked, .. }) = named else {
            return told(
                Class::Foreign,
                "no stay of the source has its room, its time and its name".to_owned(),
            );
        };
        let reason = if grant.spaces.is_empty() {
            format!(
                "it is named after reservation {id}, and Seam does not list its doors; compare it by hand"
            )
        } else if let Some(stay) = held.first() {
            format!("reservation {id} waits: {}", stay.reason)
        } else if grants.is_empty() && !revoked.is_empty() {
            format!(
                "reservation {id} is cancelled or over in the source; if that is right, delete the grant in Seam"
            )
        } else {
            format!(
                "it is named after reservation {id}, for which the source wants other doors or another time"
            )
        };
        told(Class::Skip, reason)
    }

    fn with_stay<'g>(
        &self,
        grant: &'g LiveGrant,
        stays: &[(&DesiredReservation, &DesiredGrant, Evidence)],
    ) -> Finding<'g> {
        let now = self.input.now;
        let (reservation, first, evidence) = stays[0];
        let stay = Counterpart {
            reservation: reservation.id.clone(),
            full_name: first.full_name.clone(),
            arrival: first.arrival,
            window: first.window,
            source: first.source.clone(),
        };
        let told = |class, proposal, reason: String| Finding {
            grant,
            class,
            reason,
            proposal,
            stay: Some(stay.clone()),
        };
        let skip = |reason: &str| told(Class::Skip, Proposal::None, reason.to_owned());
        if grant.window.starts_at <= now
            || stays.iter().any(|(_, desired, _)| desired.window.starts_at <= now)
        {
            return skip("the guest is in the house and keeps this grant until they leave");
        }
        if self.input.desired.outside.contains(&reservation.id) {
            return skip("its stay is outside of what this is limited to");
        }
        if let Some(held) = reservation.held.iter().find(|held| held.window.overlaps(&grant.window)) {
            return skip(&format!("its stay waits: {}", held.reason));
        }
        let is_unmanaged = grant.state == GrantState::Unmanaged;
        match self.input.settings.policy {
            Policy::Sync => {}
            Policy::UpsertOnly if is_unmanaged => {}
            _ if is_unmanaged => return skip("the policy of this job does not allow to change a grant"),
            _ => return skip("the policy of this job does not allow to take a grant away"),
        }
        let mut text = match evidence {
            Evidence::Key => "its room, its time and its reservation are those of the stay".to_owned(),
            Evidence::Person => "its room, its time and its guest are those of the stay".to_owned(),
        };
        if !first.window.same_from(&grant.window, now) {
            text.push_str("; the source has other hours, which will hold");
        }
        if is_unmanaged {
            text.push_str("; it gets a key of this job, and the guest keeps what they have");
        }
        let lost = self.lost(grant, stays);
        if lost.is_empty() {
            return told(Class::Match, Proposal::Adopt, text);
        }
        text.push_str("; it also opens ");
        text.push_str(&lost.join(", "));
        text.push_str(", which the stay is not given: decide");
        told(Class::Match, Proposal::Decide, text)
    }

    /// The spaces that a grant opens and the stay does not.
    fn lost(
        &self,
        grant: &LiveGrant,
        stays: &[(&DesiredReservation, &DesiredGrant, Evidence)],
    ) -> Vec<String> {
        let directory = self.input.directory;
        let given: BTreeSet<SpaceRef> = stays.iter().flat_map(|(_, desired, _)| desired.spaces()).collect();
        let name = |space: &SpaceId| match directory.by_id(space) {
            Some(known) if given.contains(&known) => None,
            Some(known) => Some(directory.space(known).key.to_string()),
            None => Some(space.to_string()),
        };
        grant.spaces.iter().filter_map(name).collect()
    }
}

/// Reservations of which a grant gets a key of ours in this plan: what else they want is for the next one.
pub(super) fn waiting_for_a_key<'a>(input: &PlanInput<'a>) -> BTreeSet<&'a ReservationId> {
    let PlanInput { desired, inventory, .. } = *input;
    if desired.adopted.is_empty() {
        return BTreeSet::new();
    }
    let unmanaged = inventory.grants.iter().filter(|grant| grant.state == GrantState::Unmanaged);
    unmanaged.filter_map(|grant| desired.adopted.get(&grant.id)).collect()
}

/// Grants of a reservation under whose Seam key a new one may stand beside them until they go: their doors are all
/// that the reservation wants, and more, and their time overlaps that of each wanted grant (SEAM.md §6.9).
pub(super) fn joinable<'a>(input: &PlanInput<'a>) -> BTreeMap<&'a AccessGrantId, ReservationId> {
    let PlanInput { now, settings, desired, directory, inventory, .. } = *input;
    if desired.adopted.is_empty() {
        return BTreeMap::new();
    }
    let by_id: HashMap<&ReservationId, &DesiredReservation> =
        desired.reservations.iter().map(|reservation| (&reservation.id, reservation)).collect();
    // Where two properties use the same key, nobody can say to which of them a Seam key belongs.
    let is_alone = |id: &ReservationId| {
        !desired.reservations.iter().any(|other| other.id.key == id.key && other.id.property != id.property)
    };
    let fits = |grant: &LiveGrant, reservation: &DesiredReservation| {
        let spaces: SpaceRefs = grant.spaces.iter().filter_map(|space| directory.by_id(space)).collect();
        let doors = directory.capable_of(&spaces);
        reservation.grants.iter().all(|wanted| {
            directory.capable_of(&wanted.spaces()).iter().all(|door| doors.contains(door))
                && wanted.window.overlaps(&grant.window)
        })
    };
    inventory
        .grants
        .iter()
        .filter(|grant| is_foreign(grant, &settings.namespace, now) && grant.state != GrantState::Unmanaged)
        .filter_map(|grant| {
            let id = desired.adopted.get(&grant.id)?;
            by_id
                .get(id)
                .is_some_and(|reservation| is_alone(id) && fits(grant, reservation))
                .then(|| (&grant.id, id.clone()))
        })
        .collect()
}
