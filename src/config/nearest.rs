//! The known word that a wrong one was probably meant to be.

/// The nearest of the words, if it is near enough to be worth proposing.
pub(super) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase().replace('-', "_");
    let furthest = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| (distance(&wrong, &word.replace('-', "_")), word))
        .filter(|(distance, _)| *distance <= furthest)
        .min()
        .map(|(_, word)| word)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=right.len()).collect()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let changed = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_proposed_if_it_is_near() {
        let known = ["check_in", "check_out", "time_zone", "country"];
        let check = |wrong, expected| assert_eq!(nearest(wrong, known), expected, "{wrong}");
        check("checkin", Some("check_in"));
        check("check-in", Some("check_in"));
        check("timezone", Some("time_zone"));
        check("Chekc_out", Some("check_out"));
        check("contry", Some("country"));
        check("colour", None);
        check("x", None);
    }
}
