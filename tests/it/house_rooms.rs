//! What may happen in which room: who prints, who reads the environment, who knows a clock, and how long a file is.

use super::house::{SourceFile, source_files};

#[test]
fn only_report_and_cli_print() {
    let words = ["println!", "eprintln!", "print!", "eprint!", "dbg!", "stdout()", "stderr()", "indicatif::"];
    check(&words, |file| ["report", "cli"].contains(&file.room()));
}

#[test]
fn only_the_environment_of_the_configuration_is_read() {
    let words = [
        "env::var",
        "env::vars",
        "env::vars_os",
        "env::var_os",
        "env::args",
        "env::current_dir",
        "env::temp_dir",
    ];
    check(&words, |file| file.path == "config/environment.rs");
}

#[test]
fn what_decides_knows_no_client_no_clock_no_file_and_no_log() {
    let words = [
        "async ",
        ".await",
        "tokio::",
        "reqwest::",
        "sqlx::",
        "std::fs",
        "std::io",
        "std::net",
        "std::env",
        "std::process",
        "Timestamp::now",
        "Zoned::now",
        "Instant::now",
        "SystemTime",
        "tracing::",
    ];
    check(&words, |file| !["model", "mapping", "plan"].contains(&file.room()));
}

#[test]
fn only_seam_and_sandbox_speak_http_and_only_the_store_and_databases_speak_sql() {
    // The configuration borrows the parser of addresses, and sends nothing.
    check(&["reqwest::", "axum::", "hyper"], |file| {
        ["seam", "sandbox"].contains(&file.room()) || file.path == "config/values.rs"
    });
    check(&["sqlx::"], |file| file.room() == "store" || file.path.starts_with("source/sql/"));
}

#[test]
fn nobody_suppresses_a_lint_without_a_reason() {
    check(&["#[allow(", "#![allow("], |_| false);
}

/// A file is one concept and 60 to 400 lines long (CONTRIBUTING.md); what is over 600 is certainly two.
#[test]
#[expect(clippy::print_stdout, reason = "`--nocapture` lists what is worth a second look")]
fn no_file_is_over_600_lines() {
    let mut long: Vec<(usize, String)> = source_files()
        .into_iter()
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(n, _)| *n > 400)
        .collect();
    long.sort_by(|left, right| right.cmp(left));
    let listed: Vec<String> = long.iter().map(|(n_lines, path)| format!("{n_lines:5} src/{path}")).collect();
    println!("over 400 lines:\n{}", listed.join("\n"));
    let is_too_long = long.iter().any(|(n, _)| *n > 600);
    assert!(!is_too_long, "too long, split by concept:\n{}", listed.join("\n"));
}

/// No line of code outside tests has one of the words, but in files that may.
fn check(words: &[&str], may: impl Fn(&SourceFile) -> bool) {
    let mut wrong = Vec::new();
    for file in source_files().iter().filter(|file| !may(file)) {
        for (number, line) in file.code_without_tests() {
            wrong.extend(
                words
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("src/{}:{number} has `{word}`", file.path)),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
