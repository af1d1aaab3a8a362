//! The live grants of this job as a table or as JSON; and, apart from them and only where it was asked for, the codes
//! and links by which the guests get in.

use std::iter;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::json::pretty;
use super::spreadsheet::{cell_of, plain_table};
use crate::model::{
    AccessGrantKey, GuestKey, IssuedMethod, MethodSet, PropertyCode, ReservationKey, SharedSet, SpaceKey,
    WorkspaceId,
};

/// One live grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedGrant {
    /// The reservation in the source.
    pub reservation_key: ReservationKey,
    /// The guest.
    pub guest_key: GuestKey,
    /// Their name, where Seam has one.
    pub full_name: Option<String>,
    /// The property; empty where there is one.
    pub property: PropertyCode,
    /// The spaces.
    pub space_keys: SharedSet<SpaceKey>,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// How the doors open.
    pub methods: MethodSet,
    /// The key of the grant.
    pub access_grant_key: AccessGrantKey,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Export {
    /// 1; another number for another shape.
    pub format_version: u32,
    /// `export`.
    pub kind: &'static str,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The instant for which they are live.
    pub now: Timestamp,
    /// By reservation, guest and start.
    pub grants: Vec<ExportedGrant>,
}

/// A grant with what opens its doors.
#[derive(Debug, Clone)]
pub struct Secrets<'a> {
    /// The grant.
    pub grant: &'a ExportedGrant,
    /// Its codes, cards and keys.
    pub methods: Vec<IssuedMethod>,
}

const HEADER: [&str; 9] = [
    "reservation_key",
    "guest_key",
    "full_name",
    "property",
    "space_keys",
    "starts_at",
    "ends_at",
    "methods",
    "access_grant_key",
];

const SECRETS_HEADER: [&str; 11] = [
    "reservation_key",
    "guest_key",
    "full_name",
    "property",
    "space_keys",
    "starts_at",
    "ends_at",
    "method",
    "code",
    "instant_key_url",
    "issued_at",
];

/// A table without anything that opens a door.
pub fn render_csv(export: &Export) -> String {
    let rows = export.grants.iter().map(|grant| {
        let methods = joined(&grant.methods);
        let mut cells = common(grant).to_vec();
        cells.extend([methods, grant.access_grant_key.to_string()]);
        cells
    });
    table(&HEADER, rows)
}

/// The same for programs.
pub fn render_json(export: &Export) -> String {
    pretty(export)
}

/// What opens doors: one row for each code, card or key. It must go nowhere but into a file for its owner.
pub fn render_secrets(secrets: &[Secrets<'_>]) -> String {
    let rows = secrets.iter().flat_map(|Secrets { grant, methods }| {
        methods.iter().map(|method| {
            let IssuedMethod { mode, code, instant_key_url, issued_at } = method;
            let shown = |secret: &Option<secrecy::SecretString>| {
                secret.as_ref().map(|secret| secret.expose_secret().to_owned()).unwrap_or_default()
            };
            let mut cells = common(grant).to_vec();
            cells.extend([
                mode.clone(),
                shown(code),
                shown(instant_key_url),
                issued_at.as_ref().map(ToString::to_string).unwrap_or_default(),
            ]);
            cells
        })
    });
    table(&SECRETS_HEADER, rows)
}

fn common(grant: &ExportedGrant) -> [String; 7] {
    let ExportedGrant {
        reservation_key,
        guest_key,
        full_name,
        property,
        space_keys,
        starts_at,
        ends_at,
        methods: _,
        access_grant_key: _,
    } = grant;
    [
        reservation_key.to_string(),
        guest_key.to_string(),
        full_name.clone().unwrap_or_default(),
        property.to_string(),
        joined(space_keys),
        starts_at.to_string(),
        ends_at.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn joined(values: impl IntoIterator<Item = impl ToString>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(";")
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let header = header.iter().map(|name| (*name).to_owned()).collect();
    let rows = rows.map(|row| row.iter().map(|cell| cell_of(cell)).collect());
    plain_table(iter::once::<Vec<String>>(header).chain(rows))
}
