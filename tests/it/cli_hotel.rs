//! A small hotel for the tests of the command line: a configuration, a source and a workspace, in a folder of its own.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reservation_sync::sandbox::{Recording, Sandbox, SandboxClock, SandboxOptions, Seed, SeedSource};
use serde_json::json;

use super::cli_program::Place;
pub(crate) use super::sandbox_client::NOW;
use super::sandbox_client::hotel;

/// Two good stays.
pub(crate) const STAYS: &str = "\
reservation_key,status,unit,check_in,check_out,guest_key,full_name,email,code
R1001,confirmed,101,2026-12-03,2026-12-06,G10,Ana Sousa,ana.sousa@example.com,471147
R1002,confirmed,102,2026-12-04,2026-12-07,G11,Rui Lopes,,
";

/// The same with a row that cannot be read.
pub(crate) fn stays_and_a_bad_row() -> String {
    format!("{STAYS}R1003,confirmed,102,2026-12-32,2026-12-33,G12,Inês Prado,,\n")
}

pub(crate) const BASE: &str = r#"policy = "sync"
namespace = "pms"

[source]
path = "reservations.csv"
max_age = "none"

[property]
time_zone = "Europe/Lisbon"

[spaces]
key = "room-{unit}"
also = ["lobby"]

[seam]
patience = "1s"
"#;

/// A configuration for the embedded sandbox.
pub(crate) fn sandbox_config() -> String {
    format!("{BASE}endpoint = \"sandbox\"\n\n[seam.sandbox]\nseed = \"workspace.json\"\nnow = \"{NOW}\"\n")
}

/// A configuration for a server.
pub(crate) fn url_config(endpoint: &str) -> String {
    format!("{BASE}endpoint = \"{endpoint}\"\n")
}

/// A folder in which the program finds everything under its default names.
pub(crate) fn place() -> Place {
    let place = Place::new();
    place.write("reservation-sync.toml", &sandbox_config());
    place.write("reservations.csv", STAYS);
    place.write("workspace.json", &hotel().to_string());
    place
}

/// A sandbox in this process, for the program to reach by its address.
pub(crate) struct Server {
    // Before the runtime that serves it.
    pub(crate) sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Starts it on the real clock, as `run` against a server does.
    pub(crate) fn start() -> Self {
        Self::start_with(hotel())
    }

    pub(crate) fn start_with(seed: serde_json::Value) -> Self {
        let seed: Seed = serde_json::from_value(seed).expect("a seed");
        let options = SandboxOptions {
            seed: SeedSource::Document(Box::new(seed)),
            clock: SandboxClock::Real,
            recording: Recording::On,
            ..SandboxOptions::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let sandbox = runtime.block_on(Sandbox::start(options)).expect("the sandbox starts");
        Self { sandbox, runtime }
    }

    /// A workspace that Seam has put to sleep.
    pub(crate) fn suspended() -> Self {
        let mut seed = hotel();
        seed["workspace"] = json!({ "is_suspended": true });
        Self::start_with(seed)
    }

    /// A folder whose configuration leads here, with stays of the coming days and the right key.
    pub(crate) fn place(&self) -> Place {
        let mut place = Place::new();
        place.write("reservation-sync.toml", &url_config(self.sandbox.endpoint()));
        place.write("reservations.csv", &coming_stays());
        place.set("SEAM_API_KEY", self.sandbox.api_key());
        place
    }

    /// Waits until this many calls that write were answered.
    pub(crate) fn wait_for_writes(&self, n_writes: u64) {
        self.runtime.block_on(async {
            while self.sandbox.counts().writes() < n_writes {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }

    pub(crate) fn stop(self) {
        let Self { sandbox, runtime } = self;
        runtime.block_on(sandbox.stop());
    }
}

fn coming_stays() -> String {
    let day =
        |n: i64| (Timestamp::now() + SignedDuration::from_hours(24 * n)).strftime("%Y-%m-%d").to_string();
    STAYS
        .replace("2026-12-03", &day(3))
        .replace("2026-12-04", &day(4))
        .replace("2026-12-06", &day(6))
        .replace("2026-12-07", &day(7))
}
