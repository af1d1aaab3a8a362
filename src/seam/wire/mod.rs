//! What Seam's answers look like, as far as we read them.
//!
//! New fields appear every month and old ones vanish, so everything but an id may be absent, null or odd without
//! harm to the list it stands in. A thing without an id cannot be named, so that is an error. Nothing outside this
//! edge sees these types.

mod door;
mod grant;
mod identity;
mod lenient;
mod method;
mod page;
mod place;

pub(super) use door::{WireDevice, WireEntrance};
pub(super) use grant::{GrantAnswer, WireGrant};
pub(super) use identity::{IdentityAnswer, WireIdentity};
pub(super) use method::WireMethod;
pub(super) use page::{Listed, Page, Void};
pub(super) use place::{WireSpace, WorkspaceAnswer};
