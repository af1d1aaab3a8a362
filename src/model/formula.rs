//! What spreadsheets compute instead of showing it. It gets an apostrophe in what we write, and loses it in what is fed
//! back.

/// Whether a spreadsheet would compute a cell with this text.
pub fn begins_like_a_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}
