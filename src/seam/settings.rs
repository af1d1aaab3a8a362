//! What the configuration tells the client.

use std::time::Duration;

use secrecy::SecretString;

use crate::model::WorkspaceId;
use crate::plan::Limits;

/// Who we are to Seam. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// A key that belongs to one workspace.
    ApiKey(SecretString),
    /// A person's token, which needs the workspace beside it.
    PersonalAccessToken {
        /// The token.
        token: SecretString,
        /// The workspace it shall act in.
        workspace: WorkspaceId,
    },
}

/// Everything the client is told.
#[derive(Debug, Clone)]
pub struct SeamSettings {
    /// Where Seam answers, without a path: `https://connect.getseam.com`.
    pub base_url: String,
    /// Who we are.
    pub credentials: Credentials,
    /// The pace.
    pub limits: Limits,
    /// How long one attempt may take, from the first byte sent to the last byte read.
    pub timeout: Duration,
    /// How long one call is retried, counted from its first failure.
    pub patience: Duration,
}
