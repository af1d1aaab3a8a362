//! What one attempt of a call led to, and what is next: the retry policy of calls that change something.
//!
//! Everything is plain data: the state of a call, what an attempt brought, and the decision. A call whose answer was
//! lost is looked for by its key before anything is sent again, because Seam has no header that would make a repeated
//! request harmless.

use std::time::Duration;

use super::answer::Answer;
use super::deed::{Found, brings_contacts, has_identity};
use super::error::{CallError, CallErrorKind, Effect, Refusal};
use super::retry::{Clock, Delays, Patience, Safety, Verdict, verdict};
use super::writer::{How, Made, Receipt};
use crate::model::{AccessGrantKey, UserIdentityId};
use crate::plan::Call;

/// So many further keys are tried where one is taken (RULES 1).
const FURTHER_KEYS: u32 = 5;

/// What happened to a call so far, and what its next attempt does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Try {
    /// How often the call itself was sent; looks are not counted.
    pub(super) n_attempts: u32,
    /// An attempt may have taken effect, and nobody looked since.
    pub(super) in_doubt: bool,
    /// An attempt may have taken effect at some time.
    pub(super) was_in_doubt: bool,
    /// Since when it fails.
    pub(super) patience: Patience,
    /// The next attempt looks what Seam holds and sends nothing.
    pub(super) look_first: Option<Look>,
    /// Why the last attempt failed.
    pub(super) last_error: Option<CallError>,
    /// The key of a new grant, where that of the call is taken (RULES 1), and how many were tried.
    pub(super) key: Option<AccessGrantKey>,
    /// How many further keys were tried.
    pub(super) n_keys: u32,
    /// A contact led to another person, so the new identity is sent without any (RULES 7).
    pub(super) omits_contacts: bool,
    /// The identity that a lost or refused create left behind: the grant is to be made for that one.
    pub(super) person: Option<UserIdentityId>,
}

/// Why an attempt looks first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// The failure that left the doubt.
    pub(super) error: CallError,
    /// Nothing is sent after it, whatever it shows.
    pub(super) is_last: bool,
}

/// What an attempt brought.
#[derive(Debug)]
pub(super) enum Tried {
    /// The call was sent, or would have been.
    Sent(Result<Answered, CallError>),
    /// Seam was asked what it holds.
    Looked(Result<Found, CallError>),
}

/// The answer to a call that succeeded.
pub(super) type Answered = Answer<Made>;

/// What is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It succeeded.
    Done(Receipt),
    /// There is another attempt.
    Again {
        /// Not before so much time has passed; `None` where something is known that needs no wait.
        wait: Option<Duration>,
        /// It looks and sends nothing.
        look: bool,
    },
    /// It failed for good.
    Failed(CallError),
}

impl Try {
    /// Decides after an attempt. `made` is the identity that an earlier step made for the call.
    pub(super) fn judge(
        &mut self,
        call: &Call,
        made: Option<&UserIdentityId>,
        tried: Tried,
        clock: &Clock,
        delays: &mut dyn Delays,
    ) -> Judged {
        match tried {
            Tried::Sent(Ok(answer)) => Judged::Done(self.done(answer)),
            Tried::Sent(Err(error)) => self.sent(call, error, clock, delays),
            Tried::Looked(found) => self.looked(call, made, found, clock, delays),
        }
    }

    fn sent(&mut self, call: &Call, error: CallError, clock: &Clock, delays: &mut dyn Delays) -> Judged {
        self.failed(&error);
        if error.kind == CallErrorKind::Refused(Refusal::AnotherPerson) && self.goes_without_contacts(call) {
            return self.send_again(error, None);
        }
        let decision = verdict(&error.kind, Safety::of(call));
        match decision {
            Verdict::Stop | Verdict::GiveUp => self.ended(error),
            Verdict::AlreadySo => Judged::Done(self.found(Made::Nothing)),
            // A refusal is known at once; a lost answer gets the time to take effect before the look.
            Verdict::LookThenGiveUp => self.look(error, false, None),
            Verdict::Retry => match self.patience.wait(&error.kind, clock, delays) {
                Some(wait) => self.send_again(error, Some(wait)),
                None => self.ended(error),
            },
            Verdict::LookThenRetry => match self.patience.wait(&error.kind, clock, delays) {
                Some(wait) => self.look(error, false, Some(wait)),
                None => self.look(error, true, None),
            },
        }
    }

    fn looked(
        &mut self,
        call: &Call,
        made: Option<&UserIdentityId>,
        found: Result<Found, CallError>,
        clock: &Clock,
        delays: &mut dyn Delays,
    ) -> Judged {
        let Some(Look { error, is_last }) = self.look_first.take() else {
            unreachable!("it looked because of an error");
        };
        let found = match found {
            Ok(found) => found,
            Err(look_error) => {
                return match verdict(&look_error.kind, Safety::Read) {
                    Verdict::Stop => self.ended(look_error),
                    Verdict::Retry if !is_last => match self.patience.wait(&look_error.kind, clock, delays) {
                        Some(wait) => self.look(error, false, Some(wait)),
                        None => self.look(error, true, None),
                    },
                    _ => self.ended(error),
                };
            }
        };
        if let Found::AsWanted(made) = found {
            return Judged::Done(self.found(made));
        }
        self.in_doubt = false;
        let is_refused = verdict(&error.kind, Safety::of(call)) == Verdict::LookThenGiveUp;
        let brings_only_a_key =
            matches!(call, Call::CreateGrant { .. }) && has_identity(call, made, self.person.as_ref());
        let is_taken = match found {
            Found::Taken(_) => true,
            Found::Nothing => error.kind == CallErrorKind::Refused(Refusal::Conflict) && brings_only_a_key,
            _ => false,
        };
        match found {
            _ if is_taken && self.next_key(call) => self.send_unless_last(error, is_last),
            Found::Taken(reason) | Found::Different(reason) => self.ended(conflict(error, reason)),
            Found::Person(id) => {
                self.person = Some(id);
                self.send_unless_last(error, is_last)
            }
            // The key is free again once what holds it is gone.
            Found::Leaving if is_refused && !is_last => {
                match self.patience.wait(&error.kind, clock, delays) {
                    Some(wait) => self.send_again(error, Some(wait)),
                    None => self.ended(error),
                }
            }
            Found::Nothing if is_refused => self.ended(error),
            Found::AsWanted(_) | Found::Leaving | Found::Nothing => self.send_unless_last(error, is_last),
        }
    }

    /// The run is told to stop while the call waits: it ends, unless a look can lift a doubt, which is the last thing
    /// that is done for it.
    pub(super) fn stop(&mut self) -> Option<CallError> {
        if let Some(look) = &mut self.look_first {
            look.is_last = true;
            return None;
        }
        let error = self.last_error.take()?;
        Some(self.told(error))
    }

    fn look(&mut self, error: CallError, is_last: bool, wait: Option<Duration>) -> Judged {
        self.look_first = Some(Look { error, is_last });
        Judged::Again { wait, look: true }
    }

    fn send_again(&mut self, error: CallError, wait: Option<Duration>) -> Judged {
        self.last_error = Some(error);
        Judged::Again { wait, look: false }
    }

    fn send_unless_last(&mut self, error: CallError, is_last: bool) -> Judged {
        if is_last { self.ended(error) } else { self.send_again(error, None) }
    }

    /// Takes the next key for a new grant; whether there is one.
    fn next_key(&mut self, call: &Call) -> bool {
        let Call::CreateGrant { key, .. } = call else { return false };
        if self.n_keys == FURTHER_KEYS {
            return false;
        }
        self.n_keys += 1;
        self.key = Some(self.key.as_ref().unwrap_or(key).with_next_ordinal());
        true
    }

    /// Whether the call can be sent once more without the contacts of the new guest, under the next key: a contact may
    /// have led to the person with whom Seam answered. Not while what it made for that person may stand.
    fn goes_without_contacts(&mut self, call: &Call) -> bool {
        let may = !self.in_doubt && !self.omits_contacts && brings_contacts(call) && self.next_key(call);
        self.omits_contacts |= may;
        may
    }

    fn failed(&mut self, error: &CallError) {
        self.n_attempts += u32::from(error.kind != CallErrorKind::Cancelled);
        let may_have_taken_effect = error.effect == Effect::Unknown
            || matches!(
                error.kind,
                CallErrorKind::Unavailable { .. } | CallErrorKind::LostAnswer | CallErrorKind::BadAnswer
            );
        self.in_doubt |= may_have_taken_effect;
        self.was_in_doubt |= may_have_taken_effect;
    }

    fn done(&self, answer: Answered) -> Receipt {
        let Answer { content, request_id } = answer;
        let n_attempts = self.n_attempts + 1;
        Receipt { how: How::Fresh, made: content, key: self.key.clone(), n_attempts, request_id }
    }

    /// What we made, though its answer was lost, is fresh; what stood there before we came is not ours to claim.
    fn found(&self, made: Made) -> Receipt {
        let makes_something = matches!(made, Made::Grant { .. } | Made::Identity(_));
        let how = if makes_something && self.was_in_doubt { How::Fresh } else { How::AlreadySo };
        Receipt { how, made, key: self.key.clone(), n_attempts: self.n_attempts, request_id: None }
    }

    fn ended(&self, error: CallError) -> Judged {
        Judged::Failed(self.told(error))
    }

    fn told(&self, error: CallError) -> CallError {
        let effect = if self.in_doubt { Effect::Unknown } else { Effect::None };
        CallError { effect, n_attempts: self.n_attempts, ..error }
    }
}

/// The refusal of a key that something else holds.
fn conflict(error: CallError, reason: &str) -> CallError {
    CallError { kind: CallErrorKind::Refused(Refusal::Conflict), message: reason.to_owned(), ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::schedule::testing::{create, create_for, delete, update};

    const SECOND: Duration = Duration::from_secs(1);

    fn clock(now_seconds: u64) -> Clock {
        Clock {
            now: Duration::from_secs(now_seconds),
            paused_for: Duration::ZERO,
            patience: Duration::from_mins(5),
        }
    }

    fn failed(kind: CallErrorKind) -> Tried {
        Tried::Sent(Err(error(kind)))
    }

    fn error(kind: CallErrorKind) -> CallError {
        CallError::new("/x", kind, "")
    }

    fn answered() -> Tried {
        Tried::Sent(Ok(Answer { content: Made::Nothing, request_id: None }))
    }

    fn grant() -> Made {
        Made::Grant { id: "g".into(), identity: "i".into() }
    }

    struct EverySecond;

    impl Delays for EverySecond {
        fn next(&mut self) -> Option<Duration> {
            Some(SECOND)
        }
    }

    fn judge(state: &mut Try, call: &Call, tried: Tried, now: u64) -> Judged {
        state.judge(call, None, tried, &clock(now), &mut EverySecond)
    }

    const LOST: CallErrorKind = CallErrorKind::LostAnswer;
    const CONFLICT: CallErrorKind = CallErrorKind::Refused(Refusal::Conflict);
    const INVALID: CallErrorKind = CallErrorKind::Refused(Refusal::Validation);

    /// Attempts of a call, a second apart, and what each leads to.
    fn story(call: &Call, attempts: Vec<Tried>) -> (Try, Vec<Judged>) {
        let mut state = Try::default();
        let judged = (0..).zip(attempts).map(|(now, tried)| {
            assert_eq!(matches!(tried, Tried::Looked(_)), state.look_first.is_some(), "{state:?}");
            judge(&mut state, call, tried, now)
        });
        let judged = judged.collect();
        (state, judged)
    }

    fn again(wait: Option<Duration>) -> Judged {
        Judged::Again { wait, look: false }
    }

    fn look(wait: Option<Duration>) -> Judged {
        Judged::Again { wait, look: true }
    }

    fn check_end(judged: &Judged, kind: CallErrorKind, effect: Effect, n_attempts: u32) {
        let Judged::Failed(error) = judged else { panic!("{judged:?}") };
        assert_eq!((error.kind, error.effect, error.n_attempts), (kind, effect, n_attempts));
    }

    fn check_receipt(judged: &Judged, how: How, n_attempts: u32) {
        let Judged::Done(receipt) = judged else { panic!("{judged:?}") };
        assert_eq!((receipt.how, receipt.n_attempts), (how, n_attempts));
    }

    #[test]
    fn a_create_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() {
        for kind in [LOST, CallErrorKind::Unavailable { retry_after: None }] {
            let attempts = vec![failed(kind), Tried::Looked(Ok(Found::Nothing)), answered()];
            let (_, judged) = story(&create("k"), attempts);
            assert_eq!(judged[..2], [look(Some(SECOND)), again(None)], "{kind:?}");
            check_receipt(&judged[2], How::Fresh, 2);
        }
        let (state, judged) = story(&create("k"), vec![failed(LOST)]);
        assert_eq!(judged, [look(Some(SECOND))]);
        assert!(state.in_doubt);
    }

    #[test]
    fn what_a_look_finds_after_a_lost_answer_was_made_by_us_and_after_a_refusal_was_not() {
        let found = || Tried::Looked(Ok(Found::AsWanted(grant())));
        let (_, judged) = story(&create("k"), vec![failed(LOST), found()]);
        check_receipt(&judged[1], How::Fresh, 1);
        let (_, judged) = story(&create("k"), vec![failed(CONFLICT), found()]);
        assert_eq!(judged[0], look(None), "a refusal is looked into at once");
        check_receipt(&judged[1], How::AlreadySo, 1);
        let so = Tried::Looked(Ok(Found::AsWanted(Made::Nothing)));
        let (_, judged) = story(&update("k"), vec![failed(LOST), so]);
        check_receipt(&judged[1], How::AlreadySo, 1);
    }

    #[test]
    fn a_refusal_stands_where_nothing_is_found_even_after_an_attempt_that_was_lost() {
        let nothing = || Tried::Looked(Ok(Found::Nothing));
        let (_, judged) = story(&create("k"), vec![failed(INVALID), nothing()]);
        check_end(&judged[1], INVALID, Effect::None, 1);
        let (_, judged) = story(&create("k"), vec![failed(LOST), nothing(), failed(INVALID), nothing()]);
        check_end(&judged[3], INVALID, Effect::None, 2);
    }

    #[test]
    fn a_look_that_fails_is_repeated_and_the_call_is_not_sent_meanwhile() {
        let unwell = || Tried::Looked(Err(error(CallErrorKind::Unavailable { retry_after: None })));
        let attempts = vec![failed(LOST), unwell(), unwell(), Tried::Looked(Ok(Found::Nothing))];
        let (_, judged) = story(&create("k"), attempts);
        assert_eq!(judged, [look(Some(SECOND)), look(Some(SECOND)), look(Some(SECOND)), again(None)]);
        let refused = Tried::Looked(Err(error(CallErrorKind::Unauthorized)));
        let (_, judged) = story(&create("k"), vec![failed(LOST), refused]);
        check_end(&judged[1], CallErrorKind::Unauthorized, Effect::Unknown, 1);
    }

    #[test]
    fn when_the_patience_is_over_a_lost_call_is_looked_for_once_more_and_nothing_is_sent() {
        let judge = |state: &mut Try, tried, now| judge(state, &create("k"), tried, now);
        for (found, kind, effect) in
            [(Ok(Found::Nothing), LOST, Effect::None), (Err(error(LOST)), LOST, Effect::Unknown)]
        {
            let mut state = Try::default();
            assert_eq!(judge(&mut state, failed(CallErrorKind::Unreachable), 0), again(Some(SECOND)));
            assert_eq!(judge(&mut state, failed(LOST), 300), look(None));
            check_end(&judge(&mut state, Tried::Looked(found), 301), kind, effect, 2);
        }
    }

    #[test]
    fn a_run_that_stops_ends_what_waits_and_looks_once_for_what_is_in_doubt() {
        let (mut state, _) = story(&create("k"), vec![failed(CallErrorKind::Unreachable)]);
        let ended = state.stop().expect("it ends");
        assert_eq!((ended.kind, ended.effect), (CallErrorKind::Unreachable, Effect::None));
        let (mut state, _) = story(&delete("k"), vec![failed(LOST)]);
        assert_eq!(state.stop().expect("it ends").effect, Effect::Unknown, "a delete is not looked for");
        let (mut state, _) = story(&create("k"), vec![failed(LOST)]);
        assert_eq!(state.stop(), None);
        let tried = Tried::Looked(Ok(Found::Nothing));
        let judged = judge(&mut state, &create("k"), tried, 1);
        check_end(&judged, LOST, Effect::None, 1);
    }

    #[test]
    fn a_delete_is_sent_again_without_a_look_and_what_is_gone_is_gone() {
        let gone = failed(CallErrorKind::Refused(Refusal::NotFound));
        let (_, judged) = story(&delete("k"), vec![failed(LOST), gone]);
        assert_eq!(judged[0], again(Some(SECOND)));
        check_receipt(&judged[1], How::AlreadySo, 2);
    }

    #[test]
    fn a_taken_key_leads_to_the_next_one_five_times() {
        let taken = || Tried::Looked(Ok(Found::Taken("somebody else's")));
        let mut attempts = Vec::new();
        for _ in 0..6 {
            attempts.extend([failed(CONFLICT), taken()]);
        }
        let (state, judged) = story(&create("k"), attempts);
        let key = AccessGrantKey::new("k");
        let further = (0..5).fold(key, |key, _| key.with_next_ordinal());
        assert_eq!(state.key, Some(further));
        assert!(judged[..11].iter().all(|judged| matches!(judged, Judged::Again { wait: None, .. })));
        check_end(&judged[11], CONFLICT, Effect::None, 6);
    }

    #[test]
    fn an_identity_that_a_refused_grant_left_behind_is_used_by_the_next_attempt() {
        let person = Tried::Looked(Ok(Found::Person("i".into())));
        let (state, judged) = story(&create_for("G", "k", None), vec![failed(LOST), person]);
        assert_eq!((judged[1].clone(), state.person), (again(None), Some("i".into())));
        // A conflict without that is about the identity, too, so another key would not help.
        let nothing = || Tried::Looked(Ok(Found::Nothing));
        let (_, judged) = story(&create_for("G", "k", None), vec![failed(CONFLICT), nothing()]);
        check_end(&judged[1], CONFLICT, Effect::None, 1);
        let (_, judged) = story(&create("k"), vec![failed(CONFLICT), nothing()]);
        assert_eq!(judged[1], again(None));
    }

    #[test]
    fn a_key_that_is_about_to_be_free_is_waited_for() {
        let leaving = Tried::Looked(Ok(Found::Leaving));
        let (_, judged) = story(&create("k"), vec![failed(CONFLICT), leaving, answered()]);
        assert_eq!(judged[..2], [look(None), again(Some(SECOND))]);
    }

    #[test]
    fn one_refused_api_key_ends_a_call_at_once() {
        let (_, judged) = story(&create("k"), vec![failed(CallErrorKind::Unauthorized)]);
        check_end(&judged[0], CallErrorKind::Unauthorized, Effect::None, 1);
    }
}
