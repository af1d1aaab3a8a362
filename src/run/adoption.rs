//! What the live grants of a workspace are beside the stays of the source, and which of them a reviewed list takes over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::connection::Connection;
use super::failure::Failure;
use super::gates::refuse_unmatched;
use super::interrupt::Interrupt;
use crate::config::Settings;
use crate::event::{Event, EventSink, Stage};
use crate::mapping::{CurrentAccess, Desired, Directory, ReservationFilter, map};
use crate::model::{
    AccessGrantId, Identity, Inventory, Ledger, Problem, ProblemCode, SourcePlace, UserIdentityId,
};
use crate::plan::{Class, Commands, Finding, Past, PlanInput, Proposal, Quarantine, Reading, classify};
use crate::report::review::{Decision, Review, ReviewRow};
use crate::source;

/// Reads both sides and classifies every live grant; writes nothing.
pub async fn review(
    settings: &Settings,
    filter: &ReservationFilter,
    now: Option<Timestamp>,
    sink: &dyn EventSink,
    interrupt: &Interrupt,
) -> Result<Review, Failure> {
    let connection = Connection::open(&settings.seam, now, interrupt.token()).await?;
    let reading = of_connection(settings, filter, &connection, sink);
    let reviewed = interrupt.unless_over(None, reading).await;
    connection.finish(reviewed, interrupt).await
}

async fn of_connection(
    settings: &Settings,
    filter: &ReservationFilter,
    connection: &Connection,
    sink: &dyn EventSink,
) -> Result<Review, Failure> {
    let now = connection.now;
    let workspace_id = connection.first_contact(settings, sink).await?.workspace.id;
    sink.emit(&Event::Started(Stage::Source));
    sink.emit(&Event::Started(Stage::Inventory));
    let reading = source::read(&settings.source, now);
    let (source, inventory) = tokio::join!(reading, connection.reader.inventory(sink));
    let (source, inventory) = (source?, inventory?);
    sink.emit(&Event::Finished(Stage::Source));
    sink.emit(&Event::Finished(Stage::Inventory));
    let directory = Directory::of(&inventory);
    let unknown = Unknown::default();
    let access = CurrentAccess::of(&inventory, &unknown.ledger, &directory, &settings.plan.namespace, now);
    refuse_unmatched(filter, &source, &inventory, &settings.plan.namespace, [])?;
    let outside = filter.outside(&source.reservations);
    let mut desired = map(source.reservations, &directory, &access, &settings.mapping, now);
    desired.outside = outside;
    let input = PlanInput {
        now,
        settings: &settings.plan,
        desired: &desired,
        directory: &directory,
        inventory: &inventory,
        access: &access,
        past: unknown.past(settings),
    };
    let identities: BTreeMap<&UserIdentityId, &Identity> =
        inventory.identities.iter().map(|identity| (&identity.id, identity)).collect();
    let grants = classify(&input).iter().map(|finding| row(finding, &directory, &identities)).collect();
    Ok(Review { workspace_id, grants })
}

/// What grants are does not depend on what earlier runs left.
#[derive(Default)]
struct Unknown {
    ledger: Ledger,
    reading: Reading,
    commands: Commands,
}

impl Unknown {
    fn past<'a>(&'a self, settings: &'a Settings) -> Past<'a> {
        let Self { ledger, reading, commands } = self;
        let guards = &settings.guards;
        Past { ledger, guards, allowances: &[], commands, reading, quarantine: Quarantine::None }
    }
}

fn row(
    finding: &Finding<'_>,
    directory: &Directory,
    identities: &BTreeMap<&UserIdentityId, &Identity>,
) -> ReviewRow {
    let Finding { grant, class, reason, proposal, stay } = finding;
    let holder = identities.get(&grant.identity).and_then(|identity| identity.full_name.clone());
    let key = |space| match directory.by_id(space) {
        Some(known) => directory.space(known).key.to_string(),
        None => space.to_string(),
    };
    let guest = stay.as_ref().map(|stay| stay.full_name.clone()).filter(|name| !name.is_empty());
    ReviewRow {
        decision: if *proposal == Proposal::Adopt { Decision::Adopt } else { Decision::Leave },
        class: *class,
        reservation: stay.as_ref().map(|stay| stay.reservation.to_string()),
        guest: guest.or(holder).map(Into::into),
        rooms: grant.spaces.iter().map(key).collect(),
        starts_at: grant.window.starts_at,
        ends_at: grant.window.ends_at,
        stay_starts_at: stay.as_ref().map(|stay| stay.window.starts_at),
        stay_ends_at: stay.as_ref().and_then(|stay| stay.window.ends_at),
        name: grant.name.clone().map(Into::into),
        access_grant_key: grant.key.as_ref().map(ToString::to_string),
        access_grant_id: grant.id.clone(),
        reason: reason.clone(),
    }
}

/// A list that a person reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedList {
    /// Where it came from, for the report.
    pub location: String,
    /// The grants that are to be taken over.
    pub adopt: Vec<AccessGrantId>,
}

impl ReviewedList {
    /// Limits what is wanted to the stays of these grants. What is no longer the match it was is set aside and told.
    pub(super) fn apply(
        &self,
        desired: &mut Desired,
        settings: &Settings,
        directory: &Directory,
        access: &CurrentAccess<'_>,
        inventory: &Inventory,
        now: Timestamp,
    ) {
        let unknown = Unknown::default();
        let past = unknown.past(settings);
        let input = PlanInput { now, settings: &settings.plan, desired, directory, inventory, access, past };
        let findings = classify(&input);
        let by_id: BTreeMap<&AccessGrantId, &Finding<'_>> =
            findings.iter().map(|finding| (&finding.grant.id, finding)).collect();
        let mut adopted = BTreeMap::new();
        let mut warnings = Vec::new();
        for id in self.adopt.iter().collect::<BTreeSet<_>>() {
            match by_id.get(id) {
                Some(Finding { class: Class::Match, stay: Some(stay), .. }) => {
                    adopted.insert(id.clone(), stay.reservation.clone());
                }
                // Its turn comes with another wave.
                Some(Finding { stay: Some(stay), .. }) if desired.outside.contains(&stay.reservation) => {}
                Some(finding) => warnings.push(self.set_aside(id, &finding.reason)),
                None => warnings.push(self.set_aside(id, "Seam has no such grant any more")),
            }
        }
        let inside: BTreeSet<_> = adopted.values().cloned().collect();
        let ids = desired.reservations.iter().map(|reservation| &reservation.id);
        let outside = ids.filter(|id| !inside.contains(id)).cloned().collect();
        desired.adopted = adopted;
        desired.outside = outside;
        desired.warnings.extend(warnings);
    }

    fn set_aside(&self, id: &AccessGrantId, reason: &str) -> Problem {
        Problem {
            source: SourcePlace { container: self.location.as_str().into(), row: 0 },
            column: "decision",
            code: ProblemCode::Notice,
            message: format!("grant {id} is left as it is: {reason}"),
            hint: "let `adopt` write the list again when the rest is done".to_owned(),
        }
    }
}
