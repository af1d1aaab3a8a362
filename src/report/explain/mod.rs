//! One reservation end to end: why its guests have the grants they have.

mod tell;
mod value;

pub use tell::{render_json, render_markdown, render_text};
pub use value::{Explanation, Live, Person, Row, Sent, Waiting, Wanted};
