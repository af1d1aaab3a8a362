//! Which store this is: a name that is given once and that a saved plan is held to (RULES 25).

use sqlx::{Row, SqliteExecutor};
use uuid::Uuid;

use super::error::StoreError;
use super::open::Store;

impl Store {
    /// Its name; given now where it has none.
    pub async fn identity(&self) -> Result<String, StoreError> {
        let failed = |source| self.error("read the name of the store", source);
        let mut transaction = self.begin().await?;
        let found = select(&mut *transaction).await.map_err(failed)?;
        let identity = if let Some(identity) = found {
            identity
        } else {
            let identity = Uuid::new_v4().to_string();
            insert(&mut *transaction, &identity).await.map_err(failed)?;
            identity
        };
        self.commit(transaction).await?;
        Ok(identity)
    }
}

async fn select(executor: impl SqliteExecutor<'_>) -> sqlx::Result<Option<String>> {
    sqlx::query("select store_id from identity")
        .fetch_optional(executor)
        .await?
        .map(|row| row.try_get("store_id"))
        .transpose()
}

async fn insert(executor: impl SqliteExecutor<'_>, identity: &str) -> sqlx::Result<()> {
    sqlx::query("insert into identity (store_id) values ($1)")
        .bind(identity)
        .execute(executor)
        .await
        .map(drop)
}
