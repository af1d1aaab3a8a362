//! Files that cannot be used: a clear word, an exit code, and nothing sent to Seam that could not be recorded.

use std::fs;
use std::process::Command;

use reservation_sync::store::Store;

use super::endurance_hotel::{Holdings, Hotel, Ran, Row};

fn rows() -> Vec<Row> {
    (0..20).map(|number| Row::new(number, number, 2, 3)).collect()
}

/// A run that cannot record: it ends with 1, names the file, says what to do, and sends no write.
#[track_caller]
fn assert_refused(ran: &Ran, words: &[&str]) {
    ran.assert_code(1);
    for word in words.iter().chain(&["hint:"]) {
        assert!(ran.told.contains(word), "`{word}` is missing: {}", ran.told);
    }
}

#[tokio::test]
async fn a_store_that_is_no_database_is_named_before_anything_is_sent() {
    let hotel = Hotel::today(20);
    hotel.write(&rows());
    let sandbox = hotel.sandbox().await;
    fs::write(hotel.path("store.db"), "reservation_key,check_in\n".repeat(500)).expect("written");
    let ran = hotel.run(Some(&sandbox)).await;
    assert_refused(&ran, &["store.db", "damaged or is not a database"]);
    assert_eq!(sandbox.counts().writes(), 0);
}

#[tokio::test]
async fn a_store_that_is_a_folder_is_named_before_anything_is_sent() {
    let hotel = Hotel::today(20);
    hotel.write(&rows());
    let sandbox = hotel.sandbox().await;
    fs::create_dir(hotel.path("store.db")).expect("made");
    let ran = hotel.run(Some(&sandbox)).await;
    assert_refused(&ran, &["store.db"]);
    assert_eq!(sandbox.counts().writes(), 0);
}

/// Nobody, not even root, writes a database that was opened for reading only; so the file's own flag is turned.
#[tokio::test]
async fn a_store_that_cannot_be_written_is_named_before_anything_is_sent() {
    let hotel = Hotel::today(20);
    hotel.write(&rows());
    let sandbox = hotel.sandbox().await;
    let path = hotel.path("store.db");
    hotel.store().await.close().await;
    let mut permissions = fs::metadata(&path).expect("it was made").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).expect("it is ours");
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        // Root writes whatever it likes: nothing can be shown.
        return;
    }
    let ran = hotel.run(Some(&sandbox)).await;
    assert_refused(&ran, &["store.db", "read-only"]);
    assert_eq!(sandbox.counts().writes(), 0);
}

#[tokio::test]
async fn a_store_where_no_file_can_be_made_is_named_before_anything_is_sent() {
    let hotel = Hotel::today(20);
    hotel.write(&rows());
    let sandbox = hotel.sandbox().await;
    let mut command = hotel.command(Some(&sandbox));
    let config = fs::read_to_string(hotel.path("config.toml")).expect("it was written");
    fs::write(
        hotel.path("config.toml"),
        config.replace(hotel.path("store.db").to_str().expect("UTF-8"), "/proc/store.db"),
    )
    .expect("written");
    let ran = Ran::of(command.spawn().expect("the program starts")).await;
    assert_refused(&ran, &["/proc/store.db"]);
    assert_eq!(sandbox.counts().writes(), 0);
}

/// The disk is full after so many kilobytes: whatever was sent was recorded before, and the next run does the rest.
#[tokio::test]
async fn a_disk_that_is_full_stops_the_run_before_anything_is_sent_without_a_record() {
    let hotel = Hotel::today(20);
    let rows = rows();
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    hotel.store().await.close().await;
    let command = hotel.command(Some(&sandbox));
    for n_blocks in [8, 64, 128, 160, 192, 256] {
        // The signal that comes with the limit is ignored, so that writing fails as on a full disk.
        let shell = format!("trap '' XFSZ; ulimit -f {n_blocks}; exec \"$0\" \"$@\"");
        let mut limited = Command::new("sh");
        limited.args(["-c", &shell]).arg(command.get_program()).args(command.get_args()).env_clear();
        limited.env("SEAM_API_KEY", sandbox.api_key()).stdout(std::process::Stdio::piped());
        let ran = Ran::of(limited.stderr(std::process::Stdio::piped()).spawn().expect("`sh` starts")).await;
        let store = hotel.store().await;
        let n_recorded = n_intents(&store).await;
        store.close().await;
        assert!(
            sandbox.counts().writes() <= n_recorded,
            "{} sent, {n_recorded} recorded",
            sandbox.counts().writes()
        );
        if ran.code != 0 {
            assert_refused(&ran, &["store.db"]);
        }
    }
    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
}

/// Calls of all runs of which the store knows that they were about to be sent.
async fn n_intents(store: &Store) -> u64 {
    let mut n_intents = 0;
    for run in store.runs(100).await.expect("the runs") {
        let steps = store.steps(&run.run_id).await.expect("the steps");
        n_intents += steps.iter().filter(|step| step.intent_at.is_some()).count() as u64;
    }
    n_intents
}

#[tokio::test]
async fn a_sandbox_whose_state_cannot_be_used_is_named() {
    type Spoil = fn(&Hotel);
    let cases: [(Spoil, &str); 3] = [
        (|hotel| fs::create_dir(hotel.path("sandbox.json")).expect("made"), "sandbox.json"),
        (|hotel| fs::write(hotel.path("sandbox.json"), "{\"format\":1").expect("written"), "understand"),
        (|hotel| fs::write(hotel.path("sandbox.json.journal"), "").expect("written"), ""),
    ];
    for (spoil, word) in cases {
        let hotel = Hotel::embedded(4);
        hotel.write(&rows()[..4]);
        spoil(&hotel);
        let ran = hotel.run(None).await;
        if word.is_empty() {
            ran.assert_code(0);
        } else {
            assert_refused(&ran, &["sandbox.json", word]);
            assert!(!hotel.path("store.db").exists(), "nothing was begun");
        }
    }
}
