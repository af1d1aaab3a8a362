//! Deterministic simulation: whole runs in one process on virtual time, against the sandbox without sockets and a record
//! in memory, with trouble of every kind. A seed decides everything, so that a failing one can be seen again.
//!
//! `SIMULATION_SEED=7` tries one seed and tells its story; `SIMULATION_SEEDS=100000` tries more of them,
//! `SIMULATION_FIRST=100000` the ones behind those. Which ones they are follows from `PROPTEST_RNG_SEED`.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::SignedDuration;
use reservation_sync::apply::Stop;
use reservation_sync::config::Environment;
use reservation_sync::plan::{Call, Step};
use reservation_sync::sandbox::{Limits, Sandbox, SandboxClock, SandboxOptions, SeedSource};
use tokio::runtime::Builder;
use tokio::time::sleep;

use super::simulation_judge::Judge;
use super::simulation_record::{Record, TTL};
use super::simulation_run::{Done, Ended, Script, Stage, run};
use super::simulation_watch::{Entry, LINGERS, RunNumber, Watch};
use super::simulation_wire::{Season, Wire};
use super::simulation_world::{Clocks, Dice, Nights, Tally, Wall, nights, seed_of_hotel, switches};
use crate::small_world::{self, Night, told};

/// Enough to meet every kind of trouble in many places, few enough to wait for.
const SEEDS: u64 = 2_000;

/// By so much a clock is set at most.
const FARTHEST_JUMP: Duration = Duration::from_mins(10);

/// What came of a seed.
struct Story {
    wrong: Vec<String>,
    log: Vec<Entry>,
    tally: Tally,
}

/// Plays a seed.
fn play(seed: u64) -> Story {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let mut play = Play::open(seed).await;
        for night in &play.nights {
            play.stage.watch.tell(0, format!("{night:#?}"));
        }
        play.all().await;
        let watch = &play.stage.watch;
        Story { wrong: watch.wrong(), log: watch.log(), tally: watch.tally() }
    })
}

struct Play {
    dice: Dice,
    stage: Stage,
    kind: Nights,
    nights: Vec<Night>,
    completeness: Vec<bool>,
    n_runs: RunNumber,
}

impl Play {
    async fn open(seed: u64) -> Self {
        let mut dice = Dice::of(seed, "play");
        let clocks = Clocks::start();
        let sandbox = Sandbox::in_process(SandboxOptions {
            seed: SeedSource::Document(Box::new(seed_of_hotel(dice.percent(30)))),
            clock: SandboxClock::StartingAt(small_world::now()),
            switches: Some(switches(&mut dice)),
            limits: Some(Limits::default()),
            ..SandboxOptions::default()
        });
        let sandbox = Arc::new(sandbox.await.expect("a good seed"));
        let api_key = sandbox.api_key().to_owned();
        let watch = Watch::over(Arc::clone(&sandbox), clocks.clone());
        let record = Record::new(Dice::of(seed, "record"), clocks.clone(), watch.clone());
        let wire = Wire::new(sandbox, watch.clone(), Dice::of(seed, "wire"));
        let kind = *dice.one(&[Nights::Full, Nights::Full, Nights::Any]);
        let n_nights = *dice.one(&[1, 1, 1, 2, 2, 3]);
        let nights = nights(seed, kind, n_nights, &mut dice);
        let completeness = nights.iter().map(|_| kind == Nights::Any && dice.percent(50)).collect();
        let stage = Stage { record, wire, watch, clocks, api_key };
        Self { dice, stage, kind, nights, completeness, n_runs: 0 }
    }

    async fn all(&mut self) {
        for number in 0..self.nights.len() {
            if number > 0 {
                let hours = self.dice.below(30);
                sleep(Duration::from_mins(60 * hours + self.dice.below(60))).await;
            }
            self.stage.wire.set(Season::Stormy);
            for _ in 0..=self.dice.below(2) {
                self.trouble(number).await;
                if !self.stage.watch.wrong().is_empty() {
                    return;
                }
            }
            if number + 1 == self.nights.len() || self.dice.percent(25) {
                self.calm(number).await;
            }
            if !self.stage.watch.wrong().is_empty() {
                return;
            }
        }
    }

    fn script(&mut self, number: usize) -> Script {
        self.n_runs += 1;
        Script {
            run: self.n_runs,
            night: self.nights[number].clone(),
            number,
            is_complete: self.completeness[number],
            dies_after: None,
            breaks_after: None,
            stopped_after: None,
        }
    }

    /// A run, or two at once, in bad weather.
    async fn trouble(&mut self, number: usize) {
        let mut script = self.script(number);
        self.ail(&mut script);
        if self.dice.percent(35) {
            self.jump();
        }
        let stage = self.stage.clone();
        let first = async { (script.run, run(&stage, script.clone()).await) };
        if self.dice.percent(20) {
            let mut other = self.script(number);
            self.ail(&mut other);
            let later = self.dice.millis(30_000);
            let second = async {
                sleep(later).await;
                (other.run, run(&stage, other.clone()).await)
            };
            stage.watch.count("races");
            let (first, second) = futures_util::future::join(first, second).await;
            self.after(&first.1, first.0).await;
            self.after(&second.1, second.0).await;
        } else {
            let (number, ended) = first.await;
            self.after(&ended, number).await;
        }
    }

    /// What is done to a run.
    fn ail(&mut self, script: &mut Script) {
        match self.dice.below(10) {
            0..4 => script.dies_after = Some(self.dice.of_any_size(10)),
            4 => script.breaks_after = Some(self.dice.of_any_size(6)),
            5 => script.stopped_after = Some(self.dice.millis(20_000)),
            _ => {}
        }
    }

    /// Clocks are set while a run goes on, a little or much.
    fn jump(&mut self) {
        let most = *self.dice.one(&[5, 90, FARTHEST_JUMP.as_secs()]);
        let mut offset = || {
            let seconds = i64::try_from(self.dice.below(2 * most)).expect("small");
            SignedDuration::from_secs(seconds - i64::try_from(most).expect("small"))
        };
        let (host, store) = (offset(), offset());
        let store = if self.dice.percent(50) { host } else { store };
        let after = self.dice.millis(40_000);
        let stage = self.stage.clone();
        tokio::spawn(async move {
            sleep(after).await;
            stage.watch.note(0, "the clocks jump", host.as_secs().unsigned_abs());
            stage.watch.count("clocks that jumped");
            stage.clocks.set(Wall::Host, host);
            stage.clocks.set(Wall::Store, store);
        });
    }

    /// Whether the next run finds the lock free depends on where the dead one lived.
    async fn after(&mut self, ended: &Ended, number: RunNumber) {
        match ended {
            Ended::Dead if self.dice.percent(50) => self.stage.record.bury(number),
            Ended::Dead | Ended::SentAway if self.dice.percent(50) => sleep(TTL).await,
            Ended::Over(done) => {
                let open = self.stage.record.steps(number).into_iter().find(|noted| noted.outcome.is_none());
                let could_record = !matches!(done.applied.stop, Some(Stop::Record(_)));
                if let Some(noted) = open.filter(|_| could_record) {
                    self.stage
                        .watch
                        .object(format!("run {number} is over and never said how {noted:?} ended"));
                }
            }
            Ended::Dead | Ended::SentAway | Ended::Unread => {}
        }
    }

    /// Without trouble one run does everything, and what it leaves is what the source wants.
    async fn calm(&mut self, number: usize) {
        self.stage.wire.set(Season::Calm);
        for wall in [Wall::Host, Wall::Store] {
            self.stage.clocks.set(wall, SignedDuration::ZERO);
        }
        // A lock that was taken by a clock that ran ahead lasts as long as that.
        sleep(LINGERS + TTL + FARTHEST_JUMP).await;
        for wall in [Wall::Host, Wall::Store] {
            self.stage.clocks.set(wall, SignedDuration::ZERO);
        }
        // The first does all there is; a code that a new grant might share with an old one is taken away by the second.
        let mut before = String::new();
        for n_runs in 0..3 {
            let Some(done) = self.whole(number).await else { return };
            if done.plan.is_empty() {
                let runs = 1..=self.n_runs;
                return Judge { done: &done, stage: &self.stage, nights: self.kind, runs }.judge();
            }
            let is_late_removal = |step: &Step| matches!(step.call, Call::DeleteMethod { .. });
            before.push_str(&told(&done.plan.items));
            if n_runs == 2 || (n_runs == 1 && !done.plan.steps.iter().all(is_late_removal)) {
                let steps = &done.plan.steps;
                self.stage
                    .watch
                    .object(format!("something is left after runs without trouble\n{before}{steps:#?}"));
                return;
            }
        }
    }

    /// A run in calm weather, which has no excuse.
    async fn whole(&mut self, number: usize) -> Option<Done> {
        let script = self.script(number);
        let watch = self.stage.watch.clone();
        match run(&self.stage, script).await {
            Ended::Over(done) if done.is_whole() => Some(*done),
            Ended::Over(done) => {
                let failed: Vec<_> = done.applied.endings.iter().filter(|e| e.error.is_some()).collect();
                watch.object(format!(
                    "a run without trouble did not do everything: {:?} {failed:#?}\n{}",
                    done.applied.stop,
                    told(&done.plan.items)
                ));
                None
            }
            Ended::SentAway => {
                watch.object("nobody is there, and yet the lock is held".to_owned());
                None
            }
            Ended::Dead | Ended::Unread => {
                watch.object("a run without trouble could not read Seam".to_owned());
                None
            }
        }
    }
}

/// Plays a seed; what is wrong with it, in a form that a person can work with.
fn check(seed: u64, tally: &mut Tally) -> Result<(), String> {
    let replay =
        format!("SIMULATION_SEED={seed} cargo test --locked --test it simulation::thousands -- --nocapture");
    let story = catch_unwind(AssertUnwindSafe(|| play(seed)))
        .map_err(|_| format!("seed {seed} panics; to see it again:\n{replay}"))?;
    for (what, n) in story.tally {
        *tally.entry(what).or_default() += n;
    }
    if story.wrong.is_empty() {
        return Ok(());
    }
    let n_steps = story.log.len();
    let wrong = story.wrong.join("\n");
    let log = tell(&story.log[n_steps.saturating_sub(60)..]);
    Err(format!("seed {seed}, step {n_steps}: {wrong}\n{log}to see it again:\n{replay}"))
}

fn tell(log: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { at, run, what, number, body } in log {
        writeln!(text, "{:>10.3} run {run} {what} {number} {body}", at.as_secs_f64())
            .expect("a string takes all");
    }
    text
}

#[test]
fn a_seed_is_the_same_story_every_time() {
    for seed in [1, 2, 3, 20_261_201] {
        let (first, second) = (play(seed), play(seed));
        assert!(first.log.len() > 10, "seed {seed} tells nothing");
        for (number, (one, other)) in first.log.iter().zip(&second.log).enumerate() {
            assert_eq!(one, other, "seed {seed}, step {number}");
        }
        assert_eq!(first.log.len(), second.log.len(), "seed {seed}");
    }
}

#[expect(clippy::print_stderr, reason = "what was tried is wanted beside the result")]
#[test]
fn thousands_of_seeds_break_no_promise_and_converge() {
    let environment = Environment::from_process();
    let number = |name| environment.get(name).and_then(|number| number.parse::<u64>().ok());
    if let Some(seed) = number("SIMULATION_SEED") {
        eprint!("{}", tell(&play(seed).log));
        check(seed, &mut Tally::new()).unwrap_or_else(|wrong| panic!("{wrong}"));
        return;
    }
    let first = number("PROPTEST_RNG_SEED").unwrap_or(0).wrapping_mul(1_000_000_000);
    let first = first.wrapping_add(number("SIMULATION_FIRST").unwrap_or(0));
    let n_seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let began = std::time::Instant::now();
    let (next, stop) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let outcomes: Vec<(Tally, Option<String>)> = std::thread::scope(|scope| {
        let work = || {
            let mut tally = Tally::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= n_seeds || stop.load(Ordering::Relaxed) < n {
                    return (tally, None);
                }
                if let Err(wrong) = check(first.wrapping_add(n), &mut tally) {
                    stop.fetch_min(n, Ordering::Relaxed);
                    return (tally, Some(wrong));
                }
            }
        };
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("panics are caught")).collect()
    });
    let took = began.elapsed();
    let mut total = Tally::new();
    for (what, n) in outcomes.iter().flat_map(|(tally, _)| tally) {
        *total.entry(what).or_default() += n;
    }
    let n_played = next.load(Ordering::Relaxed).min(n_seeds);
    let rate = 1_000 * n_played / u64::try_from(took.as_millis()).expect("less than an age").max(1);
    eprintln!("{n_played} seeds in {took:.1?}, {rate} a second: {total:#?}");
    let wrong: Vec<String> = outcomes.into_iter().filter_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
