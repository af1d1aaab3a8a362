//! The way between runs and Seam: it takes time, loses what a seed wants it to lose, and carries on what was sent even
//! where nobody waits for it any more.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::http::Request;
use reservation_sync::sandbox::{Fault, FaultPlan, Sandbox};
use reservation_sync::seam::{Answered, Answering, Asked, InProcess, NoAnswer};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::simulation_watch::{RunNumber, Watch};
use super::simulation_world::Dice;

/// The wire; clones share it.
#[derive(Clone)]
pub(crate) struct Wire {
    sandbox: Arc<Sandbox>,
    watch: Watch,
    weather: Arc<Mutex<Weather>>,
}

struct Weather {
    dice: Dice,
    season: Season,
}

/// How much trouble there is at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Season {
    /// None, and every way is short.
    Calm,
    /// One weather follows another.
    Stormy,
}

/// What becomes of one call on its way.
struct Trip {
    there: Duration,
    back: Duration,
    /// It never leaves.
    is_stopped: bool,
    /// It arrives even if its sender is dead by then.
    survives: bool,
}

const MAX_BODY: usize = 16 << 20;

impl Wire {
    pub(crate) fn new(sandbox: Arc<Sandbox>, watch: Watch, dice: Dice) -> Self {
        let weather = Weather { dice, season: Season::Calm };
        Self { sandbox, watch, weather: Arc::new(Mutex::new(weather)) }
    }

    /// Changes the season.
    pub(crate) fn set(&self, season: Season) {
        let mut weather = self.weather.lock().expect("no panic");
        weather.season = season;
        let plan = match season {
            Season::Calm => FaultPlan::none(),
            Season::Stormy => weather.draw(),
        };
        self.sandbox.set_faults(plan);
    }

    /// Seam as that run reaches it.
    pub(crate) fn of(&self, run: RunNumber) -> InProcess {
        let jitter_seed = self.weather.lock().expect("no panic").dice.roll();
        let wire = self.clone();
        InProcess { answer: Arc::new(move |asked| wire.carry(run, asked)), jitter_seed }
    }

    fn carry(&self, run: RunNumber, asked: Asked) -> Answering {
        let trip = self.depart();
        let Self { sandbox, watch, weather: _ } = self.clone();
        Box::pin(async move {
            let Trip { there, back, is_stopped, survives } = trip;
            if is_stopped {
                sleep(there).await;
                watch.count("calls that never left");
                return Err(NoAnswer::NotSent);
            }
            let (tell, told) = oneshot::channel();
            tokio::spawn(async move {
                sleep(there).await;
                if tell.is_closed() && !survives {
                    watch.count("calls that died with their run");
                    return;
                }
                tell.send(deliver(&sandbox, &watch, run, asked).await).ok();
            });
            let answer = told.await.unwrap_or(Err(NoAnswer::Cut));
            sleep(back).await;
            answer
        })
    }

    fn depart(&self) -> Trip {
        let mut weather = self.weather.lock().expect("no panic");
        let Weather { dice, season } = &mut *weather;
        if *season == Season::Calm {
            let (there, back) = (dice.millis(20), dice.millis(20));
            return Trip { there, back, is_stopped: false, survives: true };
        }
        let mut way = || if dice.percent(8) { dice.millis(7_000) } else { dice.millis(150) };
        let (there, back) = (way(), way());
        let (is_stopped, survives) = (dice.percent(1), dice.percent(50));
        if dice.percent(5) {
            let plan = weather.draw();
            self.sandbox.set_faults(plan);
        }
        Trip { there, back, is_stopped, survives }
    }
}

impl Weather {
    /// Another weather: fair, mixed, or one kind of trouble that comes in a storm.
    fn draw(&mut self) -> FaultPlan {
        const STORMS: [&[Fault]; 6] = [
            &[Fault::Throttled],
            &[Fault::ServerError, Fault::PlainText, Fault::EmptyBody],
            &[Fault::PlainTextAfter, Fault::EmptyBodyAfter],
            &[Fault::CutBefore],
            &[Fault::CutAfter, Fault::CutBody],
            &[Fault::TruncatedJson, Fault::Latency],
        ];
        let dice = &mut self.dice;
        let seed = dice.roll();
        let (latency_ms, retry_after_seconds) = (dice.below(9_000), *dice.one(&[0, 1, 1, 7, 90]));
        let mut plan = match dice.below(10) {
            0..3 => FaultPlan::none(),
            3..6 => FaultPlan::every_kind(seed, 0.1),
            6 => FaultPlan::every_kind(seed, 0.4),
            _ => {
                let kinds = *dice.one(&STORMS);
                let rate = *dice.one(&[0.2, 0.5, 0.8]) / f64::from(u8::try_from(kinds.len()).expect("few"));
                FaultPlan {
                    seed,
                    rates: kinds.iter().map(|kind| (*kind, rate)).collect(),
                    ..FaultPlan::none()
                }
            }
        };
        (plan.latency_ms, plan.retry_after_seconds) = (latency_ms, retry_after_seconds);
        plan
    }
}

/// The call arrives: Seam deals with it, and the watch looks before anything else can happen.
async fn deliver(
    sandbox: &Sandbox,
    watch: &Watch,
    run: RunNumber,
    asked: Asked,
) -> Result<Answered, NoAnswer> {
    let Asked { path, headers, body } = asked;
    let mut request = Request::post(path).body(Bytes::from(body.clone())).expect("a path");
    *request.headers_mut() = headers;
    let response = sandbox.answer(request).await;
    let status = response.as_ref().map_or(0, |response| response.status().as_u16());
    watch.called(run, path, &body, status);
    let (parts, body) = response.map_err(|_| NoAnswer::Cut)?.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| NoAnswer::Cut)?;
    Ok(Answered { status, headers: parts.headers, body: body.to_vec() })
}
