//! New guests: how many calls their first night takes, and what becomes of them where Seam refuses a grant.

use reservation_sync::sandbox::{Fault, FaultPlan, Limits, Sandbox, ScriptedFault};
use serde_json::Value;

use super::cli_hotel::{BASE, NOW};
use super::cli_program::Place;
use super::endurance_hotel::{Holdings, Hotel, Ran, Row};
use super::sandbox_client::hotel;

/// How often each path was asked.
fn asked(sandbox: &Sandbox) -> Vec<(String, u64)> {
    sandbox.counts().requests.into_iter().collect()
}

#[tokio::test]
async fn first_night_is_one_create_per_guest() {
    const N_GUESTS: u32 = 600;
    let hotel = Hotel::today(N_GUESTS);
    let rows: Vec<Row> = (0..N_GUESTS).map(|number| Row::new(number, number, 2, 3)).collect();
    hotel.write(&rows);
    let sandbox = hotel.sandbox_with(|options| options.limits = Some(Limits::UNLIMITED)).await;
    let run = async || {
        let mut command = hotel.command(Some(&sandbox));
        command.arg("--no-verify");
        Ran::of(command.spawn().expect("the program starts")).await
    };
    let first = run().await;
    first.assert_code(0);
    assert_eq!(first.number("/counts/create"), u64::from(N_GUESTS));
    assert_eq!(first.number("/counts/identities"), u64::from(N_GUESTS));
    assert_eq!(first.number("/calls/writes"), u64::from(N_GUESTS));
    let first_asked = asked(&sandbox);
    // A list of 500 a page: 601 spaces have two pages, 300 entrances and 301 devices one each, nobody else any.
    let reads = |pages_of_what_was_made: u64| {
        vec![
            ("/access_grants/list".to_owned(), pages_of_what_was_made),
            ("/access_grants/unmanaged/list".to_owned(), 1),
            ("/acs/entrances/list".to_owned(), 1),
            ("/devices/list".to_owned(), 1),
            ("/spaces/list".to_owned(), 2),
            ("/user_identities/list".to_owned(), pages_of_what_was_made),
            ("/workspaces/get".to_owned(), 1),
        ]
    };
    let mut expected = reads(1);
    expected.insert(0, ("/access_grants/create".to_owned(), u64::from(N_GUESTS)));
    assert_eq!(first_asked, expected);

    let second = run().await;
    second.assert_code(0);
    assert_eq!((second.number("/calls/writes"), second.n_changes()), (0, 0));
    let mut since = asked(&sandbox);
    for (path, n) in &mut since {
        let before = first_asked.iter().find(|(asked, _)| asked == path).map_or(0, |(_, n)| *n);
        *n -= before;
    }
    since.retain(|(_, n)| *n > 0);
    assert_eq!(since, reads(2), "the second night only reads");
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
    sandbox.stop().await;
}

/// One guest in two reservations, of whom Seam refuses the first grant.
#[tokio::test]
async fn refused_first_grant_does_not_keep_the_next() {
    let hotel = Hotel::today(4).one_at_a_time();
    let first = Row::new(1, 1, 2, 3);
    let next = Row { guest: first.guest.clone(), name: first.name.clone(), ..Row::new(2, 3, 8, 3) };
    let rows = [first, next];
    hotel.write(&rows);
    let sandbox = hotel.sandbox().await;
    let script =
        vec![ScriptedFault { path: "/access_grants/create".to_owned(), call: 1, fault: Fault::Refused }];
    sandbox.set_faults(FaultPlan { script, ..FaultPlan::none() });
    let first = hotel.run(Some(&sandbox)).await;
    first.assert_code(3);
    let counts = ["create", "failed", "skipped", "identities"].map(|n| first.number(&format!("/counts/{n}")));
    assert_eq!(counts, [1, 1, 0, 1], "{}", first.document["counts"]);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows[1..]));

    hotel.run(Some(&sandbox)).await.assert_code(0);
    Holdings::of(&sandbox.snapshot()).assert_are(&hotel.expected(&rows));
    sandbox.stop().await;
}

/// A place whose room 101 refuses every card.
fn refusing_place(switch: &str) -> Place {
    let mut seed = hotel();
    seed["entrances"][0]["reservation_key_required"] = true.into();
    seed["entrances"][0]["can_belong_to_reservation"] = false.into();
    seed["user_identities"] = serde_json::json!([]);
    seed["switches"] = serde_json::json!({"identity_of_refused_grant": switch});
    let place = Place::new();
    let config = BASE.replace("also = [\"lobby\"]", "[grants]\nmethods = [\"card\"]");
    let sandbox = format!(
        "endpoint = \"sandbox\"\n\n[seam.sandbox]\nseed = \"workspace.json\"\nstate = \"sandbox.json\"\nnow = \"{NOW}\"\n"
    );
    place.write("reservation-sync.toml", &format!("{config}{sandbox}"));
    place.write("workspace.json", &seed.to_string());
    place
}

#[test]
fn kept_identity_of_a_refused_grant_is_used_by_the_next_run() {
    for switch in ["dropped", "kept"] {
        let place = refusing_place(switch);
        let head = "reservation_key,status,unit,check_in,check_out,guest_key,full_name,email\n";
        let row = |unit: &str| {
            format!("{head}R1,confirmed,{unit},2026-12-03,2026-12-06,G1,Ana Sousa,ana.sousa@example.com\n")
        };
        place.write("reservations.csv", &row("101"));
        let run = |code: i32, expected: [u64; 3]| {
            let ended = place.run(&["run", "--format", "json"]);
            assert_eq!(ended.code, code, "{switch}: {ended:#?}");
            let report = ended.report();
            let counts = ["create", "failed", "identities"].map(|n| &report["counts"][n]);
            assert_eq!(counts.map(Value::as_u64), expected.map(Some), "{switch}: {}", report["counts"]);
        };
        run(3, [0, 1, 0]);
        run(3, [0, 1, 0]);
        place.write("reservations.csv", &row("102"));
        run(0, [1, 0, u64::from(switch == "dropped")]);
        run(0, [0, 0, 0]);
    }
}
