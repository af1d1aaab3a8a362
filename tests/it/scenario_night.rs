//! One scenario: what the program prints, how it ends, and what Seam has afterwards.
//!
//! The night is lived through twice. The program is run as a user runs it, with the embedded sandbox. Then the same
//! job is done in this process against a sandbox that records, so that every request and every answer is held to
//! Seam's own description, and so that a request that Seam would refuse is seen.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use reservation_sync::config::{self, Credentials, Endpoint, Environment, Settings};
use reservation_sync::event::Silence;
use reservation_sync::mapping::ReservationFilter;
use reservation_sync::report::document::Document;
use reservation_sync::run::{Interrupt, Job, Mode, run};
use reservation_sync::sandbox::{Limits, Recording, Sandbox, SandboxClock, SandboxOptions, SeedSource};
use serde_json::{Value, json};

use super::cli_program::{Ended, Place};
use super::contract::assert_contract;

const CONFIG: &str = "config.toml";
const SOURCE: &str = "reservations.csv";
/// The night before, which makes what Seam has; each is optional.
const EARLIER: [(&str, &str); 2] = [("earlier.toml", CONFIG), ("earlier.csv", SOURCE)];

/// The codes of a run that stops before it writes: by a guard, or because of its source.
pub(crate) const STOPPED: [i32; 2] = [4, 6];

/// Where the scenarios are.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Lives through the night of this name. `UPDATE_SCENARIOS=1` writes down what happens as what is expected.
pub(crate) fn check(name: &str) {
    let night = Night { folder: folder().join(name) };
    let after = night.by_the_program();
    night.by_the_library(&after);
}

pub(crate) struct Night {
    pub(crate) folder: PathBuf,
}

impl Night {
    fn by_the_program(&self) -> Value {
        let place = Place::like(&self.folder);
        if self.lay_out_the_night_before(&place) {
            let ended = place.run(&["run", "--config", CONFIG]);
            assert_eq!(ended.code, 0, "the night before: {ended:#?}");
            self.lay_out_this_night(&place);
        }

        let before = state(&place);
        let planned = place.run(&["plan", "--config", CONFIG, "--report", "json=plan.json"]);
        self.expect("plan.txt", &planned.stdout);
        self.expect("exit", &format!("{}\n", planned.code));
        assert_eq!(state(&place), before, "a plan writes nothing");
        place.report("plan.json");

        let ended = place.run(&["run", "--config", CONFIG, "--report", "json=run.json"]);
        assert_eq!(ended.code, planned.code, "a run ends like its plan: {ended:#?}");
        for item in place.report("run.json")["items"].as_array().expect("a list") {
            let outcome = if item["action"] == "hold" { Value::Null } else { json!("done") };
            assert_eq!(item["outcome"], outcome, "{item:#}");
        }
        let after = state(&place);
        self.expect("seam-after.json", &format!("{after:#}\n"));

        let again = place.run(&["run", "--config", CONFIG, "--report", "json=again.json"]);
        if STOPPED.contains(&ended.code) {
            assert_eq!(after, before, "what stops a run stops it before the first write");
            assert_eq!(place.report("again.json")["calls"]["writes"], 0, "{again:#?}");
        } else {
            assert_nothing_to_change(&again, &place.report("again.json"));
        }
        assert_eq!(again.code, ended.code, "what a person must decide stays: {again:#?}");
        assert_eq!(state(&place), after, "the second run changes nothing");
        after
    }

    fn by_the_library(&self, after: &Value) {
        runtime().block_on(async {
            let place = Place::like(&self.folder);
            let (settings, now) = settings(&place.path(CONFIG));
            let sandbox = recording_sandbox(&place, &settings, now).await;
            if self.lay_out_the_night_before(&place) {
                live(&place, &sandbox).await;
                self.lay_out_this_night(&place);
            }
            live(&place, &sandbox).await;
            let writes = sandbox.counts().writes();
            live(&place, &sandbox).await;
            assert_contract(&sandbox.exchanges());
            let counts = sandbox.counts();
            assert_eq!((counts.n_refusals(), counts.throttled.len()), (0, 0), "{counts:#?}");
            assert_eq!(counts.writes(), writes, "the second run sends no write");
            assert_eq!(sandbox.snapshot(), *after, "in this process as by the program");
            sandbox.stop().await;
        });
    }

    /// Whether there was one.
    pub(crate) fn lay_out_the_night_before(&self, place: &Place) -> bool {
        let there: Vec<_> =
            EARLIER.into_iter().filter(|(earlier, _)| self.folder.join(earlier).exists()).collect();
        for (earlier, name) in &there {
            fs::copy(self.folder.join(earlier), place.path(name)).expect("a copy");
        }
        !there.is_empty()
    }

    pub(crate) fn lay_out_this_night(&self, place: &Place) {
        for (_, name) in EARLIER {
            fs::copy(self.folder.join(name), place.path(name)).expect("a copy");
        }
    }

    fn expect(&self, name: &str, actual: &str) {
        let path = self.folder.join(name);
        if Environment::from_process().get("UPDATE_SCENARIOS").is_some() {
            fs::write(&path, actual).expect("a file is written");
            return;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            expected == actual,
            "{} is not as expected; if it is right, run once with UPDATE_SCENARIOS=1 and read the difference\n\
             --- expected\n{expected}\n--- actual\n{actual}",
            path.display()
        );
    }
}

fn assert_nothing_to_change(again: &Ended, report: &Value) {
    assert!(again.stdout.contains("Nothing is to change.\n"), "{again:#?}");
    for action in ["create", "update", "replace", "revoke", "identities"] {
        assert_eq!(report["counts"][action], 0, "{action}: {again:#?}");
    }
    assert_eq!(report["calls"]["writes"], 0, "{again:#?}");
}

/// What the embedded sandbox of the program has kept.
fn state(place: &Place) -> Value {
    let (_, now) = settings(&place.path(CONFIG));
    let options = SandboxOptions {
        seed: SeedSource::File(place.path("seam-before.json")),
        // Looking must not begin a state that is not there yet.
        state: place.has("sandbox.json").then(|| place.path("sandbox.json")),
        clock: SandboxClock::StartingAt(now),
        ..SandboxOptions::default()
    };
    runtime().block_on(async {
        let sandbox = Sandbox::start(options).await.expect("the sandbox starts");
        let snapshot = sandbox.snapshot();
        sandbox.stop().await;
        snapshot
    })
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn settings(path: &Path) -> (Settings, Timestamp) {
    let settings = config::load(Some(path), &Environment::default())
        .unwrap_or_else(|error| panic!("{}", error.render(config::Colour::Never)));
    let Endpoint::Sandbox { now: Some(now), .. } = settings.seam.endpoint else {
        panic!("a scenario has endpoint = \"sandbox\" and a fixed now");
    };
    (settings, now)
}

pub(crate) async fn recording_sandbox(place: &Place, settings: &Settings, now: Timestamp) -> Sandbox {
    let limits = settings.seam.limits;
    let options = SandboxOptions {
        seed: SeedSource::File(place.path("seam-before.json")),
        clock: SandboxClock::StartingAt(now),
        limits: Some(Limits {
            create_per_minute: Some(limits.door_creates_per_minute),
            update_per_minute: Some(limits.door_updates_per_minute),
            delete_per_minute: Some(limits.door_deletes_per_minute),
            requests_per_second: None,
        }),
        recording: Recording::On,
        ..SandboxOptions::default()
    };
    Sandbox::start(options).await.expect("the sandbox starts")
}

/// The job of a night, against this sandbox.
pub(crate) async fn live(place: &Place, sandbox: &Sandbox) -> Document {
    live_as(place, sandbox, Mode::Run).await
}

/// The same, as far as it is asked for.
pub(crate) async fn live_as(place: &Place, sandbox: &Sandbox, mode: Mode<'_>) -> Document {
    let (mut settings, now) = settings(&place.path(CONFIG));
    sandbox.set_now(now);
    settings.seam.endpoint = Endpoint::Url(sandbox.endpoint().to_owned());
    settings.seam.credentials = Some(Credentials::ApiKey(sandbox.api_key().into()));
    let filter = ReservationFilter::default();
    let interrupt = Interrupt::default();
    let job = Job { now: Some(now), ..Job::new(&settings, mode, &filter, &Silence, &interrupt) };
    let document = run(job).await;
    assert_eq!(
        document.error.is_some(),
        STOPPED.contains(&i32::from(document.exit_code)),
        "{:?}",
        document.error
    );
    document
}
