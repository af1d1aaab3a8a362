//! The loop: as many steps in flight as are allowed, each recorded before and after.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::begun::Replacements;
use super::ending::{Applied, StepEnding, Stop};
use super::queue::{Next, Queue};
use crate::event::{Event, EventSink, Outcome};
use crate::model::{Fingerprint, UserIdentityId};
use crate::plan::{Call, CheckedPlan, IdentityTarget, Limits, Plan, StepId};
use crate::seam::{
    CallError, CallErrorKind, Effect, How, Made, Receipt, Safety, SeamReader, SeamWriter, Verdict, Watch,
    verdict,
};
use crate::store::{Lease, LedgerChange, RecordError, Recorder, StepOutcome, StepRecord};

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
        replacements: Replacements::of(apply.plan),
        made: HashMap::new(),
        applied: Applied::default(),
        n_in_vain: 0,
        never: CancellationToken::new(),
    };
    worker.run().await;
    worker.applied
}

struct Worker<'a> {
    apply: Apply<'a>,
    writer: SeamWriter,
    queue: Queue<'a>,
    replacements: Replacements<'a>,
    /// Identities that steps of this plan made.
    made: HashMap<StepId, UserIdentityId>,
    applied: Applied,
    n_in_vain: u32,
    never: CancellationToken,
}

/// A step that is over.
struct Ended {
    step: StepId,
    answer: Result<Answer, RecordError>,
}

/// What Seam answered, or that nothing was sent.
enum Answer {
    Receipt(Receipt),
    Error(CallError),
    NotSent,
}

impl<'a> Worker<'a> {
    async fn run(&mut self) {
        let mut in_flight = FuturesUnordered::new();
        loop {
            let mut turn = None;
            while in_flight.len() < self.apply.limits.concurrency {
                match self.queue.next(Instant::now()) {
                    Next::Step(step) if self.may_start(step) => {
                        self.replacements.sent(self.apply.plan, step);
                        in_flight.push(self.start(step));
                    }
                    Next::Step(step) => self.end(step, Outcome::Skipped, Some(STOPPED.to_owned())),
                    Next::At(instant) => {
                        turn = Some(instant);
                        break;
                    }
                    Next::Nothing => break,
                }
            }
            let ended = match (in_flight.is_empty(), turn) {
                (true, None) => break,
                (true, Some(turn)) => {
                    self.wait_for(turn).await;
                    continue;
                }
                (false, None) => in_flight.next().await,
                (false, Some(turn)) => match select(in_flight.next(), Box::pin(sleep_until(turn))).await {
                    Either::Left((ended, _)) => ended,
                    Either::Right(_) => continue,
                },
            };
            if let Some(ended) = ended {
                self.ended(ended);
            }
        }
        let left: Vec<StepId> = self.queue.left().collect();
        self.skip(&left);
        if self.applied.stop.is_none() && self.apply.cancel.is_cancelled() {
            self.applied.stop = Some(Stop::Cancelled);
        }
    }

    /// Waits with nothing in flight. A run that stops skips what waits for its turn, but for what must be finished.
    async fn wait_for(&mut self, turn: Instant) {
        if !self.is_stopping() {
            select(Box::pin(sleep_until(turn)), Box::pin(self.apply.cancel.cancelled())).await;
        } else if self.skip_what_waits() == 0 {
            sleep_until(turn).await;
        }
    }

    fn is_stopping(&self) -> bool {
        self.applied.stop.is_some() || self.apply.cancel.is_cancelled()
    }

    fn may_start(&mut self, step: StepId) -> bool {
        if self.is_stopping() && !self.must_finish(step) {
            return false;
        }
        if self.apply.lease.remaining() < self.apply.timeout || !self.apply.lease.is_held() {
            self.applied.stop = Some(Stop::Record(RecordError::LeaseLost));
            return false;
        }
        true
    }

    /// Whether a step is sent although the run stops. After a refused key, or without a record, nothing is.
    fn must_finish(&self, step: StepId) -> bool {
        !matches!(self.applied.stop, Some(Stop::Refused(_) | Stop::Record(_)))
            && self.replacements.must_finish(step)
    }

    /// Ends what need not be finished; gives the number of steps that it ended.
    fn skip_what_waits(&mut self) -> usize {
        let waiting: Vec<StepId> = self.queue.left().filter(|step| !self.must_finish(*step)).collect();
        self.skip(&waiting);
        waiting.len()
    }

    fn skip(&mut self, steps: &[StepId]) {
        for step in steps {
            // The end of one may have been the end of those that need it.
            if !self.queue.is_over(*step) {
                self.end(*step, Outcome::Skipped, Some(STOPPED.to_owned()));
            }
        }
    }

    fn start(&self, id: StepId) -> impl Future<Output = Ended> + use<'a> {
        let Apply { plan, recorder, lease, sink, cancel, .. } = self.apply;
        let plan: &'a Plan = plan;
        let call = &plan.step(id).call;
        let identity = match call {
            Call::CreateGrant { identity: IdentityTarget::MadeBy(step), .. } => self.made.get(step).cloned(),
            _ => None,
        };
        let cancel = if self.replacements.must_finish(id) { self.never.clone() } else { cancel.clone() };
        let writer = self.writer.clone();
        async move {
            let record = StepRecord::of(plan, id);
            if let Err(error) = recorder.intent(lease, record.clone()).await {
                return Ended { step: id, answer: Err(error) };
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
            Ended { step: id, answer: recorded.map(|()| answer) }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { step, answer } = ended;
        match answer {
            Err(error) => {
                self.end(step, Outcome::Unknown, Some(error.to_string()));
                self.applied.stop = Some(Stop::Record(error));
            }
            Ok(Answer::NotSent) => self.end(step, Outcome::Skipped, Some(STOPPED.to_owned())),
            Ok(Answer::Receipt(receipt)) => {
                self.n_in_vain = 0;
                if let Made::Identity(id) = receipt.made {
                    self.made.insert(step, id);
                }
                self.end(step, outcome_of_receipt(receipt.how), None);
            }
            Ok(Answer::Error(error)) => {
                self.end(step, outcome_of_error(&error), Some(error.to_string()));
                self.take_to_heart(error);
            }
        }
    }

    /// One refused key stops all; a Seam that stays away stops the rest.
    fn take_to_heart(&mut self, error: CallError) {
        if verdict(&error.kind, Safety::Read) == Verdict::Stop {
            self.applied.stop = Some(Stop::Refused(error));
            return;
        }
        if !is_unavailability(&error.kind) {
            return;
        }
        self.applied.was_unavailable = true;
        self.n_in_vain += 1;
        if self.n_in_vain >= CALLS_IN_VAIN && self.applied.stop.is_none() {
            self.applied.stop = Some(Stop::Unavailable(error));
        }
    }

    fn end(&mut self, step: StepId, outcome: Outcome, error: Option<String>) {
        self.note(step, outcome, error);
        for skipped in self.queue.over(step, outcome) {
            let because = "something it needs did not happen".to_owned();
            self.note(skipped, Outcome::Skipped, Some(because));
        }
    }

    fn note(&mut self, step: StepId, outcome: Outcome, error: Option<String>) {
        self.apply.sink.emit(&Event::StepFinished { step, outcome });
        self.applied.endings.push(StepEnding { step, outcome, error });
    }
}

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

/// What to remember of the grant: a hash of what was wanted of it, or that it is gone.
fn ledger_change(plan: &Plan, id: StepId) -> LedgerChange {
    let step = plan.step(id);
    match (&step.call, step.item.and_then(|item| plan.item(item).after.as_ref())) {
        (Call::DeleteGrant { key, .. }, _) => LedgerChange::Remove { key: key.clone() },
        (Call::CreateGrant { key, .. } | Call::UpdateGrant { key, .. }, Some(after)) => {
            let wanted = serde_json::to_vec(after).expect("a view has only strings for keys");
            let desired = Fingerprint(blake3::hash(&wanted).to_hex().to_string());
            LedgerChange::Set { key: key.clone(), desired }
        }
        _ => LedgerChange::Keep,
    }
}
