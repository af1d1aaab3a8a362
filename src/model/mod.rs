//! The nouns of the house: reservations, guests, spaces, doors, grants, and the values they are made of.
//!
//! Pure values only. Nothing here reads a clock, a file, the environment or the network, and nothing here
//! knows how Seam or a database spells these things: that is the business of the edges.

mod absence;
mod decision;
mod door;
mod fact;
mod formula;
mod grant;
mod grant_key;
mod guest;
mod hidden;
mod identity;
mod inventory;
mod issued;
mod ledger;
pub mod local_span;
mod method_set;
mod name;
mod owner;
mod person_name;
mod pin;
mod problem;
mod property;
mod reason;
mod rejected;
mod reservation;
mod scrub;
mod seam_id;
mod shared_set;
mod shell;
mod source_shape;
mod space;
mod stay;
mod text_order;
pub mod time;
mod wanted;
mod word;

pub use absence::Absence;
pub use decision::{Choice, Decision};
pub use door::{Device, Door, DoorId, DoorRef, Entrance};
pub use fact::{Fact, FactId, FactKind};
pub use formula::{begins_like_a_formula, with_formulas, without_formulas};
pub use grant::{AccessMethod, GrantState, LiveGrant, Method, RequestedMethod};
pub use grant_key::{GrantKeyParts, Namespace, NamespaceError, door_set_hash};
pub use guest::{Guest, WishedCode};
pub use hidden::is_hidden;
pub use identity::Identity;
pub use inventory::{Inventory, Workspace};
pub use issued::IssuedMethod;
pub use ledger::{Ledger, Move, Trip};
pub use local_span::{LocalSpan, LocalTime};
pub use method_set::MethodSet;
pub use name::{
    AccessGrantKey, EmailAddress, GuestKey, PhoneNumber, PropertyCode, ReservationKey, RunId,
    SeamReservationKey, ShareKey, SpaceKey, StayId, Unit, UserIdentityKey, WorkspaceId, same_person_name,
};
pub use owner::{Owner, SpacesRule};
pub use person_name::{is_equal_name, is_variant};
pub use pin::{Pin, PinnedGrant};
pub use problem::{Column, Problem, ProblemCode, SourcePlace};
pub use property::{Properties, Property};
pub use reason::{HeldBy, ReasonCode};
pub use rejected::{RejectedRow, RejectedRows};
pub use reservation::{Coverage, Fingerprint, Reservation, ReservationId, RowCounts, SourceKind, SourceRead};
pub use scrub::without_contacts;
pub use seam_id::{AccessGrantId, AccessMethodId, DeviceId, EntranceId, SpaceId, UserIdentityId};
pub use shared_set::SharedSet;
pub use shell::shell_word;
pub use source_shape::SourceShape;
pub use space::Space;
pub use stay::{Place, Standing, Stay};
pub use text_order::sorted_by_text;
pub use time::{Moment, Window};
pub use wanted::{Arrived, Wanted, WantedError};
pub use word::word;
