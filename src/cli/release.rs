//! `release`: a quarantine is lifted.

use super::output::Output;
use super::plan::runtime;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::model::Trip;
use crate::report::{counted, visible};
use crate::run::Failure;
use crate::store::Store;

/// Forgets how often guards stopped the same plan, and tells which they were.
pub(super) fn release(settings: &Settings, output: &Output) -> Result<ExitCode, Failure> {
    let trips = runtime()?.block_on(async {
        let Some(store) = Store::open_existing(&settings.store).await? else { return Ok(Vec::new()) };
        let trips = store.release(&settings.plan.namespace).await?;
        store.close().await;
        Ok::<_, Failure>(trips)
    })?;
    output.text_or_json(|| text(&trips), || json(&trips))?;
    Ok(ExitCode::Success)
}

fn text(trips: &[Trip]) -> String {
    if trips.is_empty() {
        return "No guard has stopped a run, so there is nothing to release.\n".to_owned();
    }
    let line = |Trip { guard, scope, n_trips, since, records: _ }: &Trip| {
        format!(
            "Released {} ({}), which stopped {} since {}.\n",
            visible(guard),
            visible(scope),
            counted(u64::from(*n_trips), "run"),
            since.strftime("%Y-%m-%d %H:%MZ")
        )
    };
    let next = "The next run judges the plan anew: it stops again where the guard still trips.\n";
    trips.iter().map(line).chain([next.to_owned()]).collect()
}

fn json(trips: &[Trip]) -> String {
    let released: Vec<_> = trips
        .iter()
        .map(|Trip { guard, scope, n_trips, since, records: _ }| {
            serde_json::json!({ "guard": guard, "scope": scope, "runs": n_trips, "since": since })
        })
        .collect();
    format!("{}\n", serde_json::json!({ "released": released }))
}
