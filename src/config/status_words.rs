//! What the words of a status probably mean: proposals for a person to look at, never used unseen.

use crate::source::Meaning;

/// What a status probably means; `None` where nothing speaks for one of them.
pub(super) fn meaning(word: &str) -> Option<Meaning> {
    let words = words_of(word);
    let joined = words.concat();
    let has = |parts: &[&str]| parts.iter().any(|part| joined.contains(part));
    let is_negated =
        words.iter().any(|word| ["not", "non", "nicht", "no", "nie", "não", "ne"].contains(&word.as_str()));
    let is_cancelled =
        has(&["cancel", "storn", "annul", "anul", "otkaz", "peruut", "iptal", "avbok", "取消", "отмен"]);
    // A word that is not so, or is only asked for, comes before what it is about.
    if has(&["noshow", "nichtangereist", "nichterschienen", "nonpresent", "nopresentado", "nonpresentato"]) {
        Some(Meaning::Revoke)
    } else if is_negated && is_cancelled {
        Some(Meaning::Grant)
    } else if has(&[
        "pending",
        "request",
        "inquir",
        "enquir",
        "option",
        "opzione",
        "opción",
        "opcion",
        "tentative",
        "provisional",
        "waitlist",
        "block",
        "owner",
        "quote",
        "anfrage",
        "vorläufig",
        "enattente",
        "pendiente",
        "pendente",
        "inattesa",
        "outoforder",
        "maintenance",
        "hold",
        "draft",
        "optie",
    ]) {
        Some(Meaning::Ignore)
    } else if is_negated || joined.starts_with("un") {
        None
    } else if is_cancelled
        || has(&[
            "declin",
            "expired",
            "departed",
            "checkedout",
            "checkout",
            "rejected",
            "deleted",
            "abgereist",
            "ausgecheckt",
            "abgelehnt",
            "uitgecheckt",
            "parti",
            "checkouteffettuato",
        ])
    {
        Some(Meaning::Revoke)
    } else if has(&[
        "checkedin",
        "checkin",
        "inhouse",
        "arrived",
        "hosting",
        "onboard",
        "stayover",
        "dueout",
        "angereist",
        "eingecheckt",
        "ingecheckt",
        "imhaus",
        "hospedado",
    ]) {
        Some(Meaning::CheckedIn)
    } else if has(&[
        "confirm",
        "guaranteed",
        "garanti",
        "definite",
        "duein",
        "expected",
        "bestätigt",
        "bestaetigt",
        "bevestigd",
        "potwierdzon",
        "potvrđen",
        "bekräftad",
        "confermat",
        "确认",
        "подтвержд",
    ]) || ["ok", "booked", "gebucht", "active"].contains(&joined.as_str())
    {
        Some(Meaning::Grant)
    } else {
        None
    }
}

/// The words of a text in lower case, camel case taken apart.
pub(super) fn words_of(header: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in header.chars() {
        if !c.is_alphanumeric() || (was_small && c.is_uppercase()) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("never empty").extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_may_mean_anything_gets_no_proposal() {
        let check = |word, expected| assert_eq!(meaning(word), expected, "{word}");
        check("Confirmed", Some(Meaning::Grant));
        check("Not_Canceled", Some(Meaning::Grant));
        check("nicht storniert", Some(Meaning::Grant));
        check("In-House", Some(Meaning::CheckedIn));
        check("checkedIn", Some(Meaning::CheckedIn));
        check("Cancelled by guest", Some(Meaning::Revoke));
        check("Storniert", Some(Meaning::Revoke));
        check("Check-Out", Some(Meaning::Revoke));
        check("No Show", Some(Meaning::Revoke));
        check("no_show", Some(Meaning::Revoke));
        check("Confirmation Pending", Some(Meaning::Ignore));
        check("ownerStay", Some(Meaning::Ignore));
        check("Unconfirmed", None);
        check("Not confirmed", None);
        check("reserved", None);
        check("Moved", None);
        check("3", None);
    }
}
