//! No output, log, report or record holds a key, a PIN, or, outside of the reports, anything about a person.

use std::fs;

use super::cli_hotel::{STAYS, Server, place, sandbox_config, url_config};
use super::cli_program::{Ended, Place};

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
