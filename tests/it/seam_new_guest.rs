//! A grant that brings its guest along: one call, and what is looked for where it failed.

use reservation_sync::event::Silence;
use reservation_sync::model::{Inventory, SpaceId};
use reservation_sync::plan::{Call, NewIdentity};
use reservation_sync::sandbox::{Fault, FaultPlan, ScriptedFault};
use reservation_sync::seam::{CallErrorKind, Credentials, Effect, How, Made, Receipt, Refusal, SeamReader};
use serde_json::{Value, json};

use super::sandbox_client::Workspace;
use super::seam_script::{Reply, Script, refusal};
use super::seam_workspace::{
    create_grant, for_new_guest, new_identity, perform, reader, reader_of, settings, window, writer_of,
};

const CREATE: &str = "/access_grants/create";
const GET: &str = "/access_grants/get";
const GET_IDENTITY: &str = "/user_identities/get";
const LOCK: &str = "00000000-0000-4000-8000-000000000201";

/// A sandbox with one room behind a smart lock.
struct Inn {
    workspace: Workspace,
    reader: SeamReader,
    room: SpaceId,
}

impl Inn {
    async fn open(switches: Value) -> Self {
        let workspace = Workspace::start(json!({
            "devices": [{"device_id": LOCK, "name": "Room 201"}],
            "spaces": [{"space_key": "room-201", "name": "Room 201", "device_ids": [LOCK]}],
            "user_identities": [{"user_identity_key": "pms:G1", "full_name": "Ana Sousa",
                                 "email_address": "ana@example.com"}],
            "switches": switches
        }))
        .await;
        let mut settings = settings(workspace.sandbox.endpoint());
        settings.credentials = Credentials::ApiKey(workspace.sandbox.api_key().to_owned().into());
        let reader = reader(&settings);
        let room = reader.inventory(&Silence).await.expect("an inventory").spaces[0].id.clone();
        Self { workspace, reader, room }
    }

    fn grant(&self, reservation: &str, guest: NewIdentity) -> Call {
        let key = format!("pms::{reservation}:{}:x", guest.key.as_str().trim_start_matches("pms:"));
        for_new_guest(create_grant(&key, "", &[&self.room], window(2, 5)), guest)
    }

    /// A grant that Seam refuses, because no door of it takes a reservation key.
    fn refused_grant(&self, guest: NewIdentity) -> Call {
        let mut call = self.grant("R1", guest);
        if let Call::CreateGrant { reservation_key, .. } = &mut call {
            *reservation_key = Some("R1".into());
        }
        call
    }

    async fn done(&self, call: &Call) -> Receipt {
        perform(&writer_of(&self.reader), call).await.expect("it is carried out")
    }

    async fn holds(&self) -> Inventory {
        self.reader.inventory(&Silence).await.expect("an inventory")
    }

    fn n_asked(&self, path: &str) -> u64 {
        self.workspace.sandbox.counts().requests.get(path).copied().unwrap_or(0)
    }
}

fn eva() -> NewIdentity {
    new_identity("pms:G3", "Eva Dias", Some("eva@example.com"))
}

/// Asserts that there is one grant, of a second identity, and that the receipt names both.
fn assert_one_of_each(holds: &Inventory, receipt: &Receipt) {
    assert_eq!((holds.grants.len(), holds.identities.len()), (1, 2));
    let (grant, identity) = (&holds.grants[0], &holds.grants[0].identity);
    assert_eq!(receipt.made, Made::Grant { id: grant.id.clone(), identity: identity.clone() });
    let made = holds.identities.iter().find(|found| found.id == *identity).expect("it is listed");
    assert_eq!(made.key, Some("pms:G3".into()));
}

#[tokio::test]
async fn new_guest_and_grant_are_one_call() {
    let inn = Inn::open(json!({})).await;
    let receipt = inn.done(&inn.grant("R1", eva())).await;
    assert_eq!((receipt.how, receipt.n_attempts), (How::Fresh, 1));
    assert_one_of_each(&inn.holds().await, &receipt);
    assert_eq!((inn.n_asked(CREATE), inn.n_asked("/user_identities/create")), (1, 0));
    let exchanges = inn.workspace.sandbox.exchanges();
    let sent = &exchanges.iter().find(|exchange| exchange.path == CREATE).expect("it was sent").request;
    assert_eq!(
        sent["user_identity"],
        json!({"user_identity_key": "pms:G3", "full_name": "Eva Dias", "email_address": "eva@example.com"})
    );
    assert!(sent.get("user_identity_id").is_none(), "{sent}");
    inn.workspace.finish().await;
}

#[tokio::test]
async fn lost_create_is_found_with_its_identity() {
    for (fault, n_sent) in
        [(Fault::CutAfter, 1), (Fault::TruncatedJson, 1), (Fault::CutBefore, 2), (Fault::ServerError, 2)]
    {
        let inn = Inn::open(json!({})).await;
        let script = vec![ScriptedFault { path: CREATE.to_owned(), call: 1, fault }];
        inn.workspace.sandbox.set_faults(FaultPlan { script, ..FaultPlan::none() });
        let receipt = inn.done(&inn.grant("R1", eva())).await;
        assert_eq!((receipt.how, inn.n_asked(CREATE)), (How::Fresh, n_sent), "{fault:?}");
        assert_one_of_each(&inn.holds().await, &receipt);
    }
}

#[tokio::test]
async fn refused_grant_leaves_its_identity_for_the_next() {
    for (switch, n_left, n_sent) in [("dropped", 1, 1), ("kept", 2, 2)] {
        let inn = Inn::open(json!({"identity_of_refused_grant": switch})).await;
        let error =
            perform(&writer_of(&inn.reader), &inn.refused_grant(eva())).await.expect_err("a wrong key");
        assert!(
            matches!(error.kind, CallErrorKind::Refused(Refusal::ReservationRule(_))),
            "{switch}: {error}"
        );
        assert_eq!((error.effect, inn.n_asked(CREATE)), (Effect::None, n_sent), "{switch}");
        let holds = inn.holds().await;
        assert_eq!((holds.grants.len(), holds.identities.len()), (0, n_left), "{switch}");

        let receipt = inn.done(&inn.grant("R2", eva())).await;
        assert_eq!(receipt.how, How::Fresh, "{switch}");
        assert_one_of_each(&inn.holds().await, &receipt);
    }
}

fn shown_identity(id: &str, full_name: &str) -> Reply {
    let profile = json!({"user_identity_id": id, "user_identity_key": "pms:G3", "full_name": full_name,
        "email_address": "eva@example.com", "phone_number": null});
    Reply::Json(200, json!({"user_identity": profile, "ok": true}))
}

fn shown_grant(identity: &str) -> Reply {
    Reply::Json(
        200,
        json!({"access_grant": {"access_grant_id": "g1", "user_identity_id": identity, "space_ids": ["s1"],
            "starts_at": "2026-12-02T15:00:00Z", "ends_at": "2026-12-05T11:00:00Z"}, "ok": true}),
    )
}

fn scripted_grant() -> Call {
    for_new_guest(create_grant("pms::R1:G3:x", "", &[&"s1".into()], window(2, 5)), eva())
}

#[tokio::test]
async fn kept_identity_is_used_after_a_lost_answer() {
    let not_there = refusal(404, "access_grant_not_found", "no");
    let script = Script::serve([
        (CREATE, Reply::Cut),
        (CREATE, shown_grant("i3")),
        (GET, not_there),
        (GET_IDENTITY, shown_identity("i3", "Eva Dias")),
    ])
    .await;
    let receipt = perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect("made");
    assert_eq!(receipt.made, Made::Grant { id: "g1".into(), identity: "i3".into() });
    assert_eq!(script.paths(), [CREATE, GET, GET_IDENTITY, CREATE]);
    let again = &script.asked()[3].body;
    assert_eq!((&again["user_identity_id"], again.get("user_identity")), (&json!("i3"), None));
}

#[tokio::test]
async fn kept_identity_of_a_throttled_create_is_used() {
    let not_there = refusal(404, "access_grant_not_found", "no");
    let script = Script::serve([
        (CREATE, Reply::Raw(429, "retry-after: 0\r\n", String::new())),
        (CREATE, refusal(409, "user_identity_already_exists", "the key is taken")),
        (CREATE, shown_grant("i3")),
        (GET, not_there),
        (GET_IDENTITY, shown_identity("i3", "Eva Dias")),
    ])
    .await;
    let receipt = perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect("made");
    assert_eq!((receipt.how, receipt.n_attempts), (How::Fresh, 3));
    assert_eq!(script.paths(), [CREATE, CREATE, GET, GET_IDENTITY, CREATE]);
}

#[tokio::test]
async fn identity_key_of_another_person_is_a_conflict() {
    let script = Script::serve([
        (CREATE, refusal(409, "user_identity_already_exists", "the key of Eva Dias is taken")),
        (GET, refusal(404, "access_grant_not_found", "no")),
        (GET_IDENTITY, shown_identity("i9", "Rui Melo")),
    ])
    .await;
    let error =
        perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect_err("taken");
    assert_eq!((error.kind, error.effect), (CallErrorKind::Refused(Refusal::Conflict), Effect::None));
    assert!(!format!("{error} {error:?}").contains("Eva"), "{error}");
    assert_eq!(script.paths(), [CREATE, GET, GET_IDENTITY]);
}

#[tokio::test]
async fn grant_key_of_another_person_gets_the_next_number() {
    let script = Script::serve([
        (CREATE, refusal(409, "access_grant_key_already_exists", "the key is taken")),
        (GET, shown_grant("i1")),
        (GET_IDENTITY, shown_identity("i3", "Eva Dias")),
        (CREATE, refusal(409, "user_identity_already_exists", "the key is taken")),
        (GET, refusal(404, "access_grant_not_found", "no")),
        (GET_IDENTITY, shown_identity("i3", "Eva Dias")),
        (CREATE, shown_grant("i3")),
    ])
    .await;
    let receipt = perform(&writer_of(&reader_of(&script.base_url)), &scripted_grant()).await.expect("made");
    assert_eq!(receipt.key, Some("pms::R1:G3:x:2".into()));
    assert_eq!(script.paths(), [CREATE, GET, GET_IDENTITY, CREATE, GET, GET_IDENTITY, CREATE]);
    let asked = script.asked();
    assert_eq!(asked[6].body["access_grant_key"], "pms::R1:G3:x:2");
    assert_eq!(asked[6].body["user_identity_id"], "i3");
}

#[tokio::test]
async fn contact_of_another_identity_is_a_conflict() {
    for switch in ["dropped", "kept"] {
        let inn = Inn::open(json!({"identity_of_refused_grant": switch})).await;
        let call = inn.grant("R1", new_identity("pms:G4", "Eva Lima", Some("ana@example.com")));
        let error = perform(&writer_of(&inn.reader), &call).await.expect_err("the address is taken");
        assert_eq!((error.kind, error.effect), (CallErrorKind::Refused(Refusal::Conflict), Effect::None));
        assert!(!format!("{error} {error:?}").contains("ana@"), "{error}");
        let holds = inn.holds().await;
        assert_eq!((holds.grants.len(), holds.identities.len()), (0, 1), "{switch}");
        inn.workspace.finish().await;
    }
}
