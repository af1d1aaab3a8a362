//! The commands that are printed for a person to type (RULES 27).
//!
//! One place writes them, so that each works as it stands: with the configuration, the filters of this job, and every
//! allowance that is needed. A command stands on a line of its own, which no report may break.

use std::path::Path;

use super::allowance::{Allowance, Bound};
use super::guards::Share;
use crate::model::shell_word;

/// The name of the program, with which each command begins.
const PROGRAM: &str = "reservation-sync";

/// The verbs that read a configuration.
const VERBS: [&str; 15] = [
    "adopt", "apply", "check", "decide", "explain", "export", "plan", "release", "rollback", "run", "runs",
    "show", "unlock", "verify", "who",
];

/// What the commands of one job have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Commands {
    /// The configuration, as it was named.
    config: String,
    /// The verb that does this job again, with its flags; each word as a shell reads it.
    again: Vec<String>,
    /// What this job was allowed, which the next one needs as well.
    allowances: Vec<Allowance>,
}

/// A job of `run` that nothing limits.
impl Default for Commands {
    fn default() -> Self {
        Self::new(Path::new("reservation-sync.toml"), &["run"], &[])
    }
}

impl Commands {
    /// For a job that `verb` and the words behind it do again.
    pub fn new(config: &Path, again: &[impl AsRef<str>], allowances: &[Allowance]) -> Self {
        Self {
            config: shell_word(&config.display().to_string()).into_owned(),
            again: again.iter().map(|word| shell_word(word.as_ref()).into_owned()).collect(),
            allowances: allowances.to_vec(),
        }
    }

    /// Does this job again with more allowed.
    pub fn again(&self, needed: &[Allowance]) -> String {
        let allowances = joined(&self.allowances, needed);
        let (verb, flags) = self.again.split_first().expect("a job has a verb");
        let mut words = vec![PROGRAM, verb, "-c", &self.config];
        words.extend(flags.iter().map(String::as_str));
        let allowances: Vec<String> = allowances
            .iter()
            .map(|allowance| format!("--allow {}", shell_word(&allowance.to_string())))
            .collect();
        words.extend(allowances.iter().map(String::as_str));
        if !allowances.is_empty() {
            words.push("--reason \"…\"");
        }
        words.join(" ")
    }

    /// A command of this program that is written without its name and the configuration: `decide R1 --leave`.
    pub fn of(&self, command: &str) -> String {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        format!("{PROGRAM} {verb} -c {} {rest}", self.config).trim_end().to_owned()
    }

    /// A text in which each command of this program names the configuration.
    pub fn completed(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(PROGRAM) {
            let (before, found) = rest.split_at(at + PROGRAM.len());
            out.push_str(before);
            rest = found;
            let Some(words) = found.strip_prefix(' ') else { continue };
            let verb = words.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
            let behind = &words[verb.len()..];
            if VERBS.contains(&verb) && !behind.starts_with(" -c ") {
                for word in [" ", verb, " -c ", &self.config] {
                    out.push_str(word);
                }
                rest = behind;
            }
        }
        out + rest
    }
}

/// What was allowed and what is needed, each guard once for all and once for each property that needs more.
fn joined(given: &[Allowance], needed: &[Allowance]) -> Vec<Allowance> {
    let mut all: Vec<Allowance> = given.to_vec();
    for one in needed {
        let is_same = |other: &&mut Allowance| {
            other.guard == one.guard && other.property == one.property && is_same_kind(other.bound, one.bound)
        };
        match all.iter_mut().find(is_same) {
            Some(other) => other.bound = larger(other.bound, one.bound),
            None => all.push(one.clone()),
        }
    }
    let is_covered = |one: &Allowance| {
        one.property.is_some()
            && all.iter().any(|other| {
                other.guard == one.guard
                    && other.property.is_none()
                    && larger(other.bound, one.bound) == other.bound
            })
    };
    all.iter().filter(|one| !is_covered(one)).cloned().collect()
}

fn is_same_kind(left: Bound, right: Bound) -> bool {
    match (left, right) {
        (Bound::Column(left), Bound::Column(right)) => left == right,
        (Bound::Share(_), Bound::Share(_)) => true,
        (Bound::Column(_), Bound::Share(_)) | (Bound::Share(_), Bound::Column(_)) => false,
    }
}

/// The larger of two counts. What is needed is counted, so that a percentage, which was not enough, gives way.
fn larger(given: Bound, needed: Bound) -> Bound {
    match (given, needed) {
        (Bound::Share(Share::Count(given)), Bound::Share(Share::Count(needed))) => {
            Bound::Share(Share::Count(given.max(needed)))
        }
        _ => needed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowances(texts: &[&str]) -> Vec<Allowance> {
        texts.iter().map(|text| text.parse().expect(text)).collect()
    }

    #[test]
    fn command_has_configuration_filters_and_allowances() {
        let again = ["run", "--reservation", "R 1", "--exclude", "R2"];
        let commands = Commands::new(Path::new("my hotel.toml"), &again, &allowances(&["max_shrink=40"]));
        assert_eq!(
            commands.again(&allowances(&["max_cancel=6@LIS", "in_house=2"])),
            "reservation-sync run -c 'my hotel.toml' --reservation 'R 1' --exclude R2 --allow max_shrink=40 \
             --allow max_cancel=6@LIS --allow in_house=2 --reason \"…\""
        );
        let commands = Commands::default();
        assert_eq!(commands.again(&[]), "reservation-sync run -c reservation-sync.toml");
    }

    #[test]
    fn command_allows_each_guard_once() {
        let check = |given: &[&str], needed: &[&str], expected: &[&str]| {
            let joined = joined(&allowances(given), &allowances(needed));
            let joined: Vec<String> = joined.iter().map(ToString::to_string).collect();
            assert_eq!(joined, expected, "{given:?} {needed:?}");
        };
        check(&["max_cancel=5"], &["max_cancel=6"], &["max_cancel=6"]);
        check(&["max_cancel=9"], &["max_cancel=6"], &["max_cancel=9"]);
        check(&["max_cancel=5%"], &["max_cancel=6"], &["max_cancel=6"]);
        // One for all counts at each property too.
        check(&[], &["max_cancel=6", "max_cancel=4@LIS"], &["max_cancel=6"]);
        check(&["max_cancel=4@LIS"], &["max_cancel=3"], &["max_cancel=4@LIS", "max_cancel=3"]);
        check(&["max_delete=4@OPO"], &["max_cancel=6"], &["max_delete=4@OPO", "max_cancel=6"]);
        check(
            &["missing_column=unit"],
            &["missing_column=status", "missing_column=unit"],
            &["missing_column=unit", "missing_column=status"],
        );
    }

    #[test]
    fn command_in_text_names_configuration() {
        let commands = Commands::new(Path::new("lisbon.toml"), &["run"], &[]);
        let check = |text: &str, expected: &str| assert_eq!(commands.completed(text), expected);
        check(
            "wait; `reservation-sync unlock` tells who it is",
            "wait; `reservation-sync unlock -c lisbon.toml` tells who it is",
        );
        check(
            "`reservation-sync plan -o PLAN.json`, then `reservation-sync runs`",
            "`reservation-sync plan -c lisbon.toml -o PLAN.json`, then `reservation-sync runs -c lisbon.toml`",
        );
        for complete in [
            "`reservation-sync profiles` lists them",
            "reservation-sync run -c lisbon.toml --allow in_house=1",
            "this is a fault of reservation-sync: please report it",
            "reservation-sync",
        ] {
            check(complete, complete);
        }
        assert_eq!(commands.of("decide R1 --leave"), "reservation-sync decide -c lisbon.toml R1 --leave");
        assert_eq!(commands.of("release"), "reservation-sync release -c lisbon.toml");
    }
}
