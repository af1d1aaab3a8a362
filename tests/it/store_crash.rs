//! A run that is killed leaves everything on disk that it was told is there, and its lock to the next.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use reservation_sync::plan::StepId;
use reservation_sync::record::RunState;
use reservation_sync::store::{NewRun, Recorder, RunSelector, StepRecord};

use super::store_place::{HOUR, Place, acquire, namespace, on_both_engines, open, workspace_id};

const URL_VARIABLE: &str = "STORE_OF_THE_RUN_THAT_IS_KILLED";
const RECORDED: &str = "recorded ";

on_both_engines! {
    #[cfg(target_os = "linux")]
    a_killed_run_leaves_what_it_recorded_and_its_lock,
}

/// Not a test: the process that the test below kills. Without its variable it does nothing.
#[expect(clippy::print_stdout, reason = "the other process reads it")]
#[expect(clippy::disallowed_methods, reason = "the variable comes from the test that starts this process")]
#[tokio::test]
#[ignore = "the other half of a_killed_run_leaves_what_it_recorded_and_its_lock"]
async fn record_until_killed() {
    let Ok(url) = std::env::var(URL_VARIABLE) else { return };
    let store = open(&url).await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    store.start_run(&lease, &run).await.expect("the store is writable");
    let recorder = Recorder::start(&store, &lease, &run.run_id);
    for number in 0.. {
        let record = StepRecord {
            step: StepId(number),
            path: "/access_grants/create",
            subject: format!("pms::R{number}:G1:aa"),
            reservation: None,
            wanted: None,
        };
        recorder.intent(&lease, record).await.expect("the lease holds");
        println!("\n{RECORDED}{number}");
    }
}

#[cfg(target_os = "linux")]
async fn a_killed_run_leaves_what_it_recorded_and_its_lock(place: Place) {
    let mut child = Command::new(std::env::current_exe().expect("a test is a program"))
        .args(["--exact", "store_crash::record_until_killed", "--ignored", "--nocapture"])
        .env(URL_VARIABLE, place.url())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this very program");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut told = output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix(RECORDED).and_then(|number| number.parse::<u32>().ok()));
    let last_told = told.find(|number| *number == 50).expect("it counts on and on");
    child.kill().expect("it is ours");
    let last_told = told.last().unwrap_or(last_told);
    child.wait().expect("it was killed");

    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("a dead process holds no lock");
    assert!(lease.is_held());
    let (run, document) = store.run(&RunSelector::Last).await.expect("it was started");
    assert_eq!((run.state, document), (RunState::Interrupted, None));
    let open = store.unfinished(&workspace_id(), &namespace()).await.expect("the store is readable");
    let numbers: Vec<u32> = open.iter().map(|open| open.step.step.0).collect();
    let expected: Vec<u32> = (0..numbers.len()).map(|n| u32::try_from(n).expect("few")).collect();
    assert_eq!(numbers, expected, "none is missing in between");
    assert!(numbers.last() >= Some(&last_told), "{last_told} was told, {:?} is on disk", numbers.last());
}
