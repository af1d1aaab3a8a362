//! Pages of a list. A cursor is bound to the query it came from and points at the first item of the next page.

use serde_json::{Map, Value, json};

use super::envelope::Refusal;
use super::table::Ordinal;

const PAGE_CURSOR: &str = "page_cursor";

/// Where a page begins and how long it may be.
#[derive(Debug)]
pub(crate) struct PageRequest {
    pub(crate) first: Ordinal,
    limit: usize,
    query_hash: String,
}

/// The rows of one page.
#[derive(Debug)]
pub(crate) struct Page<'a, T> {
    pub(crate) rows: Vec<&'a T>,
    next: Option<Ordinal>,
}

impl PageRequest {
    /// Reads `page_cursor`; every other parameter must be the same as in the call that gave it.
    pub(crate) fn read(body: &Map<String, Value>, limit: usize) -> Result<Self, Refusal> {
        let query_hash = hash_query(body);
        let first = match body.get(PAGE_CURSOR) {
            None | Some(Value::Null) => 0,
            Some(Value::String(cursor)) => {
                let (hash, ordinal) = open_cursor(cursor).ok_or_else(|| {
                    Refusal::new(400, "invalid_page_cursor", "The page cursor is not one of this API")
                })?;
                if hash != query_hash {
                    return Err(Refusal::new(
                        400,
                        "mismatched_page_parameters",
                        "When using next_page_cursor, the request parameters must match the initial request",
                    ));
                }
                ordinal
            }
            Some(_) => return Err(Refusal::invalid_input("Expected string for \"page_cursor\"")),
        };
        Ok(Self { first, limit, query_hash })
    }

    /// Takes as many rows as fit; `candidates` begin at [`PageRequest::first`].
    pub(crate) fn take<'a, T>(&self, candidates: impl Iterator<Item = (Ordinal, &'a T)>) -> Page<'a, T> {
        let mut rows = Vec::new();
        for (ordinal, row) in candidates {
            if rows.len() == self.limit {
                return Page { rows, next: Some(ordinal) };
            }
            rows.push(row);
        }
        Page { rows, next: None }
    }

    /// The `pagination` of an answer.
    pub(crate) fn pagination<T>(&self, page: &Page<'_, T>, endpoint: &str, path: &str) -> Value {
        let cursor = page.next.map(|ordinal| format!("{}{ordinal:016x}", self.query_hash));
        // The parameter's name is wrong in the same way as at Seam: nobody should follow this address.
        let url = cursor.as_ref().map(|cursor| format!("{endpoint}{path}?next_page_cursor={cursor}"));
        json!({ "has_next_page": cursor.is_some(), "next_page_cursor": cursor, "next_page_url": url })
    }
}

fn open_cursor(cursor: &str) -> Option<(&str, Ordinal)> {
    let (hash, ordinal) = cursor.split_at_checked(32)?;
    Some((hash, Ordinal::from_str_radix(ordinal, 16).ok()?))
}

/// Independent of the order in which the parameters stand.
fn hash_query(body: &Map<String, Value>) -> String {
    let mut parameters: Vec<_> = body.iter().filter(|(name, _)| *name != PAGE_CURSOR).collect();
    parameters.sort_by_key(|(name, _)| *name);
    let mut hasher = blake3::Hasher::new();
    for (name, value) in parameters {
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        hasher.update(value.to_string().as_bytes());
        hasher.update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value) -> Result<PageRequest, Refusal> {
        PageRequest::read(body.as_object().expect("an object"), 2)
    }

    #[test]
    fn a_cursor_leads_through_all_rows_and_fits_only_its_query() {
        let rows = [10, 20, 30, 40, 50];
        let from = |first: Ordinal| (0..).zip(&rows).filter(move |(ordinal, _)| *ordinal >= first);
        let query = json!({ "limit": 2, "search": "a" });
        let mut seen = Vec::new();
        let mut body = query.clone();
        loop {
            let request = read(&body).expect("a good cursor");
            let page = request.take(from(request.first));
            seen.extend(page.rows.iter().copied().copied());
            let pagination = request.pagination(&page, "http://127.0.0.1:1", "/x/list");
            if pagination["has_next_page"] == false {
                break;
            }
            body["page_cursor"] = pagination["next_page_cursor"].clone();
        }
        assert_eq!(seen, rows);
        for changed in [json!({ "search": "a" }), json!({ "limit": 3, "search": "a" }), json!({ "limit": 2 })]
        {
            let mut changed = changed;
            changed["page_cursor"] = body["page_cursor"].clone();
            assert_eq!(read(&changed).expect_err("refused").kind, "mismatched_page_parameters");
        }
        assert_eq!(read(&json!({ "page_cursor": "x" })).expect_err("refused").kind, "invalid_page_cursor");
    }
}
