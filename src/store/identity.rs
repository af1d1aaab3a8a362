//! Which store this is: a name that is given once and that a saved plan is held to (RULES 34).

use uuid::Uuid;

use super::database::Executor;
use super::error::StoreError;
use super::open::Store;
use super::statement::Statement;

impl Store {
    /// Its name; given now where it has none.
    pub async fn identity(&self) -> Result<String, StoreError> {
        let failed = |source| self.error("read the name of the store", source);
        let mut transaction = self.begin().await?;
        let found = select(&mut transaction).await.map_err(failed)?;
        let identity = if let Some(identity) = found {
            identity
        } else {
            let new = Uuid::new_v4().to_string();
            insert(&mut transaction, &new).await.map_err(failed)?;
            // Another process may have been quicker.
            select(&mut transaction).await.map_err(failed)?.unwrap_or(new)
        };
        self.commit(transaction).await?;
        Ok(identity)
    }
}

async fn select(executor: impl Executor) -> sqlx::Result<Option<String>> {
    Statement::new("select store_id from identity")
        .fetch_optional(executor)
        .await?
        .map(|row| row.try_get("store_id"))
        .transpose()
}

async fn insert(executor: impl Executor, identity: &str) -> sqlx::Result<()> {
    Statement::new("insert into identity (store_id) values ($1) on conflict do nothing")
        .bind(identity)
        .execute(executor)
        .await
        .map(drop)
}
