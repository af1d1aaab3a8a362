//! `explain`.

use super::arguments::{ExplainFlags, Format};
use super::output::Output;
use super::plan::runtime;
use super::signals;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::mapping::ReservationFilter;
use crate::model::{PropertyCode, ReservationKey};
use crate::report::explain::{render_json, render_markdown, render_text};
use crate::run::{self, Failure, Interrupt, Job, Mode};

/// `explain`: one reservation end to end.
pub(super) fn explain(
    settings: &Settings,
    flags: &ExplainFlags,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let ExplainFlags { reservation, property, now } = flags;
    let render = match output.format() {
        Format::Text => render_text,
        Format::Json => render_json,
        Format::Markdown => render_markdown,
        Format::Html | Format::Csv => {
            return Err(Failure {
                exit_code: ExitCode::Usage,
                message: "`explain` writes text, JSON and Markdown".to_owned(),
                hint: "take --format text, json or markdown".to_owned(),
            });
        }
    };
    let explanation = runtime()?.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        let filter = ReservationFilter::default();
        let job = Job { now: *now, ..Job::new(settings, Mode::Explain, &filter, output.sink(), &interrupt) };
        let property = property.as_deref().map(PropertyCode::new);
        run::explain(job, &ReservationKey::new(reservation), property.as_ref()).await
    })?;
    Output::data(&render(&explanation))?;
    Ok(ExitCode::Success)
}
