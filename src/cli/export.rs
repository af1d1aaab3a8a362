//! `export`.

use super::arguments::{ExportFlags, Format};
use super::output::Output;
use super::plan::runtime;
use super::signals;
use super::whole_file::write_private;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::report::export::{Secrets, render_csv, render_json, render_secrets};
use crate::run::{Failure, Interrupt, WithSecrets, export};

/// `export`: the live grants, as a table or as JSON.
pub(super) fn export_grants(
    settings: &Settings,
    flags: &ExportFlags,
    output: &Output,
) -> Result<ExitCode, Failure> {
    let ExportFlags { with_secrets, now } = flags;
    let render = match output.format() {
        Format::Text | Format::Csv => render_csv,
        Format::Json => render_json,
        Format::Markdown | Format::Html => {
            return Err(Failure {
                exit_code: ExitCode::Usage,
                message: "`export` writes a table or JSON".to_owned(),
                hint: "take --format csv or --format json".to_owned(),
            });
        }
    };
    let secrets = if with_secrets.is_some() { WithSecrets::Yes } else { WithSecrets::No };
    let (exported, methods) = runtime()?.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        export(settings, *now, secrets, output.sink(), &interrupt).await
    })?;
    if let Some(path) = with_secrets {
        let grants = exported.grants.iter().zip(methods);
        let secrets: Vec<Secrets<'_>> = grants.map(|(grant, methods)| Secrets { grant, methods }).collect();
        write_private(path, &render_secrets(&secrets)).map_err(|error| Failure {
            exit_code: ExitCode::Unexpected,
            message: format!("write the codes to `{}`: {error}", path.display()),
            hint: "check the path and the disk".to_owned(),
        })?;
    }
    Output::data(&render(&exported))?;
    Ok(ExitCode::Success)
}
