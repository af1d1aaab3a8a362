//! Writes down what is about to be sent and what came of it, before the caller goes on.
//!
//! One task does all the writing: it takes what is queued, commits it in one transaction and answers every caller,
//! so that many callers at once share the cost. What it answered is on disk; a record that failed is an error that
//! must stop the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::absences;
use super::database::Transaction;
use super::error::StoreError;
use super::lease::Lease;
use super::lease_row;
use super::ledger;
use super::open::Store;
use super::step::{put_intents, put_outcomes};
use crate::event::Outcome;
use crate::model::{AccessGrantKey, Namespace, ReservationId, RunId, Wanted, WorkspaceId, without_contacts};
use crate::plan::{Call, Plan, StepId};

/// How many records may share a transaction.
const MAX_BATCH: usize = 512;

/// How long a record waits for others that share its transaction. Against what a call to Seam takes it is nothing, and
/// many calls in flight then cost the disk, or the server, a few transactions instead of one each.
const COMPANY: Duration = Duration::from_millis(2);

/// How long is waited before a server that went away is tried again.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// A call, by what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// Which call of the plan.
    pub step: StepId,
    /// The path.
    pub path: &'static str,
    /// The key of the grant or identity.
    pub subject: String,
    /// The reservation; `None` for identities.
    pub reservation: Option<ReservationId>,
    /// What is wanted of the grant that the call makes. It is remembered before the call is sent: where the run dies
    /// with the grant made, the next one must still be able to tell whether the source changed its mind since.
    pub wanted: Option<Wanted>,
}

impl StepRecord {
    /// The call of a plan.
    pub fn of(plan: &Plan, id: StepId) -> Self {
        let step = plan.step(id);
        let item = step.item.map(|item| plan.item(item));
        let reservation = item.map(|item| item.reservation.clone());
        Self::of_call(id, &step.call, reservation, item.and_then(|item| item.wanted))
    }

    /// A call with a number of its own. What is wanted counts where the call makes the grant.
    pub fn of_call(
        step: StepId,
        call: &Call,
        reservation: Option<ReservationId>,
        wanted: Option<Wanted>,
    ) -> Self {
        let makes_grant = matches!(call, Call::CreateGrant { .. });
        Self {
            step,
            path: call.path(),
            subject: call.subject().to_owned(),
            reservation,
            wanted: wanted.filter(|_| makes_grant),
        }
    }
}

/// What to remember of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerChange {
    /// What is there.
    Keep,
    /// What was wanted of it.
    Set {
        /// The grant.
        key: AccessGrantKey,
        /// What was wanted.
        desired: Wanted,
    },
    /// What was wanted of it, under the key that it got instead of the one of its intent.
    Renamed {
        /// The key of the intent.
        from: AccessGrantKey,
        /// The key of the grant.
        to: AccessGrantKey,
        /// What was wanted; `None` where nothing was said of it.
        desired: Option<Wanted>,
    },
    /// Nothing: it is gone.
    Remove {
        /// The grant.
        key: AccessGrantKey,
    },
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// How.
    pub outcome: Outcome,
    /// Seam's name for the request.
    pub request_id: Option<String>,
    /// What went wrong. Contacts in it are taken out before it is kept.
    pub error: Option<String>,
    /// What Seam called the thing it made.
    pub seam_id: Option<String>,
    /// What to remember, in the same transaction.
    pub ledger: LedgerChange,
}

impl StepOutcome {
    /// An ending without details.
    pub fn plain(outcome: Outcome) -> Self {
        Self { outcome, request_id: None, error: None, seam_id: None, ledger: LedgerChange::Keep }
    }
}

/// Why something was not recorded; the run must end.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecordError {
    /// Another process may be writing by now.
    #[error("the lock was lost to another run, or ran out")]
    LeaseLost,
    /// The store failed.
    #[error("record what is done")]
    Store(#[source] Arc<StoreError>),
    /// The recorder has ended.
    #[error("the recorder has ended")]
    Closed,
}

/// The one writer of a run.
#[derive(Debug)]
pub struct Recorder {
    sender: mpsc::Sender<Request>,
    task: JoinHandle<()>,
    lease_id: String,
}

#[derive(Debug)]
struct Request {
    record: Record,
    answer: oneshot::Sender<Result<(), RecordError>>,
}

#[derive(Debug)]
enum Record {
    Intent(StepRecord),
    Outcome(StepRecord, StepOutcome),
}

impl Record {
    fn is_intent(&self) -> bool {
        matches!(self, Self::Intent(_))
    }
}

impl Recorder {
    /// Begins to write for a run that was started under the lease.
    pub fn start(store: &Store, lease: &Lease, run_id: &RunId) -> Self {
        let writer = Writer {
            store: store.clone(),
            lease_id: lease.id().to_owned(),
            workspace_id: lease.workspace_id().clone(),
            namespace: lease.namespace().clone(),
            run_id: run_id.clone(),
        };
        let (sender, receiver) = mpsc::channel(MAX_BATCH);
        Self { sender, task: tokio::spawn(writer.run(receiver)), lease_id: lease.id().to_owned() }
    }

    /// Records that a call is about to be sent. It fails where the lease no longer holds, be it that another
    /// process has taken it in the meantime.
    pub async fn intent(&self, lease: &Lease, record: StepRecord) -> Result<(), RecordError> {
        if !lease.is_held() || lease.id() != self.lease_id {
            return Err(RecordError::LeaseLost);
        }
        self.send(Record::Intent(record)).await
    }

    /// Records how a call ended, with what to remember of its grant. No lease is asked for: what was done was done.
    pub async fn outcome(&self, record: StepRecord, outcome: StepOutcome) -> Result<(), RecordError> {
        self.send(Record::Outcome(record, outcome)).await
    }

    /// Waits until everything is written.
    pub async fn close(self) -> Result<(), RecordError> {
        let Self { sender, task, lease_id: _ } = self;
        drop(sender);
        task.await.map_err(|_| RecordError::Closed)
    }

    async fn send(&self, record: Record) -> Result<(), RecordError> {
        let (answer, answered) = oneshot::channel();
        self.sender.send(Request { record, answer }).await.map_err(|_| RecordError::Closed)?;
        answered.await.map_err(|_| RecordError::Closed)?
    }
}

struct Writer {
    store: Store,
    lease_id: String,
    workspace_id: WorkspaceId,
    namespace: Namespace,
    run_id: RunId,
}

/// Whether the lease was still in the table when the batch was written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fence {
    Standing,
    Gone,
}

impl Writer {
    async fn run(self, mut receiver: mpsc::Receiver<Request>) {
        let mut batch = Vec::with_capacity(MAX_BATCH);
        while receiver.recv_many(&mut batch, MAX_BATCH).await > 0 {
            sleep(COMPANY).await;
            while batch.len() < MAX_BATCH
                && let Ok(request) = receiver.try_recv()
            {
                batch.push(request);
            }
            let written = self.write_with_patience(&batch).await.map_err(Arc::new);
            for Request { record, answer } in batch.drain(..) {
                let result = match (&written, &record) {
                    (Err(error), _) => Err(RecordError::Store(Arc::clone(error))),
                    (Ok(Fence::Gone), Record::Intent(_)) => Err(RecordError::LeaseLost),
                    (Ok(_), _) => Ok(()),
                };
                // A caller that no longer waits has given up on its call; the record stands all the same.
                answer.send(result).ok();
            }
        }
    }

    fn entry(&self) -> ledger::Entry<'_> {
        let Self { store: _, lease_id: _, workspace_id, namespace, run_id } = self;
        ledger::Entry { workspace_id, namespace, run_id }
    }

    /// A server may be started anew while a run goes on. All that is written may be written twice: where an answer
    /// was lost, the same is simply said again.
    async fn write_with_patience(&self, batch: &[Request]) -> Result<Fence, StoreError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            match (self.write(batch).await, pauses.next()) {
                (Err(error), Some(pause)) if error.is_temporary() => sleep(pause).await,
                (written, _) => return written,
            }
        }
    }

    async fn write(&self, batch: &[Request]) -> Result<Fence, StoreError> {
        let mut transaction = self.store.begin().await?;
        let failed = |source| self.store.error("record a step", source);
        let is_standing = lease_row::hold(&mut transaction, &self.lease_id).await.map_err(failed)?;
        let fence = if is_standing { Fence::Standing } else { Fence::Gone };
        let records = batch.iter().map(|request| &request.record);
        let written = Written::of(records.filter(|record| fence == Fence::Standing || !record.is_intent()));
        self.put(&mut transaction, written, Timestamp::now()).await.map_err(failed)?;
        self.store.commit(transaction).await?;
        Ok(fence)
    }

    async fn put(
        &self,
        transaction: &mut Transaction,
        written: Written<'_>,
        now: Timestamp,
    ) -> sqlx::Result<()> {
        let Written { intents, outcomes, wanted, gone } = written;
        put_intents(&mut *transaction, &self.run_id, &intents, now).await?;
        put_outcomes(&mut *transaction, &self.run_id, &outcomes, now).await?;
        let entry = self.entry();
        for key in gone {
            ledger::remove(&mut *transaction, &entry, key).await?;
            absences::forget(&mut *transaction, &entry, key).await?;
        }
        let wanted: Vec<(AccessGrantKey, Wanted)> = wanted.into_iter().collect();
        ledger::put(&mut *transaction, &entry, &wanted, now).await
    }
}

/// A batch as few statements: what the records say of steps, and what is left of each grant after all of them.
#[derive(Default)]
struct Written<'a> {
    intents: Vec<&'a StepRecord>,
    outcomes: Vec<(&'a StepRecord, StepOutcome)>,
    /// What is to be remembered, in the end.
    wanted: BTreeMap<AccessGrantKey, Wanted>,
    /// What was to be forgotten on the way; some of it may be wanted again.
    gone: BTreeSet<&'a AccessGrantKey>,
}

impl<'a> Written<'a> {
    fn of(records: impl Iterator<Item = &'a Record>) -> Self {
        let mut written = Self::default();
        for record in records {
            match record {
                Record::Intent(record) => {
                    written
                        .wanted
                        .extend(record.wanted.map(|desired| (AccessGrantKey::new(&record.subject), desired)));
                    written.intents.push(record);
                }
                Record::Outcome(record, outcome) => {
                    match &outcome.ledger {
                        LedgerChange::Keep => {}
                        LedgerChange::Set { key, desired } => {
                            written.wanted.insert(key.clone(), *desired);
                        }
                        LedgerChange::Renamed { from, to, desired } => {
                            written.wanted.remove(from);
                            written.gone.insert(from);
                            written.wanted.extend(desired.map(|desired| (to.clone(), desired)));
                        }
                        LedgerChange::Remove { key } => {
                            written.wanted.remove(key);
                            written.gone.insert(key);
                        }
                    }
                    let error = outcome.error.as_deref().map(without_contacts);
                    written.outcomes.push((record, StepOutcome { error, ..outcome.clone() }));
                }
            }
        }
        written
    }
}
