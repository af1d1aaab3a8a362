//! The tables of a web page: what some programs write under the name of a workbook.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

use super::limits::{MAX_CELLS, MAX_COLUMNS, MAX_IN_MEMORY_BYTES, MAX_ROWS};
use super::sheet::Flow;
use super::workbook::{NotAWorkbook, TOO_LARGE};
use crate::source::record::OwnedRecord;

/// The tables of a page, in the order in which they begin.
pub(in crate::source) struct Page(Vec<Table>);

/// A table: its rows of cells, which are texts.
#[derive(Debug, Default, PartialEq)]
struct Table {
    rows: Vec<Vec<String>>,
}

impl Page {
    /// Whether bytes are a web page; other XML is none.
    pub(in crate::source) fn is_one(bytes: &[u8]) -> bool {
        let head = decoded(&bytes[..bytes.len().min(N_SNIFFED)]).to_lowercase();
        let begins = head.trim_start_matches('\u{feff}').trim_start();
        begins.starts_with("<!doctype html")
            || (begins.starts_with('<') && !head.contains(SPREADSHEET_XML))
                && ["<html", "<table"].iter().any(|tag| head.contains(tag))
    }

    /// Takes the tables out of a page; limits are those of a workbook.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, NotAWorkbook> {
        let text = decoded(bytes);
        let mut reading = Reading::default();
        // What a script or a style holds is no markup.
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        for Ok(token) in Tokenizer::new_with_emitter(&*text, emitter) {
            match token {
                Token::StartTag(tag) => reading.start(&tag)?,
                Token::EndTag(tag) => reading.end(&tag.name)?,
                Token::String(text) => reading.text(&String::from_utf8_lossy(&text))?,
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        while !reading.open.is_empty() {
            reading.end_table()?;
        }
        let tables = reading.done.into_iter().flatten().filter(|table| !table.rows.is_empty());
        Ok(Self(tables.collect()))
    }

    /// What the tables are called: they have no names of their own.
    pub(super) fn names(&self) -> Vec<String> {
        (1..=self.0.len()).map(|number| format!("table {number}")).collect()
    }

    /// Gives each row of a table with its number in it.
    pub(super) fn for_each_row(&self, name: &str, take: &mut dyn FnMut(u32, OwnedRecord) -> Flow) {
        let position = self.names().iter().position(|known| known == name);
        let rows = position.and_then(|position| self.0.get(position)).map_or(&[][..], |table| &table.rows);
        for (number, row) in (1..).zip(rows) {
            let cells = row.iter().map(|text| text.clone().into());
            if take(number, OwnedRecord(cells.collect())) == Flow::Stop {
                return;
            }
        }
    }
}

/// How much is looked at to tell what a file is, and in what it is written.
const N_SNIFFED: usize = 4096;

/// What an XML of Excel 2003 calls itself.
pub(super) const SPREADSHEET_XML: &str = "urn:schemas-microsoft-com:office:spreadsheet";

/// The page as text: by its mark, by what it says of itself, or by what its bytes prove.
fn decoded(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(N_SNIFFED)]).to_lowercase();
    let named = head.split("charset=").skip(1).find_map(|rest| {
        let name = rest.trim_start_matches(['"', '\'', ' ']);
        let end =
            name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).unwrap_or(name.len());
        Encoding::for_label(&name.as_bytes()[..end])
    });
    // A page that could be read as far as its `charset` is not written in units of two bytes.
    let named = named.map(Encoding::output_encoding);
    let encoding = named.filter(|encoding| *encoding != UTF_8).unwrap_or_else(|| {
        if str::from_utf8(bytes).is_ok() {
            return UTF_8;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Allow)
    });
    encoding.decode(bytes).0
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    /// Tables that are open, the innermost last: layouts stand tables into cells.
    open: Vec<Open>,
    /// Tables that are closed, at the position in which they began.
    done: Vec<Option<Table>>,
    /// Inside of a script or a style, which are no text.
    n_unread: usize,
    n_cells: u64,
    n_bytes: u64,
}

/// A table that is open.
#[derive(Default)]
struct Open {
    position: usize,
    table: Table,
    row: Option<Vec<String>>,
    cell: Option<Cell>,
    /// By column: what goes on into the rows below, and into how many.
    spans: Vec<Option<(usize, String)>>,
}

struct Cell {
    text: String,
    n_columns: usize,
    n_rows: usize,
}

impl Reading {
    fn start(&mut self, tag: &StartTag<()>) -> Result<(), NotAWorkbook> {
        match &tag.name[..] {
            b"table" => {
                self.open.push(Open { position: self.done.len(), ..Open::default() });
                self.done.push(None);
            }
            b"tr" => {
                self.end_row()?;
                if let Some(open) = self.open.last_mut() {
                    open.row = Some(Vec::new());
                }
            }
            b"td" | b"th" => {
                self.end_cell();
                let span = |name: &[u8], most: usize| {
                    let text =
                        tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).into_owned());
                    text.and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(1).clamp(1, most)
                };
                let cell = Cell {
                    text: String::new(),
                    n_columns: span(b"colspan", MAX_COLUMNS as usize),
                    n_rows: span(b"rowspan", MAX_ROWS as usize),
                };
                if let Some(open) = self.open.last_mut() {
                    open.row.get_or_insert_default();
                    open.cell = Some(cell);
                }
            }
            b"br" | b"p" | b"div" | b"li" => self.text("\n")?,
            b"script" | b"style" if !tag.self_closing => self.n_unread += 1,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &[u8]) -> Result<(), NotAWorkbook> {
        match name {
            b"table" => self.end_table(),
            b"tr" | b"thead" | b"tbody" | b"tfoot" => self.end_row(),
            b"td" | b"th" => {
                self.end_cell();
                Ok(())
            }
            b"script" | b"style" => {
                self.n_unread = self.n_unread.saturating_sub(1);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// White space is one blank, however much of it there is, and a line that is broken ends.
    fn text(&mut self, text: &str) -> Result<(), NotAWorkbook> {
        let Some(cell) = self.open.last_mut().and_then(|open| open.cell.as_mut()) else { return Ok(()) };
        if self.n_unread > 0 {
            return Ok(());
        }
        if text == "\n" {
            cell.text.truncate(cell.text.trim_end().len());
            cell.text.push('\n');
        } else {
            for c in text.chars() {
                let is_blank = c.is_ascii_whitespace();
                if !(is_blank && (cell.text.is_empty() || cell.text.ends_with([' ', '\n']))) {
                    cell.text.push(if is_blank { ' ' } else { c });
                }
            }
        }
        self.n_bytes += text.len() as u64;
        if self.n_bytes > MAX_IN_MEMORY_BYTES { Err(TOO_LARGE) } else { Ok(()) }
    }

    fn end_cell(&mut self) {
        let Some(open) = self.open.last_mut() else { return };
        let Some(cell) = open.cell.take() else { return };
        let row = open.row.get_or_insert_default();
        // Cells from above take their places first.
        while let Some((_, text)) = open.spans.get(row.len()).and_then(Option::as_ref) {
            row.push(text.clone());
        }
        let Cell { text, n_columns, n_rows } = cell;
        let text = text.trim().to_owned();
        // Over several columns only the first has it, or a title would be in all of them.
        for (n, text) in
            std::iter::once(text).chain(std::iter::repeat_n(String::new(), n_columns - 1)).enumerate()
        {
            let column = row.len();
            if column >= MAX_COLUMNS as usize {
                break;
            }
            if n_rows > 1 {
                if open.spans.len() <= column {
                    open.spans.resize(column + 1, None);
                }
                open.spans[column] = Some((n_rows, if n == 0 { text.clone() } else { String::new() }));
            }
            row.push(text);
        }
    }

    fn end_row(&mut self) -> Result<(), NotAWorkbook> {
        self.end_cell();
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let Some(mut row) = open.row.take() else { return Ok(()) };
        for (column, span) in open.spans.iter_mut().enumerate() {
            let Some((n_left, text)) = span else { continue };
            if column >= row.len() {
                row.resize(column + 1, String::new());
                row[column].clone_from(text);
            }
            *n_left -= 1;
            if *n_left == 0 {
                *span = None;
            }
        }
        self.n_cells += row.len() as u64;
        // What spans rows is kept once more in each of them.
        self.n_bytes += row.iter().map(|text| text.len() as u64).sum::<u64>();
        open.table.rows.push(row);
        let is_too_large = self.n_cells > MAX_CELLS
            || open.table.rows.len() > MAX_ROWS as usize
            || self.n_bytes > MAX_IN_MEMORY_BYTES;
        if is_too_large { Err(TOO_LARGE) } else { Ok(()) }
    }

    fn end_table(&mut self) -> Result<(), NotAWorkbook> {
        self.end_row()?;
        if let Some(Open { position, table, .. }) = self.open.pop() {
            self.done[position] = Some(table);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(page: &str) -> Vec<Vec<String>> {
        let Page(tables) = Page::read(page.as_bytes()).expect("it is small");
        tables.into_iter().map(|table| table.rows.into_iter().map(|row| row.join("|")).collect()).collect()
    }

    #[test]
    fn cells_are_texts_as_a_browser_shows_them() {
        assert_eq!(
            tables(
                "<html><head><style>td { color: red }</style></head><body><p>Arrivals</p><TABLE border=1>\n\
                 <tr><th> Res.&nbsp;No </th><th>Guest\n  name</th><th><b>Unit</b>s</th></tr>\n\
                 <tr><td>R1</td><td>Jo&atilde;o &amp; Ana<td>101<br>102<tr><td>R&#50;<td></td><td>103\n</table></body></html>"
            ),
            [["Res.\u{a0}No|Guest name|Units", "R1|João & Ana|101\n102", "R2||103"]]
        );
    }

    #[test]
    fn spans_are_written_out_down_and_left_blank_to_the_right() {
        assert_eq!(
            tables(
                "<table><tr><td colspan=3>Title</td></tr><tr><td>a</td><td>b</td><td>c</td></tr>\
                 <tr><td rowspan=\"2\">R1</td><td>101</td><td rowspan='3'>x</td></tr><tr><td>102</td></tr><tr><td>R2</td><td>103</td></tr>\
                 <tr><td>R3</td><td colspan=\"no\">104</td><td>y</td></tr></table>"
            ),
            [["Title||", "a|b|c", "R1|101|x", "R1|102|x", "R2|103|x", "R3|104|y"]]
        );
    }

    #[test]
    fn tables_in_tables_are_each_one_and_scripts_are_no_text() {
        assert_eq!(
            tables(
                "<table><tr><td>menu<script>if (a<b) document.write('<td>no')</script></td><td>\
                 <table><tr><td>R1</td></tr></table>after</td></tr></table><table></table><table><tr><td>last"
            ),
            [vec!["menu|after"], vec!["R1"], vec!["last"]]
        );
    }

    #[test]
    fn a_page_is_read_in_what_it_says_it_is_written_in() {
        for (head, name, bytes) in [
            ("<meta charset=\"iso-8859-1\">", "windows-1252", &b"Jo\xe3o"[..]),
            (
                "<meta http-equiv=Content-Type content='text/html; charset=windows-1250'>",
                "windows-1250",
                b"Jo\xe3o",
            ),
            ("<meta charset=utf-8>", "utf-8", "João".as_bytes()),
            ("", "utf-8", "João".as_bytes()),
            // What it says is not so.
            ("<meta charset=utf-8>", "windows-1252", b"Jo\xe3o Ara\xfajo e Concei\xe7\xe3o"),
        ] {
            let page =
                [format!("<html>{head}<table><tr><td>").as_bytes(), bytes, b"</td></tr></table>"].concat();
            let Page(tables) = Page::read(&page).expect("it is small");
            let expected = Encoding::for_label(name.as_bytes()).expect("a name").decode(bytes).0;
            assert_eq!(tables[0].rows[0][0], expected, "{head}");
        }
    }

    #[test]
    fn a_page_that_grows_without_end_is_refused() {
        let wide = format!("<table>{}</table>", "<tr><td colspan=512>x".repeat(40_000));
        let tall =
            format!("<table><tr><td rowspan=999999>{}{}", "x".repeat(1_000_000), "<tr><td>".repeat(1_000));
        for page in [wide, tall] {
            assert_eq!(Page::read(page.as_bytes()).err(), Some(TOO_LARGE));
        }
        // One cell in the last corner costs nothing.
        assert_eq!(tables("<table><tr><td colspan=99999999999 rowspan=1048576>x</table>").len(), 1);
    }

    #[test]
    fn a_page_is_known_by_its_beginning() {
        for page in [
            "<!DOCTYPE html>",
            "\u{feff}\n<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">",
            "<meta charset=utf-8><table>",
            "<div><TABLE>",
        ] {
            assert!(Page::is_one(page.as_bytes()), "{page}");
        }
        let xml = format!(
            "<?xml version=\"1.0\"?><Workbook xmlns=\"{SPREADSHEET_XML}\" xmlns:html=\"x\"><html:table"
        );
        for other in ["a,b\n<table>", "<?xml version=\"1.0\"?><bookings/>", "PK\u{3}\u{4}", &xml] {
            assert!(!Page::is_one(other.as_bytes()), "{other}");
        }
    }
}
