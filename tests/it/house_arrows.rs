//! Who imports whom: arrows between the rooms of `src/` point down, as ARCHITECTURE.md draws them.

use std::collections::BTreeMap;

use super::house::{SourceFile, source_files, text};

/// The rooms, from the bottom up. A room imports from lower levels only.
const LEVELS: [(&str, u32); 19] = [
    ("exit_code", 0),
    ("private_file", 0),
    ("side_by_side", 0),
    ("model", 0),
    ("mapping", 1),
    ("plan", 1),
    ("event", 2),
    ("record", 2),
    ("sandbox", 3),
    ("seam", 3),
    ("source", 3),
    ("store", 3),
    ("apply", 4),
    ("report", 4),
    ("config", 5),
    ("run", 5),
    ("cli", 6),
    ("lib", 7),
    ("main", 7),
];

/// Arrows between neighbours of one level, each with its reason in ARCHITECTURE.md.
const SIDEWAYS: [(&str, &str); 3] = [("plan", "mapping"), ("record", "event"), ("run", "config")];

/// Rooms that import less than their level allows.
const ONLY: [(&str, &[&str]); 2] =
    [("sandbox", &["model", "private_file"]), ("report", &["exit_code", "model", "plan", "event", "record"])];

#[test]
fn every_arrow_points_down() {
    let levels = BTreeMap::from(LEVELS);
    let mut wrong = Vec::new();
    for file in source_files() {
        let room = file.room().to_owned();
        let level = *levels.get(room.as_str()).unwrap_or_else(|| panic!("`{room}` has no level yet"));
        for (number, other) in imports(&file) {
            let other_level = *levels.get(other.as_str()).unwrap_or_else(|| panic!("`{other}` has no level"));
            let sideways = SIDEWAYS.contains(&(room.as_str(), other.as_str()));
            let narrowed =
                ONLY.iter().any(|(narrow, allowed)| *narrow == room && !allowed.contains(&&*other));
            if other != room && ((other_level >= level && !sideways) || narrowed) {
                wrong.push(format!("src/{}:{number} imports `{other}`", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up or aside:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_reaches_another_room_by_way_of_its_parents() {
    let mut wrong = Vec::new();
    for file in source_files() {
        let n_outside_tests = file.code_without_tests().count();
        for (number, line) in file.code() {
            // A test module lies one deeper.
            let depth = file.depth() + usize::from(number > n_outside_tests);
            if line.contains(&"super::".repeat(depth)) {
                wrong.push(format!("src/{}:{number}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "write `crate::` to leave a room:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_stands_in_the_code_map() {
    let architecture = text("ARCHITECTURE.md");
    for (room, level) in LEVELS.iter().filter(|(room, _)| !["lib", "main"].contains(room)) {
        let row = architecture
            .lines()
            .find(|line| {
                line.starts_with('|')
                    && (line.contains(&format!("`{room}/`")) || line.contains(&format!("`{room}.rs`")))
            })
            .unwrap_or_else(|| panic!("`{room}` is missing in ARCHITECTURE.md"));
        assert!(row.starts_with(&format!("| {level} ")), "`{room}` is of level {level}, not: {row}");
    }
}

/// Every mention of another room, in a `use` line or inside a body.
fn imports(file: &SourceFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in file.code() {
        for (position, prefix) in line.match_indices("crate::") {
            let rest = &line[position + prefix.len()..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            assert!(
                !name.is_empty(),
                "src/{}:{number}: name one room a line, as `use crate::room::…`",
                file.path
            );
            found.push((number, name));
        }
    }
    found
}
