//! The configuration after everything was checked.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;

use crate::mapping::MappingSettings;
use crate::model::{Owner, WorkspaceId};
use crate::plan::{GuardSettings, Limits, PlanSettings};
use crate::source::SourceSettings;
use crate::store::StoreSettings;

/// Everything a run is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file that it was read from, as it was named.
    pub path: PathBuf,
    /// What the mapping is told.
    pub mapping: MappingSettings,
    /// What the planner is told.
    pub plan: PlanSettings,
    /// What the source is told.
    pub source: SourceSettings,
    /// When to stop and ask.
    pub guards: GuardSettings,
    /// How Seam is reached.
    pub seam: SeamSettings,
    /// Where the record is kept.
    pub store: StoreSettings,
    /// What makes it the owner of its namespace.
    pub owner: Owner,
    /// A hash of the keys that decide what is planned; a saved plan holds only under the same (RULES 34).
    pub digest: String,
}

/// Which Seam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The embedded emulator.
    Sandbox {
        /// The workspace it starts with.
        seed: Option<PathBuf>,
        /// Where it keeps what was done.
        state: PathBuf,
        /// A clock that stands still (RULES 38).
        now: Option<Timestamp>,
    },
    /// A server, by its address.
    Url(String),
}

/// What Seam knows us by.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An API key, which belongs to one workspace.
    ApiKey(SecretString),
    /// A token of a person, for one of their workspaces.
    PersonalAccessToken {
        /// The token.
        token: SecretString,
        /// The workspace.
        workspace_id: String,
    },
}

/// How Seam is reached.
#[derive(Debug, Clone)]
pub struct SeamSettings {
    /// Which Seam.
    pub endpoint: Endpoint,
    /// What it knows us by; always `None` for the embedded emulator.
    pub credentials: Option<Credentials>,
    /// The workspace that the environment names, whatever the credential is; always `None` for the embedded emulator.
    pub workspace_id: Option<WorkspaceId>,
    /// How fast it may be asked.
    pub limits: Limits,
    /// Of one request.
    pub timeout: Duration,
    /// How long one call, or the first contact, is retried.
    pub patience: Duration,
}

/// A server is to be asked, and nothing says who we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key for Seam: neither SEAM_API_KEY nor SEAM_API_KEY_FILE is set")]
pub struct MissingCredentials;

impl MissingCredentials {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "set SEAM_API_KEY, or SEAM_API_KEY_FILE, or SEAM_PERSONAL_ACCESS_TOKEN with SEAM_WORKSPACE_ID; \
         endpoint = \"sandbox\" in [seam] needs none"
    }
}

impl SeamSettings {
    /// The credentials, for a verb that talks to a server.
    pub fn require_credentials(&self) -> Result<&Credentials, MissingCredentials> {
        self.credentials.as_ref().ok_or(MissingCredentials)
    }
}
