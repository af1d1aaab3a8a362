//! `profiles`: the known exports, the profile of one of them to copy from, and one for an export of one's own.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::output::Output;
use super::plan::runtime;
use super::survey::Survey;
use crate::config::{DEFAULT_PATH, Export, Profile, fresh_namespace};
use crate::exit_code::ExitCode;
use crate::run::Failure;

/// Flags of `profiles`.
#[derive(Debug, Args)]
pub(super) struct ProfilesFlags {
    /// The profile.
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Prints a profile for an export of one's own, to fill in and to save beside the configuration.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    from: Option<PathBuf>,
}

/// Lists the profiles, prints one, or makes one of an export.
pub(super) fn profiles(flags: &ProfilesFlags, output: &Output) -> Result<ExitCode, Failure> {
    if let Some(from) = &flags.from {
        let config = Path::new(DEFAULT_PATH);
        let namespace = fresh_namespace(config, Some(from));
        let survey = Survey { config, namespace, now: Timestamp::now(), written: None };
        let text = runtime()?.block_on(survey.file(from))?.draft.profile_text();
        let document = serde_json::json!({ "format_version": 1, "kind": "profile", "toml": text });
        output.text_or_json(|| text, || json_document(&document))?;
        return Ok(ExitCode::Success);
    }
    match flags.name.as_deref() {
        None => output.text_or_json(list_text, list_json)?,
        Some(name) => {
            let profile = Profile::named(name).ok_or_else(|| Failure {
                exit_code: ExitCode::Usage,
                message: format!("there is no profile `{name}`"),
                hint: "`reservation-sync profiles` lists them".to_owned(),
            })?;
            output.text_or_json(
                || profile.text.to_owned(),
                || json_document(&described(profile, Detail::Whole)),
            )?;
        }
    }
    Ok(ExitCode::Success)
}

fn list_text() -> String {
    let mut text = String::new();
    for profile in Profile::ALL {
        let Export { title, found, file, languages, evidence } = profile.export();
        writeln!(text, "{}\n  {title}", profile.name).expect("a string takes all text");
        writeln!(text, "  found under: {found}").expect("a string takes all text");
        let languages = languages.join(", ");
        writeln!(text, "  {file}; headers in {languages}; evidence {}", evidence.as_str())
            .expect("a string takes all text");
    }
    text.push_str(
        "\nEvidence is high where real files, or programs that read them, were seen; medium where an export is known \
         in part.\nWrite profile = \"NAME\" in [source]. `profiles NAME` prints a profile, to look at or to copy from.\n",
    );
    text
}

fn list_json() -> String {
    let profiles: Vec<serde_json::Value> =
        Profile::ALL.iter().map(|profile| described(*profile, Detail::Summary)).collect();
    json_document(&serde_json::json!({ "format_version": 1, "kind": "profiles", "profiles": profiles }))
}

/// How much of a profile is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Summary,
    Whole,
}

fn described(profile: Profile, detail: Detail) -> serde_json::Value {
    let Export { title, found, file, languages, evidence } = profile.export();
    let mut described = serde_json::json!({
        "name": profile.name, "title": title, "found": found, "file": file,
        "languages": languages, "evidence": evidence.as_str(),
    });
    if detail == Detail::Whole {
        described["toml"] = profile.text.into();
    }
    described
}

fn json_document(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}
