//! Integers as JSON Schema means them: `1.0` is one (JSON Schema 2020-12 Validation, 6.1.1), though serde refuses it.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

/// Reads an integer of the field's type, `1.0` and `1e2` included.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(d: D) -> Result<T, D::Error> {
    Whole::deserialize(d).map(|it| it.0)
}

/// As [`whole`], where null is allowed.
pub(crate) fn whole_or_null<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    d: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Whole<T>>::deserialize(d)?.map(|it| it.0))
}

struct Whole<T>(T);

impl<'de, T: TryFrom<i64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(WholeVisitor(PhantomData))
    }
}

struct WholeVisitor<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Visitor<'_> for WholeVisitor<T> {
    type Value = Whole<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer in range")
    }

    fn visit_i64<E: Error>(self, v: i64) -> Result<Self::Value, E> {
        let out_of_range = |_| E::custom("integer out of range");
        T::try_from(v).map(Whole).map_err(out_of_range)
    }

    fn visit_u64<E: Error>(self, v: u64) -> Result<Self::Value, E> {
        let v = i64::try_from(v).map_err(|_| E::custom("integer out of range"))?;
        self.visit_i64(v)
    }

    fn visit_f64<E: Error>(self, v: f64) -> Result<Self::Value, E> {
        // 2^63 is the first double past `i64::MAX`, and -2^63 is `i64::MIN` exactly.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        if v.fract() == 0.0 && (-LIMIT..LIMIT).contains(&v) {
            self.visit_i64(v as i64)
        } else {
            Err(E::invalid_type(Unexpected::Other("a fraction"), &self))
        }
    }
}
