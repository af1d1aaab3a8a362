//! Where things are written: the report to stdout and to files, failures to stderr.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use super::arguments::{Common, Format, LogFormat, ReportFile};
use super::whole_file::write_whole;
use crate::config::{self, Environment};
use crate::event::EventSink;
use crate::exit_code::ExitCode;
use crate::plan::Commands;
use crate::report::document::Document;
use crate::report::logs::{self, Verbosity};
use crate::report::text::{Colour, TextOptions};
use crate::report::{csv, html, json, markdown, progress, text, visible};
use crate::run::Failure;

/// The ways out of the program.
pub(super) struct Output {
    format: Format,
    reports: Vec<ReportFile>,
    colour: Colour,
    error_colour: Colour,
    log_format: LogFormat,
    sink: Arc<dyn EventSink>,
    /// The commands that hints name.
    commands: Commands,
}

impl Output {
    /// From the flags; begins to log.
    pub(super) fn new(common: &Common, environment: &Environment) -> Result<Self, Failure> {
        let verbosity = Verbosity::from_counts(common.verbose, common.quiet);
        let plain = common.no_color || environment.get("NO_COLOR").is_some();
        let colour_on =
            |is_terminal: bool| if is_terminal && !plain { Colour::Always } else { Colour::Never };
        let (sink, writer) = progress::for_stderr(verbosity);
        let log_format = match common.log_format {
            LogFormat::Text => logs::LogFormat::Text,
            LogFormat::Json => logs::LogFormat::Json,
        };
        let error_colour = colour_on(io::stderr().is_terminal());
        logs::init(log_format, verbosity, error_colour, writer).map_err(|error| {
            Failure::new(ExitCode::Unexpected, &error, "report this: logging was begun twice")
        })?;
        let config = common.config.as_deref().unwrap_or_else(|| Path::new(config::DEFAULT_PATH));
        Ok(Self {
            commands: Commands::new(config, &["run"], &[]),
            format: common.format,
            reports: common.reports.clone(),
            colour: colour_on(io::stdout().is_terminal()),
            error_colour,
            log_format: common.log_format,
            sink,
        })
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    pub(super) fn sink(&self) -> &dyn EventSink {
        &*self.sink
    }

    /// Writes to stdout what is no report of grants, and so has two formats only.
    pub(super) fn text_or_json(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        Self::data(&match self.format {
            Format::Text => text(),
            Format::Json => json(),
            Format::Markdown | Format::Html | Format::Csv => {
                return Err(Failure {
                    exit_code: ExitCode::Usage,
                    message: "this verb writes text and JSON only".to_owned(),
                    hint: "take --format text or --format json; `plan`, `run` and `show` have the others"
                        .to_owned(),
                });
            }
        })
    }

    /// Writes a list of grants to stdout, which is also a table for a spreadsheet.
    pub(super) fn list(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> String,
        csv: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Csv => Self::data(&csv()),
            Format::Text | Format::Json | Format::Markdown | Format::Html => self.text_or_json(text, json),
        }
    }

    pub(super) fn config_colour(&self) -> config::Colour {
        match self.error_colour {
            Colour::Never => config::Colour::Never,
            Colour::Always => config::Colour::Always,
        }
    }

    /// Writes a report to stdout and to the files that were asked for: to all that take it, whatever the others do. A file
    /// that cannot be written is a warning.
    pub(super) fn report(&self, document: &Document) -> Result<(), Failure> {
        // What happened must be told even where a file cannot be written.
        let shown = Self::data(&rendered(document, self.format, self.colour));
        for failure in self.reports.iter().filter_map(|report| report.write(document).err()) {
            self.warning(&failure);
        }
        shown
    }

    /// Tells of something that went wrong and changes nothing of how the program ends.
    pub(super) fn warning(&self, failure: &Failure) {
        let Failure { exit_code: _, message, hint } = failure;
        match self.log_format {
            LogFormat::Text => {
                let text = format!("warning: {}\nhint: {hint}\n", visible(message));
                io::stderr().write_all(text.as_bytes()).ok();
            }
            LogFormat::Json => tracing::warn!(run.hint = hint, "{message}"),
        }
    }

    /// Writes data to stdout. A reader that has gone away is no failure.
    pub(super) fn data(text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::new(ExitCode::Unexpected, &error, "check where stdout leads"))
            }
            _ => Ok(()),
        }
    }

    /// Tells why a job ended early, unless whoever reads stderr has just read it in the report.
    pub(super) fn job_failure(&self, failure: &Failure) -> ExitCode {
        if self.format == Format::Text && self.log_format == LogFormat::Text && streams_lead_to_one_place() {
            return failure.exit_code;
        }
        self.failure(failure)
    }

    /// Tells why the program ends early, as the log is written.
    pub(super) fn failure(&self, failure: &Failure) -> ExitCode {
        let failure = Failure { hint: self.commands.completed(&failure.hint), ..failure.clone() };
        match self.log_format {
            LogFormat::Text => Self::plain_failure(&failure),
            LogFormat::Json => {
                let Failure { exit_code, message, hint } = &failure;
                tracing::error!(run.exit_code = exit_code.code(), run.hint = hint, "{message}");
                *exit_code
            }
        }
    }

    /// The same for people; also what is left where nothing is known of the log yet.
    pub(super) fn plain_failure(failure: &Failure) -> ExitCode {
        let Failure { exit_code, message, hint } = failure;
        // A configuration error is a drawing of its own, with its own heading.
        let text = if *exit_code == ExitCode::Configuration && message.starts_with("error") {
            format!("{message}\n")
        } else {
            format!("error: {}\n", visible(message))
        };
        let hint = if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") };
        // Where stderr is gone too, the exit code has to do.
        io::stderr().write_all(format!("{text}{hint}").as_bytes()).ok();
        *exit_code
    }
}

impl ReportFile {
    fn write(&self, document: &Document) -> Result<(), Failure> {
        let Self { format, path } = self;
        write_whole(path, &rendered(document, *format, Colour::Never)).map_err(|error| Failure {
            exit_code: ExitCode::Unexpected,
            message: format!("write the report `{}`: {error}", path.display()),
            hint: "check the path and the disk".to_owned(),
        })
    }
}

/// Whether stdout and stderr are the same terminal or file.
fn streams_lead_to_one_place() -> bool {
    let identity = |stream: io::Result<OwnedFd>| {
        let metadata = std::fs::File::from(stream.ok()?).metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    let stdout = identity(io::stdout().as_fd().try_clone_to_owned());
    stdout.is_some() && stdout == identity(io::stderr().as_fd().try_clone_to_owned())
}

fn rendered(document: &Document, format: Format, colour: Colour) -> String {
    match format {
        Format::Text => text::render(document, TextOptions { colour, ..TextOptions::default() }),
        Format::Json => json::render(document),
        Format::Markdown => markdown::render(document),
        Format::Html => html::render(document),
        Format::Csv => csv::render(document),
    }
}
