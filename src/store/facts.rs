//! Facts: the one way for new things that runs remember. A kind of fact needs no table and no statement of its own.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::database::Executor;
use super::error::StoreError;
use super::lease::{Lease, LeaseError};
use super::lease_row;
use super::open::{Store, milliseconds};
use super::statement::Statement;
use crate::model::{Fact, FactId, Namespace, RunId, WorkspaceId, word};

/// How many rows one statement inserts.
const ROWS: usize = 500;

impl Store {
    /// All facts about a workspace and namespace.
    ///
    /// # Errors
    ///
    /// Where the store fails, or a fact cannot be read.
    pub async fn facts(
        &self,
        workspace_id: &WorkspaceId,
        namespace: &Namespace,
    ) -> Result<Vec<Fact>, StoreError> {
        list(&self.pool, workspace_id, namespace).await.map_err(|source| self.error("read the facts", source))
    }

    /// Records facts, all of them or none; of two about the same subject the later one counts. `run_id` is `None` for
    /// what a person decided.
    ///
    /// # Errors
    ///
    /// Where the lease is another process's by now, or the store fails.
    pub async fn put_facts(
        &self,
        lease: &Lease,
        run_id: Option<&RunId>,
        facts: &[Fact],
    ) -> Result<(), LeaseError> {
        let failed = |source| LeaseError::Store(self.error("record facts", source));
        let by_id: BTreeMap<FactId, &Fact> = facts.iter().map(|fact| (fact.id(), fact)).collect();
        let by_id: Vec<(FactId, &Fact)> = by_id.into_iter().collect();
        let mut transaction = self.begin().await.map_err(LeaseError::Store)?;
        if !lease_row::hold(&mut transaction, lease.id()).await.map_err(failed)? {
            return Err(LeaseError::Lost);
        }
        for some in by_id.chunks(ROWS) {
            put(&mut transaction, lease, run_id, some, Timestamp::now()).await.map_err(failed)?;
        }
        self.commit(transaction).await.map_err(LeaseError::Store)
    }

    /// Forgets the facts about these subjects. Gives how many of them were known.
    ///
    /// # Errors
    ///
    /// Where the lease is another process's by now, or the store fails.
    pub async fn forget_facts(&self, lease: &Lease, about: &[FactId]) -> Result<u64, LeaseError> {
        let failed = |source| LeaseError::Store(self.error("forget facts", source));
        let mut transaction = self.begin().await.map_err(LeaseError::Store)?;
        if !lease_row::hold(&mut transaction, lease.id()).await.map_err(failed)? {
            return Err(LeaseError::Lost);
        }
        let mut n_forgotten = 0;
        for id in about {
            n_forgotten += delete(&mut transaction, lease, id).await.map_err(failed)?;
        }
        self.commit(transaction).await.map_err(LeaseError::Store)?;
        Ok(n_forgotten)
    }
}

/// All facts about a workspace and namespace. One that cannot be read is an error: what a person decided must not be
/// undone unseen.
pub(super) async fn list(
    executor: impl Executor,
    workspace_id: &WorkspaceId,
    namespace: &Namespace,
) -> sqlx::Result<Vec<Fact>> {
    let rows = Statement::new(
        "select kind, value from facts where workspace_id = $1 and namespace = $2 order by kind, subject",
    )
    .bind(workspace_id.as_str())
    .bind(namespace.as_str())
    .fetch_all(executor)
    .await?;
    let mut facts = Vec::with_capacity(rows.len());
    for row in &rows {
        let fact = Fact::parse(row.try_get("kind")?, row.try_get("value")?);
        facts.extend(fact.map_err(|error| sqlx::Error::Decode(Box::new(error)))?);
    }
    Ok(facts)
}

pub(super) async fn put(
    executor: impl Executor,
    lease: &Lease,
    run_id: Option<&RunId>,
    facts: &[(FactId, &Fact)],
    now: Timestamp,
) -> sqlx::Result<()> {
    let mut statement = Statement::insert_rows(
        "insert into facts (workspace_id, namespace, kind, subject, value, run_id, updated_at)",
        (facts.len(), 7),
        " on conflict (workspace_id, namespace, kind, subject) do update set
             value = excluded.value, run_id = excluded.run_id, updated_at = excluded.updated_at",
    );
    for (FactId { kind, subject }, fact) in facts {
        statement = statement
            .bind(lease.workspace_id().as_str())
            .bind(lease.namespace().as_str())
            .bind(word(kind))
            .bind(subject.as_str())
            .bind(fact.value())
            .bind(run_id.map(RunId::as_str))
            .bind(milliseconds(now));
    }
    statement.execute(executor).await.map(drop)
}

async fn delete(executor: impl Executor, lease: &Lease, about: &FactId) -> sqlx::Result<u64> {
    let FactId { kind, subject } = about;
    Statement::new(
        "delete from facts where workspace_id = $1 and namespace = $2 and kind = $3 and subject = $4",
    )
    .bind(lease.workspace_id().as_str())
    .bind(lease.namespace().as_str())
    .bind(word(kind))
    .bind(subject.as_str())
    .execute(executor)
    .await
}
