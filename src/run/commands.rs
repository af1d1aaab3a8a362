//! The commands that a job prints: the same job once more, with its filters and with what a person allows (RULES 27).

use std::path::Path;

use super::job::{Job, Mode};
use crate::config::Endpoint;
use crate::plan::Commands;
use crate::source::{RowOrigin, SourceInput};

impl Job<'_> {
    /// The commands of this job. A plan that is only looked at is carried out by `run`; one that is saved is saved again.
    pub(super) fn commands(&self) -> Commands {
        let mut words: Vec<String> = match (self.mode, self.adoption) {
            (_, Some(list)) => {
                vec!["adopt".into(), "--apply".into(), "--reviewed".into(), list.location.clone()]
            }
            (Mode::RollBack(run), None) => vec!["rollback".into(), run.id().to_string()],
            (Mode::SavePlan, None) => vec!["plan".into()],
            (Mode::Plan | Mode::Explain | Mode::DryRun | Mode::Run | Mode::Apply(_), None) => {
                vec!["run".into()]
            }
        };
        let output = self.output.map(Path::display).map(|path| ("-o", path.to_string()));
        let flags = output.into_iter().chain(self.limits());
        words.extend(flags.flat_map(|(flag, value)| [flag.to_owned(), value]));
        Commands::new(&self.settings.path, &words, self.allowances)
    }

    /// The flags that say what the job is about and how far it goes, each with its value.
    fn limits(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        let source = &self.settings.source;
        let fed_back = match &source.input {
            _ if source.origin != RowOrigin::RejectsFile => None,
            SourceInput::File { path, .. } => Some(("--from-rejects", path.clone())),
            SourceInput::Stdin => Some(("--from-rejects", "-".to_owned())),
            SourceInput::Database(_) => None,
        };
        // Against a server `run` lives in the present (RULES 38).
        let is_rehearsal = matches!(self.settings.seam.endpoint, Endpoint::Sandbox { .. });
        let now = self.now.filter(|_| is_rehearsal).map(|now| ("--now", now.to_string()));
        let max_changes = self.max_changes.map(|n_changes| ("--max-changes", n_changes.to_string()));
        fed_back.into_iter().chain(self.filter.flags()).chain(now).chain(max_changes)
    }
}
