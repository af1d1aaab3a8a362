//! What the program tells a person to type works when it is typed (RULES 27).

use std::fs;

use super::cli_program::{Ended, Place};
use super::scenario_night::folder;

/// A hotel of twelve stays that were carried out, with its rows by now as `change` makes them.
fn after_a_night(config: &str, change: impl Fn(usize, &str) -> Option<String>) -> Place {
    let place = Place::like(&folder().join("stay-vanishes-from-the-file"));
    fs::rename(place.path("config.toml"), place.path(config)).expect("the scenario has it");
    let all = place.read("earlier.csv");
    place.write("reservations.csv", &all);
    let first = place.run(&["run", "-c", config]);
    assert_eq!(first.code, 0, "{first:#?}");
    let mut lines = all.lines().enumerate();
    let header = lines.next().expect("a header").1.to_owned();
    let rows = lines.filter_map(|(n, row)| change(n, row));
    let rows: Vec<String> = std::iter::once(header).chain(rows).collect();
    place.write("reservations.csv", &(rows.join("\n") + "\n"));
    place
}

/// Six of twelve are cancelled.
fn half_is_cancelled(config: &str) -> Place {
    after_a_night(config, |n, row| {
        Some(if n <= 6 { row.replace("confirmed", "cancelled") } else { row.to_owned() })
    })
}

/// The only command that was printed.
fn the_command(ended: &Ended) -> String {
    let commands = ended.commands();
    assert_eq!(commands.len(), 1, "{ended:#?}");
    commands[0].clone()
}

const CANCELLED: &str = "reservation-sync run -c config.toml --allow max_cancel=6 --reason \"…\"";

#[test]
fn remedy_of_guard_works_in_each_format() {
    let place = half_is_cancelled("config.toml");
    let plan = |format: &str| place.run(&["plan", "-c", "config.toml", "--format", format]);
    assert_eq!(the_command(&plan("text")), CANCELLED);
    assert_eq!(the_command(&plan("markdown")), CANCELLED);
    let page = plan("html").stdout;
    assert!(page.contains(&format!("<code>{}</code>", CANCELLED.replace('"', "&#34;"))), "{page}");
    let report = plan("json").report();
    let guards = report["guards"].as_array().expect("a list");
    let allow: Vec<_> =
        guards.iter().filter(|guard| guard["tripped"] == true).map(|guard| &guard["allow"]).collect();
    assert_eq!(allow, [CANCELLED]);
    let hint = report["error"]["hint"].as_str().expect("a hint");
    assert_eq!(hint.lines().last(), Some(CANCELLED));
    let done = place.type_line(CANCELLED);
    assert_eq!(done.code, 0, "{done:#?}");
    assert!(done.stdout.contains("6 revoked"), "{done:#?}");
}

#[test]
fn remedy_keeps_configuration_filter_and_budget() {
    let place = half_is_cancelled("my hotel's.toml");
    let flags = ["run", "-c", "my hotel's.toml", "--exclude", "R1001", "--max-changes", "4"];
    let stopped = place.run(&flags);
    assert_eq!(stopped.code, 4, "{stopped:#?}");
    let command = the_command(&stopped);
    assert_eq!(
        command,
        r#"reservation-sync run -c 'my hotel'\''s.toml' --exclude R1001 --max-changes 4 --allow max_cancel=5 --reason "…""#
    );
    let done = place.type_line(&command);
    assert!(done.code == 8 && done.stdout.contains("4 revoked"), "{done:#?}");
}

#[test]
fn remedy_of_saved_plan_saves_it() {
    let place = half_is_cancelled("config.toml");
    let stopped = place.run(&["plan", "-c", "config.toml", "-o", "night.json"]);
    assert_eq!(stopped.code, 4, "{stopped:#?}");
    let command = the_command(&stopped);
    assert_eq!(
        command,
        "reservation-sync plan -c config.toml -o night.json --allow max_cancel=6 --reason \"…\""
    );
    let planned = place.type_line(&command);
    assert_eq!(planned.code, 0, "{planned:#?}");
    let applied = place.run(&["apply", "-c", "config.toml", "night.json"]);
    assert!(applied.code == 0 && applied.stdout.contains("6 revoked"), "{applied:#?}");
}

#[test]
fn remedy_of_shrunken_source_is_to_export_again() {
    let place = after_a_night("config.toml", |n, row| (n > 6).then(|| row.to_owned()));
    let stopped = place.run(&["run", "-c", "config.toml"]);
    assert_eq!(stopped.code, 4, "{stopped:#?}");
    let command = the_command(&stopped);
    let told = stopped.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let (advice, rest) = told.split_once("reservation-sync run").expect("the command");
    let words =
        "export again: the source is empty or lacks what it had before; only where that is right, type";
    assert!(advice.trim_end().ends_with(words), "{told}");
    assert!(!rest.contains("export again"), "{told}");
    assert_eq!(command, "reservation-sync run -c config.toml --allow max_shrink=6 --reason \"…\"");
    // More recorded stays are missing than may be revoked, and this is asked apart (RULES 25).
    let stopped = place.type_line(&command);
    let command = the_command(&stopped);
    assert_eq!(
        command,
        "reservation-sync run -c config.toml --allow max_shrink=6 --allow max_delete=6 --reason \"…\""
    );
    let done = place.type_line(&command);
    assert!(done.code == 0 && done.stdout.contains("6 held"), "{done:#?}");
}

#[test]
fn remedy_keeps_what_was_allowed_before() {
    let place = after_a_night("config.toml", |n, row| match n {
        ..=4 => None,
        5..=8 => Some(row.replace("confirmed", "cancelled")),
        _ => Some(row.to_owned()),
    });
    let first = the_command(&place.run(&["run", "-c", "config.toml"]));
    assert_eq!(first, "reservation-sync run -c config.toml --allow max_shrink=4 --reason \"…\"");
    let stopped = place.type_line(&first);
    assert_eq!(stopped.code, 4, "{stopped:#?}");
    let second = the_command(&stopped);
    assert_eq!(
        second,
        "reservation-sync run -c config.toml --allow max_shrink=4 --allow max_cancel=4 --allow max_delete=4 --reason \"…\""
    );
    let done = place.type_line(&second);
    assert!(done.code == 0 && done.stdout.contains("4 revoked"), "{done:#?}");
}

#[test]
fn remedy_of_held_absence_revokes() {
    let place = Place::like(&folder().join("guest-in-house-vanishes-from-the-file"));
    let rows = place.read("reservations.csv");
    if place.has("earlier.csv") {
        place.write("reservations.csv", &place.read("earlier.csv"));
        assert_eq!(place.run(&["run", "-c", "config.toml"]).code, 0);
        place.write("reservations.csv", &rows);
    }
    for format in ["text", "markdown"] {
        let plan = place.run(&["plan", "-c", "config.toml", "--format", format]);
        assert!(
            plan.stdout.contains("reservation-sync run -c config.toml --allow in_house=1 --reason \"…\""),
            "{plan:#?}"
        );
    }
    let held = place.run(&["run", "-c", "config.toml"]);
    let done = place.type_line(&the_command(&held));
    assert!(done.code == 0 && done.stdout.contains("1 revoked"), "{done:#?}");
}

/// Four in house are missing: as many as a share of few never means, and more than may lose something at once.
#[test]
fn remedy_of_each_line_has_every_word() {
    let place = Place::like(&folder().join("guest-in-house-vanishes-from-the-file"));
    let config = place.read("config.toml").replace("[guards]\n", "[guards]\nmax_shrink = 12\n");
    place.write("config.toml", &config);
    let in_house = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let [key, status, unit, _, _, rest @ ..] = &cells[..] else { panic!("a row: {row}") };
        format!("{key},{status},{unit},2026-11-29,2026-12-08,{}", rest.join(","))
    };
    let all = place.read("earlier.csv");
    let rows: Vec<String> = all
        .lines()
        .enumerate()
        .map(|(n, row)| if (1..=4).contains(&n) { in_house(row) } else { row.to_owned() })
        .collect();
    place.write("reservations.csv", &(rows.join("\n") + "\n"));
    let first = place.run(&["run", "-c", "config.toml"]);
    assert_eq!(first.code, 0, "{first:#?}");
    let rest: Vec<String> = rows[..1].iter().chain(&rows[5..]).cloned().collect();
    place.write("reservations.csv", &(rest.join("\n") + "\n"));
    let stopped = place.run(&["run", "-c", "config.toml"]);
    assert_eq!(stopped.code, 4, "{stopped:#?}");
    let command = "reservation-sync run -c config.toml --allow max_delete=4 --allow in_house=4 \
                   --allow max_in_house=4 --reason \"…\"";
    let lines = stopped.stdout.lines().filter(|line| line.trim() == command).count();
    assert_eq!(lines, 4, "{stopped:#?}");
    let done = place.type_line(command);
    assert!(done.code == 0 && done.stdout.contains("4 revoked"), "{done:#?}");
}

#[test]
fn remedies_of_quarantine_allow_or_release() {
    let place = half_is_cancelled("config.toml");
    let mut stopped = place.run(&["run", "-c", "config.toml"]);
    for _ in 0..2 {
        stopped = place.run(&["run", "-c", "config.toml"]);
    }
    assert!(stopped.code == 4 && stopped.stdout.contains("in quarantine"), "{stopped:#?}");
    let release = "reservation-sync release -c config.toml";
    assert_eq!(stopped.commands(), [CANCELLED, release]);
    let released = place.type_line(release);
    assert!(released.code == 0 && released.stdout.contains("Released max_cancel"), "{released:#?}");
    assert_eq!(place.type_line(CANCELLED).code, 0);
}

#[test]
fn hint_of_failure_names_configuration() {
    let place = half_is_cancelled("config.toml");
    let missing = place.run(&["show", "-c", "config.toml", "0000"]);
    assert!(missing.stderr.contains("`reservation-sync runs -c config.toml` lists them"), "{missing:#?}");
    assert_eq!(place.type_line("reservation-sync runs -c config.toml").code, 0);
}

/// An inn of nine, where a percentage of little used to say nothing (RULES 25).
#[test]
fn guard_stops_inn_of_nine() {
    let cancelled = after_a_night("config.toml", |n, row| (n <= 9).then(|| row.to_owned()));
    // Three leave the record in the ordinary way, so that nine are left.
    let nine = cancelled.read("reservations.csv");
    let all = cancelled.read("earlier.csv");
    let three: Vec<String> = all
        .lines()
        .enumerate()
        .map(|(n, row)| if n > 9 { row.replace("confirmed", "cancelled") } else { row.to_owned() })
        .collect();
    cancelled.write("reservations.csv", &(three.join("\n") + "\n"));
    assert_eq!(cancelled.run(&["run", "-c", "config.toml"]).code, 0);
    cancelled.write("reservations.csv", &nine.replace("confirmed", "cancelled"));
    let stopped = cancelled.run(&["run", "-c", "config.toml"]);
    let told = stopped.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        stopped.code == 4 && told.contains("9 of 9 grants") && told.contains("at most 3 may"),
        "{stopped:#?}"
    );
}
