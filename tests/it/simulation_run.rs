//! One run of the program as `run/job.rs` puts it together, with the record in memory and Seam at the end of a wire that
//! a seed decides about; it may be dropped at any await point, as a process that dies.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use jiff::Timestamp;
use reservation_sync::apply::{Applied, Apply, Budget, Stop, carry_out};
use reservation_sync::event::{Outcome, Silence};
use reservation_sync::mapping::Desired;
use reservation_sync::model::{AccessGrantKey, Inventory, Ledger, Move};
use reservation_sync::plan::moves;
use reservation_sync::plan::{CheckedPlan, Limits, Policy, Reading};
use reservation_sync::seam::{Credentials, SeamReader, SeamSettings};
use tokio_util::sync::CancellationToken;

use super::simulation_record::{Held, Record};
use super::simulation_watch::{RunNumber, Watch};
use super::simulation_wire::Wire;
use super::simulation_world::{Clocks, Wall};
use crate::small_world::{Night, made, plan_settings, reading};

/// What runs of one hotel share.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) record: Record,
    pub(crate) wire: Wire,
    pub(crate) watch: Watch,
    pub(crate) clocks: Clocks,
    pub(crate) api_key: String,
}

/// What a run reads, and what is done to it.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) run: RunNumber,
    pub(crate) night: Night,
    /// Which night it is: its bytes are its own.
    pub(crate) number: usize,
    pub(crate) is_complete: bool,
    /// It dies when it has been woken so often.
    pub(crate) dies_after: Option<u64>,
    /// The store fails after so many writes.
    pub(crate) breaks_after: Option<u64>,
    /// Somebody stops it after so long.
    pub(crate) stopped_after: Option<Duration>,
}

/// How a run ended.
pub(crate) enum Ended {
    /// Another run holds the lock.
    SentAway,
    /// It died.
    Dead,
    /// Seam could not be read.
    Unread,
    /// It came to its end.
    Over(Box<Done>),
}

/// What a run that came to its end did.
pub(crate) struct Done {
    pub(crate) desired: Desired,
    pub(crate) plan: Arc<CheckedPlan>,
    pub(crate) before: Inventory,
    pub(crate) applied: Applied,
}

impl Done {
    /// Whether everything was done.
    pub(crate) fn is_whole(&self) -> bool {
        let is_done = |outcome| matches!(outcome, Outcome::Done | Outcome::AlreadySo);
        self.applied.stop.is_none() && self.applied.endings.iter().all(|ending| is_done(ending.outcome))
    }

    /// Why it stopped early, for the log.
    fn stop(&self) -> u64 {
        match &self.applied.stop {
            None => 0,
            Some(Stop::Refused(_)) => 1,
            Some(Stop::Unavailable(_)) => 2,
            Some(Stop::Record(_)) => 3,
            Some(Stop::TooManyFailures(_)) => 4,
            Some(Stop::ChangesUsedUp) => 5,
            Some(Stop::TimeUsedUp) => 6,
            Some(Stop::Cancelled) => 7,
        }
    }
}

/// The pace that the planner and the client are told; the sandbox has the same limits at each door.
pub(crate) fn limits() -> Limits {
    plan_settings(Policy::Sync).limits
}

const TIMEOUT: Duration = Duration::from_secs(5);

/// Runs, and dies where the script says so.
pub(crate) async fn run(stage: &Stage, script: Script) -> Ended {
    let number = script.run;
    stage.watch.note(number, "begins", 0);
    let life = Mortal { polls_left: script.dies_after, life: Some(Box::pin(live(stage, script))) };
    let ended = life.await.unwrap_or(Ended::Dead);
    let how = match &ended {
        Ended::SentAway => ("is sent away", 0),
        Ended::Dead => ("is dead", 0),
        Ended::Unread => ("cannot read Seam", 0),
        Ended::Over(done) => ("is over", done.stop()),
    };
    stage.watch.note(number, how.0, how.1);
    stage.watch.count(how.0);
    stage.watch.ends(number);
    ended
}

async fn live(stage: &Stage, script: Script) -> Ended {
    let Stage { record, wire, watch, clocks, api_key } = stage;
    let now = clocks.wall(Wall::Host);
    let settings = SeamSettings {
        base_url: String::new(),
        credentials: Credentials::ApiKey(api_key.clone().into()),
        limits: limits(),
        timeout: TIMEOUT,
        patience: Duration::from_mins(1),
    };
    let cancel = CancellationToken::new();
    let reader =
        SeamReader::in_process(wire.of(script.run), &settings, cancel.clone()).expect("good settings");
    if reader.workspace(&Silence).await.is_err() {
        return Ended::Unread;
    }
    let Some(lease) = record.acquire(script.run).await else { return Ended::SentAway };
    let ended = tokio::select! {
        biased;
        ended = work(stage, &script, now, &reader, &lease, &cancel) => ended,
        () = lease.beats() => unreachable!("it beats for ever"),
        () = stops(script.stopped_after, &cancel) => unreachable!("it goes on waiting"),
    };
    watch.note(script.run, "gives the lock back", 0);
    lease.release().await;
    ended
}

async fn stops(after: Option<Duration>, cancel: &CancellationToken) {
    if let Some(after) = after {
        tokio::time::sleep(after).await;
        cancel.cancel();
    }
    std::future::pending::<()>().await;
}

async fn work(
    stage: &Stage,
    script: &Script,
    now: Timestamp,
    reader: &SeamReader,
    lease: &Held,
    cancel: &CancellationToken,
) -> Ended {
    stage.watch.begins(script.run);
    let Ok(before) = reader.inventory(&Silence).await else { return Ended::Unread };
    let ledger = stage.record.ledger().await;
    let (desired, plan) = decide(script, &before, &ledger, now);
    let plan = Arc::new(plan);
    stage.watch.decided(script.run, &plan, &before, &desired);
    lease.carries(&plan, script.breaks_after);
    let all_moves = moves(&plan).into_iter().chain(broken_moves(&ledger, &before, now)).collect();
    lease.begin_moves(all_moves).await;
    lease.remember(&plan.learnt).await;
    let limits = limits();
    let applied = carry_out(Apply {
        plan: &plan,
        reader,
        journal: lease,
        limits: &limits,
        budget: Budget::default(),
        timeout: TIMEOUT,
        sink: &Silence,
        cancel,
    })
    .await;
    Ended::Over(Box::new(Done { desired, plan, before, applied }))
}

/// Maps, plans and checks, as a job does between reading and applying.
pub(crate) fn decide(
    script: &Script,
    before: &Inventory,
    ledger: &Ledger,
    now: Timestamp,
) -> (Desired, CheckedPlan) {
    let Script { night, number, is_complete, .. } = script;
    let reading: Reading = Reading { whole_reservations: true, ..reading(night, *is_complete, *number) };
    let (desired, plan, ()) = made(night, before, Policy::Sync, now, (ledger, &reading), |_, _| ());
    (desired, plan)
}

fn broken_moves(ledger: &Ledger, before: &Inventory, now: Timestamp) -> BTreeSet<Move> {
    let live = before.grants.iter().filter(|grant| grant.is_live(now));
    let live: BTreeSet<&AccessGrantKey> = live.filter_map(|grant| grant.key.as_ref()).collect();
    ledger.broken_moves(|key| live.contains(key))
}

/// A future that may be dropped in the middle: at the await point that it has reached when it was polled so often.
struct Mortal<F> {
    life: Option<Pin<Box<F>>>,
    polls_left: Option<u64>,
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let life = self.life.as_mut().expect("it is not polled after its end");
        if let Poll::Ready(output) = life.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        match &mut self.polls_left {
            None => Poll::Pending,
            Some(0) => {
                self.life = None;
                Poll::Ready(None)
            }
            Some(n) => {
                *n -= 1;
                Poll::Pending
            }
        }
    }
}
