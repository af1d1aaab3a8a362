//! One `send` for every call, and the retries of calls that only ask.
//!
//! Every attempt pays for its place in the pace. Bodies, keys and headers are never logged.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::calls::Counters;
use super::clock::ClockDifference;
use super::error::{CallError, CallErrorKind, SeamError};
use super::known::Known;
use super::pace::Pace;
use super::retry::{Course, Delays, FullJitter, Jitter, Next, Safety, Verdict, pause, verdict};
use super::settings::SeamSettings;
use super::transport::{InProcess, Transport};
use super::writer::Watch;
use crate::event::Event;

/// Whom a 429 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// No door is to blame, so everybody slows down.
    Workspace,
    /// The limit of a door may be to blame, so only this call waits.
    Doors,
}

/// One call: where, what, and what repeating it would do. It has no `Debug`, because the body may hold people.
pub(super) struct Request {
    pub(super) path: &'static str,
    pub(super) safety: Safety,
    pub(super) reach: Reach,
    pub(super) body: Value,
}

impl Request {
    /// A call that only asks.
    pub(super) fn read(path: &'static str, body: Value) -> Self {
        Self { path, safety: Safety::Read, reach: Reach::Workspace, body }
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

    /// The retries of one call.
    pub(super) fn course(&self) -> Course<FullJitter> {
        Course::new(self.jitter.delays(), self.patience)
    }

    /// One attempt. `cancel` is heard only while the request waits for its turn; what is sent is waited for.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        request: &Request,
        cancel: Option<&CancellationToken>,
    ) -> Result<Answer<T>, CallError> {
        let stopped = async {
            match cancel {
                Some(cancel) => cancel.cancelled().await,
                None => std::future::pending().await,
            }
        };
        let _permit = tokio::select! {
            biased;
            () = stopped => {
                return Err(CallError::new(request.path, CallErrorKind::Cancelled, ""));
            }
            permit = self.pace.acquire() => permit,
        };
        self.calls.sent(request.safety);
        let asked = Timestamp::now();
        let raw = self.transport.exchange(request.path, &request.body).await?;
        if let Some(date) = raw.date {
            self.clock.note(date, asked, Timestamp::now());
        }
        let answer = answer::read(request.path, raw, &request.secrets(), &request.ours());
        if let Err(CallError { kind: CallErrorKind::Throttled { .. }, .. }) = &answer {
            self.calls.throttled();
        }
        answer
    }

    /// A call that only asks, until it is answered or the patience is over.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        request: &Request,
        watch: Watch<'_>,
    ) -> Result<T, CallError> {
        let mut course = self.course();
        let mut n_attempts = 0;
        loop {
            let error = match self.send(request, Some(watch.cancel)).await {
                Ok(answer) => return Ok(answer.content),
                Err(error) => error,
            };
            n_attempts += 1;
            let again = verdict(&error.kind, Safety::Read) == Verdict::Retry
                && self.wait(request.reach, &error, &mut course, watch).await == Next::Go;
            if !again {
                return Err(CallError { n_attempts, ..error });
            }
        }
    }

    /// Waits after a failure, tells of it, and lets the others wait too where no door is to blame.
    pub(super) async fn wait<D: Delays>(
        &self,
        reach: Reach,
        error: &CallError,
        course: &mut Course<D>,
        watch: Watch<'_>,
    ) -> Next {
        let Some(wait) = course.wait_after(error) else { return Next::OutOfPatience };
        let throttled = matches!(error.kind, CallErrorKind::Throttled { .. });
        if throttled && reach == Reach::Workspace {
            self.pace.hold(wait);
        }
        self.calls.retried();
        watch.sink.emit(&Event::Retried { path: error.path, wait, throttled });
        tracing::debug!(
            seam.path = error.path,
            seam.status = error.status,
            seam.request_id = error.request_id,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "waiting before the call is taken up again: {}",
            error.kind
        );
        match watch.turns {
            Some(turns) => turns.next(error.kind, wait, watch.cancel).await,
            None => pause(wait, watch.cancel).await,
        }
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
