//! The half that changes Seam: one attempt of a call of a plan at a time, and what is next after it.
//!
//! It decides nothing but that, and waits for nothing: the turns come from whoever schedules the calls.

use std::fmt;
use std::sync::Arc;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::attempt::{Judged, Tried, Try};
use super::client::Client;
use super::deed::Deed;
use super::error::{CallError, CallErrorKind};
use super::retry::{FullJitter, reply};
use crate::event::EventSink;
use crate::model::{AccessGrantId, AccessGrantKey, UserIdentityId};
use crate::plan::Call;
use crate::plan::schedule::{Reply, SharedLimiter};

/// Who is told of a call's retries, and who can end its waits.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Ends waits for a turn and between retries. A request that was sent is waited for, and one whose answer was lost
    /// is still looked up once.
    pub cancel: &'a CancellationToken,
    /// Is told of every retry.
    pub sink: &'a dyn EventSink,
}

/// How a call came to succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Seam did it.
    Fresh,
    /// Seam held it already.
    AlreadySo,
}

/// What a call made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// Nothing with an id.
    Nothing,
    /// A grant, perhaps together with the identity that it is for.
    Grant {
        /// The grant.
        id: AccessGrantId,
        /// Whose it is.
        identity: UserIdentityId,
    },
    /// An identity.
    Identity(UserIdentityId),
}

/// A call that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// How.
    pub how: How,
    /// What it made.
    pub made: Made,
    /// How often the call itself was sent; looks are not counted.
    pub n_attempts: u32,
    /// The key of the new grant, where that of the call was taken.
    pub key: Option<AccessGrantKey>,
    /// Seam's name for the request that settled it, where it was an answered one.
    pub request_id: Option<String>,
}

/// Writes to one workspace; see [`SeamReader::writer`](super::SeamReader::writer). Clones share everything.
#[derive(Clone)]
pub struct SeamWriter {
    client: Arc<Client>,
}

impl SeamWriter {
    pub(super) fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    /// The limits that this writer shares with all readers of the workspace, and when their time begins.
    pub fn limiter(&self) -> (SharedLimiter, Instant) {
        self.client.limiter()
    }

    /// What is kept of a call from its first failure on.
    pub fn retries(&self) -> Retries {
        Retries { state: Try::default(), delays: self.client.delays() }
    }

    /// The next attempt of a call, in a turn that the caller has: it sends the call once, or looks what became of it.
    /// `made` is the new identity that an earlier step made, for a grant that is for the same guest. Where `cancel` says
    /// so, nothing is sent any more; a look is not ended by it.
    pub async fn attempt(
        &self,
        call: &Call,
        made: Option<&UserIdentityId>,
        state: &Try,
        cancel: &CancellationToken,
    ) -> Attempted {
        let deed = Deed::new(call, made, state);
        Attempted(if state.look_first.is_some() {
            Tried::Looked(deed.look(&self.client).await)
        } else if cancel.is_cancelled() {
            Tried::Sent(Err(CallError::new(call.path(), CallErrorKind::Cancelled, "")))
        } else {
            Tried::Sent(deed.send(&self.client, cancel).await)
        })
    }

    /// Decides what is next for a call after an attempt, and what that attempt tells about the limits.
    pub fn judge(
        &self,
        call: &Call,
        made: Option<&UserIdentityId>,
        retries: &mut Retries,
        Attempted(tried): Attempted,
        sink: &dyn EventSink,
    ) -> (Reply, Judged) {
        let error = match &tried {
            Tried::Sent(answer) => answer.as_ref().err().cloned(),
            Tried::Looked(found) => found.as_ref().err().cloned(),
        };
        let Retries { state, delays } = retries;
        let clock = self.client.now();
        let judged = state.judge(call, made, tried, &clock, delays);
        let wait = match judged {
            Judged::Again { wait, .. } => wait,
            Judged::Done(_) | Judged::Failed(_) => None,
        };
        let Some(error) = error else { return (Reply::Accepted, judged) };
        if let Some(wait) = wait {
            self.client.tell_retry(&error, wait, sink);
        }
        (reply(&error.kind, wait, clock.patience), judged)
    }

    /// Carries out one call by itself, without a plan around it: each attempt takes its turn at the limits of the
    /// workspace.
    pub async fn perform(
        &self,
        call: &Call,
        made: Option<&UserIdentityId>,
        watch: Watch<'_>,
    ) -> Result<Receipt, CallError> {
        let nobody = CancellationToken::new();
        let mut retries = self.retries();
        loop {
            // A look that lifts a doubt is waited for, whoever stops.
            let is_look = retries.state().look_first.is_some();
            let turn = self.client.turn(if is_look { &nobody } else { watch.cancel }).await;
            let Some(turn) = turn else {
                let stopped = CallError::new(call.path(), CallErrorKind::Cancelled, "");
                return Err(retries.stop().unwrap_or(CallError { n_attempts: 0, ..stopped }));
            };
            let attempted = self.attempt(call, made, retries.state(), watch.cancel).await;
            let (reply, judged) = self.judge(call, made, &mut retries, attempted, watch.sink);
            turn.answered(reply);
            let wait = match judged {
                Judged::Done(receipt) => return Ok(receipt),
                Judged::Failed(error) => return Err(error),
                Judged::Again { wait, look: _ } => wait.unwrap_or_default(),
            };
            tokio::select! {
                biased;
                () = watch.cancel.cancelled() => {
                    if let Some(error) = retries.stop() {
                        return Err(error);
                    }
                }
                () = sleep(wait) => {}
            }
        }
    }
}

/// What an attempt brought; [`SeamWriter::judge`] decides what is next.
#[derive(Debug)]
pub struct Attempted(Tried);

/// One call between its attempts.
#[derive(Debug)]
pub struct Retries {
    state: Try,
    delays: FullJitter,
}

impl Retries {
    /// What the next attempt does.
    pub fn state(&self) -> &Try {
        &self.state
    }

    /// The run is told to stop while the call waits. Gives the error with which it ends; `None` where the next attempt
    /// looks, after which it ends.
    pub fn stop(&mut self) -> Option<CallError> {
        self.state.stop()
    }
}

impl fmt::Debug for SeamWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SeamWriter").finish_non_exhaustive()
    }
}
