//! A Seam that is broken or means harm, between the program and the sandbox: nothing is concluded from what it says, and
//! nobody gets a key by it.

use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cli_hotel::{Server, url_config};
use super::cli_program::{Ended, Place};
use super::seam_proxy::{Meddle, Proxy};
use super::seam_script::{Asked, Reply, Script, refusal};
use super::seam_workspace::{create_identity, perform, reader_of, writer_of};

/// The entries of the nth page.
type Entries = Box<dyn Fn(usize) -> Vec<Value> + Send + Sync>;

/// What is wrong, what is answered, and the exit code.
type Case = (&'static str, fn() -> Meddle, i32);

const GRANTS: &str = "/access_grants/list";

/// Runs against a sandbox behind a proxy.
fn run_before(
    server: &Server,
    place: &Place,
    decide: impl Fn(&Asked) -> Meddle + Send + Sync + 'static,
) -> Ended {
    let proxy = Proxy::before(server.sandbox.endpoint(), decide);
    place.write("reservation-sync.toml", &format!("{}timeout = \"2s\"\n", url_config(&proxy.base_url)));
    place.run(&["run", "-vv"])
}

/// Runs once more without the proxy: the lock is free, and all is granted.
fn assert_recovers(server: &Server, place: &Place) {
    place.write("reservation-sync.toml", &url_config(server.sandbox.endpoint()));
    let ended = place.run(&["run"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
}

fn page(entries: &[Value], cursor: Option<&str>) -> Meddle {
    Meddle::json(
        200,
        &json!({"access_grants": entries, "ok": true,
                "pagination": {"has_next_page": cursor.is_some(), "next_page_cursor": cursor}}),
    )
}

#[test]
fn list_without_an_end_ends_the_run_and_gives_the_lock_back() {
    let server = Server::start();
    let place = server.place();
    let one = |number: usize| json!({"access_grant_id": format!("g{number}"), "user_identity_id": "i"});
    let endless: [(&str, Entries); 3] = [
        ("empty pages", Box::new(|_| Vec::new())),
        ("the same page", Box::new(move |_| vec![one(0)])),
        ("ever new entries", Box::new(move |number| vec![one(number)])),
    ];
    for (kind, entries) in endless {
        let n_pages = AtomicUsize::new(0);
        let started = Instant::now();
        let ended = run_before(&server, &place, move |asked| {
            if asked.path != GRANTS {
                return Meddle::Pass;
            }
            let number = n_pages.fetch_add(1, Ordering::Relaxed);
            page(&entries(number), Some(&format!("cursor {number}")))
        });
        assert_eq!(ended.code, 5, "{kind}: {ended:#?}");
        assert!(started.elapsed() < Duration::from_secs(30), "{kind}");
        assert!(ended.stdout.contains("does not end") || ended.stderr.contains("does not end"), "{ended:#?}");
    }
    assert_eq!(server.sandbox.counts().writes(), 0);
    assert_recovers(&server, &place);
    server.stop();
}

#[test]
fn answers_that_are_none_grant_nothing() {
    let server = Server::start();
    let place = server.place();
    let html =
        || Meddle::Say(200, "content-type: text/html\r\n".to_owned(), b"{\"access_grants\": []}".to_vec());
    let huge = || {
        let body = format!("{{\"access_grants\": [], \"x\": \"{}\"}}", "x".repeat(65 * 1024 * 1024));
        Meddle::Say(200, "content-type: application/json\r\n".to_owned(), body.into_bytes())
    };
    let other_workspace = || {
        page(&[json!({"access_grant_id": "g", "workspace_id": "99999999-9999-4999-8999-999999999999"})], None)
    };
    let circle = || page(&[], Some("again"));
    let not_ok = || Meddle::json(200, &json!({"access_grants": [], "ok": false}));
    let odd_end = || {
        let pagination = json!({"has_next_page": "true", "next_page_cursor": "c"});
        Meddle::json(200, &json!({"access_grants": [], "ok": true, "pagination": pagination}))
    };
    let no_list = || Meddle::json(200, &json!({"access_grants": {}, "ok": true}));
    let cases: [Case; 8] = [
        ("html", html, 1),
        ("huge", huge, 1),
        ("other workspace", other_workspace, 12),
        ("circle", circle, 1),
        ("not ok", not_ok, 1),
        ("odd end", odd_end, 1),
        ("no list", no_list, 1),
        ("no end of the body", || Meddle::Drip, 5),
    ];
    for (kind, answer, code) in cases {
        let ended = run_before(
            &server,
            &place,
            move |asked| {
                if asked.path == GRANTS { answer() } else { Meddle::Pass }
            },
        );
        assert_eq!(ended.code, code, "{kind}: {ended:#?}");
    }
    assert_eq!(server.sandbox.counts().writes(), 0);
    assert_recovers(&server, &place);
    server.stop();
}

/// A guest of the desk, whom the source does not know.
fn hotel_with_a_person() -> Server {
    let mut seed = super::sandbox_client::hotel();
    seed["user_identities"] =
        json!([{"user_identity_key": "desk", "full_name": "Eva Lindt", "email_address": "eva@example.com"}]);
    Server::start_with(seed)
}

/// The id of that guest, once the list of identities went by.
#[derive(Clone, Default)]
struct Person(Arc<Mutex<String>>);

impl Person {
    fn note(&self) -> Meddle {
        let id = Arc::clone(&self.0);
        Meddle::change(move |answer| {
            let identities = answer["user_identities"].as_array().expect("a list");
            if let Some(person) = identities.iter().find(|identity| identity["user_identity_key"] == "desk") {
                person["user_identity_id"]
                    .as_str()
                    .expect("an id")
                    .clone_into(&mut id.lock().expect("no panic"));
            }
        })
    }

    /// The call as a Seam carries it out that knows that guest by the contact.
    fn instead(&self, asked: &Asked) -> Meddle {
        let mut body = asked.body.clone();
        body.as_object_mut().expect("a grant").remove("user_identity");
        body["user_identity_id"] = json!(*self.0.lock().expect("no panic"));
        Meddle::Instead(body)
    }
}

#[test]
fn grant_for_another_person_is_deleted_and_sent_once_without_contacts() {
    let server = hotel_with_a_person();
    let place = server.place();
    let person = Person::default();
    let proxy = Proxy::before(server.sandbox.endpoint(), move |asked| match asked.path.as_str() {
        "/user_identities/list" => person.note(),
        "/access_grants/create" if asked.body["user_identity"].get("email_address").is_some() => {
            person.instead(asked)
        }
        _ => Meddle::Pass,
    });
    place.write("reservation-sync.toml", &url_config(&proxy.base_url));
    let ended = place.run(&["run", "-vv"]);
    let creates: Vec<Value> = proxy
        .asked()
        .into_iter()
        .filter(|asked| asked.path == "/access_grants/create")
        .map(|a| a.body)
        .collect();
    // The stay with an e-mail address twice, the other once.
    assert_eq!(creates.len(), 3, "{creates:#?}");
    let again: Vec<&Value> = creates.iter().filter(|body| body["name"] == "R1001").collect();
    assert!(again[0]["user_identity"]["email_address"].is_string(), "{again:#?}");
    assert!(again[1]["user_identity"].get("email_address").is_none(), "{again:#?}");
    assert_eq!(again[1]["user_identity"]["full_name"], "Ana Sousa");
    assert_eq!(proxy.n_calls("/access_grants/delete"), 1);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let again = place.run(&["run"]);
    assert_eq!(again.code, 0, "{again:#?}");
    server.stop();
}

#[test]
fn grant_that_always_goes_to_another_person_fails_the_stay() {
    let server = hotel_with_a_person();
    let place = server.place();
    let person = Person::default();
    let ended = run_before(&server, &place, move |asked| match asked.path.as_str() {
        "/user_identities/list" => person.note(),
        "/access_grants/create" => person.instead(asked),
        _ => Meddle::Pass,
    });
    assert_eq!(ended.code, 3, "{ended:#?}");
    assert!(ended.stdout.contains("another person"), "{ended:#?}");
    let counts = server.sandbox.counts();
    let n = |path: &str| counts.requests.get(path).copied().unwrap_or_default();
    assert_eq!((n("/access_grants/create"), n("/access_grants/delete")), (3, 3), "all that was made is gone");
    assert_recovers(&server, &place);
    server.stop();
}

#[test]
fn grant_that_stood_there_before_is_left_alone() {
    let server = hotel_with_a_person();
    let place = server.place();
    let first = place.run(&["run"]);
    assert_eq!(first.code, 0, "{first:#?}");
    place.write("reservations.csv", &format!("{}{}", place.read("reservations.csv"), extra_stay()));
    let ended = run_before(&server, &place, move |asked| {
        if asked.path == "/access_grants/create" {
            // An answer that is an older grant, of somebody else.
            return Meddle::json(200, &json!({"access_grant": older_grant(), "ok": true}));
        }
        if asked.path == GRANTS {
            return Meddle::change(|answer| {
                answer["access_grants"].as_array_mut().expect("a list").push(older_grant());
            });
        }
        Meddle::Pass
    });
    assert_eq!(ended.code, 3, "{ended:#?}");
    let deletes = server.sandbox.counts().requests.get("/access_grants/delete").copied();
    assert_eq!(deletes.unwrap_or_default(), 0, "{ended:#?}");
    server.stop();
}

fn older_grant() -> Value {
    json!({"access_grant_id": "77777777-7777-4777-8777-777777777777", "access_grant_key": "desk:1",
           "user_identity_id": "66666666-6666-4666-8666-666666666666", "space_ids": [],
           "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z", "requested_access_methods": []})
}

fn extra_stay() -> String {
    let day = |hours: i64| {
        let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours);
        then.strftime("%Y-%m-%d").to_string()
    };
    format!("R1009,confirmed,102,{},{},G19,Rosa Lima,,\n", day(24 * 20), day(24 * 22))
}

/// What says nothing, by the paths of calls that are not answered, and the path of the source.
type Silent = (&'static str, fn(&str) -> bool, &'static str);

/// How a job that reads for ever is ended, and its exit code.
const ENDINGS: [(&str, i32); 4] = [("-INT", 130), ("-TERM", 143), ("-HUP", 143), ("", 10)];

fn end(mut child: Child, proxy: &Proxy, n_before: usize, signal: &str, code: i32, kind: &str) {
    if !signal.is_empty() {
        // It is in the middle of reading once it has asked for something.
        while proxy.asked().len() == n_before {
            std::thread::yield_now();
        }
        let sent = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.expect("`kill` runs").success());
    }
    let started = Instant::now();
    // Waiting for a child would close its standard input.
    let _says_nothing = child.stdin.take();
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(code), "{kind} {signal}");
    assert!(started.elapsed() < Duration::from_secs(15), "{kind} {signal}");
}

#[test]
fn reading_ends_by_signals_and_by_max_duration() {
    let server = Server::start();
    let before = |silent: fn(&str) -> bool| {
        Proxy::before(server.sandbox.endpoint(), move |asked| {
            if silent(&asked.path) { Meddle::Drip } else { Meddle::Pass }
        })
    };
    let cases: [Silent; 4] = [
        ("a pipe", |_| false, "pipe"),
        ("standard input", |_| false, "-"),
        ("Seam's list", |path| path == GRANTS, "reservations.csv"),
        ("the first contact", |_| true, "reservations.csv"),
    ];
    for (kind, silent, path) in cases {
        let (proxy, place) = (before(silent), server.place());
        let made = std::process::Command::new("mkfifo").arg(place.path("pipe")).status();
        assert!(made.expect("it is installed").success());
        let config = url_config(&proxy.base_url).replace("patience = \"1s\"", "patience = \"10m\"");
        let config = config.replace("path = \"reservations.csv\"", &format!("path = \"{path}\""));
        place.write("reservation-sync.toml", &config);
        for (signal, code) in ENDINGS {
            let flags: &[&str] = if signal.is_empty() { &["run", "--max-duration", "1s"] } else { &["run"] };
            let mut command = place.command(flags);
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let n_before = proxy.asked().len();
            end(command.spawn().expect("it starts"), &proxy, n_before, signal, code, kind);
        }
        // The lock was given back each time.
        place.write("reservation-sync.toml", &url_config(server.sandbox.endpoint()));
        let ended = place.run(&["run"]);
        assert_eq!(ended.code, 0, "{kind}: {ended:#?}");
    }
    server.stop();
}

#[tokio::test]
async fn identity_that_is_another_person_is_refused() {
    let call = create_identity("pms:G1", "Ana Sousa", Some("ana@example.com"));
    let shown = |identity: &Value| Reply::Json(200, json!({"user_identity": identity, "ok": true}));
    let not_there = || refusal(404, "user_identity_not_found", "no");
    for (identity, is_taken) in [
        (json!({"user_identity_id": "i1", "user_identity_key": "pms:G1", "full_name": "ana sousa"}), true),
        (json!({"user_identity_id": "i1"}), true),
        (json!({"user_identity_id": "i9", "user_identity_key": "desk"}), false),
        (json!({"user_identity_id": "i9", "user_identity_key": "pms:G1", "full_name": "Eva Lindt"}), false),
        (
            json!({"user_identity_id": "i9", "user_identity_key": "pms:G1", "email_address": "eva@example.com"}),
            false,
        ),
    ] {
        let script = Script::serve([
            ("/user_identities/create", shown(&identity)),
            ("/user_identities/get", not_there()),
        ])
        .await;
        let performed = perform(&writer_of(&reader_of(&script.base_url)), &call).await;
        assert_eq!(performed.is_ok(), is_taken, "{identity}: {performed:?}");
    }
}
