//! `decide`: what a person says about a stay is held against the source and recorded. Nothing is planned or sent; the next
//! run takes it into account (RULES 17).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::connection::Connection;
use super::explain::the_one;
use super::failure::Failure;
use super::job::Job;
use crate::exit_code::ExitCode;
use crate::model::{
    Choice, Decision, Fact, FactId, GrantKeyParts, Ledger, Place, PropertyCode, Reservation, ReservationId,
    ReservationKey, Unit, WorkspaceId, shell_word, without_contacts,
};
use crate::store::{Holder, Store};

/// What a person says, before it is known whether there is such a stay.
#[derive(Debug)]
pub struct Ruling<'a> {
    /// The reservation, as the source names it.
    pub reservation: &'a ReservationKey,
    /// Its property; needed only where several have that key.
    pub property: Option<&'a PropertyCode>,
    /// The unit; `None` for each unit of the reservation.
    pub unit: Option<&'a Unit>,
    /// What is decided.
    pub verdict: Verdict,
}

/// What is decided, or that it is decided no more.
#[derive(Debug)]
pub enum Verdict {
    /// A new decision.
    Decided {
        /// What.
        choice: Choice,
        /// Why.
        reason: String,
        /// The last day on which it holds, by the clock of the property.
        until: Option<Date>,
    },
    /// An earlier decision is taken back.
    TakenBack,
}

/// What was recorded.
#[derive(Debug)]
pub struct Ruled {
    /// The new decision.
    pub decided: Option<Decision>,
    /// Earlier ones that count no longer.
    pub ended: Vec<Decision>,
}

/// Records a decision, or takes one back.
///
/// # Errors
///
/// 64 where the reservation or unit is not known, the last day is over, or there is nothing to take back; else what
/// Seam, the source or the store say, and 11 while a run goes on.
pub async fn decide(job: Job<'_>, ruling: Ruling<'_>) -> Result<Ruled, Failure> {
    let connection = Connection::open(&job.settings.seam, job.now, job.interrupt.token()).await?;
    let ruled = job.rule(&connection, ruling).await;
    connection.close().await;
    ruled
}

impl Job<'_> {
    async fn rule(&self, connection: &Connection, ruling: Ruling<'_>) -> Result<Ruled, Failure> {
        let workspace_id = connection.first_contact(self.settings, self.sink).await?.workspace.id;
        let store = Store::open(&self.settings.store).await?;
        self.recognise(&store, &workspace_id).await?;
        let ledger = store.ledger(&workspace_id, &self.settings.plan.namespace).await?;
        let ruled = self.judge(connection, &ledger, ruling).await?;
        self.record(&store, &workspace_id, &ruled).await?;
        store.close().await;
        Ok(ruled)
    }

    /// What is to be recorded.
    async fn judge(
        &self,
        connection: &Connection,
        ledger: &Ledger,
        ruling: Ruling<'_>,
    ) -> Result<Ruled, Failure> {
        let Ruling { reservation: key, property, unit, verdict } = ruling;
        let (choice, reason, until) = match verdict {
            Verdict::TakenBack => return taken_back(ledger, key, property, unit),
            Verdict::Decided { choice, reason, until } => (choice, reason, until),
        };
        let known = self.known(connection, ledger).await?;
        let matching = known.ids.iter().filter(|id| id.key == *key);
        let id = the_one(
            matching.filter(|id| property.is_none_or(|code| id.property == *code)).cloned().collect(),
            key,
        )?;
        refuse_unknown_unit(&id, unit, &known.reservations)?;
        if let Choice::ShareWith(other) = &choice {
            refuse_unknown_other(&id, other, &known.ids)?;
        }
        if let Some(until) = until {
            self.refuse_past(&id, until, connection.now)?;
        }
        let decision = Decision {
            reservation: id,
            unit: unit.cloned(),
            choice,
            reason: without_contacts(&reason),
            until,
            decided_at: Timestamp::now(),
        };
        // One about the whole reservation takes the place of those about its units.
        let is_replaced = |one: &&Decision| {
            one.reservation == decision.reservation && (unit.is_none() || one.unit == decision.unit)
        };
        let ended = ledger.decisions.iter().filter(is_replaced).cloned().collect();
        Ok(Ruled { decided: Some(decision), ended })
    }

    /// The reservations that somebody can decide about: those of the source, and those that have grants of ours.
    async fn known(&self, connection: &Connection, ledger: &Ledger) -> Result<Known, Failure> {
        let namespace = &self.settings.plan.namespace;
        let reading = self.read_source(connection.now);
        let (source, inventory) = tokio::join!(reading, connection.reader.inventory(self.sink));
        let reservations = source?.reservations;
        let inventory = inventory?;
        let recorded = ledger.desired.keys();
        let of_keys = inventory.grants.iter().filter_map(|grant| grant.key.as_ref()).chain(recorded);
        let of_grants = of_keys.filter_map(|key| {
            let parts = GrantKeyParts::parse(namespace, key)?;
            Some(ReservationId { property: parts.property, key: parts.reservation })
        });
        let ids = reservations.iter().map(|reservation| reservation.id.clone()).chain(of_grants).collect();
        Ok(Known { ids, reservations })
    }

    fn refuse_past(&self, id: &ReservationId, until: Date, now: Timestamp) -> Result<(), Failure> {
        let today = self.settings.mapping.properties.get(&id.property).time_zone.to_datetime(now).date();
        if until >= today {
            return Ok(());
        }
        Err(refused(
            format!("--until {until} is over: it is {today} at the property"),
            "--until names the last day on which the decision holds; without it, it ends with the stay",
        ))
    }

    async fn record(&self, store: &Store, workspace_id: &WorkspaceId, ruled: &Ruled) -> Result<(), Failure> {
        let namespace = &self.settings.plan.namespace;
        let holder = Holder::this_process();
        let lease = store.acquire_lease(workspace_id, namespace, &holder, self.settings.store.lease).await?;
        let id = |decision: &Decision| FactId::of_decision(&decision.reservation, decision.unit.as_ref());
        let new: Vec<Fact> = ruled.decided.iter().cloned().map(Fact::Decision).collect();
        let old: BTreeSet<FactId> = ruled.ended.iter().map(id).collect();
        let old: Vec<FactId> = old.into_iter().filter(|id| new.iter().all(|fact| fact.id() != *id)).collect();
        store.put_facts(&lease, None, &new).await?;
        store.forget_facts(&lease, &old).await?;
        Ok(lease.release().await?)
    }
}

/// What is known of reservations.
struct Known {
    ids: BTreeSet<ReservationId>,
    reservations: Vec<Reservation>,
}

fn refused(message: String, hint: &str) -> Failure {
    Failure { exit_code: ExitCode::Usage, message, hint: hint.to_owned() }
}

fn taken_back(
    ledger: &Ledger,
    key: &ReservationKey,
    property: Option<&PropertyCode>,
    unit: Option<&Unit>,
) -> Result<Ruled, Failure> {
    let is_about = |one: &&Decision| {
        one.reservation.key == *key
            && property.is_none_or(|code| one.reservation.property == *code)
            && (unit.is_none() || one.unit.as_ref() == unit)
    };
    let ended: Vec<Decision> = ledger.decisions.iter().filter(is_about).cloned().collect();
    if ended.is_empty() {
        let of_unit = unit.map(|unit| format!(" in unit `{unit}`")).unwrap_or_default();
        return Err(refused(
            format!(
                "no decision about reservation `{key}`{of_unit} is recorded, so there is nothing to take back"
            ),
            &format!(
                "`reservation-sync explain {}` shows what is recorded about it",
                shell_word(key.as_str())
            ),
        ));
    }
    the_one(ended.iter().map(|one| one.reservation.clone()).collect(), key)?;
    Ok(Ruled { decided: None, ended })
}

/// A misspelt unit would make a decision about nothing.
fn refuse_unknown_unit(
    id: &ReservationId,
    unit: Option<&Unit>,
    reservations: &[Reservation],
) -> Result<(), Failure> {
    let Some(unit) = unit else { return Ok(()) };
    let rows = reservations.iter().filter(|reservation| reservation.id == *id);
    let units: BTreeSet<String> = rows
        .flat_map(|reservation| &reservation.stays)
        .flat_map(|stay| match &stay.place {
            Place::Units(units) => units.iter().map(ToString::to_string).collect::<Vec<String>>(),
            Place::Spaces(spaces) => spaces.iter().map(ToString::to_string).collect(),
            Place::Unassigned => Vec::new(),
        })
        .collect();
    if units.contains(unit.as_str()) {
        return Ok(());
    }
    let message = format!("no row of reservation `{id}` has the unit `{unit}`");
    Err(if units.is_empty() {
        refused(message, "leave --unit out: the decision is about the whole reservation then")
    } else {
        let units: Vec<String> = units.iter().map(|unit| format!("`{unit}`")).collect();
        refused(message, &format!("its units are {}", units.join(", ")))
    })
}

fn refuse_unknown_other(
    id: &ReservationId,
    other: &ReservationKey,
    ids: &BTreeSet<ReservationId>,
) -> Result<(), Failure> {
    if *other == id.key {
        return Err(refused(
            format!("reservation `{id}` cannot share a unit with itself"),
            "--share-with names the other reservation",
        ));
    }
    let other = ReservationId { property: id.property.clone(), key: other.clone() };
    if ids.contains(&other) {
        return Ok(());
    }
    Err(refused(
        format!(
            "nothing is known of a reservation `{other}` to share with: no row has that key, and no grant"
        ),
        "give the key as the source has it; both reservations are of one property",
    ))
}
