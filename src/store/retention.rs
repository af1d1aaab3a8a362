//! Old runs leave the record, a few at a time, except those that the next run or a person still needs.
//!
//! What guards, tombstones, pins and the ledger know is in tables of their own and is never touched here. The file of
//! SQLite keeps its size; what becomes free in it is used again.

use jiff::{SignedDuration, Timestamp};

use super::database::Executor;
use super::error::StoreError;
use super::lease::Lease;
use super::ledger::RECENT;
use super::open::{Store, milliseconds};
use super::statement::Statement;
use crate::model::RunId;

/// How many runs leave at most at the end of one: as many as begin in a day, every half hour.
const MAX_RUNS: i64 = 48;

/// After so many calls no further run is begun with, so that a run does not end late for it.
const MAX_STEPS: u64 = 100_000;

impl Store {
    /// Forgets runs of the lease's workspace and namespace that began longer ago than that. Each goes with all its
    /// calls or stays whole. Gives how many went.
    pub async fn forget_old_runs(&self, lease: &Lease, keep: SignedDuration) -> Result<usize, StoreError> {
        let failed = |source| self.error("forget old runs", source);
        let now = self.now().await?;
        let before = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
        let old = old_runs(&self.pool, lease, before).await.map_err(failed)?;
        let (mut n_runs, mut n_steps) = (0, 0);
        for run_id in old {
            if n_steps >= MAX_STEPS {
                break;
            }
            let mut transaction = self.begin().await?;
            n_steps += delete_steps(&mut transaction, &run_id).await.map_err(failed)?;
            delete_run(&mut transaction, &run_id).await.map_err(failed)?;
            self.commit(transaction).await?;
            n_runs += 1;
        }
        Ok(n_runs)
    }
}

/// The oldest first. Kept are the run that goes on; those from which the usual size of the source and its last bytes
/// are taken; those with calls of which nobody knows the end; and those that a move, a missing stay, a guard or a pin
/// refers to.
async fn old_runs(executor: impl Executor, lease: &Lease, before: Timestamp) -> sqlx::Result<Vec<RunId>> {
    Statement::new(
        "select run_id from runs r
         where workspace_id = $1 and namespace = $2 and started_at < $3 and lease_id <> $4
             and run_id not in
                 (select run_id from runs
                  where workspace_id = $1 and namespace = $2 and exit_code in (0, 3, 13)
                      and source_fingerprint is not null
                  order by started_at desc, run_id desc limit $5)
             and not exists
                 (select 1 from steps s
                  where s.run_id = r.run_id and s.outcome is null and s.intent_at is not null)
             and run_id not in (select run_id from moves)
             and run_id not in (select run_id from absences)
             and run_id not in (select run_id from guard_trips)
             and run_id not in (select run_id from pins)
         order by started_at, run_id limit $6",
    )
    .bind(lease.workspace_id().as_str())
    .bind(lease.namespace().as_str())
    .bind(milliseconds(before))
    .bind(lease.id())
    .bind(RECENT)
    .bind(MAX_RUNS)
    .fetch_all(executor)
    .await?
    .iter()
    .map(|row| row.try_get("run_id").map(|run_id: &str| RunId::new(run_id)))
    .collect()
}

async fn delete_steps(executor: impl Executor, run_id: &RunId) -> sqlx::Result<u64> {
    Statement::new("delete from steps where run_id = $1").bind(run_id.as_str()).execute(executor).await
}

async fn delete_run(executor: impl Executor, run_id: &RunId) -> sqlx::Result<()> {
    Statement::new("delete from runs where run_id = $1")
        .bind(run_id.as_str())
        .execute(executor)
        .await
        .map(drop)
}
