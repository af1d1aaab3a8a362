//! Servers with limits of every kind, and a run of the schedule against them on a clock of its own.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use super::agenda::{Ending, Next, Schedule};
use super::workspace::Reply;
use crate::plan::{Limits, Plan, StepId};

/// How long a call that is refused again and again is tried.
const PATIENCE: Duration = Duration::from_mins(5);

/// Says no to a request with the wait that it asks for, in seconds.
pub(super) trait Server {
    fn ask(&mut self, now: f64) -> Result<(), f64>;
}

fn whole_seconds(wait: f64) -> f64 {
    wait.ceil().max(1.0)
}

/// So many at once, and so many a second afterwards.
pub(super) struct Bucket {
    pub(super) rate: f64,
    pub(super) burst: f64,
    /// What is in it, and when.
    pub(super) level: (f64, f64),
}

impl Bucket {
    pub(super) fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, level: (burst, 0.0) }
    }
}

impl Server for Bucket {
    fn ask(&mut self, now: f64) -> Result<(), f64> {
        let (level, at) = self.level;
        let level = (level + (now - at) * self.rate).min(self.burst);
        if level >= 1.0 - 1e-9 {
            self.level = (level - 1.0, now);
            return Ok(());
        }
        self.level = (level, now);
        Err(whole_seconds((1.0 - level) / self.rate))
    }
}

/// So many in each window, which begin at fixed times.
pub(super) struct FixedWindow {
    pub(super) limit: f64,
    pub(super) width: f64,
    pub(super) offset: f64,
    /// The last window, and how many came in it.
    pub(super) used: (f64, f64),
}

impl Server for FixedWindow {
    fn ask(&mut self, now: f64) -> Result<(), f64> {
        let window = ((now + self.offset) / self.width).floor();
        if window > self.used.0 {
            self.used = (window, 0.0);
        }
        if self.used.1 < self.limit {
            self.used.1 += 1.0;
            return Ok(());
        }
        Err(whole_seconds((window + 1.0) * self.width - self.offset - now))
    }
}

/// So many in any stretch of that width.
pub(super) struct SlidingWindow {
    pub(super) limit: usize,
    pub(super) width: f64,
    pub(super) accepted: VecDeque<f64>,
}

impl Server for SlidingWindow {
    fn ask(&mut self, now: f64) -> Result<(), f64> {
        while self.accepted.front().is_some_and(|at| *at <= now - self.width) {
            self.accepted.pop_front();
        }
        match self.accepted.front() {
            Some(first) if self.accepted.len() >= self.limit => Err(whole_seconds(first + self.width - now)),
            _ => {
                self.accepted.push_back(now);
                Ok(())
            }
        }
    }
}

/// Refuses single calls for no reason: the first after each time, and one by chance.
pub(super) struct Stray<S> {
    pub(super) inner: S,
    pub(super) times: VecDeque<f64>,
    pub(super) chance: f64,
    pub(super) dice: Dice,
}

impl<S: Server> Server for Stray<S> {
    fn ask(&mut self, now: f64) -> Result<(), f64> {
        if self.times.front().is_some_and(|at| *at <= now) {
            self.times.pop_front();
            return Err(1.0);
        }
        if self.chance > 0.0 && self.dice.part() < self.chance {
            return Err(1.0);
        }
        self.inner.ask(now)
    }
}

/// Refuses everything for a while.
pub(super) struct Outage<S> {
    pub(super) inner: S,
    pub(super) from: f64,
    pub(super) until: f64,
}

impl<S: Server> Server for Outage<S> {
    fn ask(&mut self, now: f64) -> Result<(), f64> {
        if self.from <= now && now < self.until { Err(1.0) } else { self.inner.ask(now) }
    }
}

/// Chance that is the same each time (`SplitMix64`).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Anywhere from nothing to less than one.
    pub(super) fn part(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).expect("32 bits")) / 4_294_967_296.0
    }

    /// Mostly short, sometimes long, `mean` on average.
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.part()).ln()
    }
}

/// A client beside ours, which comes and goes.
#[derive(Clone, Copy)]
pub(super) struct Rival {
    pub(super) rate: f64,
    /// How long it comes or stays away on average.
    pub(super) span: f64,
}

/// What `Retry-After` says of a refusal.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tells {
    /// When it would be let through, in whole seconds.
    Truth,
    /// So many seconds, whatever the truth is.
    Always(f64),
    /// There is none.
    Nothing,
}

/// The world around a run.
pub(super) struct Weather {
    pub(super) seed: u64,
    /// A way takes so long at least, and so much longer on average.
    pub(super) way: (f64, f64),
    pub(super) tells: Tells,
    pub(super) rival: Option<Rival>,
    /// Every so often, what is on its way to the server stands still for so long.
    pub(super) stall: Option<(f64, f64)>,
}

impl Weather {
    pub(super) fn calm(seed: u64) -> Self {
        Self { seed, way: (0.02, 0.01), tells: Tells::Truth, rival: None, stall: None }
    }
}

/// What came of a run.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// When the last call was accepted, in seconds.
    pub(super) took: f64,
    pub(super) n_refused: usize,
    pub(super) n_given_up: usize,
    /// What the rival was accepted for.
    pub(super) n_rival: f64,
}

/// When something happens: in nanoseconds, and in which order.
type At = (u64, u64);

enum Event {
    Arrives(StepId),
    Answered(StepId, Result<(), f64>),
    RivalChanges(bool),
    RivalAsks,
}

struct Failing {
    since: Duration,
    paused_for: Duration,
    n_failures: i32,
}

struct Play<'a, S> {
    schedule: Schedule<'a>,
    server: S,
    weather: &'a Weather,
    dice: Dice,
    events: BinaryHeap<Reverse<At>>,
    happens: BTreeMap<At, Event>,
    n_events: u64,
    failing: BTreeMap<StepId, Failing>,
    rival_is_here: bool,
    run: Run,
}

/// Carries a plan out against a server, as `apply` does.
pub(super) fn run(plan: &Plan, limits: &Limits, server: impl Server, weather: &Weather) -> Run {
    let mut play = Play {
        schedule: Schedule::new(plan, limits),
        server,
        weather,
        dice: Dice(weather.seed),
        events: BinaryHeap::new(),
        happens: BTreeMap::new(),
        n_events: 0,
        failing: BTreeMap::new(),
        rival_is_here: false,
        run: Run::default(),
    };
    play.run(plan.steps.len());
    play.run
}

impl<S: Server> Play<'_, S> {
    fn run(&mut self, n_steps: usize) {
        let mut now = Duration::ZERO;
        let mut n_over = 0;
        if self.weather.rival.is_some() {
            self.later(0.0, Event::RivalChanges(true));
        }
        while n_over < n_steps {
            let turn = loop {
                match self.schedule.next(now) {
                    Next::Step(id) => {
                        let way = self.way();
                        let arrives = self.stalled(now.as_secs_f64() + way);
                        self.later(arrives, Event::Arrives(id));
                    }
                    Next::At(at) => break Some(at),
                    Next::Nothing => break None,
                }
            };
            let event = self.events.peek().map(|Reverse((at, _))| Duration::from_nanos(*at));
            match (event, turn) {
                (Some(at), turn) if turn.is_none_or(|turn| at <= turn) => {
                    now = at;
                    n_over += usize::from(self.happens(now));
                }
                (_, Some(turn)) => now = turn,
                (_, None) => panic!("{} steps wait for ever", n_steps - n_over),
            }
        }
    }

    fn way(&mut self) -> f64 {
        let (least, more) = self.weather.way;
        least + self.dice.exponential(more)
    }

    fn stalled(&self, at: f64) -> f64 {
        match self.weather.stall {
            Some((every, length)) if at % every < length => at - at % every + length,
            _ => at,
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a short test")]
    fn later(&mut self, at: f64, event: Event) {
        let at = ((at * 1e9) as u64, self.n_events);
        self.n_events += 1;
        self.events.push(Reverse(at));
        self.happens.insert(at, event);
    }

    /// Whether a step is over.
    fn happens(&mut self, now: Duration) -> bool {
        let Reverse(at) = self.events.pop().expect("one was there");
        let seconds = now.as_secs_f64();
        match self.happens.remove(&at).expect("it happens once") {
            Event::Arrives(id) => {
                let answer = self.server.ask(seconds);
                let answered = seconds + self.way();
                self.later(answered, Event::Answered(id, answer));
            }
            Event::Answered(id, answer) => return self.answered(id, answer, now),
            Event::RivalChanges(is_here) => {
                let rival = self.weather.rival.expect("there is one");
                self.rival_is_here = is_here;
                let until = seconds + self.dice.exponential(rival.span);
                self.later(until, Event::RivalChanges(!is_here));
                if is_here {
                    self.later(seconds, Event::RivalAsks);
                }
            }
            Event::RivalAsks => {
                if let Some(rival) = self.weather.rival.filter(|_| self.rival_is_here) {
                    self.run.n_rival += f64::from(u8::from(self.server.ask(seconds).is_ok()));
                    let next = seconds + self.dice.exponential(1.0 / rival.rate);
                    self.later(next, Event::RivalAsks);
                }
            }
        }
        false
    }

    fn answered(&mut self, id: StepId, answer: Result<(), f64>, now: Duration) -> bool {
        let Err(asked) = answer else {
            self.run.took = now.as_secs_f64();
            self.schedule.answered(id, Reply::Accepted, now);
            self.schedule.over(id, Ending::Succeeded, now);
            return true;
        };
        self.run.n_refused += 1;
        let retry_after = match self.weather.tells {
            Tells::Truth => Some(Duration::from_secs_f64(asked)),
            Tells::Always(seconds) => Some(Duration::from_secs_f64(seconds)),
            Tells::Nothing => None,
        };
        let paused_for = self.schedule.paused_for();
        let failing = self.failing.entry(id).or_insert(Failing { since: now, paused_for, n_failures: 0 });
        let ceiling = (0.5 * 2_f64.powi(failing.n_failures)).min(10.0);
        failing.n_failures += 1;
        let backoff = Duration::from_secs_f64(ceiling * self.dice.part());
        let wait = retry_after.map_or(backoff, |asked| asked.max(backoff.min(Duration::from_secs(1))));
        let explained = paused_for.saturating_sub(failing.paused_for);
        let is_over = (now + wait).saturating_sub(failing.since + explained) > PATIENCE;
        self.schedule.answered(id, Reply::Throttled { retry_after, wait }, now);
        if is_over {
            self.run.n_given_up += 1;
            self.schedule.over(id, Ending::Failed, now);
        } else {
            self.schedule.again(id, wait, false, now);
        }
        is_over
    }
}
