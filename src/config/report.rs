//! Draws problems beside the lines of the file that they are about.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::error::{Colour, ConfigProblem};
use super::masking::masked_but;

/// The report of all problems; `text` must hold nothing secret.
pub(super) fn render(path: &str, text: &str, problems: &[ConfigProblem], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Never => Renderer::plain(),
        Colour::Always => Renderer::styled(),
    };
    let reports: Vec<String> = problems
        .iter()
        .map(|problem| {
            let text = problem.span.as_ref().map(|span| masked_but(text, &shown(text, span.start, span.end)));
            renderer.render(&[group(path, text.as_deref().unwrap_or_default(), problem)])
        })
        .collect();
    reports.join("\n\n")
}

fn group<'a>(path: &'a str, text: &'a str, problem: &'a ConfigProblem) -> Group<'a> {
    let group = Group::with_title(Level::ERROR.primary_title(problem.to_string()));
    let group = match &problem.span {
        Some(span) => group.element(
            Snippet::source(text)
                .path(path)
                .annotation(AnnotationKind::Primary.span(shown(text, span.start, span.end))),
        ),
        None if problem.key.starts_with("SEAM_") => group.element(Origin::path("environment")),
        None => group.element(Origin::path(path)),
    };
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// What is underlined: the first line of the span, so that a table of many lines is not drawn whole.
fn shown(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let start = start.min(text.len());
    let end = end.clamp(start, text.len());
    match text.get(start..end).and_then(|part| part.find('\n')) {
        Some(line_end) => start..start + line_end,
        None => start..end,
    }
}
