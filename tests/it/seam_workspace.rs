//! What the tests of the client share: settings for a server, sinks that remember, and calls of a small hotel.

use std::sync::Mutex;
use std::time::Duration;

use reservation_sync::event::{Event, EventSink, Listing};
use reservation_sync::model::{Method, SpaceId, Window, WishedCode};
use reservation_sync::plan::{Call, IdentityTarget, Limits, NewIdentity, Policy};
use reservation_sync::seam::{CallError, Credentials, Receipt, SeamReader, SeamSettings, SeamWriter, Watch};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::small_world::{Night, empty_hotel, now, planned};

/// A key that must never be seen again.
pub(crate) const KEY: &str = "seam_testkey1_neverseenagain";

/// Fast, and patient enough for a few retries.
pub(crate) fn settings(base_url: &str) -> SeamSettings {
    SeamSettings {
        base_url: base_url.to_owned(),
        credentials: Credentials::ApiKey(SecretString::from(KEY)),
        limits: Limits {
            requests_per_second: 10_000.0,
            burst: 1_000,
            concurrency: 10,
            door_creates_per_minute: 10,
            door_updates_per_minute: 10,
            door_deletes_per_minute: 20,
        },
        timeout: Duration::from_secs(5),
        patience: Duration::from_secs(20),
    }
}

/// A reader that nobody stops.
pub(crate) fn reader(settings: &SeamSettings) -> SeamReader {
    SeamReader::connect(settings, CancellationToken::new()).expect("good settings")
}

/// A reader of a scripted or emulated Seam.
pub(crate) fn reader_of(base_url: &str) -> SeamReader {
    reader(&settings(base_url))
}

/// Its writer.
pub(crate) fn writer_of(reader: &SeamReader) -> SeamWriter {
    let nothing = Night { rows: Vec::new(), also: Vec::new() };
    let (_, plan) = planned(&nothing, &empty_hotel(), Policy::Sync, now());
    reader.writer(&plan)
}

/// Carries out a call that nobody stops.
pub(crate) async fn perform(writer: &SeamWriter, call: &Call) -> Result<Receipt, CallError> {
    let (cancel, sink) = (CancellationToken::new(), Remember::default());
    writer.perform(call, None, Watch { cancel: &cancel, sink: &sink }).await
}

/// Remembers what it was told.
#[derive(Default)]
pub(crate) struct Remember {
    /// Lists, and how many entries so far.
    pub(crate) listed: Mutex<Vec<(Listing, usize)>>,
    /// Paths, waits, and whether Seam asked for them.
    pub(crate) retried: Mutex<Vec<(String, Duration, bool)>>,
}

impl EventSink for Remember {
    fn emit(&self, event: &Event<'_>) {
        match event {
            Event::Listed { listing, n_so_far } => {
                self.listed.lock().expect("no panic").push((*listing, *n_so_far));
            }
            Event::Retried { path, wait, throttled } => {
                self.retried.lock().expect("no panic").push(((*path).to_owned(), *wait, *throttled));
            }
            _ => {}
        }
    }
}

/// Whole days after the first of December 2026, 15:00Z and 11:00Z.
pub(crate) fn window(arrival: u32, departure: u32) -> Window {
    let at = |day: u32, hour: &str| format!("2026-12-{day:02}T{hour}:00:00Z").parse().expect("an instant");
    Window::new(at(arrival, "15"), at(departure, "11"))
}

/// A new identity.
pub(crate) fn create_identity(key: &str, full_name: &str, email: Option<&str>) -> Call {
    Call::CreateIdentity(new_identity(key, full_name, email))
}

/// Somebody whom Seam does not know yet.
pub(crate) fn new_identity(key: &str, full_name: &str, email: Option<&str>) -> NewIdentity {
    NewIdentity {
        key: key.into(),
        full_name: Some(full_name.into()),
        email: email.map(Into::into),
        phone: None,
    }
}

/// The same grant for a new guest.
pub(crate) fn for_new_guest(mut call: Call, new: NewIdentity) -> Call {
    if let Call::CreateGrant { identity, .. } = &mut call {
        *identity = IdentityTarget::New { identity: Box::new(new), made_by: None };
    }
    call
}

/// A new grant by code.
pub(crate) fn create_grant(key: &str, identity: &str, spaces: &[&SpaceId], window: Window) -> Call {
    Call::CreateGrant {
        key: key.into(),
        identity: IdentityTarget::Known(identity.into()),
        reservation_key: None,
        spaces: spaces.iter().map(|space| (*space).clone()).collect(),
        window,
        methods: [Method::Code].into(),
        code: WishedCode::new("8264"),
        name: "R1".into(),
    }
}
