//! `/workspaces/*`.

use crate::sandbox::call::Call;
use crate::sandbox::envelope::{Refusal, Reply};

#[expect(clippy::unnecessary_wraps, reason = "all routes have one signature")]
pub(crate) fn get(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let render = call.edit.render();
    Ok(Reply::with("workspace", &render.workspace()))
}
