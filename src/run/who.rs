//! `who`: who can open a unit or space at some time, ours and others'. Seam is asked door by door too, because a grant
//! that was made for a device is listed under none of its spaces.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;

use super::connection::Connection;
use super::failure::Failure;
use super::interrupt::Interrupt;
use crate::config::Settings;
use crate::event::EventSink;
use crate::exit_code::ExitCode;
use crate::mapping::{Directory, SpaceRef, spaces_of_unit};
use crate::model::local_span::instant;
use crate::model::{
    AccessGrantId, DoorId, GrantKeyParts, GrantState, Identity, LiveGrant, LocalSpan, Namespace,
    PropertyCode, SpaceKey, Unit, UserIdentityId,
};
use crate::plan::{Asked, who_opens};
use crate::report::who::{Opens, WhoOpens};

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The key of a space, or a unit as the source writes it.
    pub place: String,
    /// The property of the unit.
    pub property: PropertyCode,
    /// When; `None` for now.
    pub when: Option<When>,
}

/// A time that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// One instant.
    At(Timestamp),
    /// From the night of a day on, up to the night before another one.
    Nights(Date, Date),
}

/// Asks Seam who can open a door.
///
/// # Errors
///
/// 64 where there is no such space and no such unit; else what Seam says.
pub async fn who(
    settings: &Settings,
    question: &Question,
    now: Option<Timestamp>,
    sink: &dyn EventSink,
    interrupt: &Interrupt,
) -> Result<WhoOpens, Failure> {
    let connection = Connection::open(&settings.seam, now, interrupt.token()).await?;
    let answer = interrupt.unless_over(None, of(&connection, settings, question, sink)).await;
    connection.finish(answer, interrupt).await
}

async fn of(
    connection: &Connection,
    settings: &Settings,
    question: &Question,
    sink: &dyn EventSink,
) -> Result<WhoOpens, Failure> {
    connection.first_contact(settings, sink).await?;
    let Connection { reader, now, .. } = connection;
    let mut inventory = reader.inventory(sink).await?;
    let directory = Directory::of(&inventory);
    let spaces = spaces(question, settings, &directory)?;
    let doors: BTreeSet<&DoorId> = spaces
        .iter()
        .flat_map(|space| &directory.space(*space).doors)
        .map(|door| &directory.door(*door).id)
        .collect();
    let concurrency = settings.seam.limits.concurrency;
    let listing = doors.into_iter().map(|door| reader.grants_at(door, sink));
    let listed: Vec<LiveGrant> =
        stream::iter(listing).buffered(concurrency).try_collect::<Vec<_>>().await?.concat();
    let at_doors: BTreeSet<AccessGrantId> = listed.iter().map(|grant| grant.id.clone()).collect();
    let known: BTreeSet<AccessGrantId> = inventory.grants.iter().map(|grant| grant.id.clone()).collect();
    inventory.grants.extend(listed.into_iter().filter(|grant| !known.contains(&grant.id)));

    let property = settings.mapping.properties.get(&question.property);
    let zone = &property.time_zone;
    let (asked, from, to) = match question.when {
        None => (Asked::At(*now), *now, *now),
        Some(When::At(at)) => (Asked::At(at), at, at),
        Some(When::Nights(first, last)) => {
            let nights = LocalSpan::of_dates(
                first.to_datetime(property.check_in),
                last.to_datetime(property.check_out),
            );
            (Asked::Nights(nights), instant(nights.from, zone), instant(nights.to, zone))
        }
    };
    let ids = spaces.iter().map(|space| directory.space(*space).id.clone()).collect();
    let found = who_opens(&inventory.grants, &ids, &at_doors, asked, (*now, zone));
    let people: HashMap<&UserIdentityId, &Identity> =
        inventory.identities.iter().map(|identity| (&identity.id, identity)).collect();
    let opens = found.into_iter().map(|grant| async {
        let issued = match grant.state {
            // Seam does not say what others' grants have.
            GrantState::Unmanaged => None,
            GrantState::Standing | GrantState::BeingDeleted => {
                let methods = reader.issued_methods(&grant.id, sink).await?;
                Some(!methods.is_empty() && methods.iter().all(|method| method.issued_at.is_some()))
            }
        };
        let full_name = people.get(&grant.identity).and_then(|person| person.full_name.clone());
        Ok::<Opens, Failure>(opens(grant, &settings.plan.namespace, full_name.map(Into::into), issued))
    });
    let opens = stream::iter(opens).buffered(concurrency).try_collect().await?;
    let spaces = spaces.iter().map(|space| directory.space(*space).key.clone()).collect();
    Ok(WhoOpens { spaces, from, to, opens, zone: zone.clone() })
}

fn opens(grant: &LiveGrant, namespace: &Namespace, full_name: Option<String>, issued: Option<bool>) -> Opens {
    let parts = grant.key.as_ref().and_then(|key| GrantKeyParts::parse(namespace, key));
    let of_seam = || grant.reservation_key.as_ref().map(ToString::to_string);
    Opens {
        full_name,
        reservation_key: parts.as_ref().map(|parts| parts.reservation.to_string()).or_else(of_seam),
        ours: parts.is_some(),
        starts_at: grant.window.starts_at,
        ends_at: grant.window.ends_at,
        methods: grant.methods(),
        issued,
    }
}

/// The space of that key, or the spaces of that unit.
fn spaces(question: &Question, settings: &Settings, directory: &Directory) -> Result<Vec<SpaceRef>, Failure> {
    let Question { place, property, .. } = question;
    if let Some(space) = directory.by_key(&SpaceKey::new(place)) {
        return Ok(vec![space]);
    }
    let keys = spaces_of_unit(&Unit::new(place), property, &settings.mapping.units).unwrap_or_default();
    let found: BTreeMap<SpaceKey, SpaceRef> =
        keys.into_iter().filter_map(|key| Some((key.clone(), directory.by_key(&key)?))).collect();
    if found.is_empty() {
        return Err(Failure {
            exit_code: ExitCode::Usage,
            message: format!("no space has the key `{place}`, and no unit of that name leads to a space"),
            hint: "give the key of a space as Seam has it, or a unit as the source writes it".to_owned(),
        });
    }
    Ok(found.into_values().collect())
}
