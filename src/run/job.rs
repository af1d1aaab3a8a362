//! One job: read both sides, decide, check, and, if it is a run, carry out and record.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

use super::adoption::ReviewedList;
use super::connection::Connection;
use super::failure::Failure;
use super::first_contact::FirstContact;
use super::interrupt::Interrupt;
use super::roll_back::RecordedRun;
use super::told::Told;
use crate::apply::{Apply, Budget, Stop, StoreJournal, carry_out};
use crate::config::Settings;
use crate::event::{Event, EventSink, Stage};
use crate::exit_code::ExitCode;
use crate::mapping::ReservationFilter;
use crate::model::{AccessGrantKey, Inventory, Workspace};
use crate::plan::{Allowance, CheckedPlan, moves};
use crate::report::document::{Document, Kind};
use crate::store::{Finish, Holder, Lease, NewRun, Recorder, Store, StoreSettings};

/// How far a job goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode<'a> {
    /// `plan`: until the plan.
    Plan,
    /// `plan -o`: the same, with all that carries it out later.
    SavePlan,
    /// `explain`: until the plan, with what it was made from.
    Explain,
    /// `rollback`: a plan that undoes this run.
    RollBack(&'a RecordedRun),
    /// `run --dry-run`: the same, told as a run.
    DryRun,
    /// `run`: to the end.
    Run,
    /// `apply`: this plan, to the end.
    Apply(&'a Document),
}

impl Mode<'_> {
    /// Whether it may write.
    pub fn writes(self) -> bool {
        matches!(self, Self::Run | Self::Apply(_))
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Plan | Self::SavePlan | Self::Explain | Self::RollBack(_) => Kind::Plan,
            Self::DryRun | Self::Run | Self::Apply(_) => Kind::Run,
        }
    }

    /// The verb.
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Plan | Self::SavePlan => "plan",
            Self::Explain => "explain",
            Self::RollBack(_) => "rollback",
            Self::DryRun | Self::Run => "run",
            Self::Apply(_) => "apply",
        }
    }
}

/// What a job is told.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// How far it goes.
    pub mode: Mode<'a>,
    /// The instant to decide for; `None` takes the configuration's, or the clock's.
    pub now: Option<Timestamp>,
    /// The reservations that it is about.
    pub filter: &'a ReservationFilter,
    /// What it takes over, and is then about nothing else.
    pub adoption: Option<&'a ReviewedList>,
    /// The file that the plan is saved to.
    pub output: Option<&'a Path>,
    /// Limits that are raised for this job only.
    pub allowances: &'a [Allowance],
    /// Why they are raised.
    pub reason: Option<&'a str>,
    /// At most so many grants are changed.
    pub max_changes: Option<usize>,
    /// Nothing is started when so much time has passed since the job began.
    pub max_duration: Option<Duration>,
    /// Who is told on the way.
    pub sink: &'a dyn EventSink,
    /// Who may end it.
    pub interrupt: &'a Interrupt,
}

impl<'a> Job<'a> {
    /// A job in which nothing is limited, taken over or allowed.
    pub fn new(
        settings: &'a Settings,
        mode: Mode<'a>,
        filter: &'a ReservationFilter,
        sink: &'a dyn EventSink,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self {
            settings,
            mode,
            now: None,
            filter,
            adoption: None,
            output: None,
            allowances: &[],
            reason: None,
            max_changes: None,
            max_duration: None,
            sink,
            interrupt,
        }
    }
}

/// Does the job. However it ends, the report says what is known.
pub async fn run(job: Job<'_>) -> Document {
    let mut told = Told::of(&job);
    let mut ending = Box::pin(job.work(&mut told)).await;
    if let Some(exit_code) = job.interrupt.exit_code() {
        // Whoever asks a job to end that has just done everything is not told that something is left.
        ending = ending.map_err(|failure| Failure::interrupted(exit_code, Some(failure)));
    }
    let document = told.document(&ending);
    match told.record.take() {
        None => document,
        Some((store, lease)) => {
            let finish = Finish {
                finished_at: Timestamp::now(),
                exit_code: document.exit_code,
                counts: document.counts_to_json(),
                document: document.to_json(),
            };
            let finished = store.finish_run(&told.run_id, &finish).await.map_err(Failure::from);
            if finished.is_ok() && ending.is_ok() {
                forget_old_runs(&store, &lease, &job.settings.store).await;
            }
            let released = lease.release().await.map_err(Failure::from);
            store.close().await;
            match finished.and(released) {
                Err(failure) if document.error.is_none() => told.document(&Err(failure)),
                Ok(()) | Err(_) => document,
            }
        }
    }
}

impl Job<'_> {
    /// The verb.
    pub(super) fn command(&self) -> &'static str {
        if self.adoption.is_some() && self.mode.writes() { "adopt" } else { self.mode.command() }
    }

    pub(super) async fn work(&self, told: &mut Told) -> Result<(), Failure> {
        let connection = Connection::open(&self.settings.seam, self.now, self.interrupt.token()).await?;
        let ended = self.with(&connection, told).await;
        told.calls = connection.reader.calls();
        connection.close().await;
        ended
    }

    async fn with(&self, connection: &Connection, told: &mut Told) -> Result<(), Failure> {
        let (until, interrupt) = (told.until, self.interrupt);
        let contact = interrupt.unless_over(until, connection.first_contact(self.settings, self.sink));
        let FirstContact { workspace, warning } = contact.await?;
        told.warnings.extend(warning);
        told.workspace_id = Some(workspace.id.clone());
        told.now = connection.now;
        refuse_suspended(&workspace)?;
        let plan = match self.mode {
            Mode::Plan | Mode::SavePlan | Mode::Explain | Mode::RollBack(_) | Mode::DryRun => {
                return interrupt.unless_over(until, self.plan(connection, told)).await.map(drop);
            }
            Mode::Run => {
                self.begin(&workspace, told).await?;
                interrupt.unless_over(until, self.plan(connection, told)).await?
            }
            Mode::Apply(planned) => {
                self.refuse_misfit(planned, &workspace.id, connection.now).await?;
                self.begin(&workspace, told).await?;
                interrupt.unless_over(until, self.take_up(planned, connection, told)).await?
            }
        };
        self.apply(connection, &plan, told).await
    }

    /// Takes the lease and records that a run begins.
    async fn begin(&self, workspace: &Workspace, told: &mut Told) -> Result<(), Failure> {
        let settings = &self.settings.store;
        let store = Store::open(settings).await?;
        let namespace = &self.settings.plan.namespace;
        let holder = Holder::this_process();
        let lease = store.acquire_lease(&workspace.id, namespace, &holder, settings.lease).await?;
        let new_owner = match self.recognise(&store, &workspace.id).await {
            Ok(new_owner) => new_owner,
            Err(failure) => {
                lease.release().await?;
                store.close().await;
                return Err(failure);
            }
        };
        let command = self.command().to_owned();
        let new_run = NewRun { run_id: told.run_id.clone(), command, started_at: told.started_at };
        store.start_run(&lease, &new_run).await?;
        let (store, lease) = told.record.insert((store, lease));
        Ok(store.put_facts(lease, Some(&told.run_id), new_owner.as_slice()).await?)
    }

    /// Carries the plan out and says why it stopped, if it did.
    async fn apply(
        &self,
        connection: &Connection,
        plan: &CheckedPlan,
        told: &mut Told,
    ) -> Result<(), Failure> {
        let (store, lease) = told.record.as_ref().expect("a run has begun before it applies");
        store.settle_unfinished(lease).await?;
        self.sink.emit(&Event::Started(Stage::Apply));
        self.sink.emit(&Event::Planned(plan));
        // Those that an earlier run broke off and this one cannot end either, because their stay is held.
        let all_moves = moves(plan).into_iter().chain(told.broken_moves.iter().cloned()).collect();
        store.begin_moves(lease, &told.run_id, &all_moves).await?;
        store.remember(lease, &told.run_id, &plan.learnt, connection.now).await?;
        let recorder = Recorder::start(store, lease, &told.run_id);
        let applied = carry_out(Apply {
            plan,
            reader: &connection.reader,
            journal: &StoreJournal { recorder: &recorder, lease },
            limits: &self.settings.seam.limits,
            budget: Budget { max_changes: self.max_changes, until: told.until },
            timeout: self.settings.seam.timeout,
            sink: self.sink,
            cancel: self.interrupt.token(),
        })
        .await;
        let closed = recorder.close().await;
        self.sink.emit(&Event::Finished(Stage::Apply));
        let applied = told.applied.insert(applied);
        match applied.stop.take() {
            None => {
                closed?;
                told.quarantine()
            }
            Some(Stop::Cancelled) => Err(Failure::interrupted(ExitCode::Interrupted, None)),
            Some(Stop::Refused(error) | Stop::Unavailable(error)) => Err(error.into()),
            Some(Stop::Record(error)) => Err(error.into()),
            Some(Stop::TooManyFailures(rate)) => Err(Failure::too_many_failures(rate)),
            Some(Stop::ChangesUsedUp) => Err(Failure::changes_used_up(self.max_changes.unwrap_or_default())),
            Some(Stop::TimeUsedUp) => Err(Failure::time_used_up()),
        }
    }
}

/// The record is not spoiled where it keeps more than it should, so that a failure does not spoil the run either.
async fn forget_old_runs(store: &Store, lease: &Lease, settings: &StoreSettings) {
    let Some(keep) = settings.keep_runs else { return };
    match store.forget_old_runs(lease, keep).await {
        Ok(n_runs) => tracing::debug!(n_runs, "old runs left the record"),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "old runs could not leave the record; the next run tries again"
        ),
    }
}

/// The keys of what still counts.
pub(super) fn live_keys(inventory: &Inventory, now: Timestamp) -> BTreeSet<&AccessGrantKey> {
    inventory
        .grants
        .iter()
        .filter(|grant| grant.is_live(now))
        .filter_map(|grant| grant.key.as_ref())
        .collect()
}

pub(super) fn refuse_suspended(workspace: &Workspace) -> Result<(), Failure> {
    if workspace.is_suspended {
        return Err(Failure {
            exit_code: ExitCode::Refused,
            message: "Seam has suspended this workspace".to_owned(),
            hint: "wake the workspace up in the Seam console; a sandbox sleeps after two weeks without use"
                .to_owned(),
        });
    }
    Ok(())
}
