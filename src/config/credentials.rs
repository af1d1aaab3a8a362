//! The key to Seam, from the variables that Seam's own libraries read.

use std::fs;

use secrecy::SecretString;

use super::environment::Environment;
use super::error::ConfigProblem;
use super::section::Problems;
use super::settings::Credentials;

/// What the environment says we are; adds a problem where it contradicts itself.
pub(super) fn credentials(environment: &Environment, problems: &Problems) -> Option<Credentials> {
    let complain = |name: &str, message: &str, hint: &str| {
        problems.borrow_mut().push(ConfigProblem::new(name, message).hint(hint));
        None
    };
    let key = match (environment.get("SEAM_API_KEY"), environment.get("SEAM_API_KEY_FILE")) {
        (Some(key), _) => Some(key.trim().to_owned()),
        (None, Some(path)) => match fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Ok(_) => return complain("SEAM_API_KEY_FILE", "the file is empty", "put the key into it"),
            Err(_) => {
                let hint = "check that the file is there and that this user may read it";
                return complain("SEAM_API_KEY_FILE", "the file cannot be read", hint);
            }
        },
        (None, None) => None,
    };
    match (key, environment.get("SEAM_PERSONAL_ACCESS_TOKEN"), environment.get("SEAM_WORKSPACE_ID")) {
        (Some(_), Some(_), _) => complain(
            "SEAM_PERSONAL_ACCESS_TOKEN",
            "a personal access token and an API key are both set",
            "set one of them",
        ),
        (Some(key), None, _) => Some(Credentials::ApiKey(SecretString::from(key))),
        (None, Some(token), Some(workspace_id)) => Some(Credentials::PersonalAccessToken {
            token: SecretString::from(token.trim()),
            workspace_id: workspace_id.trim().to_owned(),
        }),
        (None, Some(_), None) => complain(
            "SEAM_WORKSPACE_ID",
            "is not set, and a personal access token needs it",
            "set it to the id of the workspace",
        ),
        (None, None, _) => None,
    }
}
