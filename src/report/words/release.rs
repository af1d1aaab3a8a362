//! The command that lets a plan pass the guards that stopped it.

use super::super::document::Document;
use super::super::visible::visible;

/// The command for all guards that tripped, fit to be pasted into a shell; `None` where none did.
pub(in crate::report) fn release(document: &Document) -> Option<String> {
    let allows: Vec<String> = document
        .guards
        .iter()
        .filter(|guard| guard.tripped)
        .filter_map(|guard| guard.allow.as_deref())
        .map(quoted)
        .collect();
    let is_stopped = !allows.is_empty();
    // The plan that was looked at was limited, and an allowance is for that plan.
    let flags = document.scope.iter().flat_map(|scope| &scope.flags).map(|flag| quoted(flag));
    let words: Vec<String> = flags.chain(allows).collect();
    let is_adoption = words.first().is_some_and(|word| word.starts_with("--reviewed "));
    let verb = if is_adoption { "adopt --apply" } else { "run" };
    is_stopped.then(|| format!("reservation-sync {verb} {} --reason \"why it is right\"", words.join(" ")))
}

/// A flag and its value. The code of a property comes from the source, and a shell must not read it as a command.
fn quoted(flag: &str) -> String {
    let (flag, value) = flag.split_once(' ').unwrap_or(("--allow", flag));
    let value = visible(value);
    if value.chars().all(|c| c.is_ascii_alphanumeric() || "_-=@%./:".contains(c)) {
        format!("{flag} {value}")
    } else {
        format!("{flag} '{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_cannot_smuggle_a_command_into_the_shell() {
        for (allow, expected) in [
            ("--allow max_delete=31@LIS", "--allow max_delete=31@LIS"),
            ("--allow max_delete=31@LIS; rm -rf ~", "--allow 'max_delete=31@LIS; rm -rf ~'"),
            ("--allow max_delete=31@O'Neil\n$(x)", r"--allow 'max_delete=31@O'\''Neil\n$(x)'"),
        ] {
            assert_eq!(quoted(allow), expected);
        }
    }
}
