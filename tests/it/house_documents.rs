//! What the documents say of the program is so.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use reservation_sync::cli;
use reservation_sync::exit_code::{ExitCode, SeamChanged};

use super::house::{root, rust_files, text};

#[test]
fn the_exit_codes_of_the_readme_are_those_of_the_program() {
    let readme = text("README.md");
    let rows: Vec<Vec<&str>> = table_after(&readme, "## Exit codes");
    let mut told = BTreeSet::new();
    for row in &rows {
        let [codes, meanings, changed] = row[..] else { panic!("three columns: {row:?}") };
        let codes: Vec<&str> = codes.split(" / ").collect();
        let meanings: Vec<&str> = meanings.split(" / ").collect();
        for (position, code) in codes.iter().enumerate() {
            let code: u8 = code.parse().expect("a code is a number");
            let exit_code =
                ExitCode::from_code(code).unwrap_or_else(|| panic!("no ending has the code {code}"));
            let meaning = if meanings.len() == codes.len() { meanings[position] } else { meanings[0] };
            assert_eq!(meaning.replace('`', ""), exit_code.meaning(), "{code}");
            assert_eq!(changed, words(exit_code.seam_changed()), "{code}");
            told.insert(code);
        }
    }
    assert_eq!(told, ExitCode::PRECEDENCE.into_iter().map(ExitCode::code).collect());

    // Usage and configuration end the program before anything else can, success is the rest.
    let order: Vec<String> = ExitCode::PRECEDENCE[2..16].iter().map(|code| code.code().to_string()).collect();
    let order = order.join(", ").replace("130, 143", "130/143");
    assert!(
        readme.contains(&format!("the first of {order} decides")),
        "the README tells another order than {order}"
    );
}

/// A file that was renamed or taken away is no longer where a newcomer is sent.
#[test]
fn the_files_that_the_architecture_names_are_there() {
    let paths: Vec<PathBuf> = ["src", "tests", "benches", "fuzz"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .collect();
    let is_rust = |word: &str| Path::new(word).extension().is_some_and(|extension| extension == "rs");
    let document = text("ARCHITECTURE.md");
    let named = document.split('`').skip(1).step_by(2).filter(|word| is_rust(word) && !word.contains('*'));
    let missing: Vec<&str> = named.filter(|name| !paths.iter().any(|path| path.ends_with(name))).collect();
    assert!(missing.is_empty(), "not there: {missing:?}");
}

fn words(changed: SeamChanged) -> &'static str {
    match changed {
        SeamChanged::No => "no",
        SeamChanged::AllOrNothing => "all or nothing",
        SeamChanged::Partly => "partly",
        SeamChanged::Maybe => "maybe",
        SeamChanged::NoOrPartly => "no, or partly",
        SeamChanged::All => "all",
    }
}

#[test]
fn the_first_blocks_of_the_readme_are_what_ci_runs() {
    let readme = text("README.md");
    let blocks: Vec<&str> =
        readme.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(
        blocks[..2],
        ["cargo run --quiet -- run --config config/demo.toml\n", "cargo test --locked\n"]
    );
    let ci = text(".ci/run");
    for call in ["readme_block 1", "readme_block 2"] {
        assert!(ci.contains(call), ".ci/run does not take its commands from the README: {call}");
    }
}

#[test]
fn the_commands_of_the_readme_are_those_of_the_program() {
    let readme = text("README.md");
    let told: BTreeSet<String> = table_after(&readme, "## Commands")
        .iter()
        .flat_map(|row| row[0].split('`').skip(1).step_by(2))
        .map(|command| command.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    let verbs: BTreeSet<String> =
        cli::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    assert_eq!(told, verbs);
}

#[test]
fn every_section_of_the_configuration_is_in_the_readme() {
    let readme = text("README.md");
    let defaults = text("config/default.toml");
    for section in defaults.lines().filter_map(|line| line.strip_prefix('[')?.split(']').next()) {
        assert!(readme.contains(&format!("`[{section}]`")), "[{section}] is not in the README");
    }
}

#[test]
fn every_key_of_the_configuration_says_what_it_is_for() {
    for line in text("config/default.toml").lines() {
        let Some((key, value)) = line.trim_start_matches("# ").split_once('=') else { continue };
        let is_key = key.trim().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        // The entries of [columns] and [statuses] are the user's own words.
        let is_example = ["reservation_key", "confirmed", "cancelled"].contains(&key.trim());
        assert!(!is_key || is_example || value.contains('#'), "no comment: {line}");
    }
}

#[test]
fn every_link_leads_to_a_file() {
    for document in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "samples/ATTRIBUTION.md"]
    {
        let folder = root().join(document).parent().expect("a document has a folder").to_owned();
        let text = text(document);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let path = folder.join(link.split('#').next().unwrap_or(link));
            assert!(path.exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn one_version_of_rust_is_named_everywhere() {
    let toolchain = text("rust-toolchain.toml");
    let version = toolchain
        .lines()
        .find_map(|line| line.strip_prefix("channel = "))
        .expect("a channel")
        .trim_matches('"');
    assert!(text("Dockerfile").contains(&format!("FROM rust:{version}-")), "the Dockerfile has another Rust");
    assert!(version.starts_with(env!("CARGO_PKG_RUST_VERSION")), "Cargo.toml has another Rust");
}

/// The rows of the first table below a heading, cell by cell.
fn table_after<'a>(document: &'a str, heading: &str) -> Vec<Vec<&'a str>> {
    let (_, rest) = document.split_once(&format!("{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let rows =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}
