//! `export`: the live grants of this job, and where it was asked for what opens their doors.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::connection::Connection;
use super::failure::Failure;
use super::interrupt::Interrupt;
use crate::config::Settings;
use crate::event::EventSink;
use crate::mapping::Directory;
use crate::model::{
    AccessGrantId, GrantKeyParts, Identity, Inventory, IssuedMethod, Namespace, SpaceKey, UserIdentityId,
};
use crate::report::export::{Export, ExportedGrant};
use crate::seam::SeamError;

/// Whether codes and links are read too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithSecrets {
    /// They stay where they are.
    No,
    /// They are read.
    Yes,
}

/// The grants, and for each of them what opens its doors; nothing where that was not asked for.
pub async fn export(
    settings: &Settings,
    now: Option<Timestamp>,
    with_secrets: WithSecrets,
    sink: &dyn EventSink,
    interrupt: &Interrupt,
) -> Result<(Export, Vec<Vec<IssuedMethod>>), Failure> {
    let connection = Connection::open(&settings.seam, now, interrupt.token()).await?;
    let exported = interrupt.unless_over(None, of(&connection, settings, with_secrets, sink)).await;
    connection.finish(exported, interrupt).await
}

async fn of(
    connection: &Connection,
    settings: &Settings,
    with_secrets: WithSecrets,
    sink: &dyn EventSink,
) -> Result<(Export, Vec<Vec<IssuedMethod>>), Failure> {
    connection.first_contact(settings, sink).await?;
    let inventory = connection.reader.inventory(sink).await?;
    let live = live(&inventory, &settings.plan.namespace, connection.now);
    let methods = match with_secrets {
        WithSecrets::No => Vec::new(),
        WithSecrets::Yes => {
            let reading = live.iter().map(|(id, _)| connection.reader.issued_methods(id, sink));
            let concurrency = settings.seam.limits.concurrency;
            stream::iter(reading)
                .buffered(concurrency)
                .try_collect::<Vec<_>>()
                .await
                .map_err(|e: SeamError| e)?
        }
    };
    let export = Export {
        format_version: 1,
        kind: "export",
        workspace_id: inventory.workspace.id.clone(),
        now: connection.now,
        grants: live.into_iter().map(|(_, grant)| grant).collect(),
    };
    Ok((export, methods))
}

fn live(inventory: &Inventory, namespace: &Namespace, now: Timestamp) -> Vec<(AccessGrantId, ExportedGrant)> {
    let directory = Directory::of(inventory);
    let people: HashMap<&UserIdentityId, &Identity> =
        inventory.identities.iter().map(|identity| (&identity.id, identity)).collect();
    let mut live: Vec<(AccessGrantId, ExportedGrant)> = inventory
        .grants
        .iter()
        .filter(|grant| grant.is_live(now))
        .filter_map(|grant| {
            let key = grant.key.as_ref()?;
            let parts = GrantKeyParts::parse(namespace, key)?;
            let space_keys = grant.spaces.iter().map(|id| {
                let known = directory.by_id(id).map(|space| directory.space(space).key.clone());
                known.unwrap_or_else(|| SpaceKey::from(id))
            });
            let exported = ExportedGrant {
                reservation_key: parts.reservation,
                guest_key: parts.guest,
                full_name: people.get(&grant.identity).and_then(|i| i.full_name.clone()).map(Into::into),
                property: parts.property,
                space_keys: space_keys.collect(),
                starts_at: grant.window.starts_at,
                ends_at: grant.window.ends_at,
                methods: grant.methods(),
                access_grant_key: key.clone(),
            };
            Some((grant.id.clone(), exported))
        })
        .collect();
    let place = |grant: &ExportedGrant| {
        let ExportedGrant { property, reservation_key, guest_key, starts_at, access_grant_key, .. } = grant;
        (property.clone(), reservation_key.clone(), guest_key.clone(), *starts_at, access_grant_key.clone())
    };
    live.sort_by_cached_key(|(_, grant)| place(grant));
    live
}
