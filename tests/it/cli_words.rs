//! Help, manual, completions, logs and colours.

use super::cli_hotel::place;
use super::cli_program::Place;

const VERBS: [(&str, &str); 18] = [
    ("config", "Prints the configuration that holds and where each value comes from, or the defaults"),
    ("adopt", "Says which live grants are the grants of stays, and takes them over"),
    ("check", "Checks the configuration and the rows of the source, without Seam"),
    ("plan", "Shows what would be changed. Never writes to Seam"),
    ("run", "Makes Seam equal to the source: the verb for cron"),
    ("apply", "Carries out a plan that was saved and reviewed, exactly as it is"),
    ("decide", "Records what a person decides about a stay"),
    ("explain", "Explains one reservation: its rows, its grants, what a run would do"),
    ("who", "Says who can open a unit or space: now, at an instant, or in some nights"),
    ("export", "Writes the live grants of this job as a table or as JSON"),
    ("runs", "Lists recorded runs, the last one first"),
    ("show", "Shows a saved plan, or the report of a recorded run"),
    ("rollback", "Makes a plan that undoes a recorded run. Never writes to Seam"),
    ("release", "Lifts a quarantine"),
    ("unlock", "Lifts the lock of a run that has died, and shows who holds it"),
    ("sandbox", "Serves the embedded Seam emulator, for rehearsals"),
    ("completions", "Prints the completion script of a shell"),
    ("man", "Prints the manual page, or writes one page a verb into a folder"),
];

#[test]
fn help_says_in_a_sentence_what_each_verb_does() {
    let place = Place::new();
    let all = place.run(&["--help"]);
    assert_eq!(all.code, 0);
    assert!(all.stdout.contains("Keeps the access grants in Seam equal to the reservations of a hotel"));
    for (verb, sentence) in VERBS {
        assert!(all.stdout.contains(sentence), "{}", all.stdout);
        let help = place.run(&[verb, "--help"]);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""));
        assert!(help.stdout.contains(sentence), "{}", help.stdout);
        assert!(help.stdout.contains("--config <FILE>"), "{}", help.stdout);
    }
    let version = place.run(&["--version"]);
    assert_eq!(version.stdout, format!("reservation-sync {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_manual_has_a_page_for_the_program_and_one_for_each_verb() {
    let place = Place::new();
    let page = place.run(&["man"]);
    assert_eq!(page.code, 0);
    assert!(page.stdout.contains(".TH reservation-sync 1") && page.stdout.contains(r"\-\-config"));
    assert_eq!(place.run(&["man", "--folder", "man"]).code, 0);
    for (verb, sentence) in VERBS {
        let page = place.read(&format!("man/reservation-sync-{verb}.1"));
        assert!(page.contains(sentence), "{page}");
    }
}

#[test]
fn completions_know_the_verbs_and_flags() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.run(&["completions", shell]);
        assert_eq!(script.code, 0);
        for word in ["completions", "detailed-exitcode", "report"] {
            assert!(script.stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn what_is_piped_is_never_coloured() {
    let mut place = place();
    for (name, value) in [("TERM", "xterm-256color"), ("NO_COLOR", "1")] {
        place.set(name, value);
        for arguments in [&["plan"][..], &["run"], &["plan", "-vv"], &["--help"], &["plan", "--colour"], &[]]
        {
            let ended = place.run(arguments);
            assert!(!ended.stdout.contains('\u{1b}') && !ended.stderr.contains('\u{1b}'), "{ended:#?}");
        }
    }
    place.write("reservation-sync.toml", "policy = 1\n");
    let ended = place.run(&["plan"]);
    assert!(ended.code == 78 && !ended.stderr.contains('\u{1b}'), "{ended:#?}");
}

#[test]
fn logs_are_json_lines_where_asked_for_and_quiet_means_quiet() {
    let place = place();
    let ended = place.run(&["plan", "--log-format", "json", "-v"]);
    assert!(!ended.stderr.is_empty());
    for line in ended.stderr.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line:#}");
    }
    let quiet = place.run(&["plan", "-q"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    assert!(quiet.stdout.contains("Plan: 2 create"), "{quiet:#?}");
}
