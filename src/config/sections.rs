//! The tables of the file, one function each: from checked values to the settings that each room owns.

use std::path::{Path, PathBuf};

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::credentials::credentials;
use super::environment::Environment;
use super::error::ConfigProblem;
use super::node::{Node, Place};
use super::paths;
use super::section::{Complaint, Problems, Section};
use super::settings::{Endpoint, SeamSettings};
use super::store_url;
use super::values::{
    Own, count, country, duration, duration_or_none, instant, list, mail_domain, own_address, parse_endpoint,
    positive_count, positive_duration, positive_number, share, text, time, word, zone,
};
use crate::mapping::{AddressRules, GuestScope};
use crate::model::{Method, MethodSet, Namespace, Properties, Property, PropertyCode, WorkspaceId};
use crate::plan::{ContactConflict, GuardSettings, Limits, Policy};
use crate::store::StoreSettings;

/// `policy`.
pub(super) fn policy(root: &mut Section<'_>) -> Option<Policy> {
    let hint = "write policy = \"create-only\", \"upsert-only\" or \"sync\"; only sync may revoke";
    let choices =
        &[("create-only", Policy::CreateOnly), ("upsert-only", Policy::UpsertOnly), ("sync", Policy::Sync)];
    root.require("policy", hint, word(choices))
}

/// `namespace`.
pub(super) fn namespace(root: &mut Section<'_>) -> Option<Namespace> {
    let hint = "write namespace = \"pms\", or another short name that no other job in the workspace uses";
    root.require("namespace", hint, |node| {
        Namespace::new(&text(node)?)
            .map_err(|error| Complaint::new(error.to_string()).hint("write namespace = \"pms\""))
    })
}

/// `[property]` and `[properties.CODE]`.
pub(super) fn properties(root: &mut Section<'_>) -> Option<Properties> {
    let mut section = root.section("property");
    let hint = "write time_zone = \"Europe/Lisbon\" in [property]";
    let time_zone = section.require("time_zone", hint, zone);
    let default = PartialProperty { time_zone, ..PartialProperty::read(&mut section) };
    section.finish();
    let default = default.complete(None);
    let overrides: Vec<(PropertyCode, PartialProperty)> = root
        .section("properties")
        .sections()
        .into_iter()
        .map(|(code, mut section)| {
            let time_zone = section.take("time_zone", zone);
            let partial = PartialProperty { time_zone, ..PartialProperty::read(&mut section) };
            section.finish();
            (PropertyCode::new(code.trim()), partial)
        })
        .collect();
    let default = default?;
    let by_code =
        overrides.into_iter().filter_map(|(code, partial)| Some((code, partial.complete(Some(&default))?)));
    Some(Properties { by_code: by_code.collect(), default })
}

/// A property of which some values may be missing.
struct PartialProperty {
    time_zone: Option<TimeZone>,
    country: Option<String>,
    check_in: Option<Time>,
    check_out: Option<Time>,
    early_access: Option<SignedDuration>,
    late_exit: Option<SignedDuration>,
}

impl PartialProperty {
    /// All but the zone, which is required in one place and not in the other.
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            time_zone: None,
            country: section.take("country", country),
            check_in: section.take("check_in", time),
            check_out: section.take("check_out", time),
            early_access: section.take("early_access", duration),
            late_exit: section.take("late_exit", duration),
        }
    }

    fn complete(self, default: Option<&Property>) -> Option<Property> {
        let Self { time_zone, country, check_in, check_out, early_access, late_exit } = self;
        Some(Property {
            time_zone: time_zone.or_else(|| default.map(|property| property.time_zone.clone()))?,
            country: country.or_else(|| default.and_then(|property| property.country.clone())),
            check_in: check_in.or(default.map(|property| property.check_in))?,
            check_out: check_out.or(default.map(|property| property.check_out))?,
            early_access: early_access.or(default.map(|property| property.early_access))?,
            late_exit: late_exit.or(default.map(|property| property.late_exit))?,
        })
    }
}

/// `[grants]`.
pub(super) fn grants(root: &mut Section<'_>) -> Option<(MethodSet, GuestScope, Option<SignedDuration>)> {
    let mut section = root.section("grants");
    let method = word(&[
        ("code", Method::Code),
        ("card", Method::Card),
        ("mobile_key", Method::MobileKey),
        ("cloud_key", Method::CloudKey),
    ]);
    let methods = section.take("methods", |node: &Node| match list(&method)(node)? {
        methods if methods.is_empty() => Err(Complaint::new("must name a method")),
        methods => Ok(methods.into_iter().collect()),
    });
    let guests = section.take("guests", word(&[("all", GuestScope::All), ("primary", GuestScope::Primary)]));
    let horizon = section.take("horizon", duration_or_none);
    section.finish();
    Some((methods?, guests?, horizon?))
}

/// `[identities]`.
pub(super) fn identities(root: &mut Section<'_>) -> Option<(ContactConflict, AddressRules)> {
    let mut section = root.section("identities");
    let choices = &[("omit", ContactConflict::Omit), ("reject", ContactConflict::Reject)];
    let on_contact_conflict = section.take("on_contact_conflict", word(choices));
    let relay_domains = section.take("relay_domains", list(mail_domain));
    let own = section.take("own_addresses", list(own_address));
    section.finish();
    let mut addresses =
        AddressRules { relay_domains: relay_domains?.into_iter().collect(), ..AddressRules::default() };
    for own in own? {
        match own {
            Own::Address(address) => addresses.own_addresses.insert(address),
            Own::Domain(domain) => addresses.own_domains.insert(domain),
        };
    }
    Some((on_contact_conflict?, addresses))
}

/// `[guards]`.
pub(super) fn guards(root: &mut Section<'_>) -> Option<GuardSettings> {
    let mut section = root.section("guards");
    let max_delete = section.take("max_delete", share);
    let max_cancel = section.take("max_cancel", share);
    let max_update = section.take("max_update", share);
    let min_existing = section.take("min_existing", count);
    let max_shrink = section.take("max_shrink", share);
    let max_reject = section.take("max_reject", share);
    let max_in_house = section.take("max_in_house", share);
    let missing_runs = section.take("missing_runs", positive_count);
    let missing_for = section.take("missing_for", duration);
    section.finish();
    Some(GuardSettings {
        max_delete: max_delete?,
        max_cancel: max_cancel?,
        max_update: max_update?,
        min_existing: min_existing?,
        max_shrink: max_shrink?,
        max_reject: max_reject?,
        max_in_house: max_in_house?,
        missing_runs: missing_runs?,
        missing_for: missing_for?,
    })
}

/// What `[seam]` says of the endpoint.
enum WrittenEndpoint {
    Sandbox,
    Url(String),
}

/// `[seam]`, with what the environment says of it.
pub(super) fn seam(
    root: &mut Section<'_>,
    folder: &Path,
    default_state: PathBuf,
    environment: &Environment,
    problems: &Problems,
) -> Option<SeamSettings> {
    let mut section = root.section("seam");
    let written = section.take("endpoint", |node| match text(node)?.as_str() {
        "sandbox" => Ok(WrittenEndpoint::Sandbox),
        url => parse_endpoint(url).map(WrittenEndpoint::Url),
    });
    let requests_per_second = section.take("requests_per_second", positive_number);
    let burst = section.take("burst", positive_count);
    let concurrency = section.take("concurrency", positive_count);
    let timeout = section.take("timeout", positive_duration);
    let patience = section.take("patience", positive_duration);
    let mut per_door = section.section("per_door_per_minute");
    let creates = per_door.take("create", positive_count);
    let updates = per_door.take("update", positive_count);
    let deletes = per_door.take("delete", positive_count);
    per_door.finish();
    let mut sandbox = section.section("sandbox");
    let seed = sandbox.take("seed", text).map(|path| paths::join(folder, &path));
    let state = sandbox.take("state", text).map_or(default_state, |path| paths::join(folder, &path));
    let now: Option<Timestamp> = sandbox.take("now", instant);
    sandbox.finish();
    section.finish();

    let is_sandbox = matches!(written, Some(WrittenEndpoint::Sandbox));
    // Neither a variable nor a key of the real thing ever reaches the rehearsal (RULES 38).
    let endpoint = match (written, environment.get("SEAM_ENDPOINT")) {
        (Some(WrittenEndpoint::Sandbox), _) => Some(Endpoint::Sandbox { seed, state, now }),
        (_, Some(url)) => parse_endpoint(url.trim())
            .map(Endpoint::Url)
            .map_err(|Complaint { message, hint, .. }| {
                let problem = ConfigProblem { hint, ..ConfigProblem::new("SEAM_ENDPOINT", message) };
                problems.borrow_mut().push(problem.at(&Place::Default));
            })
            .ok(),
        (Some(WrittenEndpoint::Url(url)), None) => Some(Endpoint::Url(url)),
        (None, None) => None,
    };
    let credentials = if is_sandbox { None } else { credentials(environment, problems) };
    let workspace_id = environment.get("SEAM_WORKSPACE_ID").filter(|_| !is_sandbox);
    Some(SeamSettings {
        endpoint: endpoint?,
        credentials,
        workspace_id: workspace_id.map(|id| WorkspaceId::new(id.trim())),
        limits: Limits {
            requests_per_second: requests_per_second?,
            burst: burst?,
            concurrency: concurrency? as usize,
            door_creates_per_minute: creates?,
            door_updates_per_minute: updates?,
            door_deletes_per_minute: deletes?,
        },
        timeout: timeout?,
        patience: patience?,
    })
}

/// `[store]`, and the folder that it lies in.
pub(super) fn store(root: &mut Section<'_>, folder: &Path) -> (Option<StoreSettings>, PathBuf) {
    let mut section = root.section("store");
    let location = section.take("url", |node| store_url::locate(&text(node)?, folder));
    let lease = section.take("lease", positive_duration);
    let keep_runs = section.take("keep_runs", duration_or_none);
    section.finish();
    let store_folder =
        location.as_ref().map_or_else(|| folder.to_owned(), |location| location.folder.clone());
    let settings = location.zip(lease).zip(keep_runs).map(|((location, lease), keep_runs)| StoreSettings {
        address: location.address,
        lease,
        keep_runs,
    });
    (settings, store_folder)
}
