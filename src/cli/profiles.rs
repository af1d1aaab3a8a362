//! `profiles`: the known exports, and the profile of one of them to copy from.

use std::fmt::Write;

use super::output::Output;
use crate::config::{Export, Profile};
use crate::exit_code::ExitCode;
use crate::run::Failure;

/// Lists the profiles, or prints one.
pub(super) fn profiles(name: Option<&str>, output: &Output) -> Result<ExitCode, Failure> {
    match name {
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
