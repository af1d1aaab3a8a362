//! The writing half: every call against the sandbox, and every way in which an answer can be lost.

use reservation_sync::event::Silence;
use reservation_sync::model::{
    AccessGrantId, AccessGrantKey, GrantState, Identity, Inventory, Method, Space, SpaceId,
};
use reservation_sync::plan::{Call, Patch};
use reservation_sync::sandbox::{Fault, FaultPlan, ScriptedFault};
use reservation_sync::seam::{
    CallErrorKind, Credentials, Effect, How, Made, Receipt, Refusal, ReservationRule, SeamReader, SeamWriter,
    Watch,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::sandbox_client::Workspace;
use super::seam_script::{Script, refusal};
use super::seam_workspace::{
    create_grant, create_identity, for_new_guest, new_identity, perform, reader, reader_of, settings, window,
    writer_of,
};

const CREATE: &str = "/access_grants/create";
const GET: &str = "/access_grants/get";

/// A sandbox with two rooms, a reader, a writer and what stands there.
struct Hotel {
    workspace: Workspace,
    reader: SeamReader,
    writer: SeamWriter,
    before: Inventory,
}

impl Hotel {
    async fn open(extra: &[(&str, Value)]) -> Self {
        let mut seed = json!({
            "entrances": [{"acs_entrance_id": "00000000-0000-4000-8000-000000000101", "name": "Room 101",
                           "can_belong_to_reservation": true}],
            "devices": [{"device_id": "00000000-0000-4000-8000-000000000201", "name": "Room 201"}],
            "spaces": [
                {"space_key": "room-101", "name": "Room 101",
                 "acs_entrance_ids": ["00000000-0000-4000-8000-000000000101"], "device_ids": []},
                {"space_key": "room-201", "name": "Room 201", "acs_entrance_ids": [],
                 "device_ids": ["00000000-0000-4000-8000-000000000201"]}
            ],
            "user_identities": [{"user_identity_key": "pms:G1", "full_name": "Ana Sousa"},
                                {"user_identity_key": "pms:G2", "full_name": "Rui Melo"}]
        });
        for (field, value) in extra {
            seed[*field] = value.clone();
        }
        let workspace = Workspace::start(seed).await;
        let mut settings = settings(workspace.sandbox.endpoint());
        settings.credentials = Credentials::ApiKey(workspace.sandbox.api_key().to_owned().into());
        let reader = reader(&settings);
        let before = reader.inventory(&Silence).await.expect("an inventory");
        let writer = writer_of(&reader);
        Self { workspace, reader, writer, before }
    }

    fn space(&self, key: &str) -> SpaceId {
        let has_key = |space: &&Space| space.key.as_ref().is_some_and(|found| found.as_str() == key);
        self.before.spaces.iter().find(has_key).expect("a space").id.clone()
    }

    fn identity(&self, key: &str) -> String {
        let has_key = |identity: &&Identity| identity.key.as_ref().is_some_and(|found| found.as_str() == key);
        self.before.identities.iter().find(has_key).expect("an identity").id.to_string()
    }

    /// A grant of the first guest for room 201.
    fn grant(&self, key: &str) -> Call {
        create_grant(key, &self.identity("pms:G1"), &[&self.space("room-201")], window(2, 5))
    }

    /// Lets that call of that path meet trouble.
    fn trouble(&self, path: &str, fault: Fault) {
        let script = vec![ScriptedFault { path: path.to_owned(), call: 1, fault }];
        self.workspace.sandbox.set_faults(FaultPlan { script, ..FaultPlan::none() });
    }

    async fn done(&self, call: &Call) -> Receipt {
        perform(&self.writer, call).await.expect("it is carried out")
    }

    fn n_asked(&self, path: &str) -> u64 {
        self.workspace.sandbox.counts().requests.get(path).copied().unwrap_or(0)
    }
}

fn grant_id(receipt: &Receipt) -> AccessGrantId {
    match &receipt.made {
        Made::Grant { id, identity: _ } => id.clone(),
        other => panic!("a grant, not {other:?}"),
    }
}

#[tokio::test]
async fn every_call_of_a_plan_does_what_it_says() {
    let hotel = Hotel::open(&[]).await;
    let made = hotel.done(&create_identity("pms:G3", "Eva Dias", Some("eva@example.com"))).await;
    assert_eq!((made.how, made.n_attempts, made.request_id.is_some()), (How::Fresh, 1, true));
    let Made::Identity(identity) = made.made else { panic!("an identity") };
    let rename = Call::UpdateIdentity {
        id: identity.clone(),
        key: "pms:G3".into(),
        full_name: Patch::Set("Eva Dias Lima".into()),
        email: Patch::Clear,
        phone: Patch::Keep,
    };
    assert_eq!(hotel.done(&rename).await.how, How::Fresh);
    let found = hotel.reader.identity_by_key(&"pms:G3".into()).await.expect("an answer").expect("it exists");
    assert_eq!((found.full_name.as_deref(), found.email), (Some("Eva Dias Lima"), None));

    let key = AccessGrantKey::new("pms::R1:G3:x");
    let create = create_grant(key.as_str(), "", &[&hotel.space("room-101")], window(2, 5));
    let create = for_new_guest(create, new_identity("pms:G3", "Eva Dias", Some("eva@example.com")));
    let cancel = CancellationToken::new();
    let watch = Watch { cancel: &cancel, sink: &Silence };
    let receipt = hotel.writer.perform(&create, Some(&identity), watch).await.expect("a grant");
    let id = grant_id(&receipt);
    let read = async || hotel.reader.grant_by_key(&key).await.expect("an answer");
    let grant = read().await.expect("it exists");
    assert_eq!((&grant.id, &grant.identity, grant.window), (&id, &identity, window(2, 5)));

    hotel.done(&Call::UpdateGrant { id: id.clone(), key: key.clone(), window: window(2, 7) }).await;
    assert_eq!(read().await.expect("it exists").window, window(2, 7));
    let cloud = Call::AddMethods { id: id.clone(), key: key.clone(), methods: [Method::CloudKey].into() };
    hotel.done(&cloud).await;
    let grant = read().await.expect("it exists");
    assert_eq!(grant.methods(), [Method::CloudKey, Method::Code].into());
    let code =
        grant.requested.iter().find(|requested| requested.method == Some(Method::Code)).expect("a code");
    let code_id = code.access_methods.iter().next().expect("it was made").clone();
    let delete_method = Call::DeleteMethod { id: code_id, key: key.clone() };
    assert_eq!(hotel.done(&delete_method).await.how, How::Fresh);
    assert_eq!(hotel.done(&delete_method).await.how, How::AlreadySo, "what is gone is gone");
    assert_eq!(read().await.expect("it exists").methods(), [Method::CloudKey].into());
    let delete = Call::DeleteGrant { id, key: key.clone() };
    assert_eq!(hotel.done(&delete).await.how, How::Fresh);
    assert_eq!(hotel.done(&delete).await.how, How::AlreadySo, "what is gone is gone");
    assert!(read().await.is_none_or(|grant| grant.state == GrantState::BeingDeleted));
    hotel.workspace.finish().await;
}

#[tokio::test]
async fn a_create_that_took_effect_is_found_by_its_key_and_not_posted_again() {
    for fault in
        [Fault::CutAfter, Fault::PlainTextAfter, Fault::EmptyBodyAfter, Fault::TruncatedJson, Fault::CutBody]
    {
        let hotel = Hotel::open(&[]).await;
        hotel.trouble(CREATE, fault);
        let receipt = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
        assert_eq!((receipt.how, receipt.n_attempts), (How::Fresh, 1), "{fault:?}");
        let grant = hotel.reader.grant_by_key(&"pms::R1:G1:x".into()).await.expect("an answer");
        assert_eq!(grant.expect("it exists").id, grant_id(&receipt), "{fault:?}");
        assert_eq!(hotel.n_asked(CREATE), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_create_that_took_no_effect_is_looked_for_and_posted_again() {
    for (fault, n_looks) in [
        (Fault::CutBefore, 1),
        (Fault::ServerError, 1),
        (Fault::PlainText, 1),
        (Fault::EmptyBody, 1),
        (Fault::Throttled, 0),
    ] {
        let hotel = Hotel::open(&[]).await;
        hotel.trouble(CREATE, fault);
        let receipt = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
        assert_eq!((receipt.how, receipt.n_attempts), (How::Fresh, 2), "{fault:?}");
        assert_eq!((hotel.n_asked(CREATE), hotel.n_asked(GET)), (2, n_looks), "{fault:?}");
        assert_eq!(
            hotel.reader.inventory(&Silence).await.expect("an inventory").grants.len(),
            1,
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_lost_identity_is_found_by_its_key() {
    let hotel = Hotel::open(&[]).await;
    hotel.trouble("/user_identities/create", Fault::CutAfter);
    let receipt = hotel.done(&create_identity("pms:G3", "Eva Dias", Some("EVA@example.com"))).await;
    assert_eq!((receipt.how, receipt.n_attempts), (How::Fresh, 1));
    let found = hotel.reader.identity_by_key(&"pms:G3".into()).await.expect("an answer").expect("it exists");
    assert_eq!(receipt.made, Made::Identity(found.id));
    assert_eq!(hotel.n_asked("/user_identities/create"), 1);
}

#[tokio::test]
async fn what_stands_there_already_is_already_so_however_seam_says_it() {
    for switch in ["conflict", "bad_request", "return_existing"] {
        let switches = json!({"duplicate_access_grant_key": switch});
        let hotel = Hotel::open(&[("switches", switches)]).await;
        let first = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
        let second = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
        assert_eq!(second.made, first.made, "{switch}");
        if switch != "return_existing" {
            assert_eq!(second.how, How::AlreadySo, "{switch}");
        }
        assert_eq!(hotel.reader.inventory(&Silence).await.expect("an inventory").grants.len(), 1, "{switch}");
    }
}

#[tokio::test]
async fn a_key_that_holds_something_else_gets_the_next_number() {
    for switch in ["conflict", "bad_request", "return_existing"] {
        let switches = json!({"duplicate_access_grant_key": switch});
        let hotel = Hotel::open(&[("switches", switches)]).await;
        hotel.done(&hotel.grant("pms::R1:G1:x")).await;
        let room = hotel.space("room-201");
        // Of another guest, for another room, for another time.
        let others = [
            create_grant("pms::R1:G1:x", &hotel.identity("pms:G2"), &[&room], window(2, 5)),
            create_grant(
                "pms::R1:G1:x",
                &hotel.identity("pms:G1"),
                &[&hotel.space("room-101")],
                window(2, 5),
            ),
            create_grant("pms::R1:G1:x", &hotel.identity("pms:G1"), &[&room], window(2, 6)),
        ];
        let n_others = if switch == "return_existing" { 2 } else { 3 };
        for (other, n) in others[..n_others].iter().zip(2..) {
            let key = AccessGrantKey::new(format!("pms::R1:G1:x:{n}"));
            let receipt = hotel.done(other).await;
            assert_eq!(receipt.key.as_ref(), Some(&key), "{switch}");
            let grant = hotel.reader.grant_by_key(&key).await.expect("an answer").expect("it was made");
            assert_eq!(grant.id, grant_id(&receipt), "{switch}");
            // The same once more finds it.
            let again = hotel.done(other).await;
            assert_eq!((again.made, again.key.as_ref()), (receipt.made, Some(&key)), "{switch}");
        }
    }
}

#[tokio::test]
async fn a_key_of_which_six_are_taken_is_an_error() {
    let hotel = Hotel::open(&[("switches", json!({"duplicate_access_grant_key": "conflict"}))]).await;
    let (room, other) = (hotel.space("room-201"), hotel.identity("pms:G2"));
    let theirs = |n: u32| if n == 1 { "pms::R1:G1:x".to_owned() } else { format!("pms::R1:G1:x:{n}") };
    for n in 1..=6 {
        hotel.done(&create_grant(&theirs(n), &other, &[&room], window(2, 5))).await;
    }
    let ours = create_grant("pms::R1:G1:x", &hotel.identity("pms:G1"), &[&room], window(2, 5));
    let error = perform(&hotel.writer, &ours).await.expect_err("not ours to claim");
    assert_eq!((error.kind, error.effect), (CallErrorKind::Refused(Refusal::Conflict), Effect::None));
    assert!(error.message.contains("a grant of somebody else"), "{error}");
}

#[tokio::test]
async fn a_contact_that_somebody_else_has_is_a_conflict_and_is_not_repeated_in_the_message() {
    let hotel = Hotel::open(&[]).await;
    hotel.done(&create_identity("pms:G3", "Eva Dias", Some("eva@example.com"))).await;
    let error = perform(&hotel.writer, &create_identity("pms:G4", "Eva Lima", Some("eva@example.com")))
        .await
        .expect_err("the address is taken");
    assert_eq!((error.kind, error.effect), (CallErrorKind::Refused(Refusal::Conflict), Effect::None));
    assert!(!format!("{error} {error:?}").contains("eva@"), "{error}");
}

#[tokio::test]
async fn a_key_that_is_about_to_be_free_is_waited_for() {
    let switches = json!({"deletion_ms": 600, "key_reuse": "after_deletion"});
    let hotel = Hotel::open(&[("switches", switches)]).await;
    let first = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
    hotel.done(&Call::DeleteGrant { id: grant_id(&first), key: "pms::R1:G1:x".into() }).await;
    let second = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
    assert_eq!(second.how, How::Fresh);
    assert_ne!(second.made, first.made);
}

#[tokio::test]
async fn an_update_whose_answer_was_lost_is_looked_for_before_it_is_sent_again() {
    for (fault, how, n_sent) in [(Fault::CutAfter, How::AlreadySo, 1), (Fault::CutBefore, How::Fresh, 2)] {
        let hotel = Hotel::open(&[]).await;
        let id = grant_id(&hotel.done(&hotel.grant("pms::R1:G1:x")).await);
        hotel.trouble("/access_grants/update", fault);
        let update = Call::UpdateGrant { id, key: "pms::R1:G1:x".into(), window: window(2, 9) };
        assert_eq!(hotel.done(&update).await.how, how, "{fault:?}");
        assert_eq!(hotel.n_asked("/access_grants/update"), n_sent, "{fault:?}");
        let grant = hotel.reader.grant_by_key(&"pms::R1:G1:x".into()).await.expect("an answer");
        assert_eq!(grant.expect("it exists").window, window(2, 9), "{fault:?}");
    }
}

#[tokio::test]
async fn methods_whose_answer_was_lost_are_not_asked_for_twice() {
    for (fault, n_sent) in [(Fault::CutAfter, 1), (Fault::EmptyBody, 2)] {
        let hotel = Hotel::open(&[]).await;
        let id = grant_id(&hotel.done(&hotel.grant("pms::R1:G1:x")).await);
        hotel.trouble("/access_grants/request_access_methods", fault);
        let key = "pms::R1:G1:x".into();
        hotel.done(&Call::AddMethods { id, key, methods: [Method::CloudKey].into() }).await;
        assert_eq!(hotel.n_asked("/access_grants/request_access_methods"), n_sent, "{fault:?}");
        let grant = hotel.reader.grant_by_key(&"pms::R1:G1:x".into()).await.expect("an answer");
        assert_eq!(grant.expect("it exists").requested.len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_is_sent_again_until_the_grant_is_gone() {
    for fault in [Fault::CutAfter, Fault::CutBefore, Fault::EmptyBodyAfter, Fault::TruncatedJson] {
        let hotel = Hotel::open(&[]).await;
        let id = grant_id(&hotel.done(&hotel.grant("pms::R1:G1:x")).await);
        hotel.trouble("/access_grants/delete", fault);
        hotel.done(&Call::DeleteGrant { id, key: "pms::R1:G1:x".into() }).await;
        assert_eq!(hotel.n_asked("/access_grants/delete"), 2, "{fault:?}");
        assert_eq!(hotel.reader.grant_by_key(&"pms::R1:G1:x".into()).await.expect("an answer"), None);
    }
}

#[tokio::test]
async fn a_grant_that_is_gone_cannot_be_updated() {
    let hotel = Hotel::open(&[]).await;
    let id = grant_id(&hotel.done(&hotel.grant("pms::R1:G1:x")).await);
    let key = || "pms::R1:G1:x".into();
    hotel.done(&Call::DeleteGrant { id: id.clone(), key: key() }).await;
    let update = Call::UpdateGrant { id, key: key(), window: window(2, 9) };
    let error = perform(&hotel.writer, &update).await.expect_err("gone");
    assert_eq!((error.kind, error.effect), (CallErrorKind::Refused(Refusal::NotFound), Effect::None));
}

#[tokio::test]
async fn a_rule_of_reservations_is_known_in_every_shape() {
    for shape in ["slug", "title", "message"] {
        let hotel = Hotel::open(&[("switches", json!({"reservation_error": shape}))]).await;
        let mut call = hotel.grant("pms::R1:G1:x");
        if let Call::CreateGrant { reservation_key, .. } = &mut call {
            *reservation_key = Some("R1".into());
        }
        let error = perform(&hotel.writer, &call).await.expect_err("a lock takes no reservation key");
        let rule = Refusal::ReservationRule(ReservationRule::KeyNotSupported);
        assert_eq!(error.kind, CallErrorKind::Refused(rule), "{shape}: {error}");
    }
}

#[tokio::test]
async fn a_wished_code_is_sent_on_create_and_seen_nowhere_else() {
    let hotel = Hotel::open(&[]).await;
    let receipt = hotel.done(&hotel.grant("pms::R1:G1:x")).await;
    let sent: Vec<_> = hotel.workspace.sandbox.exchanges().into_iter().filter(|e| e.path == CREATE).collect();
    assert_eq!(sent[0].request["requested_access_methods"], json!([{"mode": "code", "code": "8264"}]));
    let echo = refusal(400, "invalid_input", "code 8264 for \"Ana Sousa\" is taken: \"8264\"");
    let script = Script::serve([(CREATE, echo), (GET, refusal(404, "access_grant_not_found", "no"))]).await;
    let error =
        perform(&writer_of(&reader_of(&script.base_url)), &hotel.grant("k")).await.expect_err("taken");
    assert!(!format!("{receipt:?} {error:?} {error}").contains("8264"), "{error}");
}
