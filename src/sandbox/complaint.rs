//! What is wrong with the parameters of a call, in the words and the tree of the real API.

use serde_json::{Value, json};

use super::envelope::Refusal;

/// One complaint about one parameter, or about all of them where the path is empty.
#[derive(Debug)]
pub(crate) struct Issue {
    pub(crate) path: Vec<String>,
    pub(crate) message: String,
    pub(crate) kind: IssueKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum IssueKind {
    Missing,
    Wrong,
}

/// All complaints as one refusal.
pub(crate) fn refusal(issues: &[Issue]) -> Refusal {
    let texts: Vec<String> = issues.iter().map(Issue::text).collect();
    let message = match texts.as_slice() {
        [only] => only.clone(),
        several => format!("{} Input Errors: {}", several.len(), several.join(", ")),
    };
    let mut tree = json!({ "_errors": [] });
    for issue in issues {
        issue.hang_into(&mut tree);
    }
    let mut refusal = Refusal::invalid_input(message);
    refusal.validation_errors = Some(Box::new(tree));
    refusal
}

impl Issue {
    fn text(&self) -> String {
        let path = self.path.join(".");
        match self.kind {
            IssueKind::Missing => format!("{path} is required"),
            IssueKind::Wrong if path.is_empty() => self.message.clone(),
            IssueKind::Wrong => format!("{} for \"{path}\"", self.message),
        }
    }

    fn hang_into(&self, tree: &mut Value) {
        let mut node = tree;
        for part in &self.path {
            let fields = node.as_object_mut().expect("every node of the tree is an object");
            node = fields.entry(part.clone()).or_insert_with(|| json!({ "_errors": [] }));
        }
        node["_errors"].as_array_mut().expect("every node has its errors").push(self.message.clone().into());
    }
}

pub(crate) fn expected(wanted: &str, value: &Value) -> String {
    let received = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("Expected {wanted}, received {received}")
}

pub(crate) fn not_in(allowed: &[&str], text: &str) -> String {
    let allowed: Vec<String> = allowed.iter().map(|choice| format!("'{choice}'")).collect();
    format!("Invalid enum value. Expected {}, received '{text}'", allowed.join(" | "))
}
