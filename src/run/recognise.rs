//! Whether a job is what the store expects: the workspace on which it last worked, and the configuration that owns the
//! namespace (RULES 2, 26). A key or a file that was mixed up must not revoke what it does not know.

use super::failure::Failure;
use super::job::{Job, Mode};
use crate::exit_code::ExitCode;
use crate::model::{Fact, Owner, WorkspaceId};
use crate::plan::{Allowance, Guard};
use crate::store::Store;

impl Job<'_> {
    /// Refuses another workspace or another owner than those of the record, unless a person allowed it. Gives the owner
    /// where it is still to be recorded.
    ///
    /// # Errors
    ///
    /// 12 where it is another one; else what the store says.
    pub(super) async fn recognise(
        &self,
        store: &Store,
        workspace_id: &WorkspaceId,
    ) -> Result<Option<Fact>, Failure> {
        let namespace = &self.settings.plan.namespace;
        let last = store.last_workspace(namespace).await?.filter(|last| last != workspace_id);
        let facts = store.facts(workspace_id, namespace).await?;
        let owner = facts.into_iter().find_map(|fact| match fact {
            Fact::Owner(owner) => Some(owner),
            _ => None,
        });
        let ours = &self.settings.owner;
        let mut strange = Vec::new();
        if let Some(last) = last {
            let message = format!(
                "the key is for the workspace {workspace_id}, and this store and namespace last worked on {last}"
            );
            strange.push((Guard::NewWorkspace, message));
        }
        if let Some(owner) = owner.as_ref().filter(|owner| *owner != ours) {
            let (owner, ours) = (owner.in_words(), ours.in_words());
            let message = format!(
                "the namespace `{}` belongs to a configuration with {owner}, and this one has {ours}",
                namespace.as_str()
            );
            strange.push((Guard::NewOwner, message));
        }
        let allowances = self.given_allowances();
        strange.retain(|(guard, _)| !allowances.iter().any(|allowance| allowance.permits(*guard)));
        if strange.is_empty() {
            let is_known = owner.as_ref() == Some(ours);
            return Ok((!is_known).then(|| Fact::Owner(Owner::clone(ours))));
        }
        let allow: Vec<Allowance> = strange.iter().map(|(guard, _)| Allowance::count(*guard, 1)).collect();
        let messages: Vec<&str> = strange.iter().map(|(_, message)| message.as_str()).collect();
        Err(Failure {
            exit_code: ExitCode::PlanDoesNotFit,
            message: format!("{}; nothing was written", messages.join("; ")),
            hint: format!(
                "look whether key, configuration and store are those that belong together; if they are, and the job has \
                 moved: {}",
                self.commands().again(&allow)
            ),
        })
    }

    /// What a person allowed: for this job, or for the plan that it carries out.
    fn given_allowances(&self) -> Vec<Allowance> {
        match self.mode {
            Mode::Apply(planned) => {
                planned.allowances.iter().filter_map(|allowed| allowed.allow.parse().ok()).collect()
            }
            _ => self.allowances.to_vec(),
        }
    }
}
