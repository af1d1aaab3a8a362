//! `who`.

use super::arguments::{Format, WhoFlags};
use super::output::Output;
use super::plan::runtime;
use super::signals;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::model::PropertyCode;
use crate::report::who::{render_json, render_text};
use crate::run::{Failure, Interrupt, Question, When, who};

/// `who`: who can open a unit or space then.
pub(super) fn who_opens(settings: &Settings, flags: WhoFlags, output: &Output) -> Result<ExitCode, Failure> {
    let WhoFlags { place, property, at, nights, now } = flags;
    let render = match output.format() {
        Format::Text => render_text,
        Format::Json => render_json,
        Format::Markdown | Format::Html | Format::Csv => {
            return Err(Failure {
                exit_code: ExitCode::Usage,
                message: "`who` writes text and JSON".to_owned(),
                hint: "take --format text or json".to_owned(),
            });
        }
    };
    let property = PropertyCode::new(property.unwrap_or_default());
    let when = at.map(When::At).or(nights.map(|(from, to)| When::Nights(from, to)));
    let question = Question { place, property, when };
    let answer = runtime()?.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        who(settings, &question, now, output.sink(), &interrupt).await
    })?;
    Output::data(&render(&answer))?;
    Ok(ExitCode::Success)
}
