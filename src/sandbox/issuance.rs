//! Access methods come into being here, and are issued after a while, as the clock says.
//!
//! Nothing runs in the background: [`settle`] is called before each call and does what has become due.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Edit;
use super::input::MethodRequest;
use super::record::{Grant, Issuance, Method, Mode, Notice, RequestedMethod, Window};
use super::state::Change;
use super::switches::Credentials;

/// Due with the next call, even if that one's clock was started anew at an earlier instant.
const AT_ONCE: Timestamp = Timestamp::UNIX_EPOCH;

/// Does everything whose time has come: issues methods, ends deletions.
pub(crate) fn settle(edit: &mut Edit<'_>) {
    while let Some((due_at, method_id)) = edit.state.next_due_method(edit.now) {
        advance(edit, method_id, if due_at == AT_ONCE { edit.now } else { due_at });
    }
    while let Some((_, grant_id)) = edit.state.next_gone_grant(edit.now) {
        remove_grant(edit, grant_id);
    }
}

/// Makes the methods that were asked for and puts them on the grant, which the caller applies.
pub(crate) fn request_methods(edit: &mut Edit<'_>, grant: &mut Grant, requests: &[MethodRequest]) {
    let devices = edit.state.devices_of(grant);
    for request in requests {
        let mut requested = RequestedMethod {
            mode: request.mode,
            code: request.code.clone(),
            instant_key_max_use_count: request.instant_key_max_use_count,
            created_at: edit.now,
            method_ids: Vec::new(),
        };
        let able_devices = match request.mode {
            Mode::Code => able_devices(edit, &devices),
            Mode::Card | Mode::MobileKey | Mode::CloudKey => Vec::new(),
        };
        if request.mode == Mode::Code {
            warn_of_unable_devices(grant, &devices, &able_devices, edit.now);
        }
        let has_able_entrance = edit
            .state
            .entrances_of(grant)
            .into_iter()
            .filter_map(|id| edit.state.entrances.get(id))
            .any(|entrance| entrance.flags.get(request.mode.entrance_flag()) == Some(&true));
        if able_devices.is_empty() && !has_able_entrance {
            report_impossible(edit, grant, &devices);
        } else {
            let method = shared_method(edit, grant, request, &able_devices)
                .unwrap_or_else(|| new_method(edit, grant, request, able_devices));
            requested.method_ids.push(method.id);
            edit.apply(Change::Method(method));
        }
        grant.requested.push(requested);
    }
}

/// Takes back every method of a grant that was changed; each is issued again when its time comes.
pub(crate) fn reissue(edit: &mut Edit<'_>, grant: &Grant, before: Window) {
    for method_id in grant.method_ids() {
        let Some(mut method) = edit.state.methods.get(method_id).cloned() else { continue };
        if matches!(method.issuance, Issuance::Issued(_)) {
            let event = edit.method_event("access_method.revoked", &method, edit.now);
            edit.emit(event);
        }
        if method.mode == Mode::Code {
            method.device_ids = able_devices(edit, &edit.state.devices_of(grant));
        }
        method.issuance = Issuance::Pending;
        method.due_at = Some(due_at(edit, method.mode, grant.window));
        method.updating_from.get_or_insert(before);
        method.warnings.clear();
        method.errors.clear();
        edit.apply(Change::Method(method));
    }
}

/// Deletes a method for good and takes it off the grants that have it.
pub(crate) fn remove_method(edit: &mut Edit<'_>, method_id: Uuid) {
    let Some(method) = edit.state.methods.get(method_id).cloned() else { return };
    for grant_id in &method.grant_ids {
        let Some(mut grant) = edit.state.grants.get(*grant_id).cloned() else { continue };
        for requested in &mut grant.requested {
            requested.method_ids.retain(|id| *id != method_id);
        }
        grant.requested.retain(|requested| !requested.method_ids.is_empty());
        edit.apply(Change::Grant(grant));
    }
    let event = edit.method_event("access_method.deleted", &method, edit.now);
    edit.apply(Change::MethodGone(method_id));
    edit.emit(event);
}

/// Begins the deletion of a grant, which is complete at once unless a switch says that it takes time.
pub(crate) fn delete_grant(edit: &mut Edit<'_>, grant_id: Uuid) {
    let Some(mut grant) = edit.state.grants.get(grant_id).cloned() else { return };
    let event = edit.grant_event("access_grant.deleted", &grant, edit.now);
    edit.emit(event);
    if edit.switches.deletion_ms == 0 {
        remove_grant(edit, grant_id);
    } else {
        grant.deleted_at = Some(edit.now);
        grant.gone_at = Some(Edit::after(edit.now, edit.switches.deletion_ms));
        edit.apply(Change::Grant(grant));
    }
}

fn remove_grant(edit: &mut Edit<'_>, grant_id: Uuid) {
    let Some(grant) = edit.state.grants.get(grant_id).cloned() else { return };
    edit.apply(Change::GrantGone(grant_id));
    for method_id in grant.method_ids() {
        let Some(mut method) = edit.state.methods.get(method_id).cloned() else { continue };
        method.grant_ids.retain(|id| *id != grant_id);
        if method.grant_ids.is_empty() || edit.switches.credentials == Credentials::SharedAndTaken {
            remove_method(edit, method_id);
        } else {
            edit.apply(Change::Method(method));
        }
    }
}

/// The devices that take codes. The other modes belong to access systems and go to no device by itself.
fn able_devices(edit: &Edit<'_>, devices: &BTreeSet<Uuid>) -> Vec<Uuid> {
    let takes_codes = |id: &Uuid| {
        let device = edit.state.devices.get(*id);
        device.is_some_and(|device| device.flags.get("can_program_online_access_codes") == Some(&true))
    };
    devices.iter().copied().filter(takes_codes).collect()
}

fn warn_of_unable_devices(grant: &mut Grant, devices: &BTreeSet<Uuid>, able: &[Uuid], now: Timestamp) {
    for device_id in devices.iter().filter(|id| !able.contains(id)) {
        grant.warnings.push(notice(
            now,
            "device_does_not_support_access_codes",
            "A device of this grant does not support access codes and is left out.",
            [("device_id", json!(device_id))],
        ));
    }
}

fn report_impossible(edit: &mut Edit<'_>, grant: &mut Grant, devices: &BTreeSet<Uuid>) {
    let message = "None of the doors supports the requested access method.";
    if grant.errors.is_empty() {
        grant.errors.push(notice(
            edit.now,
            "cannot_create_requested_access_methods",
            message,
            [("missing_device_ids", json!(devices))],
        ));
    }
    let mut event =
        edit.grant_event("access_grant.could_not_create_requested_access_methods", grant, edit.now);
    event.fields.insert("error_message".into(), message.into());
    event.fields.insert("missing_device_ids".into(), json!(devices));
    edit.emit(event);
}

/// The method of another grant of the same guest, where the switch says that guests reuse theirs.
fn shared_method(
    edit: &mut Edit<'_>,
    grant: &Grant,
    request: &MethodRequest,
    able_devices: &[Uuid],
) -> Option<Method> {
    if edit.switches.credentials == Credentials::Separate {
        return None;
    }
    let others = edit.state.grants_by_identity(grant.identity_id);
    let mut method = others
        .filter(|other| other.id != grant.id && !other.is_being_deleted() && !other.has_ended(edit.now))
        .flat_map(Grant::method_ids)
        .filter_map(|id| edit.state.methods.get(id))
        .find(|method| {
            method.mode == request.mode && (request.code.is_none() || method.code == request.code)
        })?
        .clone();
    method.grant_ids.push(grant.id);
    method.device_ids.extend(able_devices);
    method.device_ids.sort_unstable();
    method.device_ids.dedup();
    Some(method)
}

fn new_method(
    edit: &mut Edit<'_>,
    grant: &mut Grant,
    request: &MethodRequest,
    device_ids: Vec<Uuid>,
) -> Method {
    let mut method = Method {
        id: edit.mint(),
        grant_ids: vec![grant.id],
        mode: request.mode,
        code: None,
        device_ids,
        created_at: edit.now,
        issuance: Issuance::Pending,
        due_at: Some(due_at(edit, request.mode, grant.window)),
        updating_from: None,
        warnings: Vec::new(),
        errors: Vec::new(),
    };
    if let (Mode::Code, Some(wished)) = (request.mode, &request.code) {
        match device_with_code(edit, &method, wished) {
            None => method.code = Some(wished.clone()),
            Some(device_id) => {
                let new_code = generate_code(edit, &method, &[wished.len()]);
                grant.warnings.push(notice(
                    edit.now,
                    "requested_code_unavailable",
                    "The requested code is in use at a device; another one was chosen.",
                    [
                        ("device_id", json!(device_id)),
                        ("original_code", json!(wished)),
                        ("new_code", json!(new_code)),
                    ],
                ));
                method.code = Some(new_code);
            }
        }
    }
    let mut event = edit.method_event("access_method.created", &method, edit.now);
    event.grant_keys = grant.key.iter().cloned().collect();
    edit.emit(event);
    method
}

fn due_at(edit: &Edit<'_>, mode: Mode, window: Window) -> Timestamp {
    let soonest = match edit.switches.issuance_delay_ms {
        0 => AT_ONCE,
        delay_ms => Edit::after(edit.now, delay_ms),
    };
    match edit.switches.issue_ahead_minutes {
        Some(minutes) if mode == Mode::Code => {
            let ahead = SignedDuration::from_mins(i64::from(minutes));
            soonest.max(window.starts_at.saturating_sub(ahead).unwrap_or(Timestamp::MIN))
        }
        _ => soonest,
    }
}

/// The next step of one method, as of the instant when it was due.
fn advance(edit: &mut Edit<'_>, method_id: Uuid, due_at: Timestamp) {
    let Some(mut method) = edit.state.methods.get(method_id).cloned() else { return };
    method.due_at = None;
    if method.mode == Mode::Code && !devices_take_code(edit, &method) {
        match method.issuance {
            Issuance::Pending => {
                method.issuance = Issuance::Delayed;
                method.due_at = Some(Edit::after(due_at, edit.switches.delay_warning_ms));
            }
            Issuance::Delayed if method.warnings.is_empty() => {
                let message = "The access method is issued later than planned.";
                method.warnings.push(notice(due_at, "delay_in_issuing", message, []));
                let left = edit.switches.issue_failure_ms.saturating_sub(edit.switches.delay_warning_ms);
                method.due_at = Some(Edit::after(due_at, left));
                let event = edit.method_event("access_method.delay_in_issuing", &method, due_at);
                edit.emit(event);
            }
            _ => {
                method.issuance = Issuance::Failed;
                method.errors.push(notice(
                    due_at,
                    "failed_to_issue",
                    "The access method could not be issued.",
                    [],
                ));
                let event = edit.method_event("access_method.failed_to_issue", &method, due_at);
                edit.emit(event);
            }
        }
        edit.apply(Change::Method(method));
        return;
    }
    issue(edit, method, due_at);
}

fn issue(edit: &mut Edit<'_>, mut method: Method, at: Timestamp) {
    let is_update = method.updating_from.take().is_some();
    method.warnings.clear();
    method.errors.clear();
    if method.mode == Mode::Card {
        method.issuance = Issuance::AwaitsEncoding;
        let event = edit.method_event("access_method.card_encoding_required", &method, at);
        edit.apply(Change::Method(method));
        edit.emit(event);
        return;
    }
    method.issuance = Issuance::Issued(at);
    if method.mode == Mode::Code && method.code.is_none() {
        let lengths = code_lengths(edit, &method);
        method.code = Some(generate_code(edit, &method, &lengths));
    }
    let kind = if is_update { "access_method.reissued" } else { "access_method.issued" };
    let mut event = edit.method_event(kind, &method, at);
    if let Some(code) = &method.code {
        event.fields.insert("code".into(), json!(code));
    }
    let grant_ids = method.grant_ids.clone();
    edit.apply(Change::Method(method));
    edit.emit(event);
    if !is_update {
        for grant_id in grant_ids {
            announce_access(edit, grant_id, at);
        }
    }
}

/// Says that the doors of a grant are open once the last of its methods is issued.
fn announce_access(edit: &mut Edit<'_>, grant_id: Uuid, at: Timestamp) {
    let Some(grant) = edit.state.grants.get(grant_id).cloned() else { return };
    let is_complete = grant
        .method_ids()
        .filter_map(|id| edit.state.methods.get(id))
        .all(|method| matches!(method.issuance, Issuance::Issued(_)));
    if !is_complete {
        return;
    }
    for entrance_id in edit.state.entrances_of(&grant) {
        let mut event = edit.grant_event("access_grant.access_granted_to_door", &grant, at);
        event.entrance_id = Some(entrance_id);
        edit.emit(event);
    }
    let event = edit.grant_event("access_grant.access_granted_to_all_doors", &grant, at);
    edit.emit(event);
}

/// Whether every device is online and none holds more codes than it can.
fn devices_take_code(edit: &Edit<'_>, method: &Method) -> bool {
    method.device_ids.iter().filter_map(|&id| edit.state.devices.get(id)).all(|device| {
        let is_full = device
            .max_active_codes_supported
            .is_some_and(|max_codes| edit.state.codes_on_device(device.id) > max_codes);
        device.is_online && !is_full
    })
}

/// The lengths that the first device takes, the shortest first.
fn code_lengths(edit: &Edit<'_>, method: &Method) -> Vec<usize> {
    let of_devices = method.device_ids.iter().filter_map(|&id| edit.state.devices.get(id));
    let mut lengths: Vec<usize> = of_devices
        .map(|device| device.supported_code_lengths.iter().copied().map(usize::from).collect())
        .find(|lengths: &Vec<usize>| !lengths.is_empty())
        .unwrap_or_else(|| vec![4]);
    lengths.sort_unstable();
    lengths
}

/// Digits that follow from the method's id and are free at its devices. A building with more guests than
/// short codes gets longer ones; where those are used up as well, the last one is taken twice.
fn generate_code(edit: &Edit<'_>, method: &Method, lengths: &[usize]) -> String {
    const N_ATTEMPTS: u8 = 4;
    let mut code = String::new();
    for &length in lengths {
        for attempt in 0..N_ATTEMPTS {
            let mut hasher = blake3::Hasher::new();
            hasher.update(method.id.as_bytes());
            hasher.update(&[attempt]);
            code = hasher.finalize().as_bytes()[..length.min(9)]
                .iter()
                .map(|byte| char::from(b'0' + byte % 10))
                .collect();
            if device_with_code(edit, method, &code).is_none() {
                return code;
            }
        }
    }
    code
}

/// A device of this method where another method has the code already.
fn device_with_code(edit: &Edit<'_>, method: &Method, code: &str) -> Option<Uuid> {
    edit.state
        .methods_by_code(code)
        .filter(|other| other.id != method.id)
        .flat_map(|other| &other.device_ids)
        .find(|id| method.device_ids.contains(id))
        .copied()
}

fn notice<const N: usize>(
    created_at: Timestamp,
    code: &str,
    message: &str,
    fields: [(&str, Value); N],
) -> Notice {
    let fields: BTreeMap<String, Value> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Notice { code: code.to_owned(), message: message.to_owned(), created_at, fields }
}
