//! One job: read both sides, decide, check, and, if it is a run, carry out and record.

use jiff::Timestamp;

use super::connection::Connection;
use super::failure::Failure;
use super::interrupt::Interrupt;
use super::told::Told;
use crate::apply::{Apply, Stop, carry_out};
use crate::config::Settings;
use crate::event::{Event, EventSink, Stage};
use crate::exit_code::ExitCode;
use crate::mapping::{Directory, Known, map};
use crate::model::Workspace;
use crate::plan::{CheckedPlan, PlanInput, check, plan};
use crate::report::document::{Document, Kind};
use crate::seam;
use crate::source;
use crate::store::{Finish, Holder, NewRun, Recorder, Store, StoreSettings};

/// How far a job goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `plan`: until the plan.
    Plan,
    /// `run --dry-run`: the same, told as a run.
    DryRun,
    /// `run`: to the end.
    Run,
}

/// What a job is told.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// The configuration.
    pub settings: &'a Settings,
    /// How far it goes.
    pub mode: Mode,
    /// The instant to decide for; `None` takes the configuration's, or the clock's.
    pub now: Option<Timestamp>,
    /// Who is told on the way.
    pub sink: &'a dyn EventSink,
    /// Who may end it.
    pub interrupt: &'a Interrupt,
}

/// Does the job. However it ends, the report says what is known.
pub async fn run(job: Job<'_>) -> Document {
    let NewRun { run_id, command: _, started_at } = job.new_run();
    let mut told = Told {
        kind: if job.mode == Mode::Plan { Kind::Plan } else { Kind::Run },
        dry_run: job.mode != Mode::Run,
        run_id,
        started_at,
        workspace_id: None,
        source: None,
        plan: None,
        applied: None,
        calls: seam::Calls::default(),
        record: None,
    };
    let mut ending = job.work(&mut told).await;
    if let (Some(code), Ok(()) | Err(_)) = (job.interrupt.exit_code(), &ending) {
        let hint = "run again: what is left is found again by its keys".to_owned();
        ending =
            Err(Failure { exit_code: code, message: "stopped because it was asked to".to_owned(), hint });
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
    fn new_run(&self) -> NewRun {
        NewRun::now(if self.mode == Mode::Plan { "plan" } else { "run" })
    }

    async fn work(&self, told: &mut Told) -> Result<(), Failure> {
        let connection = Connection::open(&self.settings.seam, self.now, self.interrupt.token()).await?;
        let ended = self.with(&connection, told).await;
        told.calls = connection.reader.calls();
        connection.close().await;
        ended
    }

    async fn with(&self, connection: &Connection, told: &mut Told) -> Result<(), Failure> {
        let workspace = connection.reader.workspace(self.sink).await?;
        told.workspace_id = Some(workspace.id.clone());
        refuse_suspended(workspace)?;
        if self.mode != Mode::Run {
            return self.plan(connection, told).await.map(drop);
        }
        self.begin(workspace, told).await?;
        let plan = self.plan(connection, told).await?;
        self.apply(connection, &plan, told).await
    }

    /// Takes the lease and records that a run begins.
    async fn begin(&self, workspace: &Workspace, told: &mut Told) -> Result<(), Failure> {
        let settings = &self.settings.store;
        let store = Store::open(&StoreSettings { url: settings.url.clone(), lease: settings.lease }).await?;
        let namespace = &self.settings.plan.namespace;
        let holder = Holder::this_process();
        let lease = store.acquire_lease(&workspace.id, namespace, &holder, settings.lease).await?;
        let new_run =
            NewRun { run_id: told.run_id.clone(), command: "run".to_owned(), started_at: told.started_at };
        store.start_run(&lease, &new_run).await?;
        told.record = Some((store, lease));
        Ok(())
    }

    /// Reads the source and Seam at the same time, decides, and verifies what was decided.
    async fn plan(&self, connection: &Connection, told: &mut Told) -> Result<CheckedPlan, Failure> {
        let now = connection.now;
        self.sink.emit(&Event::Started(Stage::Source));
        self.sink.emit(&Event::Started(Stage::Inventory));
        let source_settings = self.settings.source.clone();
        let reading = tokio::task::spawn_blocking(move || source::read(&source_settings, now));
        let (source, inventory) = tokio::join!(reading, connection.reader.inventory(self.sink));
        let mut source = source.expect("reading a source does not panic")?;
        self.sink.emit(&Event::Finished(Stage::Source));
        let inventory = inventory?;
        self.sink.emit(&Event::Finished(Stage::Inventory));

        self.sink.emit(&Event::Started(Stage::Plan));
        let settings = &self.settings.plan;
        let directory = Directory::of(&inventory);
        let desired = {
            // What was read and indexed for the mapping is let go before the plan needs the room.
            let reservations = std::mem::take(&mut source.reservations);
            let known = Known::of(&inventory, &settings.namespace, now);
            map(&reservations, &directory, &known, &self.settings.mapping, now)
        };
        let input =
            PlanInput { now, settings, desired: &desired, directory: &directory, inventory: &inventory };
        told.source = Some(source);
        let checked = check(plan(&input), &input)?;
        told.plan = Some((*checked).clone());
        self.sink.emit(&Event::Finished(Stage::Plan));
        Ok(checked)
    }

    /// Carries the plan out and says why it stopped, if it did.
    async fn apply(
        &self,
        connection: &Connection,
        plan: &CheckedPlan,
        told: &mut Told,
    ) -> Result<(), Failure> {
        let (store, lease) = told.record.as_ref().expect("a run has begun before it applies");
        if let Some(source) = &told.source {
            store.record_source(&told.run_id, &source.location, &source.fingerprint).await?;
        }
        store.settle_unfinished(lease).await?;
        self.sink.emit(&Event::Started(Stage::Apply));
        self.sink.emit(&Event::Planned(plan));
        let recorder = Recorder::start(store, lease, &told.run_id);
        let applied = carry_out(Apply {
            plan,
            reader: &connection.reader,
            recorder: &recorder,
            lease,
            limits: &self.settings.seam.limits,
            timeout: self.settings.seam.timeout,
            sink: self.sink,
            cancel: self.interrupt.token(),
        })
        .await;
        recorder.close().await?;
        self.sink.emit(&Event::Finished(Stage::Apply));
        let applied = told.applied.insert(applied);
        match applied.stop.take() {
            None | Some(Stop::Cancelled) => Ok(()),
            Some(Stop::Refused(error) | Stop::Unavailable(error)) => Err(error.into()),
            Some(Stop::Record(error)) => Err(error.into()),
        }
    }
}

fn refuse_suspended(workspace: &Workspace) -> Result<(), Failure> {
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
