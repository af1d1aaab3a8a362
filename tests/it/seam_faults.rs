//! Many calls at once under trouble of every kind: each grant is there once, and nothing is in doubt.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use reservation_sync::event::Silence;
use reservation_sync::plan::Call;
use reservation_sync::sandbox::FaultPlan;
use reservation_sync::seam::{Credentials, Made, Watch};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::sandbox_client::Workspace;
use super::seam_workspace::{create_grant, for_new_guest, new_identity, reader, settings, window, writer_of};

#[tokio::test(flavor = "multi_thread")]
async fn under_ten_percent_of_trouble_every_grant_is_made_once_and_every_answer_is_known() {
    const N_GUESTS: usize = 150;
    let workspace = Workspace::start(json!({
        "devices": [{"device_id": "00000000-0000-4000-8000-000000000201", "name": "Room 201"}],
        "spaces": [{"space_key": "room-201", "name": "Room 201", "acs_entrance_ids": [],
                    "device_ids": ["00000000-0000-4000-8000-000000000201"]}]
    }))
    .await;
    let mut settings = settings(workspace.sandbox.endpoint());
    settings.credentials = Credentials::ApiKey(workspace.sandbox.api_key().to_owned().into());
    let reader = reader(&settings);
    let space = reader.inventory(&Silence).await.expect("an inventory").spaces[0].id.clone();
    workspace.sandbox.set_faults(FaultPlan {
        latency_ms: 5,
        retry_after_seconds: 0,
        ..FaultPlan::every_kind(7, 0.1)
    });

    let writer = Arc::new(writer_of(&reader));
    let guests = stream::iter(0..N_GUESTS).map(|n| {
        let (writer, space) = (Arc::clone(&writer), space.clone());
        tokio::spawn(async move {
            let cancel = CancellationToken::new();
            let watch = Watch { cancel: &cancel, sink: &Silence };
            let guest = new_identity(&format!("pms:G{n}"), &format!("Guest {n}"), None);
            let key = format!("pms::R{n}:G{n}:x");
            let grant = for_new_guest(create_grant(&key, "", &[&space], window(2, 5)), guest.clone());
            // Every second guest is made ahead, as before a replacement that deletes first.
            let identity = if n % 2 == 0 {
                None
            } else {
                let ahead = Call::CreateIdentity(guest);
                match writer.perform(&ahead, None, watch).await.expect("an identity").made {
                    Made::Identity(id) => Some(id),
                    other => panic!("an identity, not {other:?}"),
                }
            };
            let made = writer.perform(&grant, identity.as_ref(), watch).await.expect("a grant").made;
            let Made::Grant { id, identity: _ } = made else { panic!("a grant, not {made:?}") };
            let update = Call::UpdateGrant { id: id.clone(), key: key.as_str().into(), window: window(2, 6) };
            writer.perform(&update, None, watch).await.expect("moved");
            if n % 3 == 0 {
                let delete = Call::DeleteGrant { id, key: key.as_str().into() };
                writer.perform(&delete, None, watch).await.expect("gone");
            }
        })
    });
    guests.buffer_unordered(10).for_each(async |done| done.expect("no panic")).await;

    workspace.sandbox.set_faults(FaultPlan::none());
    let after = reader.inventory(&Silence).await.expect("an inventory");
    assert_eq!(after.identities.len(), N_GUESTS);
    assert_eq!(after.grants.len(), N_GUESTS - N_GUESTS.div_ceil(3));
    assert!(after.grants.iter().all(|grant| grant.window == window(2, 6)));
    let calls = reader.calls();
    assert!(calls.retries > 20 && calls.throttled > 0, "there was trouble: {calls:?}");
    let counts = workspace.sandbox.counts();
    assert_eq!(calls.reads + calls.writes, counts.requests.values().sum::<u64>());
    workspace.finish().await;
}

async fn check_slower_workspace(retry_after: &str, body: &str) {
    let workspace = Workspace::start(json!({
        "limits": {"requests_per_second": 3},
        "switches": {"retry_after": retry_after, "throttled_body": body}
    }))
    .await;
    let mut settings = settings(workspace.sandbox.endpoint());
    settings.credentials = Credentials::ApiKey(workspace.sandbox.api_key().to_owned().into());
    let reader = reader(&settings);
    reader.inventory(&Silence).await.expect("an inventory");
    let n_throttled: u64 = workspace.sandbox.counts().throttled.values().sum();
    assert!(n_throttled > 0, "{retry_after} {body}");
    assert_eq!(reader.calls().throttled, n_throttled, "{retry_after} {body}");
    workspace.finish().await;
}

#[tokio::test]
async fn a_workspace_that_is_slower_than_we_thought_is_read_however_it_says_so() {
    tokio::join!(
        check_slower_workspace("seconds", "json"),
        check_slower_workspace("http_date", "json"),
        check_slower_workspace("absent", "empty"),
    );
}
