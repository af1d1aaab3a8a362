//! `config`: the values that hold and where they come from, and the defaults.

use super::cli_hotel::{place, url_config};
use super::cli_program::check;
use super::house::text;

#[test]
fn each_value_is_printed_with_where_it_comes_from() {
    let mut place = place();
    place.write("reservation-sync.toml", &url_config("http://127.0.0.1:9"));
    place.set("SEAM_API_KEY", "seam_test_0123456789");
    let ended = place.run(&["config"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let has = |key: &str, origin: &str| {
        let found =
            ended.stdout.lines().any(|line| line.starts_with(key) && line.ends_with(&format!("# {origin}")));
        assert!(found, "{key} {origin} in\n{}", ended.stdout);
    };
    has("policy = \"sync\"", "file, line 1");
    has("guards.max_delete = \"10%\"", "default");
    has("seam.api_key = \"***\"", "environment, SEAM_API_KEY");
    assert!(!ended.stdout.contains("0123456789"), "{}", ended.stdout);
    // What is printed is a configuration again, but for the key.
    let printed: Vec<&str> = ended.stdout.lines().filter(|line| !line.starts_with("seam.api_key")).collect();
    place.write("printed.toml", &printed.join("\n"));
    check(&place.run(&["check", "-c", "printed.toml"]), 0, &["OK"]);
    let ended = place.run(&["config", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("one JSON document");
    let values = document["values"].as_array().expect("a list");
    let policy = serde_json::json!({ "key": "policy", "value": "\"sync\"", "origin": "file, line 1" });
    assert!(values.contains(&policy), "{document:#}");
}

#[test]
fn a_configuration_with_a_mistake_is_not_printed() {
    let place = place();
    place.write("reservation-sync.toml", "policy = \"sometimes\"\n");
    let ended = place.run(&["config"]);
    assert!(ended.code == 78 && ended.stdout.is_empty() && ended.stderr.contains("policy"), "{ended:#?}");
}

#[test]
fn the_defaults_are_printed_as_they_are_and_need_no_configuration() {
    let ended = super::cli_program::Place::new().run(&["config", "--default"]);
    assert_eq!((ended.code, ended.stdout), (0, text("config/default.toml")));
}
