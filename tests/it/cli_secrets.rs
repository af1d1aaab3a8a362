//! No output, log, report or record holds a key, a PIN, or, outside of the reports, anything about a person.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use super::cli_hotel::{STAYS, Server, place, sandbox_config, url_config};
use super::cli_program::{Ended, Place};
use super::seam_proxy::{Meddle, Proxy};
use super::seam_script::Asked;

const KEY: &str = "seam_test9Qx_4kD0vZr7mB2sW8yT";

/// Everything the program wrote, by where it is; the input and the sandbox's own files are not its output.
fn written(place: &Place, ended: &[&Ended]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    for (position, Ended { code: _, stdout, stderr }) in ended.iter().enumerate() {
        all.push((format!("stdout {position}"), stdout.clone().into_bytes()));
        all.push((format!("stderr {position}"), stderr.clone().into_bytes()));
    }
    for entry in fs::read_dir(place.path("")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let is_input =
            ["reservations.csv", "reservation-sync.toml", "workspace.json", "key"].contains(&&*name);
        if !is_input && !name.starts_with("sandbox.json") {
            all.push((name, fs::read(path).expect("a file")));
        }
    }
    all
}

fn assert_nowhere(secret: &str, written: &[(String, Vec<u8>)]) {
    for (place, bytes) in written {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "`{secret}` in {place}: {}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_key_is_nowhere_whether_it_is_good_or_refused() {
    let server = Server::start();
    let mut place = server.place();
    let flags = ["run", "-vv", "--log-format", "json", "--report", "json=r.json", "--report", "text=r.txt"];
    let good = place.run(&flags);
    place.set("SEAM_API_KEY", KEY);
    let refused = place.run(&flags);
    assert_eq!((good.code, refused.code), (0, 7), "{refused:#?}");
    let written = written(&place, &[&good, &refused]);
    assert!(written.iter().any(|(name, bytes)| name == "reservation-sync.db" && !bytes.is_empty()));
    assert_nowhere(KEY, &written);
    assert_nowhere(server.sandbox.api_key(), &written);
    server.stop();
}

#[test]
fn a_key_in_a_file_or_in_a_broken_configuration_is_not_shown() {
    let mut place = place();
    let endpoint = "https://127.0.0.1:9";
    let config = |more: &str| format!("{}{more}", url_config(endpoint));
    for (config, code) in [
        (config(&format!("api_key = \"{KEY}\"\n")), 78),
        (config(&format!("[seam.auth]\nkey = \"{KEY}\"\n")), 78),
        (config(&format!("burst = \"{KEY}\"\n")), 78),
        (config("burst = \"${SEAM_API_KEY}\"\n"), 78),
        (config(&format!("api_key = \"{KEY}\n")), 78),
        (url_config("${SEAM_API_KEY}"), 78),
        (url_config(&format!("https://{KEY}@127.0.0.1:9")), 78),
        (config("").replace("namespace = \"pms\"", "namespace = \"${SEAM_API_KEY}!\""), 78),
        (config(""), 5),
    ] {
        place.write("reservation-sync.toml", &config);
        place.write("key", KEY);
        place.set("SEAM_API_KEY", KEY);
        let ended = place.run(&["run", "-vv", "--report", "json=r.json"]);
        assert_eq!(ended.code, code, "{config}\n{ended:#?}");
        assert_nowhere(KEY, &written(&place, &[&ended]));
    }
    place.set("SEAM_API_KEY", "").set("SEAM_API_KEY_FILE", "key");
    let ended = place.run(&["run", "-vv"]);
    assert_eq!(ended.code, 5, "{ended:#?}");
    assert_nowhere(KEY, &written(&place, &[&ended]));
}

#[test]
fn a_pin_is_nowhere_and_a_person_only_in_the_reports() {
    let place = place();
    place.write("reservation-sync.toml", &sandbox_config());
    let run = place.run(&["run", "-vv", "--report", "json=report.json"]);
    place.write("reservations.csv", &STAYS.replace("Ana Sousa", "Ana Prado").replace("12-07", "12-08"));
    let again = place.run(&["run", "-vv"]);
    let shown = place.run(&["show", "last", "-vv"]);
    assert_eq!((run.code, again.code, shown.code), (0, 0, 0), "{again:#?}");
    assert_nowhere("471147", &written(&place, &[&run, &again, &shown]));
    let logs = [&run, &again, &shown].map(|ended| ("the log".to_owned(), ended.stderr.clone().into_bytes()));
    assert!(run.stdout.contains("Ana Sousa") && place.read("report.json").contains("Rui Lopes"), "{run:#?}");
    for person in ["Ana", "Sousa", "Rui", "ana.sousa@example.com"] {
        assert_nowhere(person, &logs);
    }
    assert_nowhere("ana.sousa@example.com", &written(&place, &[&run, &again, &shown]));
}

/// The head of a request as a proxy could repeat it.
const SPELLINGS: [fn(&str) -> String; 8] = [
    str::to_owned,
    |head| head.bytes().fold(String::new(), |said, byte| format!("{said}%{byte:02X}")),
    |head| head.bytes().fold(String::new(), |said, byte| format!("{said}%{byte:02x}")),
    |head| head.replace('_', "%5f").replace(' ', "+"),
    |head| STANDARD.encode(head),
    |head| STANDARD_NO_PAD.encode(format!("x{head}")),
    |head| URL_SAFE.encode(format!("xx{head}")),
    |head| head.bytes().fold(String::new(), |said, byte| format!("{said}\\u{byte:04x}")),
];

/// A proxy's page, as text and in Seam's own form, under a status.
fn echo(asked: &Asked, status: u16, spell: fn(&str) -> String, in_json: bool) -> Meddle {
    let line = asked.head.lines().find(|line| line.starts_with("authorization")).unwrap_or_default();
    let said = spell(line);
    if in_json {
        let body =
            format!("{{\"error\":{{\"type\":\"bad_gateway\",\"message\":\"no way: {said}\"}},\"ok\":false}}");
        Meddle::Say(
            status,
            format!(
                "content-type: application/json\r\nseam-request-id: {}\r\n",
                spell(line.rsplit(' ').next().unwrap_or_default())
            ),
            body.into_bytes(),
        )
    } else {
        let location = format!("content-type: text/plain\r\nlocation: http://127.0.0.1:9/{}\r\n", spell("x"));
        Meddle::Say(status, location, format!("no way: {said}").into_bytes())
    }
}

fn assert_no_spelling(secret: &str, written: &[(String, Vec<u8>)]) {
    for spell in SPELLINGS {
        assert_nowhere(&spell(secret), written);
    }
    // What Base64 makes of it depends on what stands before it.
    for before in ["", "x", "xx"] {
        let encoded = STANDARD_NO_PAD.encode(format!("{before}{secret}"));
        assert_nowhere(&encoded[4..encoded.len() - 4], written);
    }
}

#[test]
fn key_that_a_proxy_repeats_is_nowhere() {
    let server = Server::start();
    let place = server.place();
    let key = server.sandbox.api_key().to_owned();
    let verbs: [&[&str]; 9] = [
        &["plan", "-o", "p.json", "--report", "html=r.html"],
        &["run", "--report", "json=r.json", "--report", "markdown=r.md", "--report", "csv=r.csv"],
        &["run", "--log-format", "json", "--format", "json"],
        &["check", "--online"],
        &["who", "101"],
        &["explain", "R1001"],
        &["export", "--with-secrets", "codes.csv"],
        &["adopt", "-o", "adopt.csv"],
        &["show", "last"],
    ];
    let everywhere = |_: &Asked| true;
    let at_writes: fn(&Asked) -> bool = |asked| asked.path.ends_with("/create");
    let at_lists: fn(&Asked) -> bool = |asked| asked.path.ends_with("/list");
    for (number, spell) in SPELLINGS.into_iter().enumerate() {
        let which = [everywhere, at_writes, at_lists][number % 3];
        let (status, in_json) = ([502, 400, 302, 401][number % 4], number % 2 == 0);
        let proxy = Proxy::before(server.sandbox.endpoint(), move |asked| {
            if which(asked) { echo(asked, status, spell, in_json) } else { Meddle::Pass }
        });
        place.write("reservation-sync.toml", &url_config(&proxy.base_url));
        // One verb each but for the first spelling: what a verb says of an error is the same for all.
        for verb in verbs.iter().filter(|verb| number == 0 || ["run", "check"].contains(&verb[0])) {
            let ended = place.run(&[verb, &["-vv"][..]].concat());
            assert_no_spelling(&key, &written(&place, &[&ended]));
        }
        assert!(!proxy.asked().is_empty());
    }
    server.stop();
}

#[test]
fn pin_in_what_seam_says_is_nowhere_and_the_key_of_the_stay_is() {
    let server = Server::start();
    let place = server.place();
    let proxy = Proxy::before(server.sandbox.endpoint(), |asked| {
        if asked.path != "/access_grants/create" {
            return Meddle::Pass;
        }
        let key = asked.body["access_grant_key"].as_str().unwrap_or_default();
        let message =
            format!("code=835521 of {key} is taken, see https://seam.example.com/codes/835521?pin=835521");
        Meddle::json(400, &serde_json::json!({"error": {"type": "invalid", "message": message}, "ok": false}))
    });
    place.write("reservation-sync.toml", &url_config(&proxy.base_url));
    let ended = place.run(&["run", "-vv", "--report", "json=r.json", "--report", "html=r.html"]);
    assert_eq!(ended.code, 3, "{ended:#?}");
    let written = written(&place, &[&ended]);
    assert_nowhere("835521", &written);
    assert!(
        ended.stdout.contains("R1001") && ended.stdout.contains("https://seam.example.com/…"),
        "{ended:#?}"
    );
    server.stop();
}

#[test]
fn first_row_of_a_file_without_a_header_is_not_told() {
    let place = place();
    place.write("reservations.csv", STAYS.split_once('\n').expect("a header").1);
    for verb in
        [&["plan"][..], &["run", "-vv"], &["check"], &["check", "--format", "json"], &["explain", "R1001"]]
    {
        let ended = place.run(verb);
        assert_eq!(ended.code, 6, "{ended:#?}");
        for value in ["Ana", "ana.sousa", "471147"] {
            assert_nowhere(value, &written(&place, &[&ended]));
        }
    }
}

#[test]
fn configuration_errors_show_only_the_value_in_question() {
    let place = place();
    for (config, shown, hidden) in [
        ("pass = \"hunter2\"\n", "pass", "hunter2"),
        ("source = { kind = \"hunter2\", user = \"geheim\" }\n", "unknown key", "geheim"),
        ("policy = \"always\"\nnamespace = \"hunter2 !\"\n", "always", "no such text"),
        ("seam = { timeout = \"x\", key = [\"geheim\", \"other\"] }\n", "timeout", "geheim"),
        ("notify = \"hunter2\nx = 1\n", "error", "hunter2"),
    ] {
        place.write("reservation-sync.toml", config);
        let ended = place.run(&["check", "-vv"]);
        assert_eq!(ended.code, 78, "{config}: {ended:#?}");
        assert!(ended.stderr.contains(shown), "{shown}: {ended:#?}");
        assert_nowhere(hidden, &written(&place, &[&ended]));
    }
}
