//! The half that changes Seam: carries out one call of a plan and says what became of it.
//!
//! It decides nothing. A call whose answer was lost is never sent again before a look at what Seam holds, because
//! Seam has no header that would make a repeated request harmless.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::answer::Answer;
use super::client::{Client, Reach};
use super::deed::{Deed, Found};
use super::error::{CallError, CallErrorKind, Effect, Refusal};
use super::retry::{Course, Delays, Next, Safety, Verdict, verdict};
use super::turn::Turns;
use crate::event::EventSink;
use crate::model::{AccessGrantId, AccessGrantKey, UserIdentityId};
use crate::plan::Call;

/// Who is told of a call's retries, and who can end its waits.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Ends waits for the pace and between retries. A request that was sent is waited for, and one whose answer was
    /// lost is still looked up once.
    pub cancel: &'a CancellationToken,
    /// Is told of every retry.
    pub sink: &'a dyn EventSink,
    /// Gives the turns of repetitions; without it, they come when their wait is over.
    pub turns: Option<&'a Turns>,
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

    /// Carries out one call. `made` is the new identity that an earlier step made, for a grant that is for the same guest.
    pub async fn perform(
        &self,
        call: &Call,
        made: Option<&UserIdentityId>,
        watch: Watch<'_>,
    ) -> Result<Receipt, CallError> {
        let mut deed = Deed::new(call, made);
        let mut story = Story::of(call);
        let mut course = self.client.course();
        loop {
            let error = match deed.send(&self.client, Some(watch.cancel)).await {
                Ok(answer) => return Ok(Receipt { key: deed.key, ..story.done(answer) }),
                Err(error) => error,
            };
            story.failed(&error);
            if let Some(delete) = deed.astray.take() {
                self.take_back(&delete, &error, watch).await?;
                if deed.goes_without_contacts() {
                    continue;
                }
                return Err(story.ended(error));
            }
            let decision = verdict(&error.kind, deed.request.safety);
            let next = match decision {
                Verdict::Stop | Verdict::GiveUp => return Err(story.ended(error)),
                Verdict::AlreadySo => return Ok(story.found(Made::Nothing)),
                // A refusal is known at once; a lost answer gets the time to take effect before the look.
                Verdict::LookThenGiveUp => Next::Go,
                Verdict::Retry => self.client.wait(deed.request.reach, &error, &mut course, watch).await,
                // The look needs no turn; what is sent after it does.
                Verdict::LookThenRetry => {
                    let watch = Watch { turns: None, ..watch };
                    self.client.wait(deed.request.reach, &error, &mut course, watch).await
                }
            };
            if decision == Verdict::Retry {
                match next {
                    Next::Go => continue,
                    Next::OutOfPatience | Next::Cancelled => return Err(story.ended(error)),
                }
            }
            let (found, next) = match self.look(&deed, next, &mut course, watch).await {
                Ok(told) => told,
                Err(look_error) if verdict(&look_error.kind, Safety::Read) == Verdict::Stop => {
                    return Err(story.ended(look_error));
                }
                Err(_) => return Err(story.ended(error)),
            };
            if let Found::AsWanted(made) = found {
                return Ok(Receipt { key: deed.key, ..story.found(made) });
            }
            story.in_doubt = false;
            let is_conflict = error.kind == CallErrorKind::Refused(Refusal::Conflict);
            let is_taken = match found {
                Found::Taken(_) => true,
                Found::Nothing => is_conflict && deed.brings_only_a_key(),
                _ => false,
            };
            let has_other_key = is_taken && deed.next_key();
            let is_other_request = has_other_key || matches!(found, Found::Person(_));
            let next = match found {
                _ if has_other_key => next,
                Found::Taken(reason) | Found::Different(reason) => {
                    return Err(story.ended(conflict(error, reason)));
                }
                Found::Person(id) => {
                    deed.for_person(id);
                    next
                }
                // The key is free again once what holds it is gone.
                Found::Leaving if decision == Verdict::LookThenGiveUp => {
                    self.client.wait(deed.request.reach, &error, &mut course, watch).await
                }
                Found::Nothing if decision == Verdict::LookThenGiveUp => return Err(story.ended(error)),
                Found::AsWanted(_) | Found::Leaving | Found::Nothing => next,
            };
            let next = match (next, watch.turns) {
                (Next::Go, Some(turns)) if decision == Verdict::LookThenRetry || is_other_request => {
                    turns.next(error.kind, Duration::ZERO, watch.cancel).await
                }
                _ => next,
            };
            if next != Next::Go {
                return Err(story.ended(error));
            }
        }
    }

    /// Takes a grant back that Seam made for another person. Where that fails, the person holds a key of somebody else.
    async fn take_back(&self, delete: &Call, error: &CallError, watch: Watch<'_>) -> Result<(), CallError> {
        // Who was told to stop still takes it back.
        let cancel = CancellationToken::new();
        let watch = Watch { cancel: &cancel, turns: None, ..watch };
        Box::pin(self.perform(delete, None, watch)).await.map(drop).map_err(|failed| {
            let message = format!("{}, and it could not be deleted: {failed}", error.message);
            CallError { message, effect: Effect::Unknown, ..error.clone() }
        })
    }

    /// Looks until Seam tells, once at least: whoever is told to stop leaves no doubt behind that a look can lift.
    async fn look<D: Delays>(
        &self,
        deed: &Deed<'_>,
        mut next: Next,
        course: &mut Course<D>,
        watch: Watch<'_>,
    ) -> Result<(Found, Next), CallError> {
        loop {
            let error = match deed.look(&self.client).await {
                Ok(found) => return Ok((found, next)),
                Err(error) => error,
            };
            if next != Next::Go || verdict(&error.kind, Safety::Read) != Verdict::Retry {
                return Err(error);
            }
            // A look counts at no door, so it needs no turn.
            let watch = Watch { turns: None, ..watch };
            next = self.client.wait(Reach::Workspace, &error, course, watch).await;
        }
    }
}

/// The refusal of a key that something else holds.
fn conflict(error: CallError, reason: &str) -> CallError {
    CallError { kind: CallErrorKind::Refused(Refusal::Conflict), message: reason.to_owned(), ..error }
}

impl fmt::Debug for SeamWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SeamWriter").finish_non_exhaustive()
    }
}

/// What happened to a call so far.
struct Story {
    makes_something: bool,
    n_attempts: u32,
    /// An attempt may have taken effect, and nobody looked since.
    in_doubt: bool,
    /// An attempt may have taken effect at some time.
    was_in_doubt: bool,
}

impl Story {
    fn of(call: &Call) -> Self {
        let makes_something = matches!(call, Call::CreateIdentity(_) | Call::CreateGrant { .. });
        Self { makes_something, n_attempts: 0, in_doubt: false, was_in_doubt: false }
    }

    fn failed(&mut self, error: &CallError) {
        self.n_attempts += u32::from(error.kind != CallErrorKind::Cancelled);
        let may_have_taken_effect = matches!(
            error.kind,
            CallErrorKind::Unavailable { .. } | CallErrorKind::LostAnswer | CallErrorKind::BadAnswer
        );
        self.in_doubt |= may_have_taken_effect;
        self.was_in_doubt |= may_have_taken_effect;
    }

    fn done(&self, answer: Answer<Made>) -> Receipt {
        let Answer { content, request_id } = answer;
        Receipt { how: How::Fresh, made: content, key: None, n_attempts: self.n_attempts + 1, request_id }
    }

    /// What we made, though its answer was lost, is fresh; what stood there before we came is not ours to claim.
    fn found(&self, made: Made) -> Receipt {
        let how = if self.makes_something && self.was_in_doubt { How::Fresh } else { How::AlreadySo };
        Receipt { how, made, key: None, n_attempts: self.n_attempts, request_id: None }
    }

    fn ended(&self, error: CallError) -> CallError {
        let effect = if self.in_doubt { Effect::Unknown } else { Effect::None };
        CallError { effect, n_attempts: self.n_attempts, ..error }
    }
}
