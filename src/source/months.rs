//! The names of months and weekdays, as English, German, Spanish, French, Italian, Portuguese and Dutch programs write them.
//!
//! No name and no abbreviation means different months in two of these languages, so none has to be asked for.

/// The names of the months in order, in lower case and without accents.
const NAMES: [&[&str]; 12] = [
    &["january", "januar", "janner", "enero", "janvier", "gennaio", "janeiro", "januari"],
    &["february", "februar", "febrero", "fevrier", "febbraio", "fevereiro", "februari"],
    &["march", "marz", "maerz", "mrz", "marzo", "mars", "marco", "maart", "mrt"],
    &["april", "abril", "avril", "aprile"],
    &["may", "mai", "mayo", "maggio", "maio", "mei"],
    &["june", "juni", "junio", "juin", "giugno", "junho"],
    &["july", "juli", "julio", "juillet", "luglio", "julho"],
    &["august", "agosto", "aout", "augustus"],
    &["september", "sept", "septiembre", "septembre", "settembre", "setembro"],
    &["october", "oktober", "octubre", "octobre", "ottobre", "outubro"],
    &["november", "noviembre", "novembre", "novembro"],
    &["december", "dezember", "diciembre", "decembre", "dicembre", "dezembro"],
];

/// The month that a word of three letters or more begins the name of; `None` where it could be two.
pub(super) fn month_named(word: &str) -> Option<i8> {
    let word: String = word.trim_end_matches('.').chars().flat_map(char::to_lowercase).map(plain).collect();
    if word.len() < 3 {
        return None;
    }
    let mut fitting = (1..).zip(NAMES).filter(|(_, names)| names.iter().any(|name| name.starts_with(&word)));
    let (month, _) = fitting.next()?;
    fitting.next().is_none().then_some(month)
}

/// The names of weekdays, in lower case and without accents, in full and as they are cut short.
const WEEKDAYS: &[&str] = &[
    "monday",
    "mon",
    "mo",
    "tuesday",
    "tue",
    "tues",
    "tu",
    "wednesday",
    "wed",
    "we",
    "thursday",
    "thu",
    "thur",
    "thurs",
    "th",
    "friday",
    "fri",
    "fr",
    "saturday",
    "sat",
    "sa",
    "sunday",
    "sun",
    "su",
    "montag",
    "dienstag",
    "di",
    "mittwoch",
    "mi",
    "donnerstag",
    "do",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
    "so",
    "lunes",
    "lun",
    "martes",
    "mar",
    "miercoles",
    "mie",
    "jueves",
    "jue",
    "viernes",
    "vie",
    "sabado",
    "sab",
    "domingo",
    "dom",
    "lundi",
    "mardi",
    "mercredi",
    "mer",
    "jeudi",
    "jeu",
    "vendredi",
    "ven",
    "samedi",
    "sam",
    "dimanche",
    "dim",
    "lunedi",
    "martedi",
    "mercoledi",
    "giovedi",
    "gio",
    "venerdi",
    "sabato",
    "domenica",
    "segunda-feira",
    "segunda",
    "seg",
    "terca-feira",
    "ter",
    "quarta-feira",
    "qua",
    "quinta-feira",
    "qui",
    "sexta-feira",
    "sex",
    "maandag",
    "dinsdag",
    "woensdag",
    "zaterdag",
    "ma",
    "wo",
    "donderdag",
    "vrijdag",
    "vr",
    "vrij",
    "za",
    "zat",
    "zondag",
    "zo",
    "zon",
];

/// Whether a word is the name of a weekday, in full or cut short.
pub(super) fn is_weekday(word: &str) -> bool {
    let word: String = word.trim_end_matches('.').chars().flat_map(char::to_lowercase).map(plain).collect();
    WEEKDAYS.contains(&word.as_str())
}

fn plain(letter: char) -> char {
    match letter {
        'ä' | 'á' | 'à' | 'â' => 'a',
        'é' | 'è' | 'ê' => 'e',
        'û' | 'ú' => 'u',
        'ì' | 'í' => 'i',
        'ç' => 'c',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_known_by_its_name_or_its_beginning() {
        let check = |words: &[&str], expected| {
            for word in words {
                assert_eq!(month_named(word), expected, "{word}");
            }
        };
        check(&["Jan", "JANUARY", "ene", "gen.", "Jänner"], Some(1));
        check(&["Feb", "Février", "fev", "febr."], Some(2));
        check(&["MAR", "März", "Mrz", "mars", "março", "mrt"], Some(3));
        check(&["Mai", "May", "mag", "mei"], Some(5));
        check(&["jun", "juin", "Giugno"], Some(6));
        check(&["jul", "juil.", "lug"], Some(7));
        check(&["août", "Aug", "ago"], Some(8));
        check(&["Sept", "set", "sep"], Some(9));
        check(&["Okt", "out", "ottobre", "oct"], Some(10));
        check(&["Dez", "déc.", "dic"], Some(12));
        check(&["", "ma", "jui", "soon", "Mondays", "1"], None);
    }

    #[test]
    fn a_weekday_is_known_in_full_and_cut_short() {
        for word in ["Sat", "SAMSTAG", "Sa", "sáb", "miércoles", "terça-feira", "lunedì", "zo", "Mar", "dim."]
        {
            assert!(is_weekday(word), "{word}");
        }
        for word in ["", "s", "Room", "December", "Dez", "Total"] {
            assert!(!is_weekday(word), "{word}");
        }
    }

    #[test]
    fn every_name_leads_to_its_own_month() {
        for (month, names) in (1..).zip(NAMES) {
            for name in names {
                assert_eq!(month_named(name), Some(month), "{name}");
            }
        }
    }
}
