//! The workspace and its spaces.

use serde::Deserialize;
use uuid::Uuid;

use super::lenient::{lenient, workspace};
use super::page::{Good, Listed};
use crate::model::{Space, SpaceId, SpaceKey, Workspace, WorkspaceId};

/// The answer of `/workspaces/get`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct WorkspaceAnswer {
    workspace: WireWorkspace,
    #[serde(default, rename = "ok")]
    _ok: Good,
}

#[derive(Debug, Deserialize)]
struct WireWorkspace {
    workspace_id: WorkspaceId,
    #[serde(default, deserialize_with = "lenient")]
    name: String,
    #[serde(default, deserialize_with = "lenient")]
    is_sandbox: bool,
    #[serde(default, deserialize_with = "lenient")]
    is_suspended: bool,
}

impl From<WorkspaceAnswer> for Workspace {
    fn from(answer: WorkspaceAnswer) -> Self {
        let WireWorkspace { workspace_id, name, is_sandbox, is_suspended } = answer.workspace;
        Self { id: workspace_id, name, is_sandbox, is_suspended }
    }
}

/// An entry of `/spaces/list`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct WireSpace {
    space_id: SpaceId,
    #[serde(default, deserialize_with = "workspace")]
    workspace_id: Option<Uuid>,
    #[serde(default, deserialize_with = "lenient")]
    space_key: Option<SpaceKey>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    display_name: Option<String>,
}

impl Listed for WireSpace {
    fn workspace_id(&self) -> Option<Uuid> {
        self.workspace_id
    }
}

impl From<WireSpace> for Space {
    fn from(wire: WireSpace) -> Self {
        let WireSpace { space_id, workspace_id: _, space_key, name, display_name } = wire;
        let name = name.or(display_name).unwrap_or_else(|| space_id.to_string());
        Self { id: space_id, key: space_key, name }
    }
}
