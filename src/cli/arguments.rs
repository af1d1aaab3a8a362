//! The flags and verbs.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;
use jiff::civil::Date;

use super::check::CheckFlags;
use super::config::ConfigFlags;
use super::decide::DecideFlags;
use super::filter::FilterFlags;
use super::init::InitFlags;
use super::profiles::ProfilesFlags;
use super::rejects::RejectsFlags;
use crate::config::parse_duration;
use crate::plan::Allowance;

/// Keeps the access grants in Seam equal to the reservations of a hotel.
#[derive(Debug, Parser)]
#[command(name = "reservation-sync", version, about, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) verb: Verb,
}

/// Flags that every verb takes.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The configuration [default: reservation-sync.toml].
    #[arg(short, long, value_name = "FILE", env = "RESERVATION_SYNC_CONFIG", global = true)]
    pub(super) config: Option<PathBuf>,
    /// How the report is written to stdout.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        env = "RESERVATION_SYNC_FORMAT",
        global = true
    )]
    pub(super) format: Format,
    /// Also writes the report to a file; may be given several times.
    #[arg(long = "report", value_name = "FORMAT=PATH", global = true, value_parser = ReportFile::parse)]
    pub(super) reports: Vec<ReportFile>,
    /// How log lines are written to stderr.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        env = "RESERVATION_SYNC_LOG_FORMAT",
        global = true
    )]
    pub(super) log_format: LogFormat,
    /// Tells more; twice tells everything.
    #[arg(short, long, action = ArgAction::Count, env = "RESERVATION_SYNC_VERBOSE", global = true)]
    pub(super) verbose: u8,
    /// Tells errors only, and no progress.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(super) quiet: u8,
    /// Writes no colour; `NO_COLOR` does the same.
    #[arg(long, env = "RESERVATION_SYNC_NO_COLOR", global = true)]
    pub(super) no_color: bool,
}

/// Ways to write a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs: one document.
    Json,
    /// For a pull request or a chat.
    Markdown,
    /// For a browser: one page that needs nothing else.
    Html,
    /// For a spreadsheet: one row a line.
    Csv,
}

/// Ways to write a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// A report beside stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportFile {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

impl ReportFile {
    fn parse(text: &str) -> Result<Self, String> {
        let (format, path) =
            text.split_once('=').ok_or("expected FORMAT=PATH, for example json=report.json")?;
        let format = Format::from_str(format, false)
            .map_err(|_| format!("unknown format `{format}`: text, json, markdown, html or csv"))?;
        if path.is_empty() {
            return Err("the path is missing".to_owned());
        }
        Ok(Self { format, path: path.into() })
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Looks at an export and writes a configuration for it, with comments; never overwrites one.
    Init(InitFlags),
    /// Checks the configuration and the rows of the source, without Seam.
    Check(CheckFlags),
    /// Prints the configuration that holds and where each value comes from, or the defaults.
    Config(ConfigFlags),
    /// Shows what would be changed. Never writes to Seam.
    Plan {
        #[command(flatten)]
        save: SaveFlags,
        #[command(flatten)]
        rows: RejectsFlags,
    },
    /// Carries out a plan that was saved and reviewed, exactly as it is.
    Apply(ApplyFlags),
    /// Makes Seam equal to the source: the verb for cron.
    Run {
        #[command(flatten)]
        run: RunFlags,
        #[command(flatten)]
        rows: RejectsFlags,
    },
    /// Says which live grants are the grants of stays, and takes them over.
    Adopt(AdoptFlags),
    /// Records what a person decides about a stay: who shares a unit, who gets it, who keeps or loses a key. Counts from
    /// the next run on.
    Decide(DecideFlags),
    /// Explains one reservation: its rows, its grants, what a run would do, what earlier runs did.
    Explain(ExplainFlags),
    /// Says who can open a unit or space: now, at an instant, or in some nights.
    Who(WhoFlags),
    /// Writes the live grants of this job as a table or as JSON.
    Export(ExportFlags),
    /// Lists recorded runs, the last one first.
    Runs {
        /// How many.
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Shows a saved plan, or the report of a recorded run.
    Show {
        /// A plan file; or the id of a run, the beginning of it, or `last`.
        #[arg(value_name = "PLAN.json|RUN_ID")]
        what: String,
    },
    /// Makes a plan that undoes a recorded run. Never writes to Seam.
    Rollback(RollbackFlags),
    /// Lifts a quarantine: the guards that stopped the last runs begin to count anew.
    Release,
    /// Lists the exports of other programs that are known by name, prints the profile of one, or makes one of an export.
    Profiles(ProfilesFlags),
    /// Lifts the lock of a run that has died, and shows who holds it.
    Unlock(UnlockFlags),
    /// Serves the embedded Seam emulator, for rehearsals.
    Sandbox(SandboxFlags),
    /// Prints the completion script of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Prints the manual page, or writes one page a verb into a folder.
    Man {
        /// The folder.
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
    },
}

/// Flags of `unlock`.
#[derive(Debug, Args)]
pub(super) struct UnlockFlags {
    /// The lock of a host that is known to be gone, by the id that `unlock` shows.
    #[arg(long, value_name = "ID")]
    pub(super) holder: Option<String>,
}

/// Flags of `plan`, and of `run` too.
#[derive(Debug, Args)]
pub(super) struct PlanFlags {
    #[command(flatten)]
    pub(super) filter: FilterFlags,
    /// Exits with 2 where changes are pending.
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
    /// Decides as if it were that instant, for tests and rehearsals.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<Timestamp>,
    /// Raises one guard for this plan only; may be given several times and needs --reason.
    #[arg(long, value_name = "GUARD=VALUE[@PROPERTY]", requires = "reason")]
    pub(super) allow: Vec<Allowance>,
    /// Why a guard is raised; it is recorded.
    #[arg(long, value_name = "TEXT", requires = "allow")]
    pub(super) reason: Option<String>,
}

/// Flags of `plan`.
#[derive(Debug, Args)]
pub(super) struct SaveFlags {
    #[command(flatten)]
    pub(super) plan: PlanFlags,
    /// Saves the plan for `apply`; the file holds contacts of guests and is for its owner only.
    #[arg(short, long, value_name = "PLAN.json")]
    pub(super) output: Option<PathBuf>,
}

/// Flags of `apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyFlags {
    /// The plan that `plan -o` wrote.
    #[arg(value_name = "PLAN.json")]
    pub(super) plan: PathBuf,
    /// Decides what is stale as if it were that instant, for tests and rehearsals.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<Timestamp>,
}

/// Flags of `rollback`.
#[derive(Debug, Args)]
pub(super) struct RollbackFlags {
    /// The id of the run, the beginning of it, or `last`.
    #[arg(value_name = "RUN_ID")]
    pub(super) run: String,
    #[command(flatten)]
    pub(super) save: SaveFlags,
}

/// Flags of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainFlags {
    /// The key of the reservation, as the source has it.
    #[arg(value_name = "RESERVATION_KEY")]
    pub(super) reservation: String,
    /// Its property, where several have that key.
    #[arg(long, value_name = "CODE")]
    pub(super) property: Option<String>,
    /// Decides as if it were that instant, for tests and rehearsals.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<Timestamp>,
}

/// Flags of `who`.
#[derive(Debug, Args)]
pub(super) struct WhoFlags {
    /// The key of a space in Seam, or a unit as the source writes it.
    #[arg(value_name = "SPACE_KEY|UNIT")]
    pub(super) place: String,
    /// The property of the unit.
    #[arg(long, value_name = "CODE")]
    pub(super) property: Option<String>,
    /// At that instant, instead of now.
    #[arg(long, value_name = "INSTANT", conflicts_with = "nights")]
    pub(super) at: Option<Timestamp>,
    /// In the nights from a day on; the night of the last day is not among them.
    #[arg(long, value_name = "FROM..TO", value_parser = nights)]
    pub(super) nights: Option<(Date, Date)>,
    /// Takes for live what is so at that instant, for tests and rehearsals.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<Timestamp>,
}

fn nights(text: &str) -> Result<(Date, Date), String> {
    let (from, to) = text.split_once("..").ok_or("two days, as in 2026-12-05..2026-12-08")?;
    let day = |text: &str| text.trim().parse::<Date>().map_err(|error| format!("`{text}`: {error}"));
    let (from, to) = (day(from)?, day(to)?);
    if from < to { Ok((from, to)) } else { Err("the second day comes after the first".to_owned()) }
}

/// Flags of `export`.
#[derive(Debug, Args)]
pub(super) struct ExportFlags {
    /// Also writes the codes and links that open doors, to a file for its owner only.
    #[arg(long, value_name = "PATH")]
    pub(super) with_secrets: Option<PathBuf>,
    /// Takes for live what is so at that instant, for tests and rehearsals.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<Timestamp>,
}

/// Flags of `run`.
#[derive(Debug, Args)]
pub(super) struct RunFlags {
    #[command(flatten)]
    pub(super) plan: PlanFlags,
    /// Stops before the first write.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Changes at most so many grants, the most urgent first; the rest is left for the next run.
    #[arg(long, value_name = "N")]
    pub(super) max_changes: Option<NonZeroUsize>,
    /// Starts nothing when so much time has passed: 90s, 15m, 2h; the rest is left for the next run.
    #[arg(long, value_name = "TIME", value_parser = length_of_time)]
    pub(super) max_duration: Option<Duration>,
    /// Does not wait until access is really issued. No run waits for that yet, so it changes nothing.
    #[arg(long)]
    pub(super) no_verify: bool,
}

/// Flags of `adopt`.
#[derive(Debug, Args)]
pub(super) struct AdoptFlags {
    #[command(flatten)]
    pub(super) plan: PlanFlags,
    /// Writes the list to a file, for review in a spreadsheet.
    #[arg(short, long, value_name = "FILE", conflicts_with = "reviewed")]
    pub(super) output: Option<PathBuf>,
    /// The list after somebody reviewed it; shows what would be done, and with --apply does it.
    #[arg(long, value_name = "FILE")]
    pub(super) reviewed: Option<PathBuf>,
    /// Takes over what the reviewed list says: makes grants of ours, then deletes those that it names.
    #[arg(long, requires = "reviewed")]
    pub(super) apply: bool,
}

fn length_of_time(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text).and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| "expected a time such as 90s, 15m or 2h".to_owned())
}

/// Flags of `sandbox`.
#[derive(Debug, Args)]
pub(super) struct SandboxFlags {
    /// The port on the loopback interface; 0 takes a free one.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    pub(super) port: u16,
    /// The workspace it starts with; may also hold `switches`, `limits` and `faults`.
    #[arg(long, value_name = "FILE")]
    pub(super) seed: Option<PathBuf>,
    /// Where it keeps what is done; without it, nothing is kept.
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// Starts its clock at that instant.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_flag_and_verb_says_what_it_does_in_a_sentence() {
        fn check(command: &clap::Command) {
            for argument in
                command.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str()))
            {
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.is_empty(), "{} {}", command.get_name(), argument.get_id());
            }
            for verb in command.get_subcommands() {
                assert!(verb.get_about().is_some(), "{}", verb.get_name());
                check(verb);
            }
        }
        check(&Arguments::command());
    }

    #[test]
    fn environment_twins_are_five() {
        fn twins(command: &clap::Command, found: &mut std::collections::BTreeSet<(String, String)>) {
            for argument in command.get_arguments() {
                if let Some(variable) = argument.get_env() {
                    let variable = variable.to_string_lossy().into_owned();
                    found.insert((argument.get_id().to_string(), variable));
                }
            }
            for verb in command.get_subcommands() {
                twins(verb, found);
            }
        }
        let mut found = std::collections::BTreeSet::new();
        twins(&Arguments::command(), &mut found);
        // A filter, an allowance, a limit or a clock is never taken from the environment (RULES 27).
        let expected = [
            ("config", "RESERVATION_SYNC_CONFIG"),
            ("format", "RESERVATION_SYNC_FORMAT"),
            ("log_format", "RESERVATION_SYNC_LOG_FORMAT"),
            ("no_color", "RESERVATION_SYNC_NO_COLOR"),
            ("verbose", "RESERVATION_SYNC_VERBOSE"),
        ];
        assert_eq!(found, expected.map(|(flag, variable)| (flag.to_owned(), variable.to_owned())).into());
    }

    #[test]
    fn a_comma_is_part_of_a_value() {
        let arguments = [
            "reservation-sync",
            "run",
            "--report",
            "json=a,b.json",
            "--reservation",
            "R1,R2",
            "--exclude",
            "R3,",
        ];
        let arguments = Arguments::try_parse_from(arguments).expect("a good command");
        assert_eq!(arguments.common.reports[0].path, PathBuf::from("a,b.json"));
        let Verb::Run { run, .. } = arguments.verb else { panic!("the verb is run") };
        let filter = run.plan.filter.to_filter().expect("a good filter");
        let expected = [("--reservation", "R1,R2".to_owned()), ("--exclude", "R3,".to_owned())];
        assert_eq!(filter.flags(), expected);
    }

    #[test]
    fn a_report_names_its_format_and_its_path() {
        let json = ReportFile { format: Format::Json, path: "a=b.json".into() };
        assert_eq!(ReportFile::parse("json=a=b.json"), Ok(json));
        let html = ReportFile { format: Format::Html, path: "plan.html".into() };
        assert_eq!(ReportFile::parse("html=plan.html"), Ok(html));
        for bad in ["json", "json=", "pdf=report.pdf"] {
            assert!(ReportFile::parse(bad).is_err(), "{bad}");
        }
    }
}
