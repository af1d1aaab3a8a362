//! The Seam that a job talks to: a server by its address, or the embedded sandbox in this process.

use std::net::IpAddr;
use std::path::Path;

use jiff::Timestamp;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::interrupt::Interrupt;
use crate::config::{self, Endpoint};
use crate::model::WorkspaceId;
use crate::plan;
use crate::sandbox::{Limits, Sandbox, SandboxClock, SandboxOptions, SeedSource};
use crate::seam::{Credentials, SeamReader, SeamSettings};

/// A reader of Seam, and the sandbox behind it where there is one.
#[derive(Debug)]
pub struct Connection {
    /// The half that only looks.
    pub reader: SeamReader,
    /// The instant for which the job decides.
    pub now: Timestamp,
    sandbox: Option<Sandbox>,
}

impl Connection {
    /// Starts the sandbox if the configuration asks for it; sends nothing yet. `now` goes before the configuration's.
    pub async fn open(
        settings: &config::SeamSettings,
        now: Option<Timestamp>,
        cancel: &CancellationToken,
    ) -> Result<Self, Failure> {
        let (sandbox, base_url, credentials, fixed) = match &settings.endpoint {
            Endpoint::Sandbox { seed, state, now: configured } => {
                let fixed = now.or(*configured);
                let sandbox =
                    Sandbox::start(options(seed.as_deref(), state, fixed, &settings.limits)).await?;
                let base_url = sandbox.endpoint().to_owned();
                let credentials = Credentials::ApiKey(SecretString::from(sandbox.api_key().to_owned()));
                (Some(sandbox), base_url, credentials, fixed)
            }
            Endpoint::Url(base_url) => {
                let credentials = credentials(settings.require_credentials()?);
                if sends_in_clear(base_url) {
                    tracing::warn!(
                        "the endpoint is http, so the API key and the guests' contacts can be read on the way; \
                         write https unless the network is yours"
                    );
                }
                (None, base_url.clone(), credentials, now)
            }
        };
        let reader = SeamReader::connect(
            &SeamSettings {
                base_url,
                credentials,
                limits: settings.limits,
                timeout: settings.timeout,
                patience: settings.patience,
            },
            cancel.clone(),
        )?;
        Ok(Self { reader, now: fixed.unwrap_or_else(Timestamp::now), sandbox })
    }

    /// Whether it leads to the sandbox of this process.
    pub(super) fn is_embedded(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Ends it; a failure of work that a signal has stopped is told as that.
    pub(super) async fn finish<T>(
        self,
        result: Result<T, Failure>,
        interrupt: &Interrupt,
    ) -> Result<T, Failure> {
        self.close().await;
        result.map_err(|failure| match interrupt.exit_code() {
            Some(exit_code) => Failure::interrupted(exit_code, Some(failure)),
            None => failure,
        })
    }

    /// Ends the sandbox, if there is one, after its calls in flight.
    pub async fn close(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
    }
}

/// The embedded sandbox keeps the limits that the configuration knows, so that a job within them is never refused.
fn options(
    seed: Option<&Path>,
    state: &Path,
    now: Option<Timestamp>,
    limits: &plan::Limits,
) -> SandboxOptions {
    SandboxOptions {
        seed: seed.map_or(SeedSource::Empty, |seed| SeedSource::File(seed.to_owned())),
        state: Some(state.to_owned()),
        clock: now.map_or(SandboxClock::Real, SandboxClock::StartingAt),
        limits: Some(Limits {
            create_per_minute: Some(limits.door_creates_per_minute),
            update_per_minute: Some(limits.door_updates_per_minute),
            delete_per_minute: Some(limits.door_deletes_per_minute),
            requests_per_second: None,
        }),
        ..SandboxOptions::default()
    }
}

/// Whether what is sent can be read by others: http, but for this machine itself.
fn sends_in_clear(base_url: &str) -> bool {
    let Some(rest) = base_url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let is_loopback =
        host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    host != "localhost" && !is_loopback
}

fn credentials(configured: &config::Credentials) -> Credentials {
    match configured {
        config::Credentials::ApiKey(key) => Credentials::ApiKey(key.clone()),
        config::Credentials::PersonalAccessToken { token, workspace_id } => {
            Credentials::PersonalAccessToken {
                token: token.clone(),
                workspace: WorkspaceId::new(workspace_id),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_to_another_machine_is_in_clear() {
        for (base_url, expected) in [
            ("https://connect.getseam.com", false),
            ("http://connect.getseam.com", true),
            ("http://sandbox:8080/v1", true),
            ("http://10.0.0.7", true),
            ("http://127.0.0.1:8080", false),
            ("http://127.0.0.53", false),
            ("http://[::1]:8080", false),
            ("http://localhost:8080/", false),
            ("http://localhost.example.com", true),
        ] {
            assert_eq!(sends_in_clear(base_url), expected, "{base_url}");
        }
    }
}
