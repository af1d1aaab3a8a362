//! Nights in a row that nobody wrote down: whatever the bookings become, the doors follow.
//!
//! After each night Seam has to be as if that night had been the first, Seam must have refused nothing on the way, and
//! a second run must find nothing to do. Every reservation has rooms of its own, so that none stands in another's way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reservation_sync::config::{self, Credentials, Endpoint, Environment};
use reservation_sync::event::Silence;
use reservation_sync::mapping::ReservationFilter;
use reservation_sync::report::document::Document;
use reservation_sync::run::{Interrupt, Job, Mode, run};
use reservation_sync::sandbox::Sandbox;
use serde_json::{Value, json};

use super::cli_program::Place;
use super::contract::assert_contract;
use super::sandbox_client::{NOW, id, options};

/// Rooms of the reservations: doors of reservations, smart locks, and some of both.
const ROOMS: u32 = 3;
const RESERVATIONS: u32 = 3;

/// What a night's source and configuration say.
#[derive(Debug, Clone)]
struct Night {
    rows: Vec<Row>,
    also: BTreeSet<&'static str>,
}

#[derive(Debug, Clone)]
struct Row {
    reservation: u32,
    guest: u32,
    rooms: BTreeSet<u32>,
    arrival: i8,
    nights: i8,
    is_cancelled: bool,
}

/// The rows of a guest: the first of a reservation has one room, the second has one or two, and the third moves in the
/// middle of the stay.
fn rows(reservation: u32, guest: u32) -> impl Strategy<Value = Vec<Row>> {
    let rooms = Just((1..=ROOMS).collect::<Vec<u32>>()).prop_shuffle();
    let comes =
        prop::sample::select(vec![Comes::Yes, Comes::Yes, Comes::Yes, Comes::Cancels, Comes::IsAbsent]);
    let n_rooms = 1..=if guest == 2 { 2 } else { 1_usize };
    (rooms, n_rooms, 3..9_i8, 1..5_i8, 1..3_i8, comes).prop_map(
        move |(rooms, n_rooms, arrival, nights, nights_after, comes)| {
            let is_cancelled = comes == Comes::Cancels;
            let row = |rooms: &[u32], arrival, nights| Row {
                reservation,
                guest,
                rooms: rooms.iter().copied().collect(),
                arrival,
                nights,
                is_cancelled,
            };
            match (comes, guest) {
                (Comes::IsAbsent, _) => Vec::new(),
                (_, 3) => {
                    vec![row(&rooms[..1], arrival, nights), row(&rooms[1..2], arrival + nights, nights_after)]
                }
                _ => vec![row(&rooms[..n_rooms], arrival, nights)],
            }
        },
    )
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    Yes,
    Cancels,
    IsAbsent,
}

fn night() -> impl Strategy<Value = Night> {
    let rows: Vec<_> = (1..=RESERVATIONS)
        .flat_map(|reservation| (1..=3).map(move |guest| rows(reservation, guest)))
        .collect();
    let also = prop::collection::btree_set(prop::sample::select(vec!["lobby", "gym", "sauna"]), 0..3);
    (rows, also).prop_map(|(rows, also)| Night { rows: rows.concat(), also })
}

fn workspace() -> Value {
    let mut entrances = vec![
        json!({ "acs_entrance_id": id(1), "name": "Lobby" }),
        json!({ "acs_entrance_id": id(3), "name": "Sauna", "can_belong_to_reservation": true }),
    ];
    let mut devices = vec![json!({ "device_id": id(2), "name": "Gym" })];
    let mut spaces = vec![
        json!({ "space_key": "lobby", "name": "Lobby", "acs_entrance_ids": [id(1)] }),
        json!({ "space_key": "gym", "name": "Gym", "device_ids": [id(2)] }),
        json!({ "space_key": "sauna", "name": "Sauna", "acs_entrance_ids": [id(3)] }),
    ];
    for reservation in 1..=RESERVATIONS {
        for room in 1..=ROOMS {
            let n = reservation * 100 + room;
            let name = format!("Room {n}");
            let mut space = json!({ "space_key": format!("room-{n}"), "name": name });
            // The first reservation has doors of reservations, the second smart locks, the third some of both.
            if reservation == 1 || (reservation == 3 && room < 3) {
                entrances.push(
                    json!({ "acs_entrance_id": id(n), "name": name, "can_belong_to_reservation": true }),
                );
                space["acs_entrance_ids"] = json!([id(n)]);
            } else {
                devices.push(json!({ "device_id": id(n), "name": name }));
                space["device_ids"] = json!([id(n)]);
            }
            spaces.push(space);
        }
    }
    json!({ "entrances": entrances, "devices": devices, "spaces": spaces, "limits": {
        "create_per_minute": null, "update_per_minute": null, "delete_per_minute": null } })
}

impl Night {
    /// Absence is no cancellation, so that a guest of an earlier night who does not come has to be cancelled.
    fn cancel_who_is_absent(&mut self, known: &mut BTreeMap<(u32, u32), Vec<Row>>) {
        let mut tonight: BTreeMap<(u32, u32), Vec<Row>> = BTreeMap::new();
        for row in &self.rows {
            tonight.entry((row.reservation, row.guest)).or_default().push(row.clone());
        }
        for (_, rows) in known.iter_mut().filter(|(guest, _)| !tonight.contains_key(guest)) {
            for row in rows.iter_mut() {
                row.is_cancelled = true;
            }
            self.rows.extend(rows.iter().cloned());
        }
        known.extend(tonight);
    }

    fn lay_out(&self, place: &Place, endpoint: &str) {
        let mut source = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n".to_owned();
        for Row { reservation, guest, rooms, arrival, nights, is_cancelled } in &self.rows {
            let units: Vec<String> =
                rooms.iter().map(|room| (reservation * 100 + room).to_string()).collect();
            let status = if *is_cancelled { "cancelled" } else { "confirmed" };
            let day = jiff::civil::date(2026, 12, *arrival);
            let until = jiff::civil::date(2026, 12, arrival + nights);
            let units = units.join(";");
            writeln!(
                source,
                "R{reservation},{status},{units},{day},{until},G{reservation}{guest},Guest {guest}"
            )
            .expect("a string takes everything");
        }
        place.write("reservations.csv", &source);
        let also: Vec<String> = self.also.iter().map(|space| format!("\"{space}\"")).collect();
        let also = also.join(", ");
        place.write(
            "config.toml",
            &format!(
                r#"policy = "sync"
namespace = "pms"
source.path = "reservations.csv"
source.max_age = "none"
source.whole_reservations = true
property.time_zone = "Europe/Lisbon"
spaces.key = "room-{{unit}}"
spaces.also = [{also}]
guards = {{ max_cancel = "100%", max_update = "100%", max_reject = "100%", max_shrink = "100%" }}
seam.endpoint = "{endpoint}"
seam.requests_per_second = 1000
seam.burst = 1000
seam.per_door_per_minute = {{ create = 6000, update = 6000, delete = 6000 }}
"#
            ),
        );
    }

    async fn live(&self, place: &Place, sandbox: &Sandbox) -> Document {
        self.lay_out(place, sandbox.endpoint());
        let mut settings = config::load(Some(&place.path("config.toml")), &Environment::default())
            .unwrap_or_else(|error| panic!("{}", error.render(config::Colour::Never)));
        settings.seam.endpoint = Endpoint::Url(sandbox.endpoint().to_owned());
        settings.seam.credentials = Some(Credentials::ApiKey(sandbox.api_key().into()));
        let filter = ReservationFilter::default();
        let interrupt = Interrupt::default();
        let now = Some(NOW.parse().expect("an instant"));
        run(Job { now, ..Job::new(&settings, Mode::Run, &filter, &Silence, &interrupt) }).await
    }
}

/// Who may open which spaces when, however many grants that takes.
fn access(sandbox: &Sandbox) -> BTreeMap<(String, String, String), BTreeSet<String>> {
    let mut access: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    for grant in sandbox.snapshot()["access_grants"].as_array().expect("a list") {
        let text = |field: &str| grant[field].as_str().expect("a text").to_owned();
        let spaces = grant["space_keys"].as_array().expect("a list").iter();
        access
            .entry((text("user_identity_key"), text("starts_at"), text("ends_at")))
            .or_default()
            .extend(spaces.map(|space| space.as_str().expect("a key").to_owned()));
    }
    access
}

async fn check(nights: Vec<Night>) -> Result<(), TestCaseError> {
    let place = Place::new();
    let sandbox = Sandbox::start(options(workspace())).await.expect("the sandbox starts");
    let mut known: BTreeMap<(u32, u32), Vec<Row>> = BTreeMap::new();
    for mut night in nights {
        night.cancel_who_is_absent(&mut known);
        let document = night.live(&place, &sandbox).await;
        prop_assert_eq!((document.exit_code, &document.error), (0, &None), "{:#?}", document.items);
        let counts = sandbox.counts();
        prop_assert_eq!(counts.n_refusals(), 0, "{:#?}", counts.refusals);

        let afresh = Sandbox::start(options(workspace())).await.expect("the sandbox starts");
        let place_afresh = Place::new();
        night.live(&place_afresh, &afresh).await;
        prop_assert_eq!(access(&sandbox), access(&afresh));
        afresh.stop().await;

        let writes = sandbox.counts().writes();
        let again = night.live(&place, &sandbox).await;
        prop_assert!(!again.changes_something(), "{:#?}", again.items);
        prop_assert_eq!(sandbox.counts().writes(), writes);
    }
    assert_contract(&sandbox.exchanges());
    sandbox.stop().await;
    Ok(())
}

#[test]
fn after_any_nights_the_doors_are_as_if_the_last_had_been_the_first() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    // The same nights in every run of the test; more of them, and others, by PROPTEST_CASES and PROPTEST_RNG_SEED.
    let environment = Environment::from_process();
    let cases = environment.get("PROPTEST_CASES").and_then(|cases| cases.parse().ok()).unwrap_or(8);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let seed = environment.get("PROPTEST_RNG_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(7_u8);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let nights = prop::collection::vec(night(), 2..5);
    TestRunner::new_with_rng(config, rng)
        .run(&nights, |nights| runtime.block_on(check(nights)))
        .unwrap_or_else(|error| panic!("{error}"));
}
