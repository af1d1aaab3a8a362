//! The half of a job that only looks: both sides are read, the source is judged, the plan is made, checked and judged.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::yield_now;

use super::connection::Connection;
use super::explain::Seen;
use super::failure::Failure;
use super::gates::{judge_source, seen_before, stopped_by};
use super::job::{Job, Mode, live_keys};
use super::told::Told;
use crate::event::{Event, Stage};
use crate::exit_code::ExitCode;
use crate::mapping::{Directory, Known, Pinned, map};
use crate::model::{Coverage, Inventory, Ledger, Pin, Reservation, ReservationId, SourceRead, SourceShape};
use crate::plan::{
    CheckedPlan, Guard, GuardCheck, Past, PlanInput, Quarantine, Reading, check, existing_by_property,
    guard_plan, is_quarantine, plan, tell_pinned, trips,
};
use crate::report::document;
use crate::source::{self, RowOrigin, SourceInput};
use crate::store::{ReadRecord, Store};

impl Job<'_> {
    /// Reads the source and Seam at the same time, and decides.
    pub(super) async fn plan(
        &self,
        connection: &Connection,
        told: &mut Told,
    ) -> Result<Arc<CheckedPlan>, Failure> {
        let now = connection.now;
        self.sink.emit(&Event::Started(Stage::Source));
        self.sink.emit(&Event::Started(Stage::Inventory));
        let reading = self.read_source(now);
        let (source, inventory) = tokio::join!(reading, connection.reader.inventory(self.sink));
        let source = source?;
        self.sink.emit(&Event::Finished(Stage::Source));
        let outside = self.scope.outside(&source.reservations);
        told.scope = self.told_scope(source.reservations.len(), outside.len());
        let ledger = self.history(told).await?;
        let source = self.pass_gates(told, source, &ledger).await?;
        let inventory = inventory?;
        self.sink.emit(&Event::Finished(Stage::Inventory));

        self.sink.emit(&Event::Started(Stage::Plan));
        let (plan, seen, pinned) = self.decide(connection, told, source, outside, inventory, &ledger).await?;
        self.sink.emit(&Event::Finished(Stage::Plan));
        // A limited run is another plan, and neither counts nor resets how often the whole one was stopped.
        if let Some((store, lease)) = told.record.as_ref().filter(|_| !self.is_limited()) {
            store.record_trips(lease, &told.run_id, &told.trips).await?;
        }
        // What is left of a plan in quarantine is carried out, and told at the end.
        let passed = if is_quarantine(&told.trips) {
            Ok(())
        } else {
            stopped_by(&told.guards, &told.trips, ExitCode::Stopped)
        };
        match self.mode {
            Mode::SavePlan | Mode::RollBack(_) if passed.is_ok() => {
                told.saved = Some(self.save(&plan, &seen.inventory, now, &pinned).await?);
            }
            Mode::Explain => told.seen = Some(seen),
            _ => {}
        }
        passed?;
        if let Some((store, lease)) = &told.record {
            store.forget_pins(lease, &told.run_id, &pinned.void).await?;
        }
        Ok(plan)
    }

    /// Whether it is about some reservations only.
    fn is_limited(&self) -> bool {
        !self.scope.is_whole() || self.adoption.is_some() || self.is_fed_back()
    }

    /// Whether the rows are those of a rejects file.
    fn is_fed_back(&self) -> bool {
        self.settings.source.origin == RowOrigin::RejectsFile
    }

    /// To what the job is limited, for the report.
    fn told_scope(&self, n_reservations: usize, outside: usize) -> Option<document::Scope> {
        let reviewed = self.adoption.map(|list| format!("--reviewed {}", list.location));
        let fed_back = match &self.settings.source.input {
            SourceInput::File { path, .. } if self.is_fed_back() => Some(format!("--from-rejects {path}")),
            _ => None,
        };
        let flags: Vec<String> = reviewed.into_iter().chain(fed_back).chain(self.scope.flags()).collect();
        (!flags.is_empty()).then(|| document::Scope { flags, inside: n_reservations - outside, outside })
    }

    /// Reads the source, unless the job is asked to end: a database may let us wait for minutes.
    pub(super) async fn read_source(&self, now: Timestamp) -> Result<SourceRead, Failure> {
        tokio::select! {
            read = source::read(&self.settings.source, now) => Ok(read?),
            () = self.interrupt.token().cancelled() => Err(Failure::interrupted(ExitCode::Interrupted, None)),
        }
    }

    /// What earlier runs recorded; a job that only plans makes no store for it.
    pub(super) async fn history(&self, told: &Told) -> Result<Ledger, Failure> {
        let namespace = &self.settings.plan.namespace;
        let workspace_id = told.workspace_id.as_ref().expect("the workspace comes first");
        if let Some((store, _)) = &told.record {
            return Ok(store.ledger(workspace_id, namespace).await?);
        }
        let Some(store) = Store::open_existing(&self.settings.store).await? else {
            return Ok(Ledger::default());
        };
        let ledger = store.ledger(workspace_id, namespace).await?;
        store.close().await;
        Ok(ledger)
    }

    /// Records what was read, and stops where it cannot be trusted.
    async fn pass_gates(
        &self,
        told: &mut Told,
        mut source: SourceRead,
        ledger: &Ledger,
    ) -> Result<SourceRead, Failure> {
        let shape = SourceShape::of(&source.reservations);
        // The bytes of a limited run were not carried out, and are news to the next whole one.
        if let Some((store, _)) = told.record.as_ref().filter(|_| !self.is_limited()) {
            let SourceRead { location, fingerprint, n_rows, .. } = &source;
            let read = ReadRecord { location, fingerprint, n_rows: *n_rows, shape: &shape };
            store.record_source(&told.run_id, &read).await?;
        }
        // A few rows that somebody mended are no source that has shrunk, and one of them may still be wrong.
        let checks = if self.is_fed_back() {
            Vec::new()
        } else {
            judge_source(&source, &shape, ledger, &self.settings.guards, self.allowances)
        };
        let of = |guard: Guard| -> Vec<GuardCheck> {
            checks.iter().filter(|check| check.guard == guard).cloned().collect()
        };
        let passed = stopped_by(&of(Guard::MaxReject), &[], ExitCode::Source)
            .and_then(|()| stopped_by(&of(Guard::MaxShrink), &[], ExitCode::Stopped));
        told.guards.extend(checks);
        source.warnings.extend(seen_before(&source, ledger));
        if let Err(failure) = passed {
            told.source = Some(source);
            return Err(failure);
        }
        Ok(source)
    }

    /// The reservations of which the rows are still wanted once they are mapped: those to which something is pinned,
    /// or all, where a person asks.
    fn asked_about_later(&self, reservations: &[Reservation], pins: &[Pin]) -> Vec<Reservation> {
        if matches!(self.mode, Mode::Explain | Mode::RollBack(_)) {
            return reservations.to_vec();
        }
        let pinned: BTreeSet<ReservationId> = pins.iter().map(Pin::id).collect();
        reservations.iter().filter(|reservation| pinned.contains(&reservation.id)).cloned().collect()
    }

    /// Maps, plans, checks and judges; what was read of the source goes to the report. A large hotel takes seconds for
    /// each of these, and in between whoever shares the thread has their turn: the lock has to be renewed.
    pub(super) async fn decide(
        &self,
        connection: &Connection,
        told: &mut Told,
        mut source: SourceRead,
        outside: BTreeSet<ReservationId>,
        inventory: Inventory,
        ledger: &Ledger,
    ) -> Result<(Arc<CheckedPlan>, Seen, Pinned), Failure> {
        let now = connection.now;
        let settings = &self.settings.plan;
        let directory = Directory::of(&inventory);
        let known = Known::of(&inventory, &settings.namespace, now);
        let covers = self.settings.source.covers.map(|range| (range.from, range.until));
        let mut reading = Reading::of(&source, covers, &self.settings.mapping.properties);
        if self.is_limited() {
            // Of what is missing nobody can say whether it would have been inside (RULES 31).
            reading.coverage = Coverage::Partial;
        }
        let unmatched = self.scope.unmatched(&source.reservations, &source.location);
        let asked_about = self.asked_about_later(&source.reservations, &ledger.pins);
        let reservations = mem::replace(&mut source.reservations, asked_about);
        yield_now().await;
        let mut desired = map(reservations, &directory, &known, &self.settings.mapping, now);
        yield_now().await;
        told.broken_moves = ledger.broken_moves(&live_keys(&inventory, now));
        desired.unfinished_moves.clone_from(&told.broken_moves);
        desired.outside = outside;
        desired.warnings.extend(unmatched);
        if let Some(list) = self.adoption {
            list.apply(&mut desired, self.settings, &directory, &inventory, now);
        }
        told.scope = self.told_scope(source.n_reservations, desired.outside.len());
        let read = (&source.reservations[..], &directory, &inventory);
        let pinned = self.pin(&mut desired, &ledger.pins, read, told)?;
        told.source = Some(source);
        let guards = &self.settings.guards;
        let past = Past {
            ledger,
            guards,
            allowances: self.allowances,
            reading: &reading,
            quarantine: Quarantine::None,
        };
        let existing = existing_by_property(&inventory, &settings.namespace, now);
        let made = async |quarantine| -> Result<(Arc<CheckedPlan>, Vec<GuardCheck>), Failure> {
            let past = Past { quarantine, ..past };
            let input = PlanInput {
                now,
                settings,
                desired: &desired,
                directory: &directory,
                inventory: &inventory,
                past,
            };
            let mut decided = plan(&input);
            tell_pinned(&mut decided, &pinned);
            yield_now().await;
            let checked = Arc::new(check(decided, &input)?);
            yield_now().await;
            let judged = guard_plan(&checked, &existing, guards, self.allowances);
            Ok((checked, judged))
        };
        let (mut checked, judged) = made(Quarantine::None).await?;
        told.trips = trips(&judged, ledger, now);
        if is_quarantine(&told.trips) {
            (checked, _) = made(Quarantine::Standing).await?;
        }
        told.plan = Some(Arc::clone(&checked));
        told.guards.extend(judged);
        Ok((checked, Seen { inventory, directory, desired, now }, pinned))
    }
}
