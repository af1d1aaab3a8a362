//! How far the run is: a bar on a terminal, a log line every few seconds elsewhere.
//!
//! Progress is news: it may be lost, it is never waited for, and nothing depends on it.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::fmt::MakeWriter;

use super::logs::Verbosity;
use crate::event::{Event, EventSink, Listing, Outcome, Silence, Stage};
use crate::plan::Plan;

/// How often a log line tells the progress where there is no terminal.
const LOG_EVERY: Duration = Duration::from_secs(5);

/// The sink that fits stderr, and the writer that logs must go through so that they do not tear its bar.
pub fn for_stderr(verbosity: Verbosity) -> (Arc<dyn EventSink>, LogWriter) {
    if verbosity == Verbosity::Quiet {
        (Arc::new(Silence), LogWriter::default())
    } else if io::stderr().is_terminal() {
        let bars = Bars::new(ProgressDrawTarget::stderr());
        let writer = LogWriter { bars: Some(bars.multi.clone()) };
        (Arc::new(bars), writer)
    } else {
        (Arc::new(Lines::new(LOG_EVERY)), LogWriter::default())
    }
}

/// Where log lines go: to stderr, above the bar where there is one.
#[derive(Debug, Clone, Default)]
pub struct LogWriter {
    bars: Option<MultiProgress>,
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl io::Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let write = || io::stderr().write_all(bytes);
        match &self.bars {
            Some(bars) => bars.suspend(write)?,
            None => write()?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// What was counted so far.
#[derive(Debug, Clone, Copy)]
struct Tally {
    n_steps: usize,
    /// How long the plan takes at least: a door that makes everybody wait shows late in the rate.
    at_least: Duration,
    n_over: usize,
    n_troubled: usize,
    began: Instant,
}

impl Tally {
    fn new(n_steps: usize, at_least: Duration) -> Self {
        Self { n_steps, at_least, n_over: 0, n_troubled: 0, began: Instant::now() }
    }

    fn of(plan: &Plan) -> Self {
        let at_least = Duration::try_from_secs_f64(plan.estimate.seconds).unwrap_or_default();
        Self::new(plan.steps.len(), at_least)
    }

    fn count(&mut self, outcome: Outcome) {
        self.n_over += 1;
        if !matches!(outcome, Outcome::Done | Outcome::AlreadySo) {
            self.n_troubled += 1;
        }
    }

    fn pace(&self) -> Pace {
        Pace { tally: *self, elapsed: self.began.elapsed() }
    }
}

/// A tally at a moment: `120 of 4000 calls, 2 failed, 9.8 a second, 06:36 left`.
struct Pace {
    tally: Tally,
    elapsed: Duration,
}

impl fmt::Display for Pace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { n_steps, at_least, n_over, n_troubled, began: _ } = self.tally;
        write!(formatter, "{n_over} of {n_steps} calls")?;
        if n_troubled > 0 {
            write!(formatter, ", {n_troubled} not done")?;
        }
        if n_over == 0 || self.elapsed.is_zero() {
            return Ok(());
        }
        #[expect(clippy::cast_precision_loss, reason = "no plan has so many calls, and this is an estimate")]
        let (over, left) = (n_over as f64, n_steps.saturating_sub(n_over) as f64);
        let seconds = self.elapsed.as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let by_rate = (left * seconds / over).ceil() as u64;
        let by_plan = at_least.saturating_sub(self.elapsed).as_secs();
        let left = if n_over < n_steps { by_rate.max(by_plan) } else { 0 };
        write!(formatter, ", {:.1} a second, {:02}:{:02} left", over / seconds, left / 60, left % 60)
    }
}

/// Log lines.
struct Lines {
    every: Duration,
    state: Mutex<Option<(Tally, Instant)>>,
}

impl Lines {
    fn new(every: Duration) -> Self {
        Self { every, state: Mutex::new(None) }
    }
}

impl EventSink for Lines {
    fn emit(&self, event: &Event<'_>) {
        match event {
            Event::Started(stage) => tracing::debug!(run.stage = word(*stage), "{}", doing(*stage)),
            Event::Finished(stage) => tracing::info!(run.stage = word(*stage), "{}", done(*stage)),
            Event::Planned(plan) => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                *state = Some((Tally::of(plan), Instant::now()));
            }
            Event::StepFinished { outcome, .. } => {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let Some((tally, told_at)) = state.as_mut() else { return };
                tally.count(*outcome);
                if told_at.elapsed() < self.every {
                    return;
                }
                *told_at = Instant::now();
                let tally = *tally;
                drop(state);
                tracing::info!(
                    progress.n_over = tally.n_over,
                    progress.n_steps = tally.n_steps,
                    progress.n_troubled = tally.n_troubled,
                    "{}",
                    tally.pace()
                );
            }
            Event::Retried { path, wait, throttled } => told_retry(path, *wait, *throttled),
            Event::Listed { .. } | Event::StepStarted(_) => {}
        }
    }
}

/// Bars.
struct Bars {
    multi: MultiProgress,
    reading: Mutex<Reading>,
    applying: Mutex<Option<(ProgressBar, Tally)>>,
}

#[derive(Default)]
struct Reading {
    source: Option<ProgressBar>,
    inventory: Option<ProgressBar>,
    n_listed: [usize; 6],
}

impl Bars {
    fn new(target: ProgressDrawTarget) -> Self {
        Self {
            multi: MultiProgress::with_draw_target(target),
            reading: Mutex::default(),
            applying: Mutex::default(),
        }
    }

    fn spinner(&self, stage: Stage) -> ProgressBar {
        let spinner = self.multi.add(ProgressBar::new_spinner().with_message(doing(stage)));
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }

    fn started(&self, stage: Stage) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        match stage {
            Stage::Source => reading.source = Some(self.spinner(stage)),
            Stage::Inventory => reading.inventory = Some(self.spinner(stage)),
            Stage::Plan | Stage::Apply => {}
        }
    }

    fn finished(&self, stage: Stage) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = match stage {
            Stage::Source => reading.source.take(),
            Stage::Inventory => reading.inventory.take(),
            Stage::Plan => None,
            Stage::Apply => {
                let mut applying = self.applying.lock().unwrap_or_else(PoisonError::into_inner);
                applying.take().map(|(bar, _)| bar)
            }
        };
        if let Some(bar) = bar {
            bar.finish_and_clear();
            self.multi.remove(&bar);
        }
    }

    fn listed(&self, listing: Listing, n_so_far: usize) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let position = match listing {
            Listing::Spaces => 0,
            Listing::Entrances => 1,
            Listing::Devices => 2,
            Listing::Identities => 3,
            Listing::Grants => 4,
            Listing::UnmanagedGrants => 5,
        };
        reading.n_listed[position] = n_so_far;
        let [n_spaces, n_entrances, n_devices, n_identities, n_grants, n_unmanaged] = reading.n_listed;
        if let Some(bar) = &reading.inventory {
            bar.set_message(format!(
                "{}: {n_spaces} spaces, {} doors, {n_identities} guests, {} grants",
                doing(Stage::Inventory),
                n_entrances + n_devices,
                n_grants + n_unmanaged
            ));
        }
    }

    fn planned(&self, plan: &Plan) {
        let n_steps = plan.steps.len();
        if n_steps == 0 {
            return;
        }
        let style = ProgressStyle::with_template("{bar:30} {msg}").expect("the template is fixed");
        let bar = self.multi.add(ProgressBar::new(n_steps as u64).with_style(style.progress_chars("=> ")));
        // Else the time left would stand still while a door makes everybody wait.
        bar.enable_steady_tick(Duration::from_millis(500));
        let tally = Tally::of(plan);
        bar.set_message(tally.pace().to_string());
        *self.applying.lock().unwrap_or_else(PoisonError::into_inner) = Some((bar, tally));
    }

    fn step_finished(&self, outcome: Outcome) {
        let mut applying = self.applying.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((bar, tally)) = applying.as_mut() {
            tally.count(outcome);
            bar.set_message(tally.pace().to_string());
            bar.set_position(tally.n_over as u64);
        }
    }
}

impl EventSink for Bars {
    fn emit(&self, event: &Event<'_>) {
        match event {
            Event::Started(stage) => self.started(*stage),
            Event::Finished(stage) => self.finished(*stage),
            Event::Listed { listing, n_so_far } => self.listed(*listing, *n_so_far),
            Event::Planned(plan) => self.planned(plan),
            Event::StepStarted(_) => {}
            Event::StepFinished { outcome, .. } => self.step_finished(*outcome),
            Event::Retried { path, wait, throttled } => told_retry(path, *wait, *throttled),
        }
    }
}

fn told_retry(path: &str, wait: Duration, throttled: bool) {
    let why = if throttled { "Seam asked to slow down" } else { "a call is repeated" };
    tracing::debug!(call.path = path, wait_ms = wait.as_millis(), "{why}");
}

fn doing(stage: Stage) -> &'static str {
    match stage {
        Stage::Source => "reading the reservations",
        Stage::Inventory => "reading Seam",
        Stage::Plan => "planning",
        Stage::Apply => "carrying out the plan",
    }
}

fn done(stage: Stage) -> &'static str {
    match stage {
        Stage::Source => "the reservations are read",
        Stage::Inventory => "Seam is read",
        Stage::Plan => "the plan is made and checked",
        Stage::Apply => "the calls are over",
    }
}

/// For programs that look for it in a log.
fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Source => "source",
        Stage::Inventory => "inventory",
        Stage::Plan => "plan",
        Stage::Apply => "apply",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Call, Step, StepId, StepIds};

    fn check(n_over: usize, n_troubled: usize, seconds: u64, expected: &str) {
        let tally = Tally { n_over, n_troubled, ..Tally::new(4000, Duration::from_mins(2)) };
        assert_eq!(Pace { tally, elapsed: Duration::from_secs(seconds) }.to_string(), expected);
    }

    #[test]
    fn the_pace_tells_rate_and_time_left() {
        check(0, 0, 0, "0 of 4000 calls");
        check(120, 0, 12, "120 of 4000 calls, 10.0 a second, 06:28 left");
        check(120, 2, 12, "120 of 4000 calls, 2 not done, 10.0 a second, 06:28 left");
        // The plan knows of a door that takes two minutes, whatever the rate was so far.
        check(3999, 0, 20, "3999 of 4000 calls, 199.9 a second, 01:40 left");
        check(4000, 0, 400, "4000 of 4000 calls, 10.0 a second, 00:00 left");
    }

    fn plan(n_steps: u32) -> Plan {
        let step = |_| Step {
            item: None,
            call: Call::DeleteGrant { id: "g".into(), key: "pms::R1:G1:x".into() },
            doors: [].into(),
            requires: StepIds::new(),
            follows: StepIds::new(),
            deadline: jiff::Timestamp::UNIX_EPOCH,
        };
        Plan { steps: (0..n_steps).map(step).collect(), ..Plan::default() }
    }

    fn whole_run(sink: &dyn EventSink, plan: &Plan) {
        for stage in [Stage::Source, Stage::Inventory] {
            sink.emit(&Event::Started(stage));
        }
        sink.emit(&Event::Listed { listing: Listing::Grants, n_so_far: 500 });
        for stage in [Stage::Source, Stage::Inventory] {
            sink.emit(&Event::Finished(stage));
        }
        sink.emit(&Event::Planned(plan));
        for step in 0..2 {
            sink.emit(&Event::StepFinished { step: StepId(step), outcome: Outcome::Done });
        }
        sink.emit(&Event::StepFinished { step: StepId(2), outcome: Outcome::Failed });
    }

    #[test]
    fn the_bar_follows_the_steps_and_goes_when_they_are_over() {
        let bars = Bars::new(ProgressDrawTarget::hidden());
        whole_run(&bars, &plan(4));
        let (bar, tally) = bars.applying.lock().expect("nobody panicked").clone().expect("steps are left");
        assert_eq!((bar.position(), bar.length()), (3, Some(4)));
        assert_eq!((tally.n_over, tally.n_troubled), (3, 1));
        assert!(bar.message().starts_with("3 of 4 calls, 1 not done"), "{}", bar.message());
        bars.emit(&Event::Finished(Stage::Apply));
        assert!(bar.is_finished());
        assert!(bars.applying.lock().expect("nobody panicked").is_none());
    }

    #[test]
    fn without_a_terminal_the_progress_is_logged_now_and_then() {
        let told = |every| {
            let lines =
                crate::report::logs::tests::logged_normally(|| whole_run(&Lines::new(every), &plan(4)));
            lines.lines().filter(|line| line.contains("of 4 calls")).count()
        };
        assert_eq!(told(Duration::ZERO), 3);
        assert_eq!(told(Duration::from_hours(1)), 0);
    }

    #[test]
    fn steps_of_no_plan_are_ignored() {
        let finished = Event::StepFinished { step: StepId(0), outcome: Outcome::Done };
        let bars = Bars::new(ProgressDrawTarget::hidden());
        bars.emit(&finished);
        Lines::new(Duration::ZERO).emit(&finished);
        bars.emit(&Event::Planned(&plan(0)));
        assert!(bars.applying.lock().expect("nobody panicked").is_none());
    }
}
