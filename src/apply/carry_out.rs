//! The loop: as many steps in flight as are allowed, each recorded before and after.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::ending::{Applied, StepEnding, Stop};
use super::journal::Journal;
use super::rings::{Broken, Rings, TakeBackCall, TakenBack};
use crate::event::{Event, EventSink, Outcome};
use crate::model::{UserIdentityId, UserIdentityKey, Wanted};
use crate::plan::schedule::{Ending, Next, Reply, Schedule, beyond_budget};
use crate::plan::{Call, CheckedPlan, Limits, Plan, StepId};
use crate::seam::{
    CallError, CallErrorKind, Effect, How, Made, Receipt, Safety, SeamReader, SeamWriter, TurnAsked, Turns,
    Verdict, Watch, verdict,
};
use crate::store::{LeaseError, LedgerChange, RecordError, StepOutcome, StepRecord};

/// Seam is taken to be down after this many calls in a row ran out of patience.
const CALLS_IN_VAIN: u32 = 5;

/// How much one run may do; what is left is for the next one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Budget {
    /// Of how many grants; a replacement counts whole.
    pub max_changes: Option<usize>,
    /// Until when something may be started.
    pub until: Option<Instant>,
}

/// What carrying out a plan needs.
pub struct Apply<'a, J> {
    /// What to do.
    pub plan: &'a CheckedPlan,
    /// With whom.
    pub reader: &'a SeamReader,
    /// The record, and the right to write.
    pub journal: &'a J,
    /// The pace.
    pub limits: &'a Limits,
    /// How much may be done.
    pub budget: Budget,
    /// No step starts with less than this left of the lease (RULES 39).
    pub timeout: Duration,
    /// Who is told.
    pub sink: &'a dyn EventSink,
    /// Ends the run after the calls in flight.
    pub cancel: &'a CancellationToken,
}

impl<J> Clone for Apply<'_, J> {
    fn clone(&self) -> Self {
        *self
    }
}

// Derived, it would ask for a journal that can be copied, although only references are.
impl<J> Copy for Apply<'_, J> {}

/// Carries a plan out.
pub async fn carry_out<J: Journal>(apply: Apply<'_, J>) -> Applied {
    let (asks, asked) = mpsc::unbounded_channel();
    let mut worker = Worker {
        apply,
        writer: apply.reader.writer(apply.plan),
        schedule: Schedule::new(apply.plan, apply.limits),
        began: Instant::now(),
        asks,
        asked,
        grants: HashMap::new(),
        made: HashMap::new(),
        applied: Applied::default(),
        n_in_vain: 0,
        rings: Rings::of(apply.plan),
        breaker: Breaker::default(),
        drained: Drain::Nothing,
        waits: apply.cancel.child_token(),
        all_waits: CancellationToken::new(),
    };
    worker.leave_what_is_beyond_the_budget();
    worker.run().await;
    worker.applied.took = worker.now();
    worker.applied
}

struct Worker<'a, J> {
    apply: Apply<'a, J>,
    writer: SeamWriter,
    schedule: Schedule<'a>,
    /// The zero of the schedule's time.
    began: Instant,
    asks: mpsc::UnboundedSender<TurnAsked>,
    asked: mpsc::UnboundedReceiver<TurnAsked>,
    /// Calls that wait to be sent again.
    grants: HashMap<StepId, oneshot::Sender<()>>,
    /// New identities that steps of this plan made.
    made: HashMap<UserIdentityKey, UserIdentityId>,
    applied: Applied,
    n_in_vain: u32,
    rings: Rings,
    breaker: Breaker,
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
    /// All steps but those of replacements that have begun: their guests have no key until the last call (RULES 29).
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

impl<'a, J: Journal> Worker<'a, J> {
    async fn run(&mut self) {
        let Apply { journal, timeout, cancel, .. } = self.apply;
        let until = self.apply.budget.until;
        let mut in_flight = FuturesUnordered::new();
        let mut going_back = FuturesUnordered::new();
        loop {
            self.drain();
            let mut turn = None;
            let may_write = self.may_write().await;
            while may_write && turn.is_none() {
                match self.schedule.next(self.now()) {
                    Next::Step(step) => match self.grants.remove(&step) {
                        // Whoever no longer listens was told to stop, and ends by itself.
                        Some(grant) => drop(grant.send(())),
                        None => in_flight.push(self.start(step)),
                    },
                    Next::At(at) => turn = Some(self.began + at),
                    Next::Nothing => break,
                }
            }
            if self.drain_due() > self.drained {
                continue;
            }
            if may_write {
                going_back.extend(self.rings.broken().into_iter().map(|ring| self.take_back(ring)));
            }
            if in_flight.is_empty() && going_back.is_empty() && turn.is_none() {
                break;
            }
            tokio::select! {
                biased;
                // A call that waits for its turn or its next attempt must not outlive the right to send it.
                () = journal.runs_short(timeout), if may_write => {}
                () = cancel.cancelled(), if self.drained == Drain::Nothing => {}
                () = sleep_until(until.unwrap_or(self.began)), if until.is_some() && self.drained == Drain::Nothing => {}
                Some(asked) = self.asked.recv() => self.again(asked),
                Some(ended) = in_flight.next(), if !in_flight.is_empty() => self.ended(ended),
                Some(back) = going_back.next(), if !going_back.is_empty() => self.taken_back(back),
                () = sleep_until(turn.unwrap_or_else(Instant::now)), if turn.is_some() => {}
            }
        }
        self.skip_what_waits(Drain::Everything);
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// A call failed and wants another turn.
    fn again(&mut self, asked: TurnAsked) {
        let TurnAsked { step, kind, wait, grant } = asked;
        if grant.is_closed() {
            // It was told to stop in the same moment, and ends or has ended.
            return;
        }
        let now = self.now();
        self.schedule.answered(step, reply(kind, wait), now);
        self.schedule.again(step, wait, now);
        self.grants.insert(step, grant);
    }

    /// Whether the lease reaches beyond one call. It is renewed in the background; where that failed so far, once more
    /// here, before the run is given up.
    async fn may_write(&mut self) -> bool {
        let Apply { journal, timeout, .. } = self.apply;
        if self.drain_due() == Drain::Everything {
            return false;
        }
        if journal.remaining() >= timeout {
            return true;
        }
        let error = match journal.renew().await {
            Ok(()) if journal.remaining() >= timeout => return true,
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
            Some(Stop::Unavailable(_) | Stop::TooManyFailures(_) | Stop::TimeUsedUp | Stop::Cancelled) => {
                Drain::WhatCanWait
            }
            None | Some(Stop::ChangesUsedUp) if self.apply.cancel.is_cancelled() || self.is_late() => {
                Drain::WhatCanWait
            }
            None | Some(Stop::ChangesUsedUp) => Drain::Nothing,
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
            .schedule
            .waiting()
            .filter(|step| drain == Drain::Everything || !self.schedule.must_finish(*step))
            .collect();
        if !waiting.is_empty() {
            self.note_who_stopped();
        }
        self.skip(waiting, STOPPED);
    }

    fn skip(&mut self, steps: Vec<StepId>, why: &str) {
        for step in steps {
            if self.schedule.is_waiting(step) {
                let skipped = self.schedule.over(step, Ending::Failed, self.now());
                for step in iter::once(step).chain(skipped) {
                    self.note(step, Outcome::Skipped, Some(why.to_owned()));
                }
            }
        }
    }

    fn leave_what_is_beyond_the_budget(&mut self) {
        let Some(max_changes) = self.apply.budget.max_changes else { return };
        let beyond = beyond_budget(self.apply.plan, max_changes);
        if !beyond.is_empty() {
            self.stop(Stop::ChangesUsedUp);
            self.skip(beyond, BEYOND);
        }
    }

    fn is_late(&self) -> bool {
        self.apply.budget.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Something was not sent because somebody, or the clock, said so.
    fn note_who_stopped(&mut self) {
        if self.apply.cancel.is_cancelled() {
            self.stop(Stop::Cancelled);
        } else if self.is_late() {
            self.stop(Stop::TimeUsedUp);
        }
    }

    /// Takes note of why the run ends; the gravest reason stays.
    fn stop(&mut self, stop: Stop) {
        if self.applied.stop.as_ref().is_none_or(|standing| standing.gravity() < stop.gravity()) {
            self.applied.stop = Some(stop);
        }
    }

    fn start(&self, id: StepId) -> impl Future<Output = Ended> + use<'a, J> {
        let Apply { plan, journal, sink, .. } = self.apply;
        let plan: &'a Plan = plan;
        let call = &plan.step(id).call;
        // Where no step made the identity, the grant of a new guest brings it along.
        let identity = call.new_identity().and_then(|(identity, _)| self.made.get(&identity.key)).cloned();
        let cancel = if self.schedule.must_finish(id) { self.all_waits.clone() } else { self.waits.clone() };
        let writer = self.writer.clone();
        let turns = Turns::of(id, self.asks.clone());
        async move {
            let record = StepRecord::of(plan, id);
            if let Err(error) = journal.intent(record.clone()).await {
                return Ended { step: id, answer: Answer::NotSent, recorded: Err(error) };
            }
            sink.emit(&Event::StepStarted(id));
            let watch = Watch { cancel: &cancel, sink, turns: Some(&turns) };
            let answer = match writer.perform(call, identity.as_ref(), watch).await {
                Ok(receipt) => Answer::Receipt(receipt),
                Err(error) if error.kind == CallErrorKind::Cancelled && error.effect == Effect::None => {
                    Answer::NotSent
                }
                Err(error) => Answer::Error(error),
            };
            let (wanted, is_last) = to_remember(plan, id);
            let outcome = outcome_of(call, wanted, is_last, &answer);
            let recorded = journal.outcome(record, outcome).await;
            Ended { step: id, answer, recorded }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { step, answer, recorded } = ended;
        if let Err(error) = recorded {
            self.stop(Stop::Record(error));
        }
        let reply = match &answer {
            Answer::NotSent => Reply::Silent,
            Answer::Receipt(_) => Reply::Accepted,
            Answer::Error(error) => reply(error.kind, Duration::ZERO),
        };
        self.schedule.answered(step, reply, self.now());
        match answer {
            Answer::NotSent => {
                self.note_who_stopped();
                self.end(step, Outcome::Skipped, Some(STOPPED.to_owned()));
            }
            Answer::Receipt(receipt) => {
                self.n_in_vain = 0;
                self.breaker.note(false);
                if let (Some((new, _)), Made::Identity(id) | Made::Grant { id: _, identity: id }) =
                    (self.apply.plan.step(step).call.new_identity(), &receipt.made)
                {
                    self.made.insert(new.key.clone(), id.clone());
                }
                if let Made::Grant { id, identity: _ } = &receipt.made {
                    self.rings.made(step, id);
                }
                self.end(step, outcome_of_receipt(receipt.how), None);
            }
            Answer::Error(error) => {
                self.end(step, outcome_of_error(&error), Some(error.to_string()));
                self.take_to_heart(error);
                if let Some(rate) = self.breaker.note(true) {
                    self.stop(Stop::TooManyFailures(rate));
                }
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
        let ending = match outcome {
            Outcome::Done | Outcome::AlreadySo => Ending::Succeeded,
            Outcome::Failed | Outcome::Stale | Outcome::Skipped | Outcome::Unknown => Ending::Failed,
        };
        for skipped in self.schedule.over(step, ending, self.now()) {
            self.note(skipped, Outcome::Skipped, Some(NOT_POSSIBLE.to_owned()));
        }
    }

    fn note(&mut self, step: StepId, outcome: Outcome, error: Option<String>) {
        self.apply.sink.emit(&Event::StepFinished { step, outcome });
        self.applied.endings.push(StepEnding { step, outcome, error });
        // What is left of a broken ring is not sent (RULES 29).
        let left = self.rings.over(step, outcome);
        self.skip(left, TAKEN_BACK);
    }

    /// Takes back what a broken ring did, in reverse order, as far as it can be taken back.
    fn take_back(&self, ring: Broken) -> impl Future<Output = TakenBack> + use<'a, J> {
        let Apply { plan, journal, sink, .. } = self.apply;
        let (writer, cancel) = (self.writer.clone(), self.all_waits.clone());
        async move {
            let mut back = TakenBack::default();
            for TakeBackCall { number, step, call, recorded } in ring.calls(plan) {
                let reservation = plan.step(step).item.map(|item| plan.item(item).reservation.clone());
                let record = StepRecord::of_call(number, &call, reservation, recorded);
                if let Err(error) = journal.intent(record.clone()).await {
                    back.failed = Some(error);
                    break;
                }
                let watch = Watch { cancel: &cancel, sink, turns: None };
                let answer = match writer.perform(&call, None, watch).await {
                    Ok(receipt) => Answer::Receipt(receipt),
                    Err(error) => Answer::Error(error),
                };
                let is_done = matches!(answer, Answer::Receipt(_));
                let outcome = outcome_of(&call, recorded, true, &answer);
                if let Err(error) = journal.outcome(record, outcome).await {
                    back.failed = Some(error);
                    break;
                }
                if !is_done {
                    break;
                }
                back.steps.push(step);
            }
            back
        }
    }

    fn taken_back(&mut self, back: TakenBack) {
        let TakenBack { steps, failed } = back;
        for ending in self.applied.endings.iter_mut().filter(|ending| steps.contains(&ending.step)) {
            ending.outcome = Outcome::Skipped;
            ending.error = Some(TAKEN_BACK.to_owned());
        }
        if let Some(error) = failed {
            self.stop(Stop::Record(error));
        }
    }
}

const TAKEN_BACK: &str = "guests exchange units, and a call for it failed: what was done was taken back";

const NOT_POSSIBLE: &str = "something it needs did not happen";

const BEYOND: &str = "all changes that --max-changes allows were made; the next run does it";

const STOPPED: &str = "the run stopped before its turn; the next run does it";

/// What a failure tells about the limits.
fn reply(kind: CallErrorKind, wait: Duration) -> Reply {
    match kind {
        CallErrorKind::Throttled { retry_after } => Reply::Throttled { retry_after, wait },
        kind if is_unavailability(&kind) => Reply::Unwell,
        CallErrorKind::Cancelled => Reply::Silent,
        _ => Reply::Accepted,
    }
}

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
        | CallErrorKind::OtherWorkspace
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

/// What the record keeps of an answer. After the last call for a grant it knows what was wanted of it.
fn outcome_of(call: &Call, wanted: Option<Wanted>, is_last: bool, answer: &Answer) -> StepOutcome {
    match answer {
        Answer::NotSent => StepOutcome { ledger: not_made(call), ..StepOutcome::plain(Outcome::Skipped) },
        Answer::Error(error) => StepOutcome {
            request_id: error.request_id.clone(),
            error: Some(error.to_string()),
            ledger: match error.effect {
                Effect::None => not_made(call),
                Effect::Unknown => LedgerChange::Keep,
            },
            ..StepOutcome::plain(outcome_of_error(error))
        },
        Answer::Receipt(Receipt { how, made, key, n_attempts: _, request_id }) => StepOutcome {
            outcome: outcome_of_receipt(*how),
            request_id: request_id.clone(),
            error: None,
            seam_id: match made {
                Made::Nothing => None,
                Made::Grant { id, identity: _ } => Some(id.to_string()),
                Made::Identity(id) => Some(id.to_string()),
            },
            ledger: match (call, key) {
                (Call::CreateGrant { key: from, .. }, Some(to)) => {
                    LedgerChange::Renamed { from: from.clone(), to: to.clone(), desired: wanted }
                }
                _ => ledger_change(call, wanted, is_last),
            },
        },
    }
}

/// A grant that was not made is not remembered, though its intent was.
fn not_made(call: &Call) -> LedgerChange {
    match call {
        Call::CreateGrant { key, .. } => LedgerChange::Remove { key: key.clone() },
        _ => LedgerChange::Keep,
    }
}

/// What is wanted of the grant of a step, and whether no other call for it follows.
fn to_remember(plan: &Plan, id: StepId) -> (Option<Wanted>, bool) {
    let step = plan.step(id);
    let wanted = step.item.and_then(|item| plan.item(item).wanted);
    (wanted, plan.steps.get(id.0 as usize + 1).is_none_or(|next| next.item != step.item))
}

/// What to remember of the grant: what was wanted of it, once the last call for it was made, or that it is gone.
fn ledger_change(call: &Call, wanted: Option<Wanted>, is_last: bool) -> LedgerChange {
    let key = match call {
        Call::DeleteGrant { key, .. } => return LedgerChange::Remove { key: key.clone() },
        Call::CreateGrant { key, .. } => key,
        Call::UpdateGrant { key, .. }
        | Call::AddMethods { key, .. }
        | Call::RestoreMethods { key, .. }
        | Call::DeleteMethod { key, .. }
            if is_last =>
        {
            key
        }
        _ => return LedgerChange::Keep,
    };
    wanted.map_or(LedgerChange::Keep, |desired| LedgerChange::Set { key: key.clone(), desired })
}
