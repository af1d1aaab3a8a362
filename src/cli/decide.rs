//! `decide`: a person says what is to become of a stay.

use clap::{ArgGroup, Args};
use jiff::civil::Date;
use serde_json::json;

use super::output::Output;
use super::plan::runtime;
use super::signals;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::mapping::ReservationFilter;
use crate::model::{Choice, Decision, PropertyCode, ReservationKey, Unit};
use crate::plan::Commands;
use crate::report::{Decided, visible};
use crate::run::{self, Failure, Interrupt, Job, Mode, Ruled, Ruling, Verdict};

/// Flags of `decide`.
#[expect(clippy::struct_excessive_bools, reason = "exactly one of a group is given")]
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("choice").required(true).multiple(false)))]
pub(super) struct DecideFlags {
    /// The key of the reservation, as the source has it.
    #[arg(value_name = "RESERVATION_KEY")]
    reservation: String,
    /// Its property, where several have that key.
    #[arg(long, value_name = "CODE")]
    property: Option<String>,
    /// Decides about this unit only, as the source writes it; else about each unit of the reservation.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Makes this and another reservation one party: both may be in the unit at once.
    #[arg(long, value_name = "OTHER", group = "choice")]
    share_with: Option<String>,
    /// Gives the stay what the source asks for, although another party has the unit.
    #[arg(long, group = "choice")]
    grant: bool,
    /// Takes the grants of the stay, and ends its claim to the unit.
    #[arg(long, group = "choice")]
    revoke: bool,
    /// Leaves the stay its key and its claim to the unit.
    #[arg(long, group = "choice")]
    leave: bool,
    /// Takes back what was decided; without --unit, everything about the reservation.
    #[arg(long, group = "choice")]
    undo: bool,
    /// Why; it is recorded.
    #[arg(long, value_name = "TEXT", value_parser = some_words)]
    reason: String,
    /// The last day on which the decision holds, by the clock of the hotel; else it ends with the stay.
    #[arg(long, value_name = "DATE", conflicts_with = "undo")]
    until: Option<Date>,
}

fn some_words(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say why in a few words".to_owned()) } else { Ok(text.to_owned()) }
}

impl DecideFlags {
    fn verdict(&self) -> Verdict {
        let Self { share_with, grant, revoke, leave, undo, reason, until, .. } = self;
        let choice = match (share_with, grant, revoke, leave, undo) {
            (Some(other), ..) => Choice::ShareWith(ReservationKey::new(other)),
            (None, true, ..) => Choice::Grant,
            (None, _, true, ..) => Choice::Revoke,
            (None, _, _, true, _) => Choice::Leave,
            (None, _, _, _, true) => return Verdict::TakenBack,
            (None, false, false, false, false) => unreachable!("one of the group is required"),
        };
        Verdict::Decided { choice, reason: reason.clone(), until: *until }
    }
}

/// Records a decision, or takes one back, and tells which.
pub(super) fn decide(settings: &Settings, flags: &DecideFlags, output: &Output) -> Result<ExitCode, Failure> {
    let reservation = ReservationKey::new(&flags.reservation);
    let property = flags.property.as_deref().map(PropertyCode::new);
    let unit = flags.unit.as_deref().map(Unit::new);
    let ruled = runtime()?.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        let filter = ReservationFilter::default();
        let job = Job::new(settings, Mode::Plan, &filter, output.sink(), &interrupt);
        let ruling = Ruling {
            reservation: &reservation,
            property: property.as_ref(),
            unit: unit.as_ref(),
            verdict: flags.verdict(),
        };
        run::decide(job, ruling).await
    })?;
    let commands = Commands::new(&settings.path, &["run"], &[]);
    output.text_or_json(|| text(&ruled, &commands), || json(&ruled))?;
    Ok(ExitCode::Success)
}

fn text(ruled: &Ruled, commands: &Commands) -> String {
    let Ruled { decided, ended } = ruled;
    let told = |label: &str, decision: &Decision| {
        let decided = Decided::of(decision);
        format!("{label}: {}.\n  why: {}\n", visible(&decided.sentence()), visible(&decided.reason))
    };
    let label = if decided.is_some() { "Replaced" } else { "Taken back" };
    let new = decided.iter().map(|decision| told("Decided", decision));
    let old = ended.iter().map(|decision| told(label, decision));
    let next = commands
        .completed("It counts from the next run on; `reservation-sync plan` shows what that run will do.\n");
    new.chain(old).chain([next]).collect()
}

fn json(ruled: &Ruled) -> String {
    let Ruled { decided, ended } = ruled;
    let ended: Vec<Decided> = ended.iter().map(Decided::of).collect();
    format!("{}\n", json!({ "decided": decided.as_ref().map(Decided::of), "ended": ended }))
}
