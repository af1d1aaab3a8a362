//! The behaviours that Seam does not document, each as a switch with the likeliest value as its default.
//!
//! A client must never depend on one value of a switch. Tests turn them to show that it does not.

use serde::{Deserialize, Serialize};

/// All switches. In a seed file they are the object `switches`; what is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// A second grant with a key that is in use.
    pub duplicate_access_grant_key: DuplicateGrantKey,
    /// A second identity with a key, e-mail address or phone number that is in use.
    pub duplicate_user_identity: Duplicate,
    /// A second space with a key that is in use.
    pub duplicate_space_key: Duplicate,
    /// How a 429 says when to come back.
    pub retry_after: RetryAfterForm,
    /// What a 429 has as its body.
    pub throttled_body: ThrottledBody,
    /// Whether creates, updates and deletes are counted per door or over all doors together.
    pub throttle_scope: ThrottleScope,
    /// An update that names doors or spaces.
    pub update_doors: UpdateDoors,
    /// An update that changes nothing.
    pub update_without_change: UpdateWithoutChange,
    /// An update that would end the overlap with the other grants of the reservation.
    pub update_overlap: UpdateOverlap,
    /// How long a deleted grant is still shown, with the warning `being_deleted`.
    pub deletion_ms: u64,
    /// A second deletion, while the first is under way or after it.
    pub second_delete: SecondDelete,
    /// Whether the key of a grant that is being deleted may be used at once.
    pub key_reuse: KeyReuse,
    /// Whether a grant that is being deleted still counts as a member of its reservation.
    pub reservation_release: ReservationRelease,
    /// Whether a grant that has ended still counts as a member of its reservation.
    pub ended_members: EndedMembers,
    /// Whether the window must overlap with each member or with one of them.
    pub overlap_with: OverlapWith,
    /// Whether windows that only touch overlap.
    pub touching_windows: TouchingWindows,
    /// Where the identifier of a reservation error stands.
    pub reservation_error: ReservationErrorShape,
    /// Whether grants that have ended are still listed.
    pub ended_grants: EndedGrants,
    /// A space, door or identity in a create that does not exist.
    pub unknown_reference: UnknownReference,
    /// A grant for no door at all.
    pub grant_without_doors: GrantWithoutDoors,
    /// What becomes of the identity that a refused grant brought along.
    pub identity_of_refused_grant: IdentityOfRefusedGrant,
    /// What becomes of the grants of a deleted identity.
    pub identity_delete: IdentityDelete,
    /// Whether the identifiers of a merged identity lead to the survivor.
    pub merged_identity: MergedIdentity,
    /// Whether two grants of one guest share an access method.
    pub credentials: Credentials,
    /// How long a method takes until it is issued.
    pub issuance_delay_ms: u64,
    /// A code reaches the lock this many minutes before the start and not earlier. Absent: at once.
    pub issue_ahead_minutes: Option<u32>,
    /// A method at an offline door has the warning `delay_in_issuing` this long after it was due.
    pub delay_warning_ms: u64,
    /// A method at an offline door has the error `failed_to_issue` this long after it was due.
    pub issue_failure_ms: u64,
    /// Whether `/access_methods/list` has pages.
    pub access_methods_pagination: Pagination,
    /// Digits after the second in timestamps.
    pub timestamps: TimestampPrecision,
}

macro_rules! switch {
    ($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[$first_doc])*
            #[default]
            $first,
            $($(#[$variant_doc])* $variant),+
        }
    };
}

switch! {
    /// The answer to a second grant with the same key.
    DuplicateGrantKey { Conflict, BadRequest, ReturnExisting, CreateSecond }
}
switch! {
    /// The status of a refused duplicate.
    Duplicate { Conflict, BadRequest }
}
switch! {
    /// The form of `Retry-After`.
    RetryAfterForm { Seconds, HttpDate, Absent }
}
switch! {
    /// The body of a 429.
    ThrottledBody { Json, Empty }
}
switch! {
    /// What one bucket of the limits belongs to.
    ThrottleScope { Door, Key }
}
switch! {
    /// What an update does with doors and spaces.
    UpdateDoors { Ignored, Applied, Refused }
}
switch! {
    /// What an update with the same values does.
    UpdateWithoutChange { Reissues, Ignored }
}
switch! {
    /// Whether an update is held against the other members of the reservation.
    UpdateOverlap { Checked, Unchecked }
}
switch! {
    /// The answer to a second deletion.
    SecondDelete { NotFound, Ok }
}
switch! {
    /// When a key is free again.
    KeyReuse { Immediate, AfterDeletion }
}
switch! {
    /// When a grant leaves its reservation.
    ReservationRelease { Immediate, AfterDeletion }
}
switch! {
    /// How ended grants count in a reservation.
    EndedMembers { Ignored, Counted }
}
switch! {
    /// With whom a joiner's window must overlap.
    OverlapWith { All, Any }
}
switch! {
    /// Whether a shared instant is an overlap.
    TouchingWindows { Disjoint, Overlap }
}
switch! {
    /// The shape of a reservation error.
    ReservationErrorShape {
        /// The slug is `error.type`.
        Slug,
        /// `error.type` is the class and `error.data.title` the title.
        Title,
        /// `error.type` is the class and only the message tells.
        Message,
    }
}
switch! {
    /// Whether ended grants are shown.
    EndedGrants { Listed, Hidden }
}
switch! {
    /// The status for an unknown reference in a create.
    UnknownReference { BadRequest, NotFound }
}
switch! {
    /// Whether a grant may be for no door.
    GrantWithoutDoors { Refused, Accepted }
}
switch! {
    /// Whether the identity of a refused grant stays.
    IdentityOfRefusedGrant {
        /// Nothing is made where the grant is refused.
        Dropped,
        /// The identity is made before the grant is looked at.
        Kept,
    }
}
switch! {
    /// What an identity's deletion does to its grants.
    IdentityDelete { DeletesGrants, Refused, KeepsGrants }
}
switch! {
    /// What the old identifiers of a merged identity do.
    MergedIdentity { Resolves, NotFound }
}
switch! {
    /// Whether grants of one guest share methods.
    Credentials {
        /// Each grant has its own.
        Separate,
        /// Shared, and kept while one grant remains.
        Shared,
        /// Shared, and taken from the others when one grant is deleted.
        SharedAndTaken,
    }
}
switch! {
    /// Whether a list has pages.
    Pagination { Present, Absent }
}
switch! {
    /// The precision of timestamps in answers.
    TimestampPrecision { Milliseconds, Microseconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_are_read_by_name_and_default_otherwise() {
        let switches: Switches = serde_json::from_str(
            r#"{"duplicate_access_grant_key":"return_existing","issuance_delay_ms":250,"retry_after":"http_date"}"#,
        )
        .expect("known switches");
        assert_eq!(switches.duplicate_access_grant_key, DuplicateGrantKey::ReturnExisting);
        assert_eq!(switches.retry_after, RetryAfterForm::HttpDate);
        assert_eq!(switches.issuance_delay_ms, 250);
        assert_eq!(switches.ended_grants, EndedGrants::Listed);
    }

    #[test]
    fn an_unknown_switch_is_refused() {
        serde_json::from_str::<Switches>(r#"{"no_such_switch":true}"#).expect_err("refused");
    }
}
