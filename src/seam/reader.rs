//! The half that only looks. Nothing here can change anything in Seam.

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::calls::Calls;
use super::client::{Client, Request};
use super::error::{CallError, CallErrorKind, SeamError};
use super::inventory;
use super::lookup;
use super::settings::SeamSettings;
use super::transport::InProcess;
use super::wire::{Page, WireMethod, WorkspaceAnswer};
use super::writer::{SeamWriter, Watch};
use crate::event::{EventSink, Silence};
use crate::model::{
    AccessGrantId, AccessGrantKey, DoorId, Identity, Inventory, IssuedMethod, LiveGrant, UserIdentityKey,
    Workspace,
};
use crate::plan::CheckedPlan;

/// Reads one workspace. Clones share the connection, the pace and the counters.
#[derive(Clone)]
pub struct SeamReader {
    client: Arc<Client>,
    workspace: Arc<OnceCell<Workspace>>,
    cancel: CancellationToken,
}

impl SeamReader {
    /// Makes the client; nothing is sent yet. `cancel` ends waits for the pace and between retries; a request that
    /// was sent is always waited for.
    pub fn connect(settings: &SeamSettings, cancel: CancellationToken) -> Result<Self, SeamError> {
        Ok(Self::of(Client::new(settings)?, cancel))
    }

    /// The same for a Seam that is called instead of connected to: the address counts for nothing.
    pub fn in_process(
        seam: InProcess,
        settings: &SeamSettings,
        cancel: CancellationToken,
    ) -> Result<Self, SeamError> {
        Ok(Self::of(Client::in_process(seam, settings)?, cancel))
    }

    fn of(client: Client, cancel: CancellationToken) -> Self {
        Self { client: Arc::new(client), workspace: Arc::default(), cancel }
    }

    /// The workspace of the key: the first contact, made once and then remembered.
    pub async fn workspace(&self, sink: &dyn EventSink) -> Result<&Workspace, SeamError> {
        let ask = async || {
            let request = Request::read("/workspaces/get", serde_json::json!({}));
            let answer: WorkspaceAnswer = self.client.ask(&request, self.watch(sink)).await?;
            Ok::<_, CallError>(Workspace::from(answer))
        };
        Ok(self.workspace.get_or_try_init(ask).await?)
    }

    /// Reads the workspace, then its six lists side by side, all pages of each.
    pub async fn inventory(&self, sink: &dyn EventSink) -> Result<Inventory, SeamError> {
        let workspace = self.workspace(sink).await?.clone();
        Ok(inventory::load(&self.client, workspace, self.watch(sink)).await?)
    }

    /// The grants that Seam lists at a door, also those that were made for it and not for a space.
    pub async fn grants_at(&self, door: &DoorId, sink: &dyn EventSink) -> Result<Vec<LiveGrant>, SeamError> {
        let workspace = self.workspace(sink).await?;
        Ok(inventory::grants_at(&self.client, workspace, door, self.watch(sink)).await?)
    }

    /// The grant of that key, being deleted or not; `None` where there is none.
    pub async fn grant_by_key(&self, key: &AccessGrantKey) -> Result<Option<LiveGrant>, SeamError> {
        let request = lookup::grant_by_key(key);
        let answer = self.client.ask(&request, self.watch(&Silence)).await;
        Ok(lookup::found_grant(&request, answer)?)
    }

    /// The identity of that key, which may have been merged into another; `None` where there is none.
    pub async fn identity_by_key(&self, key: &UserIdentityKey) -> Result<Option<Identity>, SeamError> {
        let request = lookup::identity_by_key(key);
        let answer = self.client.ask(&request, self.watch(&Silence)).await;
        Ok(lookup::found_identity(&request, answer)?)
    }

    /// What opens the doors of a grant, with its codes and links: for `export --with-secrets` alone.
    pub async fn issued_methods(
        &self,
        grant: &AccessGrantId,
        sink: &dyn EventSink,
    ) -> Result<Vec<IssuedMethod>, SeamError> {
        let request = lookup::methods_of(grant);
        let page: Page<WireMethod> = self.client.ask(&request, self.watch(sink)).await?;
        if page.pagination.is_some_and(|pagination| pagination.goes_on()) {
            let error = "one grant has more access methods than fit on a page";
            return Err(CallError::new(request.path, CallErrorKind::BadAnswer, error).into());
        }
        Ok(page.items.into_iter().map(IssuedMethod::from).collect())
    }

    /// What was sent so far, by this reader, its clones and its writers.
    pub fn calls(&self) -> Calls {
        self.client.calls().snapshot()
    }

    /// How far Seam's clock is ahead of ours at least, by the dates of its answers; `None` where none had one.
    pub fn clock_difference(&self) -> Option<SignedDuration> {
        self.client.clock().least()
    }

    /// The half that can change Seam, for somebody who shows what it shall carry out.
    pub fn writer(&self, _proof: &CheckedPlan) -> SeamWriter {
        SeamWriter::new(Arc::clone(&self.client))
    }

    fn watch<'a>(&'a self, sink: &'a dyn EventSink) -> Watch<'a> {
        Watch { cancel: &self.cancel, sink }
    }
}

impl fmt::Debug for SeamReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SeamReader").field("calls", &self.calls()).finish_non_exhaustive()
    }
}
