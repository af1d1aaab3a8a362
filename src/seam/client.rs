//! One exchange for every call, and the retries of calls that only ask.
//!
//! Calls that only ask wait for their turn here; the others are given it by whoever schedules them. Bodies, keys and headers are never logged.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::calls::Counters;
use super::clock::ClockDifference;
use super::error::{CallError, CallErrorKind, SeamError};
use super::known::Known;
use super::pace::{Pace, Permit};
use super::retry::{Clock, FullJitter, Jitter, Patience, Safety, Verdict, reply, verdict};
use super::settings::SeamSettings;
use super::transport::{InProcess, Transport};
use super::writer::Watch;
use crate::event::{Event, EventSink};
use crate::plan::schedule::{Reply, SharedLimiter};

/// One call: where, what, and what repeating it would do. It has no `Debug`, because the body may hold people.
pub(super) struct Request {
    pub(super) path: &'static str,
    pub(super) safety: Safety,
    pub(super) body: Value,
}

impl Request {
    /// A call that only asks.
    pub(super) fn read(path: &'static str, body: Value) -> Self {
        Self { path, safety: Safety::Read, body }
    }

    /// What no message may repeat.
    fn secrets(&self) -> Vec<&str> {
        let people = [&self.body, &self.body["user_identity"]];
        let personal = people
            .into_iter()
            .flat_map(|person| ["full_name", "email_address", "phone_number"].map(|field| &person[field]));
        let methods = self.body["requested_access_methods"].as_array();
        let codes = methods.into_iter().flatten().map(|method| &method["code"]);
        personal.chain(codes).filter_map(Value::as_str).collect()
    }

    /// What a message may repeat: keys, ids and times.
    fn ours(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        collect_texts(&self.body, &mut texts);
        let secrets = self.secrets();
        texts.retain(|text| !secrets.contains(text));
        texts
    }
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect_texts(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| collect_texts(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The connection to one workspace.
pub(super) struct Client {
    transport: Transport,
    pace: Pace,
    jitter: Jitter,
    patience: Duration,
    calls: Counters,
    clock: ClockDifference,
    known: Known,
}

impl Client {
    pub(super) fn new(settings: &SeamSettings) -> Result<Self, SeamError> {
        Ok(Self::over(Transport::http(settings)?, Jitter::ByChance, settings))
    }

    /// A client of something in this process, whose waits follow from a seed.
    pub(super) fn in_process(seam: InProcess, settings: &SeamSettings) -> Result<Self, SeamError> {
        let jitter = Jitter::seeded(seam.jitter_seed);
        Ok(Self::over(Transport::in_process(seam, settings)?, jitter, settings))
    }

    fn over(transport: Transport, jitter: Jitter, settings: &SeamSettings) -> Self {
        Self {
            transport,
            pace: Pace::new(&settings.limits),
            jitter,
            patience: settings.patience,
            calls: Counters::default(),
            clock: ClockDifference::default(),
            known: Known::default(),
        }
    }

    pub(super) fn calls(&self) -> &Counters {
        &self.calls
    }

    pub(super) fn clock(&self) -> &ClockDifference {
        &self.clock
    }

    /// What Seam has shown before.
    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// How long one call is retried.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// The waits of one call.
    pub(super) fn delays(&self) -> FullJitter {
        self.jitter.delays()
    }

    /// How late it is by the clock of the limits.
    pub(super) fn now(&self) -> Clock {
        let (now, paused_for) = (self.pace.now(), self.pace.paused_for());
        Clock { now, paused_for, patience: self.patience }
    }

    /// The limits of the workspace, and when their time begins.
    pub(super) fn limiter(&self) -> (SharedLimiter, Instant) {
        self.pace.limiter()
    }

    /// Waits for a turn; `None` where the run is told to stop before it comes.
    pub(super) async fn turn(&self, cancel: &CancellationToken) -> Option<Permit<'_>> {
        self.pace.acquire(cancel).await
    }

    /// Waits for the token of a further request in one turn.
    pub(super) async fn further(&self) {
        self.pace.further().await;
    }

    /// One request and its answer, in a turn that the caller has.
    pub(super) async fn exchange<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Answer<T>, CallError> {
        self.calls.sent(request.safety);
        let asked = Timestamp::now();
        // Boxed, because six lists are read side by side and each waits for one.
        let raw = Box::pin(self.transport.exchange(request.path, &request.body)).await?;
        if let Some(date) = raw.date {
            self.clock.note(date, asked, Timestamp::now());
        }
        let answer = answer::read(request.path, raw, &request.secrets(), &request.ours());
        if let Err(CallError { kind: CallErrorKind::Throttled { .. }, .. }) = &answer {
            self.calls.throttled();
        }
        answer
    }

    /// A call that only asks, until it is answered or the patience is over. `cancel` is heard only while it waits; what
    /// is sent is waited for.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        request: &Request,
        watch: Watch<'_>,
    ) -> Result<T, CallError> {
        let (mut patience, mut delays) = (Patience::default(), self.delays());
        let mut n_attempts = 0;
        loop {
            let Some(permit) = self.turn(watch.cancel).await else {
                let error = CallError::new(request.path, CallErrorKind::Cancelled, "");
                return Err(CallError { n_attempts, ..error });
            };
            let error = match self.exchange(request).await {
                Ok(answer) => {
                    permit.answered(Reply::Accepted);
                    return Ok(answer.content);
                }
                Err(error) => error,
            };
            n_attempts += 1;
            let wait = match verdict(&error.kind, Safety::Read) {
                Verdict::Retry => patience.wait(&error.kind, &self.now(), &mut delays),
                _ => None,
            };
            permit.answered(reply(&error.kind, wait, self.patience));
            let Some(wait) = wait else { return Err(CallError { n_attempts, ..error }) };
            self.tell_retry(&error, wait, watch.sink);
            tokio::select! {
                biased;
                () = watch.cancel.cancelled() => return Err(CallError { n_attempts, ..error }),
                () = sleep(wait) => {}
            }
        }
    }

    /// Tells that a call waits and is taken up again.
    pub(super) fn tell_retry(&self, error: &CallError, wait: Duration, sink: &dyn EventSink) {
        self.calls.retried();
        let throttled = matches!(error.kind, CallErrorKind::Throttled { .. });
        sink.emit(&Event::Retried { path: error.path, wait, throttled });
        tracing::debug!(
            seam.path = error.path,
            seam.status = error.status,
            seam.request_id = error.request_id,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "waiting before the call is taken up again: {}",
            error.kind
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_we_send_of_a_guest_is_known_as_secret() {
        let body = serde_json::json!({"full_name": "Ana Sousa", "email_address": null, "name": "R1",
            "requested_access_methods": [{"mode": "code", "code": "0471"}, {"mode": "card"}]});
        let request = Request::read("/x", body);
        assert_eq!(request.secrets(), ["Ana Sousa", "0471"]);
        let body = serde_json::json!({"name": "R1", "user_identity": {"full_name": "Ana Sousa",
            "email_address": "ana@example.com", "phone_number": "+15550100"}});
        let request = Request::read("/x", body);
        assert_eq!(request.secrets(), ["Ana Sousa", "ana@example.com", "+15550100"]);
    }
}
