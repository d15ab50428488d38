//! Masks numbers and texts of digits: others of the same width, each standing for one alone.

use serde_json::{Number, Value};

use crate::{mask::masker::Masker, schema::tree::type_of};

impl Masker<'_> {
    /// A number of the same type, sign and width.
    pub(super) fn number(&self, number: &Number) -> Value {
        if let Some(whole) = number.as_i64() {
            let masked = i64::try_from(self.permuted(whole.unsigned_abs())).unwrap_or(i64::MAX);
            return Value::from(if whole < 0 { -masked } else { masked });
        }
        match number.as_u64() {
            Some(whole) => Value::from(self.permuted(whole)),
            None => {
                let whole = number.as_f64().unwrap_or_default().abs().min(1e9) as u64;
                let masked = self.permuted(whole) as f64;
                let is_whole = type_of(&Value::Number(number.clone())) == "integer";
                Value::from(if is_whole { masked } else { masked + 0.5 })
            }
        }
    }

    /// A text of digits, of the same length.
    pub(super) fn digits(&self, text: &str) -> String {
        match text.parse::<u64>() {
            Ok(number) if !text.starts_with('0') || text == "0" => {
                self.permuted(number).to_string()
            }
            _ => {
                let digest = self.key.digest("digits", text.as_bytes());
                let digits = text
                    .bytes()
                    .enumerate()
                    .map(|(index, _)| char::from(b'0' + digest[index % 32] % 10));
                digits.collect()
            }
        }
    }

    /// A keyed permutation of the numbers of one decimal width, those within 32 bits among themselves.
    pub(super) fn permuted(&self, number: u64) -> u64 {
        let (least, most) = domain(number);
        let size = u128::from(most - least) + 1;
        let number = u128::from(number - least);
        least + self.permutation("number", &least.to_le_bytes(), size, number) as u64
    }

    /// A keyed permutation of the numbers below a size of at most 2^120, one for each label and domain.
    pub(super) fn permutation(&self, label: &str, domain: &[u8], size: u128, number: u128) -> u128 {
        let half = (128 - (size - 1).leading_zeros()).div_ceil(2).max(1);
        let mask = (1_u128 << half) - 1;
        let mut it = number;
        // A Feistel network permutes a power of four; numbers outside the domain walk on until they are inside.
        loop {
            let (mut left, mut right) = (it >> half, it & mask);
            for round in 0_u8..6 {
                let mut input = right.to_le_bytes().to_vec();
                input.extend([round, half as u8]);
                input.extend(domain);
                let digest = self.key.digest(label, &input);
                let word = u128::from_le_bytes(digest[..16].try_into().expect("16 bytes"));
                (left, right) = (right, left ^ (word & mask));
            }
            it = (left << half) | right;
            if it < size {
                return it;
            }
        }
    }
}

/// The numbers of a decimal width, cut at the ends of 31, 32 and 63 bits, so that none leaves its range.
fn domain(number: u64) -> (u64, u64) {
    let width = number.checked_ilog10().unwrap_or(0);
    let mut least = if width == 0 { 0 } else { 10_u64.pow(width) };
    let mut most = 10_u64.checked_pow(width + 1).map_or(u64::MAX, |it| it - 1);
    for limit in [i32::MAX as u64, u64::from(u32::MAX), i64::MAX as u64] {
        if number <= limit {
            most = most.min(limit);
        } else {
            least = least.max(limit + 1);
        }
    }
    (least, most)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::mask::MaskKey;

    #[test]
    fn numbers_of_a_width_are_permuted() {
        let key = MaskKey::from_text("a");
        let masker = Masker { key: &key };
        let masked: BTreeSet<u64> = (100..1000).map(|it| masker.permuted(it)).collect();
        assert_eq!(masked, (100..1000).collect());
        assert_ne!(
            masked.iter().copied().collect::<Vec<_>>(),
            (100..1000).map(|it| masker.permuted(it)).collect::<Vec<_>>()
        );
    }

    proptest! {
        #[test]
        fn a_number_keeps_its_width_and_range(number: u64, key: String) {
            let key = MaskKey::from_text(&key);
            let masked = Masker { key: &key }.permuted(number);
            prop_assert_eq!(masked.to_string().len(), number.to_string().len());
            prop_assert_eq!(masked <= i32::MAX as u64, number <= i32::MAX as u64);
            prop_assert_eq!(masked <= i64::MAX as u64, number <= i64::MAX as u64);
        }
    }
}
