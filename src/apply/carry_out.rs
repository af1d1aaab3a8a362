//! The one loop: as many attempts in flight as the schedule allows, each call recorded before its first and after its
//! last.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::ending::{Applied, StepEnding, Stop};
use super::journal::Journal;
use super::outcome::{Answer, outcome_of, outcome_of_error, outcome_of_receipt, to_remember};
use super::rings::{Broken, Rings, TakeBackCall, TakenBack};
use crate::event::{Event, EventSink, Outcome};
use crate::model::{UserIdentityId, UserIdentityKey};
use crate::plan::schedule::{Ending, Next, Reply, Schedule, beyond_budget};
use crate::plan::{Call, CheckedPlan, Limits, Plan, StepId};
use crate::seam::{
    Attempted, CallError, CallErrorKind, Effect, Judged, Made, Receipt, Retries, Safety, SeamReader,
    SeamWriter, Try, Verdict, Watch, is_unavailability, verdict,
};
use crate::store::{LeaseError, RecordError, StepRecord};

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
    let writer = apply.reader.writer(apply.plan);
    let (limiter, zero) = writer.limiter();
    let began = Instant::now();
    let mut worker = Worker {
        apply,
        writer,
        schedule: Schedule::sharing(apply.plan, apply.limits, limiter),
        zero,
        retries: HashMap::new(),
        unrecorded: HashMap::new(),
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
    worker.applied.took = began.elapsed();
    worker.applied
}

struct Worker<'a, J> {
    apply: Apply<'a, J>,
    writer: SeamWriter,
    schedule: Schedule<'a>,
    /// The zero of the schedule's time.
    zero: Instant,
    /// Calls between two attempts.
    retries: HashMap<StepId, Retries>,
    /// What the answers tell about the limits that end a call of a replacement: its place in flight stays taken until it
    /// is recorded, because the next call of the replacement is to take it (RULES 29).
    unrecorded: HashMap<StepId, Reply>,
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

/// What comes out of what is in flight.
enum Happened {
    /// The attempt of a step was answered.
    Attempted(StepId, Attempted),
    /// A step is over and recorded.
    Ended(Ended),
}

/// A step that is over.
struct Ended {
    step: StepId,
    answer: Answer,
    recorded: Result<(), RecordError>,
}

impl<'a, J: Journal> Worker<'a, J> {
    async fn run(&mut self) {
        let Apply { journal, timeout, cancel, .. } = self.apply;
        let until = self.apply.budget.until;
        let mut in_flight = FuturesUnordered::new();
        let mut ending = FuturesUnordered::new();
        let mut going_back = FuturesUnordered::new();
        loop {
            ending.extend(self.drain().into_iter().map(|(step, answer)| self.record(step, answer)));
            let mut turn = None;
            let may_write = self.may_write().await;
            // What is left when all writing has ended are looks.
            while (may_write || self.drained == Drain::Everything) && turn.is_none() {
                match self.schedule.next(self.now()) {
                    Next::Step(step) => in_flight.push(self.attempt(step)),
                    Next::At(at) => turn = Some(self.zero + at),
                    Next::Nothing => break,
                }
            }
            if self.drain_due() > self.drained {
                continue;
            }
            if may_write {
                going_back.extend(self.rings.broken().into_iter().map(|ring| self.take_back(ring)));
            }
            if in_flight.is_empty() && ending.is_empty() && going_back.is_empty() && turn.is_none() {
                break;
            }
            tokio::select! {
                biased;
                // What waits for its turn or its next attempt must not outlive the right to send it.
                () = journal.runs_short(timeout), if may_write => {}
                () = cancel.cancelled(), if self.drained == Drain::Nothing => {}
                () = sleep_until(until.unwrap_or(self.zero)), if until.is_some() && self.drained == Drain::Nothing => {}
                Some(happened) = in_flight.next(), if !in_flight.is_empty() => match happened {
                    Happened::Attempted(step, attempted) => {
                        ending.extend(self.attempted(step, attempted).map(|answer| self.record(step, answer)));
                    }
                    Happened::Ended(ended) => self.ended(ended),
                },
                Some(ended) = ending.next(), if !ending.is_empty() => self.ended(ended),
                Some(back) = going_back.next(), if !going_back.is_empty() => self.taken_back(back),
                () = sleep_until(turn.unwrap_or_else(Instant::now)), if turn.is_some() => {}
            }
        }
        self.skip_what_waits(Drain::Everything);
    }

    fn now(&self) -> Duration {
        self.zero.elapsed()
    }

    /// Decides what is next for a step; gives the answer where it is over.
    fn attempted(&mut self, step: StepId, attempted: Attempted) -> Option<Answer> {
        let call = &self.apply.plan.step(step).call;
        let made = made(call, &self.made);
        let retries = self.retries.entry(step).or_insert_with(|| self.writer.retries());
        let (reply, judged) = self.writer.judge(call, made, retries, attempted, self.apply.sink);
        let now = self.now();
        if self.schedule.must_finish(step) && !matches!(judged, Judged::Again { .. }) {
            self.unrecorded.insert(step, reply);
        } else {
            self.schedule.answered(step, reply, now);
        }
        let (mut wait, look) = match judged {
            Judged::Again { wait, look } => (wait.unwrap_or_default(), look),
            Judged::Done(receipt) => return Some(self.answer(step, Ok(receipt))),
            Judged::Failed(error) => return Some(self.answer(step, Err(error))),
        };
        if self.is_stopped(step) {
            // A doubt that a look can lift is not left behind, and that look waits for nothing.
            if let Some(error) = self.retries.get_mut(&step).and_then(Retries::stop) {
                return Some(self.answer(step, Err(error)));
            }
            wait = Duration::ZERO;
        }
        self.schedule.again(step, wait, look, now);
        None
    }

    fn answer(&mut self, step: StepId, answer: Result<Receipt, CallError>) -> Answer {
        self.retries.remove(&step);
        match answer {
            Ok(receipt) => {
                self.n_in_vain = 0;
                self.breaker.note(false);
                Answer::Receipt(receipt)
            }
            Err(error) if error.kind == CallErrorKind::Cancelled && error.effect == Effect::None => {
                Answer::NotSent
            }
            Err(error) => {
                self.heed(&error);
                Answer::Error(error)
            }
        }
    }

    /// Whether nothing more is sent for a step.
    fn is_stopped(&self, step: StepId) -> bool {
        match self.drained {
            Drain::Nothing => false,
            Drain::WhatCanWait => !self.schedule.must_finish(step),
            Drain::Everything => true,
        }
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

    /// Ends what is no longer to be done. Gives the steps that had failed so far and are not tried again.
    fn drain(&mut self) -> Vec<(StepId, Answer)> {
        let due = self.drain_due();
        if due <= self.drained {
            return Vec::new();
        }
        self.drained = due;
        self.waits.cancel();
        if due == Drain::Everything {
            self.all_waits.cancel();
        }
        self.skip_what_waits(due);
        let mut failing: Vec<StepId> = self.retries.keys().copied().collect();
        failing.retain(|step| self.schedule.is_failing(*step) && self.is_stopped(*step));
        failing.sort_unstable();
        let mut ended = Vec::new();
        for step in failing {
            match self.retries.get_mut(&step).and_then(Retries::stop) {
                Some(error) => {
                    self.schedule.give_up(step);
                    ended.push((step, self.answer(step, Err(error))));
                }
                None => self.schedule.hurry(step),
            }
        }
        ended
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

    /// Attempts a step in the turn that it was given; the first attempt records the intent before.
    fn attempt(&self, id: StepId) -> impl Future<Output = Happened> + use<'a, J> {
        let Apply { plan, journal, sink, .. } = self.apply;
        let plan: &'a Plan = plan;
        let call = &plan.step(id).call;
        // Where no step made the identity, the grant of a new guest brings it along.
        let identity = made(call, &self.made).cloned();
        let cancel = if self.schedule.must_finish(id) { self.all_waits.clone() } else { self.waits.clone() };
        let writer = self.writer.clone();
        let before = self.retries.get(&id).map(|retries| retries.state().clone());
        async move {
            if before.is_none() {
                if let Err(error) = journal.intent(StepRecord::of(plan, id)).await {
                    return Happened::Ended(Ended {
                        step: id,
                        answer: Answer::NotSent,
                        recorded: Err(error),
                    });
                }
                sink.emit(&Event::StepStarted(id));
            }
            let state: Try = before.unwrap_or_default();
            Happened::Attempted(id, writer.attempt(call, identity.as_ref(), &state, &cancel).await)
        }
    }

    /// Records how a step ended.
    fn record(&self, step: StepId, answer: Answer) -> impl Future<Output = Ended> + use<'a, J> {
        let Apply { plan, journal, .. } = self.apply;
        let plan: &'a Plan = plan;
        async move {
            let (wanted, is_last) = to_remember(plan, step);
            let outcome = outcome_of(&plan.step(step).call, wanted, is_last, &answer);
            let recorded = journal.outcome(StepRecord::of(plan, step), outcome).await;
            Ended { step, answer, recorded }
        }
    }

    fn ended(&mut self, ended: Ended) {
        let Ended { step, answer, recorded } = ended;
        if let Some(reply) = self.unrecorded.remove(&step) {
            self.schedule.answered(step, reply, self.now());
        }
        if let Err(error) = recorded {
            self.stop(Stop::Record(error));
        }
        match answer {
            Answer::NotSent => {
                self.note_who_stopped();
                self.end(step, Outcome::Skipped, Some(STOPPED.to_owned()));
            }
            Answer::Receipt(receipt) => {
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
            }
        }
    }

    /// One refused key stops all; a Seam that stays away, or refuses too much, stops the rest. It does so at once, not
    /// only when the failure is recorded.
    fn heed(&mut self, error: &CallError) {
        if verdict(&error.kind, Safety::Read) == Verdict::Stop {
            self.stop(Stop::Refused(error.clone()));
        } else if is_unavailability(&error.kind) {
            self.applied.was_unavailable = true;
            self.n_in_vain += 1;
            if self.n_in_vain >= CALLS_IN_VAIN {
                self.stop(Stop::Unavailable(error.clone()));
            }
        } else {
            // Whoever refuses is there.
            self.n_in_vain = 0;
        }
        if let Some(rate) = self.breaker.note(true) {
            self.stop(Stop::TooManyFailures(rate));
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
                let watch = Watch { cancel: &cancel, sink };
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

/// The new identity that an earlier step made for a call.
fn made<'a>(call: &Call, made: &'a HashMap<UserIdentityKey, UserIdentityId>) -> Option<&'a UserIdentityId> {
    call.new_identity().and_then(|(identity, _)| made.get(&identity.key))
}
