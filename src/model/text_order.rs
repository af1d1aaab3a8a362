//! Sorting a million keys without looking at each of them twenty times.
//!
//! The texts lie scattered in memory, and fetching one costs more than all else that a comparison does. So the first
//! bytes of each stand beside it while it is sorted.

/// Values in the order of their texts; those of one text in the order of what `then` gives.
pub fn sorted_by_text<'t, T, K: Ord>(
    values: impl Iterator<Item = T>,
    text: impl Fn(&T) -> &'t str,
    then: impl Fn(&T) -> K,
) -> Vec<T> {
    let values: Vec<T> = values.collect();
    let n_common = common_beginning(values.iter().map(&text));
    let beginning = |value: &T| number(&text(value).as_bytes()[n_common..]);
    let mut keyed: Vec<(u128, T)> = values.into_iter().map(|value| (beginning(&value), value)).collect();
    keyed.sort_by(|(left_beginning, left), (right_beginning, right)| {
        let whole = || text(left).cmp(text(right)).then_with(|| then(left).cmp(&then(right)));
        left_beginning.cmp(right_beginning).then_with(whole)
    });
    keyed.into_iter().map(|(_, value)| value).collect()
}

/// How many bytes all texts begin with, such as a namespace.
fn common_beginning<'t>(mut texts: impl Iterator<Item = &'t str>) -> usize {
    let Some(first) = texts.next().map(str::as_bytes) else { return 0 };
    texts.fold(first.len(), |n_common, text| {
        first[..n_common].iter().zip(text.as_bytes()).take_while(|(left, right)| left == right).count()
    })
}

/// The first bytes as a number that is ordered as they are.
fn number(bytes: &[u8]) -> u128 {
    let mut first = [0; 16];
    let n = bytes.len().min(first.len());
    first[..n].copy_from_slice(&bytes[..n]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_order_of_the_texts_and_then_of_the_rest(
            begin in "[ab]{0,2}",
            ends in prop::collection::vec(("[ab\0ก]{0,3}(abcdefghijklmnop)?[ab\0]{0,2}", 0..3_u8), 0..40),
        ) {
            let values: Vec<(String, u8)> =
                ends.into_iter().map(|(end, n)| (format!("{begin}{end}"), n)).collect();
            let sorted = sorted_by_text(values.iter(), |(text, _)| text.as_str(), |(_, n)| *n);
            let mut expected: Vec<&(String, u8)> = values.iter().collect();
            expected.sort();
            prop_assert_eq!(sorted, expected);
        }
    }
}
