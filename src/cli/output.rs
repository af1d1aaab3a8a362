//! Where things are written: the report to stdout and to files, failures to stderr.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

use super::arguments::{Common, Format, LogFormat, ReportFile};
use super::whole_file::write_whole;
use crate::config::{self, Environment};
use crate::event::EventSink;
use crate::exit_code::ExitCode;
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
    sink: Arc<dyn EventSink>,
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
        Ok(Self {
            format: common.format,
            reports: common.reports.clone(),
            colour: colour_on(io::stdout().is_terminal()),
            error_colour,
            sink,
        })
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

    pub(super) fn config_colour(&self) -> config::Colour {
        match self.error_colour {
            Colour::Never => config::Colour::Never,
            Colour::Always => config::Colour::Always,
        }
    }

    /// Writes a report to stdout and to the files that were asked for.
    pub(super) fn report(&self, document: &Document) -> Result<(), Failure> {
        for ReportFile { format, path } in &self.reports {
            let rendered = rendered(document, *format, Colour::Never);
            write_whole(path, &rendered).map_err(|error| {
                let message = format!("write the report `{}`: {error}", path.display());
                Failure {
                    exit_code: ExitCode::Unexpected,
                    message,
                    hint: "check the path and the disk".to_owned(),
                }
            })?;
        }
        Self::data(&rendered(document, self.format, self.colour))
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

    /// Tells why the program ends early.
    pub(super) fn failure(failure: &Failure) -> ExitCode {
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

fn rendered(document: &Document, format: Format, colour: Colour) -> String {
    match format {
        Format::Text => text::render(document, TextOptions { colour, ..TextOptions::default() }),
        Format::Json => json::render(document),
        Format::Markdown => markdown::render(document),
        Format::Html => html::render(document),
        Format::Csv => csv::render(document),
    }
}
