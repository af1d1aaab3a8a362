//! The record in memory: what a store keeps, with what is true of a store: a write takes time, what was not committed
//! when its writer died is gone, what was committed stands whether or not anybody heard of it, and the lease ends by
//! the clock of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reservation_sync::apply::Journal;
use reservation_sync::event::Outcome;
use reservation_sync::model::{Ledger, Move};
use reservation_sync::plan::{CheckedPlan, Learnt, StepId};
use reservation_sync::store::{LeaseError, LedgerChange, RecordError, StepOutcome, StepRecord};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::simulation_watch::{RunNumber, Watch};
use super::simulation_world::{Clocks, Dice, Wall};
use super::small_world;

/// How long a lease holds without a renewal.
pub(crate) const TTL: Duration = Duration::from_mins(2);

/// The store; clones share it.
#[derive(Clone)]
pub(crate) struct Record {
    state: Arc<Mutex<State>>,
    clocks: Clocks,
    watch: Watch,
}

#[derive(Default)]
struct State {
    dice: Option<Dice>,
    lease: Option<Row>,
    ledger: Ledger,
    steps: BTreeMap<(RunNumber, StepId), Noted>,
}

struct Row {
    run: RunNumber,
    expires: Timestamp,
}

/// A step of a run as it was written down.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    pub(crate) path: &'static str,
    pub(crate) subject: String,
    /// `None` where nobody knows what became of it.
    pub(crate) outcome: Option<Outcome>,
}

impl Record {
    pub(crate) fn new(dice: Dice, clocks: Clocks, watch: Watch) -> Self {
        let state = State { dice: Some(dice), ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), clocks, watch }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    /// Some time on the way to the store or back.
    async fn passes(&self) {
        let wait = {
            let mut state = self.state();
            let dice = state.dice.as_mut().expect("it has dice");
            if dice.percent(3) { dice.millis(900) } else { dice.millis(3) }
        };
        sleep(wait).await;
    }

    /// Commits something: whoever is dropped before it happens did not do it, whoever is dropped after it did.
    async fn commit<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        self.passes().await;
        let done = what(&mut self.state());
        self.passes().await;
        done
    }

    /// Takes the lease, unless a run that may be alive has it.
    pub(crate) async fn acquire(&self, run: RunNumber) -> Option<Held> {
        let until = Until::after(&self.clocks);
        let now = |record: &Self| record.clocks.wall(Wall::Store);
        let taken = self
            .commit(|state| {
                let now = now(self);
                if state.lease.as_ref().is_some_and(|row| row.expires > now) {
                    return false;
                }
                state.lease = Some(Row { run, expires: now + TTL });
                true
            })
            .await;
        taken.then(|| Held {
            record: self.clone(),
            run,
            plan: Mutex::new(None),
            until: watch::Sender::new(until),
            breaks_after: Mutex::new(None),
        })
    }

    /// A process of this host is dead, and its host can tell.
    pub(crate) fn bury(&self, run: RunNumber) {
        let mut state = self.state();
        state.lease.take_if(|row| row.run == run);
    }

    /// What the next plan is told.
    pub(crate) async fn ledger(&self) -> Ledger {
        self.commit(|state| state.ledger.clone()).await
    }

    /// The same, for the one who looks at it from outside.
    pub(crate) fn ledger_now(&self) -> Ledger {
        self.state().ledger.clone()
    }

    /// What is written of the steps of a run.
    pub(crate) fn steps(&self, run: RunNumber) -> Vec<Noted> {
        let of_run = (run, StepId(0))..=(run, StepId(u32::MAX));
        self.state().steps.range(of_run).map(|(_, noted)| noted.clone()).collect()
    }
}

/// The right to write, while it lasts.
pub(crate) struct Held {
    record: Record,
    run: RunNumber,
    plan: Mutex<Option<Arc<CheckedPlan>>>,
    until: watch::Sender<Until>,
    /// The store fails after so many writes.
    breaks_after: Mutex<Option<u64>>,
}

/// Until when, by what cannot be set and by the clock on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    At(Instant, Timestamp),
    Lost,
}

impl Until {
    fn after(clocks: &Clocks) -> Self {
        Self::At(Instant::now() + TTL, clocks.wall(Wall::Host) + TTL)
    }
}

impl Held {
    /// What is written down from now on is about this plan.
    pub(crate) fn carries(&self, plan: &Arc<CheckedPlan>, breaks_after: Option<u64>) {
        *self.plan.lock().expect("no panic") = Some(Arc::clone(plan));
        *self.breaks_after.lock().expect("no panic") = breaks_after;
    }

    pub(crate) async fn begin_moves(&self, moves: BTreeSet<Move>) {
        self.record.commit(|state| state.ledger.unfinished_moves = moves).await;
    }

    pub(crate) async fn remember(&self, learnt: &Learnt) {
        self.record.commit(|state| small_world::remember(&mut state.ledger, learnt)).await;
    }

    /// Gives it back.
    pub(crate) async fn release(self) {
        let run = self.run;
        self.record.commit(|state| state.lease.take_if(|row| row.run == run)).await;
    }

    /// Renews three times within the time that it holds, until another run has it.
    pub(crate) async fn beats(&self) {
        loop {
            sleep(TTL / 3).await;
            if self.renew().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Whether the store still takes something.
    fn is_broken(&self) -> bool {
        match &mut *self.breaks_after.lock().expect("no panic") {
            None => false,
            Some(0) => true,
            Some(n) => {
                *n -= 1;
                false
            }
        }
    }
}

impl Journal for Held {
    async fn intent(&self, record: StepRecord) -> Result<(), RecordError> {
        if self.remaining().is_zero() {
            return Err(RecordError::LeaseLost);
        }
        if self.is_broken() {
            return Err(RecordError::Closed);
        }
        let run = self.run;
        let StepRecord { step, path, subject, reservation: _, wanted } = record;
        self.record
            .commit(|state| {
                if state.lease.as_ref().is_none_or(|row| row.run != run) {
                    return Err(RecordError::LeaseLost);
                }
                if let Some(wanted) = wanted {
                    state.ledger.desired.insert(subject.as_str().into(), wanted);
                }
                state.steps.insert((run, step), Noted { path, subject, outcome: None });
                Ok(())
            })
            .await
    }

    async fn outcome(&self, record: StepRecord, outcome: StepOutcome) -> Result<(), RecordError> {
        if self.is_broken() {
            return Err(RecordError::Closed);
        }
        let plan = self.plan.lock().expect("no panic").clone().expect("a plan is carried out");
        let StepRecord { step, path, subject, reservation: _, wanted: _ } = record;
        self.record
            .commit(|state| {
                self.record.watch.claimed(self.run, &plan.step(step).call, outcome.outcome);
                let noted = Noted { path, subject, outcome: Some(outcome.outcome) };
                state.steps.insert((self.run, step), noted);
                let ledger = &mut state.ledger;
                match outcome.ledger {
                    LedgerChange::Keep => {}
                    LedgerChange::Set { key, desired } => drop(ledger.desired.insert(key, desired)),
                    LedgerChange::Renamed { from, to, desired } => {
                        ledger.desired.remove(&from);
                        ledger.desired.extend(desired.map(|desired| (to, desired)));
                    }
                    LedgerChange::Remove { key } => {
                        ledger.desired.remove(&key);
                        ledger.repairs.remove(&key);
                        ledger.absences.remove(&key);
                    }
                }
            })
            .await;
        Ok(())
    }

    fn remaining(&self) -> Duration {
        match *self.until.borrow() {
            Until::Lost => Duration::ZERO,
            Until::At(instant, wall) => {
                let by_wall = self.record.clocks.wall(Wall::Host).duration_until(wall);
                let by_wall = Duration::try_from(by_wall.max(SignedDuration::ZERO)).expect("not negative");
                instant.saturating_duration_since(Instant::now()).min(by_wall)
            }
        }
    }

    async fn renew(&self) -> Result<(), LeaseError> {
        let until = Until::after(&self.record.clocks);
        let is_ours = self
            .record
            .commit(|state| {
                let now = self.record.clocks.wall(Wall::Store);
                let row = state.lease.as_mut().filter(|row| row.run == self.run);
                row.map(|row| row.expires = now + TTL).is_some()
            })
            .await;
        self.until.send_replace(if is_ours { until } else { Until::Lost });
        if is_ours { Ok(()) } else { Err(LeaseError::Lost) }
    }

    async fn runs_short(&self, left: Duration) {
        let mut receiver = self.until.subscribe();
        loop {
            receiver.borrow_and_update();
            let Some(spare) = self.remaining().checked_sub(left) else { return };
            tokio::select! {
                biased;
                changed = receiver.changed() => changed.expect("the lease keeps the other end"),
                () = sleep(spare.max(Duration::from_millis(1))) => {}
            }
        }
    }
}
