//! The first contact of a job with Seam: the clock of this host goes before everything that is judged by it (RULES 26).

use jiff::SignedDuration;

use super::connection::Connection;
use super::failure::Failure;
use crate::config::Settings;
use crate::event::EventSink;
use crate::exit_code::ExitCode;
use crate::model::{Problem, ProblemCode, SourcePlace, Workspace};
use crate::plan::Commands;

/// From here on guests notice that the clocks differ, and so does whoever reads the record.
pub const NOTICEABLE: SignedDuration = SignedDuration::from_mins(1);

/// Beyond this nothing is judged by the clock of this host, and nothing is written.
const TOO_FAR: SignedDuration = SignedDuration::from_mins(10);

/// What the first call says.
#[derive(Debug)]
pub(super) struct FirstContact {
    pub(super) workspace: Workspace,
    /// A clock that differs, or of which nothing is known.
    pub(super) warning: Option<Problem>,
}

impl Connection {
    /// Asks which workspace the key is for, and judges the clock of this host.
    ///
    /// # Errors
    ///
    /// Where Seam cannot be asked, and 5 where the clocks are too far apart.
    pub(super) async fn first_contact(
        &self,
        settings: &Settings,
        sink: &dyn EventSink,
    ) -> Result<FirstContact, Failure> {
        let workspace = self.reader.workspace(sink).await?.clone();
        // The embedded sandbox has the clock of this process, whatever instant is decided for (RULES 38).
        let warning =
            if self.is_embedded() { None } else { judge(self.reader.clock_difference(), settings)? };
        if let Some(Problem { message, hint, .. }) = &warning {
            tracing::warn!(hint, "{message}");
        }
        refuse_other_workspace(&workspace, settings)?;
        Ok(FirstContact { workspace, warning })
    }
}

/// Refuses a key for another workspace than the one that the environment names.
///
/// # Errors
///
/// 12 where it is another one.
pub(super) fn refuse_other_workspace(workspace: &Workspace, settings: &Settings) -> Result<(), Failure> {
    let Some(expected) = settings.seam.workspace_id.as_ref().filter(|expected| **expected != workspace.id)
    else {
        return Ok(());
    };
    let Workspace { id, name, .. } = workspace;
    Err(Failure {
        exit_code: ExitCode::PlanDoesNotFit,
        message: format!("SEAM_WORKSPACE_ID is {expected}, and the key is for the workspace {id} ({name})"),
        hint: format!(
            "give the key of the workspace that is meant, or its id, then: {}",
            Commands::new(&settings.path, &["check"], &[]).of("check --online")
        ),
    })
}

/// By how much Seam's clock is ahead of ours; `None` where its answers have no date.
fn judge(ahead: Option<SignedDuration>, settings: &Settings) -> Result<Option<Problem>, Failure> {
    let warning = |message: String, hint: &str| Problem {
        source: SourcePlace::parse("clock"),
        column: "",
        code: ProblemCode::Notice,
        message,
        hint: hint.to_owned(),
    };
    let Some(ahead) = ahead else {
        return Ok(Some(warning(
            "Seam's answers have no date, so the clock of this host was not compared with Seam's".to_owned(),
            "see that this host is set by NTP, and that no proxy takes the `Date` header away",
        )));
    };
    let apart = SignedDuration::from_secs(ahead.abs().as_secs());
    let side = if ahead.is_negative() { "ahead of" } else { "behind" };
    let difference = format!("the clock of this host is {apart:#} {side} Seam's");
    if apart > TOO_FAR {
        return Err(Failure {
            exit_code: ExitCode::Temporary,
            message: format!("{difference}; nothing was judged by it, and nothing was written"),
            hint: format!(
                "set the clock (timedatectl set-ntp true), then type\n{}",
                Commands::new(&settings.path, &["run"], &[]).of("check --online")
            ),
        });
    }
    Ok((apart > NOTICEABLE)
        .then(|| warning(difference, "set it by NTP; arrivals and departures are decided by this clock")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Environment, load_text};

    #[test]
    fn clock_far_from_seams_stops_and_near_is_noticed() {
        let text = "policy = \"sync\"\nnamespace = \"pms\"\n[source]\npath = \"a.csv\"\n[property]\n\
                    time_zone = \"Europe/Lisbon\"\n[seam]\nendpoint = \"sandbox\"\n";
        let environment = Environment::default();
        let settings = load_text(text, Path::new("hotel a.toml"), &environment).expect("it is complete");
        for (seconds, expected) in [
            (0, Ok(None)),
            (60, Ok(None)),
            (-60, Ok(None)),
            (61, Ok(Some("1m 1s behind"))),
            (-61, Ok(Some("1m 1s ahead of"))),
            (600, Ok(Some("10m behind"))),
            (601, Err("10m 1s behind")),
            (-601, Err("10m 1s ahead of")),
        ] {
            let judged = judge(Some(SignedDuration::from_secs(seconds)), &settings);
            let of = |side: &str| format!("the clock of this host is {side} Seam's");
            match (judged, expected) {
                (Ok(warning), Ok(side)) => assert_eq!(warning.map(|one| one.message), side.map(of)),
                (Err(failure), Err(side)) => {
                    assert_eq!(failure.exit_code, ExitCode::Temporary);
                    assert!(failure.message.starts_with(&of(side)), "{failure:?}");
                    let again = "then type\nreservation-sync check -c 'hotel a.toml' --online";
                    assert!(failure.hint.ends_with(again), "{failure:?}");
                }
                (judged, expected) => panic!("{seconds}: {judged:?}, expected {expected:?}"),
            }
        }
        let unknown = judge(None, &settings).expect("it is a warning").expect("it is worth one");
        assert!(unknown.message.contains("no date"), "{unknown:?}");
    }
}
