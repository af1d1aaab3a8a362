//! The half of a job that only looks: both sides are read, the source is judged, the plan is made, checked and judged.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::yield_now;

use super::connection::Connection;
use super::explain::Seen;
use super::failure::Failure;
use super::gates::{
    age_of, is_older, judge_source, refuse_unknown_properties, refuse_unmatched, seen_before, stopped_by,
};
use super::job::{Job, Mode, live_keys};
use super::reading::Unread;
use super::told::Told;
use crate::event::{Event, Stage};
use crate::mapping::{CurrentAccess, Directory, Pinned, map, unknown_properties};
use crate::model::{
    AccessGrantKey, Coverage, Inventory, Ledger, Pin, Problem, ProblemCode, Reservation, ReservationId,
    SourceRead, SourceShape,
};
use crate::plan::{
    Call, CheckedPlan, Learnt, Past, PlanInput, Quarantine, Reading, Withheld, check, guard_older,
    is_quarantine, plan_without, tell_pinned, withhold,
};
use crate::report::document;
use crate::source::{RowOrigin, SourceInput};
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
        let reading = self.read_known_source(now, told);
        let (source, inventory) = tokio::join!(reading, connection.reader.inventory(self.sink));
        let source = source.map_err(|Unread { failure, guards }| {
            told.guards.extend(guards);
            failure
        })?;
        self.sink.emit(&Event::Finished(Stage::Source));
        if let Ok(inventory) = &inventory {
            let undone = match self.mode {
                Mode::RollBack(run) => run.reservations(),
                _ => BTreeSet::new(),
            };
            refuse_unmatched(self.filter, &source, inventory, &self.settings.plan.namespace, undone)?;
        }
        let outside = self.filter.outside(&source.reservations);
        told.scope = self.told_scope(source.reservations.len(), outside.len());
        let ledger = self.history(told).await?;
        let source = self.pass_gates(told, source, &ledger, now).await?;
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
            stopped_by(&told.guards, &told.trips, &told.commands)
        };
        // A complete read counts for what is missing also where a guard stops its run (RULES 21).
        if let (Err(_), Some((store, lease))) = (&passed, told.record.as_ref().filter(|_| !self.is_limited()))
        {
            let Learnt { missing, returned, facts, .. } = plan.learnt.clone();
            let read = Learnt { missing, returned, facts, ..Learnt::default() };
            store.remember(lease, &told.run_id, &read, now).await?;
        }
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
        !self.filter.is_unrestricted() || self.adoption.is_some() || self.is_fed_back()
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
        let filters = self.filter.flags().into_iter().map(|(flag, value)| format!("{flag} {value}"));
        let flags: Vec<String> = reviewed.into_iter().chain(fed_back).chain(filters).collect();
        (!flags.is_empty()).then(|| document::Scope { flags, inside: n_reservations - outside, outside })
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
        self.recognise(&store, workspace_id).await?;
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
        now: Timestamp,
    ) -> Result<SourceRead, Failure> {
        let shape = SourceShape::of(&source, now);
        source.count_blank_statuses(ledger.recent_shapes.first().and_then(|shape| shape.blank_statuses));
        // The bytes of a limited run were not carried out, and are news to the next whole one.
        if let Some((store, _)) = told.record.as_ref().filter(|_| !self.is_limited()) {
            let SourceRead { location, fingerprint, .. } = &source;
            let age = age_of(&source, ledger, self.allowances);
            let n_rows = source.n_current_rows();
            let read = ReadRecord { location, fingerprint, n_rows, shape: &shape, age };
            store.record_source(&told.run_id, &read).await?;
        }
        // A few rows that somebody mended are no source that has shrunk, and one of them may still be wrong.
        let checks = if self.is_fed_back() {
            Vec::new()
        } else {
            judge_source(&source, &shape, ledger, &self.settings.guards, self.allowances)
        };
        let mapping = &self.settings.mapping;
        let unknown = unknown_properties(&source.reservations, &mapping.properties, &mapping.units, now);
        let passed = stopped_by(&checks, &[], &told.commands);
        let passed = refuse_unknown_properties(&unknown).and(passed);
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
        let covers = self.settings.source.covers.map(|range| (range.from, range.until));
        let mut reading = Reading {
            whole_reservations: self.settings.source.whole_reservations,
            ..Reading::of(&source, covers, &self.settings.mapping.properties)
        };
        if self.is_limited() {
            // A filtered run infers nothing from what is missing (RULES 40).
            reading.coverage = Coverage::Partial;
            reading.whole_reservations = false;
            reading.is_limited = true;
        }
        // A row whose key cannot be read may be the one that a missing reservation still has.
        let was_cut =
            |problem: &Problem| problem.code == ProblemCode::Cut || problem.column == "reservation_key";
        reading.is_cut = source.rejects.iter().any(was_cut)
            || (self.settings.source.coverage == Coverage::Complete && source.coverage == Coverage::Partial);
        let asked_about = self.asked_about_later(&source.reservations, &ledger.pins);
        let reservations = mem::replace(&mut source.reservations, asked_about);
        yield_now().await;
        let access = CurrentAccess::of(&inventory, ledger, &directory, &settings.namespace, now)
            .listed_by((reading.coverage, reading.whole_reservations))
            .written_at(source.written_at);
        let mut desired = map(reservations, &directory, &access, &self.settings.mapping, now);
        yield_now().await;
        let live = live_keys(&inventory, now);
        told.broken_moves = ledger.broken_moves(|key| live.contains(key));
        desired.outside = outside;
        desired.doors.remember(directory.doors_by_id(&ledger.common_doors));
        if let Some(list) = self.adoption {
            list.apply(&mut desired, self.settings, &directory, &access, &inventory, now);
        }
        told.scope = self.told_scope(source.n_reservations, desired.outside.len());
        let read = (&source.reservations[..], &directory, &inventory);
        let pinned = self.pin(&mut desired, &ledger.pins, read, told)?;
        let (older, n_rows) = (is_older(&source, ledger), source.n_rows);
        told.source = Some(source);
        let guards = &self.settings.guards;
        let commands = told.commands.clone();
        let past = Past {
            ledger,
            guards,
            allowances: self.allowances,
            commands: &commands,
            reading: &reading,
            quarantine: Quarantine::None,
        };
        let input = PlanInput {
            now,
            settings,
            desired: &desired,
            directory: &directory,
            inventory: &inventory,
            access: &access,
            past,
        };
        let mut withheld = Withheld::new();
        let checked = loop {
            let mut decided = plan_without(&input, &withheld);
            tell_pinned(&mut decided, &pinned);
            yield_now().await;
            match check(decided, &input) {
                Ok(checked) => break Arc::new(checked),
                Err(violations) if withhold(&violations, &mut withheld) => {}
                Err(violations) => return Err(violations.into()),
            }
        };
        // Of a guest who wants no grant any more nothing is left to be made.
        if !self.is_limited() {
            let is_made = |wanted: &AccessGrantKey| {
                let mut calls = checked.steps.iter().map(|step| &step.call);
                calls.any(|call| matches!(call, Call::CreateGrant { key, .. } if key == wanted))
            };
            told.broken_moves.retain(|one| live.contains(&one.old) || is_made(&one.new));
        }
        yield_now().await;
        told.trips.clone_from(&checked.trips);
        told.guards.extend(checked.guards.iter().cloned());
        if older {
            told.guards.push(guard_older(&checked, n_rows, guards.min_existing, self.allowances, now));
        }
        told.plan = Some(Arc::clone(&checked));
        let decisions = ledger.decisions.clone();
        drop(access);
        Ok((checked, Seen { inventory, directory, desired, decisions, now }, pinned))
    }
}
