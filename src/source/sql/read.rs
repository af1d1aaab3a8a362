//! Reads a query: tries to reach the database for a while, prepares the statement, then takes row by row.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout};

use super::address::DatabaseAddress;
use super::engine::{Prepared, Session};
use super::error::{Context, DatabaseError, Said};
use super::statement::one_select;
use crate::model::{Fingerprint, SourceKind, SourceRead};
use crate::source::columns::Columns;
use crate::source::error::SourceError;
use crate::source::record::{Cells, OwnedRecord};
use crate::source::rows::{Condition, Ending, Rows};
use crate::source::settings::{ColumnMap, DatabaseInput, SourceSettings};

/// What a row of the result stands under in a place: `query:17`.
const CONTAINER: &str = "query";

/// The wait after the first attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest wait between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How long one attempt to connect may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// How long after its limit an answer of the database is still waited for.
const GRACE: Duration = Duration::from_secs(15);

/// Runs the query and reads its rows.
pub(in crate::source) async fn read(
    input: &DatabaseInput,
    settings: &SourceSettings,
    now: Timestamp,
) -> Result<SourceRead, SourceError> {
    let query = input.query.clone();
    let text = tokio::fs::read_to_string(&input.query_path)
        .await
        .map_err(|source| DatabaseError::QueryFile { query, source })?;
    let statement = one_select(&text, input.address.engine())
        .map_err(|finding| DatabaseError::NotOneSelect { query: input.query.clone(), finding })?;
    let limit = input.patience;
    let end = Instant::now() + limit;
    let location = input.address.to_string();
    let context = Context { query: &input.query, location: &location, limit };
    let attempt = Attempt { input, statement, settings, now, context };
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt.make().await {
            Err(SourceError::Database(error)) if error.is_worth_a_retry() && Instant::now() + pause < end => {
                tracing::warn!(database.location = %location, "the database cannot be reached and is tried again");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            ended => return ended,
        }
    }
}

/// Runs a query once and gives the names of its columns and all its rows, for a look at what they hold; without a text, the
/// query of the input.
pub(in crate::source) async fn rows_of(
    input: &DatabaseInput,
    text: Option<&str>,
) -> Result<(Vec<String>, Vec<OwnedRecord>), SourceError> {
    let query = input.query.clone();
    let text = match text {
        Some(text) => text.to_owned(),
        None => tokio::fs::read_to_string(&input.query_path)
            .await
            .map_err(|source| DatabaseError::QueryFile { query, source })?,
    };
    let statement = one_select(&text, input.address.engine())
        .map_err(|finding| DatabaseError::NotOneSelect { query: input.query.clone(), finding })?;
    let location = input.address.to_string();
    let context = Context { query: &input.query, location: &location, limit: input.patience };
    let judged = |error: sqlx::Error| context.judge(&error);
    let mut session = Session::open(&input.address, context.limit).await.map_err(judged)?;
    let names = columns(&mut session, statement, context).await?;
    let mut rows = Vec::new();
    let mut take = |record: OwnedRecord, _| rows.push(record);
    session.rows(statement, &mut take).await.map_err(judged)?;
    drop(session.close().await);
    Ok((names, rows))
}

/// Whether the database takes the query, and gives by it what a stay needs under our own names.
pub async fn query_fits(address: &DatabaseAddress, query: &str) -> Result<bool, SourceError> {
    let Ok(statement) = one_select(query, address.engine()) else { return Ok(false) };
    let location = address.to_string();
    let context = Context { query: "", location: &location, limit: CONNECT_LIMIT };
    let no_answer = |_| {
        let source = Said("it does not answer".to_owned());
        DatabaseError::Unreachable { location: location.clone(), source }
    };
    let mut session = timeout(CONNECT_LIMIT, Session::open(address, CONNECT_LIMIT))
        .await
        .map_err(no_answer)?
        .map_err(|error| context.judge(&error))?;
    // A table that is not there is no trouble: it is another product's database.
    let names = session.prepare(statement).await.map(|prepared| prepared.columns).unwrap_or_default();
    drop(session.close().await);
    Ok(Columns::find(names.iter().map(String::as_str), &ColumnMap::default()).is_ok())
}

/// The names of the columns of a statement that can be run as it is.
async fn columns(
    session: &mut Session,
    statement: &str,
    context: Context<'_>,
) -> Result<Vec<String>, DatabaseError> {
    let Prepared { columns, has_parameters } =
        session.prepare(statement).await.map_err(|error| context.judge(&error))?;
    let finding = match (has_parameters, columns.is_empty()) {
        (true, _) => "it has parameters, and nothing gives them values; write the values into it",
        (false, true) => "it gives no columns",
        (false, false) => return Ok(columns),
    };
    Err(DatabaseError::NotOneSelect { query: context.query.to_owned(), finding })
}

/// One read from the beginning to the end.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    input: &'a DatabaseInput,
    statement: &'a str,
    settings: &'a SourceSettings,
    now: Timestamp,
    context: Context<'a>,
}

impl Attempt<'_> {
    async fn make(self) -> Result<SourceRead, SourceError> {
        let Self { input, context, .. } = self;
        let no_answer = |_| {
            let source = Said("it does not answer".to_owned());
            DatabaseError::Unreachable { location: context.location.to_owned(), source }
        };
        let session = timeout(CONNECT_LIMIT, Session::open(&input.address, context.limit))
            .await
            .map_err(no_answer)?
            .map_err(|error| context.judge(&error))?;
        timeout(context.limit + GRACE, self.read(session)).await.map_err(no_answer)?
    }

    async fn read(self, mut session: Session) -> Result<SourceRead, SourceError> {
        let Self { input, statement, settings, now, context } = self;
        let judged = |error: sqlx::Error| context.judge(&error);
        let names = columns(&mut session, statement, context).await?;
        let columns =
            Columns::find(names.iter().map(String::as_str), &settings.columns).map_err(|problem| {
                SourceError::Header {
                    location: input.query.clone(),
                    seen: names.clone(),
                    wanting: problem.wanting,
                    twice: problem.twice,
                    absent: problem.absent,
                }
            })?;
        let mut rows = Rows::new(&columns, Arc::from(CONTAINER), settings, now);
        let mut digest = Digest::new(now);
        let mut n_rows = 0;
        let mut take = |record: OwnedRecord, condition: Condition| {
            n_rows += 1;
            digest.add(&record);
            rows.take(&record, n_rows, condition);
        };
        session.rows(statement, &mut take).await.map_err(judged)?;
        // Everything was read: a goodbye that fails changes nothing.
        drop(session.close().await);
        let location = format!("{} ({})", context.location, input.query);
        let mut read = rows.finish(SourceKind::Sql, &location, Ending::Whole);
        read.fingerprint = digest.finish();
        Ok(read)
    }
}

/// What was read, and when: two reads of a database are never the same read, even where nothing has changed, because
/// each of them asks anew (RULES 21).
struct Digest(blake3::Hasher);

impl Digest {
    fn new(now: Timestamp) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(now.to_string().as_bytes());
        Self(hasher)
    }

    fn add(&mut self, record: &OwnedRecord) {
        for position in 0..record.n_cells() {
            self.0.update(record.text(position).unwrap_or("").as_bytes());
            self.0.update(b"\0");
        }
        self.0.update(b"\n");
    }

    fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().to_hex().to_string())
    }
}
