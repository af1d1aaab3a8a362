//! The loop: as many steps in flight as are allowed, each recorded before and after.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::ending::{Applied, StepEnding, Stop};
use super::queue::{Next, Queue};
use crate::event::{Event, EventSink, Outcome};
use crate::model::UserIdentityId;
use crate::plan::{Call, CheckedPlan, IdentityTarget, Limits, Plan, StepId};
use crate::seam::{
    CallError, CallErrorKind, Effect, How, Made, Receipt, Safety, SeamReader, SeamWriter, Verdict, Watch,
    verdict,
};
use crate::store::{Lease, LeaseError, LedgerChange, RecordError, Recorder, StepOutcome, StepRecord};

/// Seam is taken to be down after this many calls in a row ran out of patience.
const CALLS_IN_VAIN: u32 = 5;

/// What carrying out a plan needs.
#[derive(Clone, Copy)]
pub struct Apply<'a> {
    /// What to do.
    pub plan: &'a CheckedPlan,
    /// With whom.
    pub reader: &'a SeamReader,
    /// The record.
    pub recorder: &'a Recorder,
    /// The right to write.
    pub lease: &'a Lease,
    /// The pace.
    pub limits: &'a Limits,
    /// No step starts with less than this left of the lease (RULES 30).
    pub timeout: Duration,
    /// Who is told.
    pub sink: &'a dyn EventSink,
    /// Ends the run after the calls in flight.
    pub cancel: &'a CancellationToken,
}

/// Carries a plan out.
pub async fn carry_out(apply: Apply<'_>) -> Applied {
    let mut worker = Worker {
        apply,
        writer: apply.reader.writer(apply.plan),
        queue: Queue::new(apply.plan, apply.limits),
        made: HashMap::new(),
        applied: Applied::default(),
        n_in_vain: 0,
        drained: Drain::Nothing,
        waits: apply.cancel.child_token(),
        all_waits: CancellationToken::new(),
    };
    worker.run().await;
    worker.applied
}

struct Worker<'a> {
    apply: Apply<'a>,
    writer: SeamWriter,
    queue: Queue<'a>,
    /// Identities that steps of this plan made.
    made: HashMap<StepId, UserIdentityId>,
    applied: Applied,
    n_in_vain: u32,
    drained: Drain,
    /// Ends the waits of calls in flight, except for those of replacements that have begun.
    waits: CancellationToken,
    /// Ends the waits of those too.
    all_waits: CancellationToken,
}

/// What is no longer started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Drain {
    Nothing,
    /// All but replacements that have begun: their guests stand outside (RULES 20).
    WhatCanWait,
    Everything,
}

/// A step that is over.
struct Ended {
    step: StepId,
    answer: Answer,
    recorded: Result<(), RecordError>,
}

/// What Seam answered, or that nothing was sent.
enum Answer {
    Receipt(Receipt),
    Error(CallError),
    NotSent,
}

impl<'a> Worker<'a> {
    async fn run(&mut self) {
        let Apply { lease, limits, timeout, cancel, .. } = self.apply;
        let mut in_flight = FuturesUnordered::new();
        loop {
            self.drain();
            let mut turn = None;
            let may_write = self.may_write().await;
            while may_write && in_flight.len() < limits.concurrency && turn.is_none() {
                match self.queue.next(Instant::now()) {
                    Next::Step(step) => in_flight.push(self.start(step)),
                    Next::At(instant) => turn = Some(instant),
                    Next::Nothing => break,
                }
            }
            if self.drain_due() > self.drained {
                continue;
            }
            if in_flight.is_empty() && turn.is_none() {
                break;
            }
            tokio::select! {
                biased;
                // A call that waits for its turn or its next attempt must not outlive the right to send it.
                () = lease.runs_short(timeout), if may_write => {}
                () = cancel.cancelled(), if self.drained == Drain::Nothing => {}
                Some(ended) = in_flight.next(), if !in_flight.is_empty() => self.ended(ended),
                () = sleep_until(turn.unwrap_or_else(Instant::now)), if turn.is_some() => {}
            }
        }
        self.skip_what_waits(Drain::Everything);
    }

    /// Whether the lease reaches beyond one call. It is renewed in the background; where that failed so far, once more
    /// here, before the run is given up.
    async fn may_write(&mut self) -> bool {
        let Apply { lease, timeout, .. } = self.apply;
        if self.drain_due() == Drain::Everything {
            return false;
        }
        if lease.remaining() >= timeout {
            return true;
        }
        let error = match lease.renew().await {
            Ok(()) if lease.remaining() >= timeout => return true,
            Ok(()) | Err(LeaseError::Lost | LeaseError::Held { .. }) => RecordError::LeaseLost,
            Err(LeaseError::Store(error)) => RecordError::Store(Arc::new(error)),
        };
        self.stop(Stop::Record(error));
        false
    }

    /// What is not to be started any more, as things stand.
    fn drain_due(&self) -> Drain {
        match self.applied.stop {
            Some(Stop::Refused(_) | Stop::Record(_)) => Drain::Everything,
            Some(Stop::Unavailable(_) | Stop::Cancelled) => Drain::WhatCanWait,
            None if self.apply.cancel.is_cancelled() => Drain::WhatCanWait,
            None => Drain::Nothing,
        }
    }

    fn drain(&mut self) {
        let due = self.drain_due();
        if due > self.drained {
            self.drained = due;
            self.waits.cancel();
            if due == Drain::Everything {
                self.all_waits.cancel();
            }
            self.skip_what_waits(due);
        }
    }

    fn skip_what_waits(&mut self, drain: Drain) {
        let waiting: Vec<StepId> = self
            .queue
            .waiting()
            .filter(|step| drain == Drain::Everything || !self.queue.must_finish(*step))
            .collect();
        if !waiting.is_empty() && self.apply.cancel.is_cancelled() {
            self.stop(Stop::Cancelled);
        }
        for step in waiting {
            if self.queue.is_waiting(step) {
                let skipped = self.queue.over(step, Outcome::Skipped, Instant::now());
                for step in iter::once(step).chain(skipped) {
                    self.note(step, Outcome::Skipped, Some(STOPPED.to_owned()));
                }
            }
        }
    }

    /// Takes note of why the run ends; the gravest reason stays.
    fn stop(&mut self, stop: Stop) {
        let gravity = |stop: &Stop| match stop {
            Stop::Cancelled => 0,
            Stop::Unavailable(_) => 1,
            Stop::Refused(_) => 2,
            Stop::Record(_) => 3,
        };
        if self.applied.stop.as_ref().is_none_or(|standing| gravity(standing) < gravity(&stop)) {
            self.applied.stop = Some(stop);
        }
    }

    fn start(&self, id: StepId) -> impl Future<Output = Ended> + use<'a> {
        let Apply { plan, recorder, lease, sink, .. } = self.apply;
        let plan: &'a Plan = plan;
        let call = &plan.step(id).call;
        let identity = match call {
            Call::CreateGrant { identity: IdentityTarget::MadeBy(step), .. } => self.made.get(step).cloned(),
            _ => None,
        };
        let cancel = if self.queue.must_finish(id) { self.all_waits.clone() } else { self.waits.clone() };
        let writer = self.writer.clone();
        async move {
            let record = StepRecord::of(plan, id);
            if let Err(error) = recorder.intent(lease, record.clone()).await {
                return Ended { step: id, answer: Answer::NotSent, recorded: Err(error) };
            }
            sink.emit(&Event::StepStarted(id));
            let watch = Watch { cancel: &cancel, sink };
            let answer = match writer.perform(call, identity.as_ref(), watch).await {
                Ok(receipt) => Answer::Receipt(receipt),
                Err(error) if error.kind == CallErrorKind::Cancelled && error.effect == Effect::None => {
                    Answer::NotSent
                }
                Err(error) => Answer::Error(error),
            };
            let outcome = outcome_of(plan, id, &answer);
            let recorded = recorder.outcome(record, outcome).await;
            Ended { step: id, answer, recorded }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { step, answer, recorded } = ended;
        if let Err(error) = recorded {
            self.stop(Stop::Record(error));
        }
        match answer {
            Answer::NotSent => {
                if self.apply.cancel.is_cancelled() {
                    self.stop(Stop::Cancelled);
                }
                self.end(step, Outcome::Skipped, Some(STOPPED.to_owned()));
            }
            Answer::Receipt(receipt) => {
                self.n_in_vain = 0;
                if let Made::Identity(id) = receipt.made {
                    self.made.insert(step, id);
                }
                self.end(step, outcome_of_receipt(receipt.how), None);
            }
            Answer::Error(error) => {
                self.end(step, outcome_of_error(&error), Some(error.to_string()));
                self.take_to_heart(error);
            }
        }
    }

    /// One refused key stops all; a Seam that stays away stops the rest.
    fn take_to_heart(&mut self, error: CallError) {
        if verdict(&error.kind, Safety::Read) == Verdict::Stop {
            self.stop(Stop::Refused(error));
            return;
        }
        if !is_unavailability(&error.kind) {
            // Whoever refuses is there.
            self.n_in_vain = 0;
            return;
        }
        self.applied.was_unavailable = true;
        self.n_in_vain += 1;
        if self.n_in_vain >= CALLS_IN_VAIN {
            self.stop(Stop::Unavailable(error));
        }
    }

    fn end(&mut self, step: StepId, outcome: Outcome, error: Option<String>) {
        self.note(step, outcome, error);
        for skipped in self.queue.over(step, outcome, Instant::now()) {
            self.note(skipped, Outcome::Skipped, Some(NOT_POSSIBLE.to_owned()));
        }
    }

    fn note(&mut self, step: StepId, outcome: Outcome, error: Option<String>) {
        self.apply.sink.emit(&Event::StepFinished { step, outcome });
        self.applied.endings.push(StepEnding { step, outcome, error });
    }
}

const NOT_POSSIBLE: &str = "something it needs did not happen";

const STOPPED: &str = "the run stopped before its turn; the next run does it";

fn is_unavailability(kind: &CallErrorKind) -> bool {
    match kind {
        CallErrorKind::Unavailable { .. }
        | CallErrorKind::Unreachable
        | CallErrorKind::Throttled { .. }
        | CallErrorKind::LostAnswer => true,
        CallErrorKind::Refused(_)
        | CallErrorKind::Unauthorized
        | CallErrorKind::Forbidden
        | CallErrorKind::BadAnswer
        | CallErrorKind::Cancelled => false,
    }
}

fn outcome_of_receipt(how: How) -> Outcome {
    match how {
        How::Fresh => Outcome::Done,
        How::AlreadySo => Outcome::AlreadySo,
    }
}

fn outcome_of_error(error: &CallError) -> Outcome {
    match error.effect {
        Effect::None => Outcome::Failed,
        Effect::Unknown => Outcome::Unknown,
    }
}

/// What the record keeps of an answer.
fn outcome_of(plan: &Plan, id: StepId, answer: &Answer) -> StepOutcome {
    match answer {
        Answer::NotSent => StepOutcome::plain(Outcome::Skipped),
        Answer::Error(error) => StepOutcome {
            request_id: error.request_id.clone(),
            error: Some(error.to_string()),
            ..StepOutcome::plain(outcome_of_error(error))
        },
        Answer::Receipt(Receipt { how, made, n_attempts: _, request_id }) => StepOutcome {
            outcome: outcome_of_receipt(*how),
            request_id: request_id.clone(),
            error: None,
            seam_id: match made {
                Made::Nothing => None,
                Made::Grant(id) => Some(id.to_string()),
                Made::Identity(id) => Some(id.to_string()),
            },
            ledger: ledger_change(plan, id),
        },
    }
}

/// What to remember of the grant: what was wanted of it, once the last call for it was made, or that it is gone.
fn ledger_change(plan: &Plan, id: StepId) -> LedgerChange {
    let step = plan.step(id);
    let wanted = || step.item.and_then(|item| plan.item(item).wanted);
    let is_last = plan.steps.get(id.0 as usize + 1).is_none_or(|next| next.item != step.item);
    match &step.call {
        Call::DeleteGrant { key, .. } => LedgerChange::Remove { key: key.clone() },
        Call::CreateGrant { key, .. } => {
            wanted().map_or(LedgerChange::Keep, |desired| LedgerChange::Set { key: key.clone(), desired })
        }
        Call::UpdateGrant { key, .. } | Call::AddMethods { key, .. } | Call::DeleteMethod { key, .. }
            if is_last =>
        {
            wanted().map_or(LedgerChange::Keep, |desired| LedgerChange::Set { key: key.clone(), desired })
        }
        _ => LedgerChange::Keep,
    }
}
