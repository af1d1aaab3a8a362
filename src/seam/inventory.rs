//! Reads everything a plan needs: six lists side by side, every page of each, nothing twice.
//!
//! A list is whole or an error. Where Seam says that there is more and cannot say where, or where a list never
//! ends, nothing is decided on half of it.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::try_join;
use hashbrown::HashSet;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::client::{Client, Request};
use super::error::{CallError, CallErrorKind, Refusal};
use super::wire::{Listed, Page, WireDevice, WireEntrance, WireGrant, WireIdentity, WireSpace};
use super::writer::Watch;
use crate::event::{Event, Listing};
use crate::model::{
    Device, DoorId, Entrance, GrantState, Identity, Inventory, LiveGrant, SharedSet, Space, SpaceId,
    Workspace,
};

/// Entries of a page, said explicitly: the default differs from list to list, and the cursor is bound to it.
const PAGE_LIMIT: usize = 500;

/// More entries than any workspace has: a list that is longer never ends.
const MAX_ENTRIES: usize = 2_000_000;

/// So many pages in a row may bring nothing that was not listed before.
const MAX_IDLE_PAGES: u32 = 20;

/// A list that takes longer than the patience is long, or it never ends: each further page brings so many entries at
/// least.
const MIN_NEW_ENTRIES: usize = 50;

/// How often a list begins again when Seam no longer knows its cursor.
const MAX_RESTARTS: u32 = 2;

/// What all lists have in common.
#[derive(Clone, Copy)]
struct Lists<'a> {
    client: &'a Client,
    watch: Watch<'a>,
    /// The workspace of the key; `None` where its id is no UUID, with which nothing is compared.
    workspace: Option<Uuid>,
    /// Only what opens this door.
    door: Option<&'a DoorId>,
}

impl<'a> Lists<'a> {
    /// The whole lists of a workspace.
    fn of(client: &'a Client, workspace: &Workspace, watch: Watch<'a>) -> Self {
        Self { client, watch, workspace: Uuid::try_parse(workspace.id.as_str()).ok(), door: None }
    }
}

/// Reads the six lists.
pub(super) async fn load(
    client: &Client,
    workspace: Workspace,
    watch: Watch<'_>,
) -> Result<Inventory, CallError> {
    let mut space_sets = SpaceSets::default();
    let lists = Lists::of(client, &workspace, watch);
    let (spaces, entrances, devices, identities, mut grants, unmanaged) = try_join!(
        list::<WireSpace, Space, _>(lists, Listing::Spaces, |space| &space.id, |_| {}),
        list::<WireEntrance, Entrance, _>(lists, Listing::Entrances, |entrance| &entrance.id, |_| {}),
        list::<WireDevice, Device, _>(lists, Listing::Devices, |device| &device.id, |_| {}),
        list::<WireIdentity, Identity, _>(lists, Listing::Identities, |identity| &identity.id, |_| {}),
        list::<WireGrant, LiveGrant, _>(
            lists,
            Listing::Grants,
            |grant| &grant.id,
            |grant| {
                space_sets.share(grant);
            }
        ),
        unmanaged_grants(lists),
    )?;
    grants.extend(unmanaged);
    let inventory = Inventory { workspace, spaces, entrances, devices, identities, grants };
    client.known().list(&inventory);
    Ok(inventory)
}

/// The grants that Seam lists at a door.
pub(super) async fn grants_at(
    client: &Client,
    workspace: &Workspace,
    door: &DoorId,
    watch: Watch<'_>,
) -> Result<Vec<LiveGrant>, CallError> {
    let lists = Lists { door: Some(door), ..Lists::of(client, workspace, watch) };
    list::<WireGrant, LiveGrant, _>(lists, Listing::Grants, |grant| &grant.id, |_| {}).await
}

/// Grants that Seam does not manage. They matter only where another system is moved in from: a Seam that refuses to list
/// them must not keep the guests of all others outside.
async fn unmanaged_grants(lists: Lists<'_>) -> Result<Vec<LiveGrant>, CallError> {
    let listing = Listing::UnmanagedGrants;
    let mark = |grant: &mut LiveGrant| {
        if grant.state == GrantState::Standing {
            grant.state = GrantState::Unmanaged;
        }
    };
    match list::<WireGrant, LiveGrant, _>(lists, listing, |grant| &grant.id, mark).await {
        Err(error) if matches!(error.kind, CallErrorKind::Refused(_) | CallErrorKind::Forbidden) => {
            tracing::warn!(seam.path = path(listing), %error, "Seam does not list the grants that it does not manage");
            Ok(Vec::new())
        }
        listed => listed,
    }
}

/// The sets of spaces that grants open: a hundred thousand grants open a few hundred, and each is kept once.
#[derive(Default)]
struct SpaceSets(HashSet<SharedSet<SpaceId>>);

impl SpaceSets {
    fn share(&mut self, grant: &mut LiveGrant) {
        match self.0.get(&grant.spaces) {
            Some(known) => grant.spaces = known.clone(),
            None => drop(self.0.insert(grant.spaces.clone())),
        }
    }
}

fn path(listing: Listing) -> &'static str {
    match listing {
        Listing::Spaces => "/spaces/list",
        Listing::Entrances => "/acs/entrances/list",
        Listing::Devices => "/devices/list",
        Listing::Identities => "/user_identities/list",
        Listing::Grants => "/access_grants/list",
        Listing::UnmanagedGrants => "/access_grants/unmanaged/list",
    }
}

/// A whole list, begun again where its cursor is lost on the way.
async fn list<Wire, Item, Id>(
    lists: Lists<'_>,
    listing: Listing,
    id: fn(&Item) -> &Id,
    mut tidy: impl FnMut(&mut Item),
) -> Result<Vec<Item>, CallError>
where
    Wire: DeserializeOwned + Listed,
    Item: From<Wire>,
    Id: Ord + Clone,
{
    let mut n_restarts = 0;
    loop {
        match pages::<Wire, Item, Id>(lists, listing, id, &mut tidy).await {
            Ok(mut items) => {
                // It is kept for as long as the run takes.
                items.shrink_to_fit();
                return Ok(items);
            }
            Err(Broken::Cursor(_)) if n_restarts < MAX_RESTARTS => {
                n_restarts += 1;
                tracing::info!(
                    seam.path = path(listing),
                    n_restarts,
                    "the list begins again: its cursor was lost"
                );
            }
            Err(Broken::Cursor(error) | Broken::Call(error)) => return Err(error),
        }
    }
}

/// Why a list ended early.
enum Broken {
    /// Seam refused a page that an earlier one led to.
    Cursor(CallError),
    /// Anything else.
    Call(CallError),
}

async fn pages<Wire, Item, Id>(
    lists: Lists<'_>,
    listing: Listing,
    id: fn(&Item) -> &Id,
    tidy: &mut impl FnMut(&mut Item),
) -> Result<Vec<Item>, Broken>
where
    Wire: DeserializeOwned + Listed,
    Item: From<Wire>,
    Id: Ord + Clone,
{
    let Lists { client, watch, workspace, door } = lists;
    let path = path(listing);
    let bad = |message: &str| Broken::Call(CallError::new(path, CallErrorKind::BadAnswer, message));
    let mut items = Vec::new();
    let mut seen_ids = BTreeSet::new();
    let mut seen_cursors = BTreeSet::new();
    let mut cursor: Option<String> = None;
    let mut bounds = Bounds::new(client.patience());
    loop {
        let request = Request::read(path, body(cursor.as_deref(), door));
        let page: Page<Wire> = match client.ask(&request, watch).await {
            Ok(page) => page,
            Err(error) if cursor.is_some() && is_cursor_refusal(&error) => return Err(Broken::Cursor(error)),
            Err(error) => return Err(Broken::Call(error)),
        };
        let (n_in_page, n_before) = (page.items.len(), items.len());
        refuse_others(path, &page.items, workspace).map_err(Broken::Call)?;
        for mut item in page.items.into_iter().map(Item::from) {
            if seen_ids.insert(id(&item).clone()) {
                tidy(&mut item);
                items.push(item);
            }
        }
        watch.sink.emit(&Event::Listed { listing, n_so_far: items.len() });
        let Some(pagination) = page.pagination else {
            if n_in_page == PAGE_LIMIT {
                tracing::warn!(seam.path = path, "a full page without pagination: the list may be longer");
            }
            return Ok(items);
        };
        if !pagination.goes_on() {
            return Ok(items);
        }
        if !bounds.allow_more(items.len() - n_before, items.len()) {
            let message =
                format!("the list does not end: after {} entries there is always more", items.len());
            let kind = CallErrorKind::Unavailable { retry_after: None };
            return Err(Broken::Call(CallError::new(path, kind, message)));
        }
        let next =
            pagination.next_page_cursor.ok_or_else(|| bad("there is a next page but no cursor for it"))?;
        if !seen_cursors.insert(next.clone()) {
            return Err(bad("the cursor of the next page was used before: the list would never end"));
        }
        cursor = Some(next);
    }
}

/// What keeps a list from going on for ever.
struct Bounds {
    patience: Duration,
    begun: Instant,
    n_idle_pages: u32,
}

impl Bounds {
    fn new(patience: Duration) -> Self {
        Self { patience, begun: Instant::now(), n_idle_pages: 0 }
    }

    /// Whether another page is asked for after one that brought so many new entries, of so many in all.
    fn allow_more(&mut self, n_new: usize, n_entries: usize) -> bool {
        self.n_idle_pages = if n_new == 0 { self.n_idle_pages + 1 } else { 0 };
        let is_slow = self.begun.elapsed() > self.patience && n_new < MIN_NEW_ENTRIES;
        self.n_idle_pages <= MAX_IDLE_PAGES && !is_slow && n_entries <= MAX_ENTRIES
    }
}

/// A list with an entry of another workspace is not ours to decide on (RULES 26).
fn refuse_others(
    path: &'static str,
    items: &[impl Listed],
    workspace: Option<Uuid>,
) -> Result<(), CallError> {
    let Some(workspace) = workspace else { return Ok(()) };
    match items.iter().filter_map(Listed::workspace_id).find(|of| *of != workspace) {
        None => Ok(()),
        Some(other) => {
            let message = format!("an entry belongs to {other}, and the key is for {workspace}");
            Err(CallError::new(path, CallErrorKind::OtherWorkspace, message))
        }
    }
}

fn body(cursor: Option<&str>, door: Option<&DoorId>) -> Value {
    let mut body = json!({"limit": PAGE_LIMIT});
    if let Some(cursor) = cursor {
        body["page_cursor"] = json!(cursor);
    }
    match door {
        None => {}
        Some(DoorId::Entrance(id)) => body["acs_entrance_id"] = json!(id),
        Some(DoorId::Device(id)) => body["device_id"] = json!(id),
    }
    body
}

/// How a cursor that expired is refused is not documented; nothing but the cursor differs from the first page.
fn is_cursor_refusal(error: &CallError) -> bool {
    matches!(error.kind, CallErrorKind::Refused(Refusal::Validation | Refusal::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn list_goes_on_while_it_brings_something() {
        let mut bounds = Bounds::new(Duration::from_secs(10));
        for n_pages in 1..=100 {
            assert!(bounds.allow_more(1, n_pages));
        }
        for n_idle in 1..=MAX_IDLE_PAGES + 1 {
            assert_eq!(bounds.allow_more(0, 100), n_idle <= MAX_IDLE_PAGES, "{n_idle}");
        }
        let mut bounds = Bounds::new(Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(bounds.allow_more(PAGE_LIMIT, 10_000));
        assert!(!bounds.allow_more(1, 10_001));
        assert!(!bounds.allow_more(PAGE_LIMIT, MAX_ENTRIES + 1));
    }
}
