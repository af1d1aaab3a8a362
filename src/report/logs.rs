//! Logs on stderr: lines for people, or JSON for programs that collect them.
//!
//! Only this program is ever logged in detail: libraries below it could tell headers, and with them the key.

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry};

use super::progress::LogWriter;
use super::text::Colour;

/// How a log line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only, and no progress.
    Quiet,
    /// What a night needs.
    Normal,
    /// What a person who looks for a fault needs.
    Verbose,
    /// Everything.
    Everything,
}

impl Verbosity {
    /// From how often `-v` and `-q` were given.
    pub fn from_counts(n_verbose: u8, n_quiet: u8) -> Self {
        match i16::from(n_verbose) - i16::from(n_quiet) {
            ..0 => Self::Quiet,
            0 => Self::Normal,
            1 => Self::Verbose,
            2.. => Self::Everything,
        }
    }
}

/// Begins to log. Fails where it was called before.
pub fn init(
    format: LogFormat,
    verbosity: Verbosity,
    colour: Colour,
    writer: LogWriter,
) -> Result<(), TryInitError> {
    Registry::default().with(layer(format, verbosity, colour, writer)).try_init()
}

fn layer<S, W>(
    format: LogFormat,
    verbosity: Verbosity,
    colour: Colour,
    writer: W,
) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let (ours, others) = match verbosity {
        Verbosity::Quiet => (LevelFilter::ERROR, LevelFilter::ERROR),
        Verbosity::Normal => (LevelFilter::INFO, LevelFilter::WARN),
        Verbosity::Verbose => (LevelFilter::DEBUG, LevelFilter::WARN),
        Verbosity::Everything => (LevelFilter::TRACE, LevelFilter::WARN),
    };
    let filter = Targets::new().with_default(others).with_target("reservation_sync", ours);
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_target(false);
    match format {
        LogFormat::Text => lines.with_ansi(colour == Colour::Always).with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, verbosity: Verbosity, act: impl FnOnce()) -> String {
        let page = Page::default();
        let copy = page.clone();
        let layer = layer(format, verbosity, Colour::Never, move || copy.clone());
        tracing::subscriber::with_default(Registry::default().with(layer), act);
        let bytes = page.0.lock().expect("nobody panicked").clone();
        String::from_utf8(bytes).expect("logs are text")
    }

    /// What is logged at the usual verbosity while something is done.
    pub(in crate::report) fn logged_normally(act: impl FnOnce()) -> String {
        logged(LogFormat::Text, Verbosity::Normal, act)
    }

    fn something() {
        tracing::info!(grant.key = "pms::R1:G1:aa", n_done = 3, "granted");
        tracing::debug!("a detail");
        tracing::debug!(target: "h2::codec", "authorization: secret");
        tracing::error!("a failure");
    }

    #[test]
    fn json_logs_have_a_message_and_dotted_fields() {
        let lines = logged(LogFormat::Json, Verbosity::Normal, something);
        let first = lines.lines().next().expect("one was logged");
        let first: serde_json::Value = serde_json::from_str(first).expect("it is JSON");
        assert_eq!(first["message"], "granted");
        assert_eq!(first["grant.key"], "pms::R1:G1:aa");
        assert_eq!(first["n_done"], 3);
        assert_eq!(first["level"], "INFO");
    }

    #[test]
    fn more_is_told_on_request_but_never_by_the_libraries_below() {
        let n_lines = |verbosity| logged(LogFormat::Text, verbosity, something).lines().count();
        assert_eq!(n_lines(Verbosity::Quiet), 1);
        assert_eq!(n_lines(Verbosity::Normal), 2);
        assert_eq!(n_lines(Verbosity::Verbose), 3);
        let everything = logged(LogFormat::Text, Verbosity::Everything, something);
        assert!(!everything.contains("secret"), "{everything}");
    }

    #[test]
    fn the_flags_add_up() {
        for (n_verbose, n_quiet, expected) in [
            (0, 0, Verbosity::Normal),
            (1, 0, Verbosity::Verbose),
            (5, 0, Verbosity::Everything),
            (0, 1, Verbosity::Quiet),
            (1, 1, Verbosity::Normal),
        ] {
            assert_eq!(Verbosity::from_counts(n_verbose, n_quiet), expected);
        }
    }
}
