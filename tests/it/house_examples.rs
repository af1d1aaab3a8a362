//! The configurations that people copy can be used as they are: example, demo, cron, Kubernetes, schemas.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reservation_sync::cli;
use reservation_sync::config::{Environment, Settings, load};
use reservation_sync::exit_code::ExitCode;
use reservation_sync::source::SourceInput;
use reservation_sync::store::StoreAddress;
use serde_json::Value;

use super::house::{root, text};

fn loaded(path: &Path) -> Settings {
    load(Some(path), &Environment::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_example_and_the_demo_can_be_loaded() {
    for path in ["config/example.toml", "config/demo.toml"] {
        loaded(&root().join(path));
    }
}

#[test]
fn the_example_of_a_database_can_be_loaded_and_its_query_is_there() {
    let environment = Environment::from([
        ("PMS_DATABASE_URL", "mysql://reader@db.example.com/qloapps?ssl-mode=VERIFY_IDENTITY"),
        ("SEAM_API_KEY", "seam_test_example_000000"),
    ]);
    let path = root().join("config/sql.toml");
    let settings = load(Some(&path), &environment).unwrap_or_else(|error| panic!("{error}"));
    let SourceInput::Database(input) = settings.source.input else { panic!("a database is read") };
    assert!(input.query_path.is_file(), "{}", input.query);
}

#[test]
fn the_command_lines_that_people_copy_are_understood() {
    let documents = [
        "README.md",
        "config/cron/crontab",
        "config/example.toml",
        "config/sql.toml",
        "config/demo.toml",
        "CONTRIBUTING.md",
    ];
    let mut n_checked = 0;
    for document in documents {
        let text = text(document);
        for line in text.lines() {
            let command = line
                .split_once("cargo run --quiet -- ")
                .or_else(|| line.split_once("$ reservation-sync "))
                .or_else(|| line.split_once("{ reservation-sync "))
                .or_else(|| line.split_once("&& reservation-sync "));
            let Some((_, command)) = command else { continue };
            let command = command.split("2>").next().unwrap_or_default();
            check_command(document, command.split([';', '>', '|', '`', '&']).next().unwrap_or_default());
            n_checked += 1;
        }
    }
    assert!(n_checked >= 5, "the command lines were not found");
}

fn check_command(document: &str, command: &str) {
    let words = ["reservation-sync"].into_iter().chain(command.split_whitespace());
    if let Err(error) = cli::command().try_get_matches_from(words) {
        panic!("{document}: {command}: {error}");
    }
}

#[test]
fn the_schemas_are_schemas() {
    for name in ["plan", "run"] {
        let schema: Value = serde_json::from_str(&text(&format!("config/schema/{name}.schema.json")))
            .expect("a schema is JSON");
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        check_types(&schema);
    }
}

fn check_types(schema: &Value) {
    const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    match schema {
        Value::Array(parts) => parts.iter().for_each(check_types),
        Value::Object(parts) => {
            for (key, part) in parts {
                match (key.as_str(), part) {
                    ("type", Value::String(name)) => assert!(TYPES.contains(&name.as_str()), "{name}"),
                    ("type", Value::Array(names)) => {
                        assert!(
                            names.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name)))
                        );
                    }
                    _ => check_types(part),
                }
            }
        }
        _ => {}
    }
}

const MANIFEST: &str = "config/kubernetes/cronjob.yaml";

/// The value of the first line of that key, at any depth; list marks do not count.
fn value<'a>(document: &'a str, key: &str) -> &'a str {
    document
        .lines()
        .map(|line| line.trim_start().trim_start_matches("- "))
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        .unwrap_or_else(|| panic!("{key} is missing"))
        .trim()
        .trim_matches('"')
}

fn documents(manifest: &str) -> Vec<&str> {
    manifest.split("\n---\n").skip(1).collect()
}

fn document_of_kind<'a>(manifest: &'a str, kind: &str) -> &'a str {
    documents(manifest)
        .into_iter()
        .find(|document| value(document, "kind") == kind)
        .expect("the kind is there")
}

#[test]
fn the_manifest_is_indented_by_twos_and_each_part_has_a_kind_and_a_name() {
    let manifest = text(MANIFEST);
    assert!(!manifest.contains('\t'), "YAML has no tabs");
    for (number, line) in (1..).zip(manifest.lines()) {
        let indent = line.len() - line.trim_start().len();
        assert!(indent % 2 == 0 && line.trim_end() == line, "line {number}: {line}");
    }
    let kinds: Vec<&str> = documents(&manifest).into_iter().map(|document| value(document, "kind")).collect();
    assert_eq!(kinds, ["Secret", "ConfigMap", "PersistentVolumeClaim", "PersistentVolumeClaim", "CronJob"]);
    for document in documents(&manifest) {
        assert!(["v1", "batch/v1"].contains(&value(document, "apiVersion")));
        assert!(value(document, "name").starts_with("reservation-sync"));
    }
}

#[test]
fn the_configuration_of_the_manifest_can_be_loaded_and_fits_its_volumes() {
    let manifest = text(MANIFEST);
    let (_, block) =
        document_of_kind(&manifest, "ConfigMap").split_once("reservation-sync.toml: |\n").expect("the file");
    let lines: Vec<&str> = block.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("reservation-sync.toml");
    fs::write(&path, lines.join("\n")).expect("it can be written");
    let settings = loaded(&path);

    let cron_job = document_of_kind(&manifest, "CronJob");
    let mounts: BTreeSet<&str> = cron_job
        .lines()
        .filter_map(|line| line.split_once("mountPath: ")?.1.split([',', '}']).next())
        .collect();
    let is_mounted = |path: &str| mounts.iter().any(|mount| path.starts_with(&format!("{mount}/")));
    let SourceInput::File { path, .. } = &settings.source.input else { panic!("a file is read") };
    assert!(is_mounted(path), "{path}");
    let store = settings.store.address.to_string();
    assert!(is_mounted(&store), "{store}");
    for variable in ["RESERVATION_SYNC_CONFIG", "SEAM_API_KEY_FILE"] {
        let (_, rest) = cron_job.split_once(variable).expect("the variable is set");
        assert!(is_mounted(value(rest, "value")), "{variable}");
    }
    let (_, key_file) = cron_job.split_once("SEAM_API_KEY_FILE").expect("the variable is set");
    let key = value(key_file, "value").rsplit('/').next().expect("a path has an end");
    assert!(
        document_of_kind(&manifest, "Secret").contains(&format!("  {key}: ")),
        "{key} is not in the Secret"
    );
    assert!(text("Dockerfile").contains(&format!("ENV RESERVATION_SYNC_CONFIG={}", {
        let (_, rest) = cron_job.split_once("RESERVATION_SYNC_CONFIG").expect("the variable is set");
        value(rest, "value")
    })));
}

#[test]
fn the_lines_for_postgresql_fit_together() {
    // As a person would: what stands below "PostgreSQL:" is no comment any more, and the file of SQLite goes.
    let mut manifest = String::new();
    let mut is_wanted = false;
    for line in text(MANIFEST).lines().filter(|line| !line.contains("sqlite://")) {
        let comment = line.trim_start().strip_prefix("# ");
        match comment {
            Some(comment) if comment.starts_with("PostgreSQL:") => is_wanted = true,
            Some(comment) if is_wanted => {
                let indent = &line[..line.len() - line.trim_start().len()];
                manifest.extend([indent, comment, "\n"]);
            }
            _ => {
                is_wanted = false;
                manifest.extend([line, "\n"]);
            }
        }
    }
    let store_url = value(document_of_kind(&manifest, "Secret"), "store-url");
    assert!(StoreAddress::server(store_url).is_ok(), "{store_url}");
    let config = document_of_kind(&manifest, "ConfigMap");
    assert!(config.lines().any(|line| line == "    url = \"${STORE_URL}\""), "{config}");
    let variable = "\n                - name: STORE_URL\n                  valueFrom: \
        {secretKeyRef: {name: reservation-sync, key: store-url}}\n";
    assert!(document_of_kind(&manifest, "CronJob").contains(variable));
}

#[test]
fn every_volume_that_is_mounted_exists() {
    let manifest = text(MANIFEST);
    let cron_job = document_of_kind(&manifest, "CronJob");
    let (mounts, volumes) = cron_job.split_once("          volumes:\n").expect("there are volumes");
    let mounted: BTreeSet<&str> =
        mounts.lines().filter_map(|line| line.trim().strip_prefix("- {name: ")?.split(',').next()).collect();
    let existing: BTreeSet<&str> =
        volumes.lines().filter_map(|line| line.trim().strip_prefix("- name: ")).collect();
    assert!(!mounted.is_empty());
    assert_eq!(mounted, existing);
}

#[test]
fn the_cron_job_never_overlaps_and_reads_the_exit_code() {
    let manifest = text(MANIFEST);
    let cron_job = document_of_kind(&manifest, "CronJob");
    for (key, expected) in [
        ("concurrencyPolicy", "Forbid"),
        // A podFailurePolicy is refused with any other.
        ("restartPolicy", "Never"),
        ("runAsNonRoot", "true"),
        ("readOnlyRootFilesystem", "true"),
        ("allowPrivilegeEscalation", "false"),
    ] {
        assert_eq!(value(cron_job, key), expected, "{key}");
    }
    assert_eq!(value(cron_job, "schedule").split(' ').count(), 5);
    jiff::tz::TimeZone::get(value(cron_job, "timeZone")).expect("a zone of the IANA database");
    check_command(MANIFEST, &value(cron_job, "args").trim_matches(['[', ']']).replace(", ", " "));

    let failing: BTreeSet<u8> = cron_job
        .lines()
        .filter_map(|line| line.trim().strip_prefix("values: [")?.strip_suffix(']'))
        .flat_map(|codes| codes.split(", "))
        .map(|code| code.parse().expect("a code is a number"))
        .collect();
    assert!(failing.iter().all(|code| ExitCode::from_code(*code).is_some()), "{failing:?}");
    for again in [
        ExitCode::Temporary,
        ExitCode::Locked,
        ExitCode::Unexpected,
        ExitCode::Interrupted,
        ExitCode::Terminated,
    ] {
        assert!(!failing.contains(&again.code()), "{again} is worth another attempt");
    }
    for person in
        [ExitCode::Incomplete, ExitCode::Source, ExitCode::Refused, ExitCode::Usage, ExitCode::Configuration]
    {
        assert!(failing.contains(&person.code()), "{person} needs a person");
    }
}
