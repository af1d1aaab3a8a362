//! Facts: what a run or a person leaves for the next run to know.

use jiff::Timestamp;
use jiff::civil::date;
use reservation_sync::model::{
    Choice, Decision, DeviceId, DoorId, EntranceId, Fact, FactId, FactKind, Namespace, ReservationId,
    WorkspaceId,
};
use reservation_sync::store::{LeaseError, NewRun, Store};

use super::store_place::{
    HOUR, Place, acquire, acquire_as, elsewhere, namespace, on_both_engines, workspace_id,
};

on_both_engines! {
    facts_are_read_back_and_replaced,
    facts_belong_to_workspace_and_namespace,
    facts_are_forgotten_by_subject,
    facts_need_the_lease,
    facts_by_the_hundred_are_kept,
    facts_of_later_versions_are_skipped,
    facts_that_cannot_be_read_stop,
    decisions_are_replaced_and_taken_back,
}

fn door(number: u32) -> Fact {
    Fact::CommonDoor(DoorId::Device(DeviceId::new(format!("lobby-{number}"))))
}

async fn put(place: &Place, facts: &[Fact]) {
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let run = NewRun::now("run");
    store.start_run(&lease, &run).await.expect("the store is writable");
    store.put_facts(&lease, Some(&run.run_id), facts).await.expect("the lease holds");
    lease.release().await.expect("it is ours");
    store.close().await;
}

async fn facts_are_read_back_and_replaced(place: Place) {
    let nothing = place.open().await.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert_eq!(
        (nothing.last_checked_in_status, nothing.lists_several_guests, nothing.common_doors.len()),
        (None, false, 0)
    );
    let entrance = DoorId::Entrance(EntranceId::new("5a2c1e62-1b5f-4f0e-9d55-000000000001"));
    let (first, second) = (date(2026, 12, 5), date(2026, 12, 6));
    put(&place, &[Fact::LastCheckedInStatus(first), Fact::CommonDoor(entrance.clone())]).await;
    // Of two about one subject in one record the later one counts.
    put(
        &place,
        &[Fact::ListsSeveralGuests, Fact::LastCheckedInStatus(first), Fact::LastCheckedInStatus(second)],
    )
    .await;
    let ledger = place.open().await.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert_eq!(ledger.last_checked_in_status, Some(second));
    assert!(ledger.lists_several_guests);
    assert_eq!(ledger.common_doors, [entrance].into());
}

async fn facts_belong_to_workspace_and_namespace(place: Place) {
    put(&place, &[Fact::ListsSeveralGuests]).await;
    let store = place.open().await;
    let knows = async |workspace: &WorkspaceId, namespace: &Namespace| {
        store.ledger(workspace, namespace).await.expect("readable").lists_several_guests
    };
    let other = Namespace::new("other").expect("letters only");
    assert!(knows(&workspace_id(), &namespace()).await);
    assert!(!knows(&WorkspaceId::new("another"), &namespace()).await);
    assert!(!knows(&workspace_id(), &other).await);
}

async fn facts_are_forgotten_by_subject(place: Place) {
    put(&place, &[door(1), door(2), Fact::ListsSeveralGuests]).await;
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let about = [door(1).id(), door(3).id()];
    assert_eq!(store.forget_facts(&lease, &about).await.expect("the lease holds"), 1);
    let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert_eq!(ledger.common_doors, [DoorId::Device(DeviceId::new("lobby-2"))].into());
    assert!(ledger.lists_several_guests);
    let whole_kind = FactId { kind: FactKind::CommonDoor, subject: String::new() };
    assert_eq!(store.forget_facts(&lease, &[whole_kind]).await.expect("the lease holds"), 0);
}

async fn facts_need_the_lease(place: Place) {
    let store = place.open().await;
    let lost = acquire(&store, HOUR).await.expect("nobody has it");
    put_by_another(&store, &place).await;
    assert!(matches!(store.put_facts(&lost, None, &[door(1)]).await, Err(LeaseError::Lost)));
    assert!(matches!(store.forget_facts(&lost, &[door(9).id()]).await, Err(LeaseError::Lost)));
    let ledger = store.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert_eq!(ledger.common_doors, [DoorId::Device(DeviceId::new("lobby-9"))].into());
}

/// Another process takes the lease, as where it had run out, and records a fact.
async fn put_by_another(store: &Store, place: &Place) {
    place.execute("update leases set expires = 0").await;
    let lease = acquire_as(store, &elsewhere(), HOUR).await.expect("it has run out");
    store.put_facts(&lease, None, &[door(9)]).await.expect("the lease holds");
}

async fn facts_by_the_hundred_are_kept(place: Place) {
    let all: Vec<Fact> = (0..1203).map(door).collect();
    put(&place, &all).await;
    put(&place, &all).await;
    let ledger = place.open().await.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert_eq!(ledger.common_doors.len(), 1203);
}

async fn facts_of_later_versions_are_skipped(place: Place) {
    put(&place, &[Fact::ListsSeveralGuests, door(1)]).await;
    place.execute("update facts set kind = 'weather' where kind = 'common_door'").await;
    let ledger = place.open().await.ledger(&workspace_id(), &namespace()).await.expect("readable");
    assert!(ledger.lists_several_guests && ledger.common_doors.is_empty());
}

async fn facts_that_cannot_be_read_stop(place: Place) {
    put(&place, &[door(1)]).await;
    place.execute("update facts set value = '{'").await;
    let error = place.open().await.ledger(&workspace_id(), &namespace()).await.expect_err("the text is cut");
    assert!(error.to_string().contains("read the ledger"), "{error}");
}

async fn decisions_are_replaced_and_taken_back(place: Place) {
    let decision = |key: &str, unit: Option<&str>, choice: Choice| Decision {
        reservation: ReservationId { property: "LIS".into(), key: key.into() },
        unit: unit.map(Into::into),
        choice,
        reason: "one family".to_owned(),
        until: Some(date(2026, 12, 6)),
        decided_at: Timestamp::from_second(1_796_000_000).expect("a small number"),
    };
    let whole = decision("R1", None, Choice::ShareWith("R2".into()));
    let one_unit = decision("R1", Some("104"), Choice::Leave);
    let another = decision("R3", None, Choice::Revoke);
    let store = place.open().await;
    let lease = acquire(&store, HOUR).await.expect("nobody has it");
    let first =
        [&decision("R1", None, Choice::Grant), &one_unit, &another].map(|d| Fact::Decision(d.clone()));
    store.put_facts(&lease, None, &first).await.expect("the lease holds");
    store.put_facts(&lease, None, &[Fact::Decision(whole.clone())]).await.expect("the lease holds");
    let decisions = async || store.ledger(&workspace_id(), &namespace()).await.expect("readable").decisions;
    assert_eq!(decisions().await, [one_unit.clone(), whole, another.clone()]);
    let about = FactId::of_decision(&one_unit.reservation, None);
    assert_eq!(store.forget_facts(&lease, &[about]).await.expect("the lease holds"), 1);
    assert_eq!(decisions().await, [one_unit, another]);
}
