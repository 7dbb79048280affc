//! Whether JSON can represent a value so that it can be read again. `serde_json` writes NaN and the infinities as null, and
//! reads at most 127 levels.

use std::fmt::{self, Display};

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// The levels of arrays and objects that `serde_json` reads.
const LEVELS: usize = 127;

/// Returns false when the value contains a float that is NaN or infinite, or is nested too deeply. Writes nothing, and
/// stops at the first such part, so that a deep value cannot use up the stack.
pub(super) fn is_json<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(Checker { levels: LEVELS }).is_ok()
}

/// A serializer without a result.
#[derive(Clone, Copy)]
struct Checker {
    /// The levels that the value can have.
    levels: usize,
}

#[derive(Debug)]
struct Refused;

type Checked = Result<(), Refused>;

impl Checker {
    /// Enters an array or an object.
    fn inside(self) -> Result<Self, Refused> {
        self.levels.checked_sub(1).map(|levels| Self { levels }).ok_or(Refused)
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value has no JSON")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! accepted {
    ($($method:ident $ty:ty),*) => {$(
        fn $method(self, _: $ty) -> Checked {
            Ok(())
        }
    )*};
}

impl Serializer for Checker {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    accepted! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128,
        serialize_char char, serialize_str &str, serialize_bytes &[u8], serialize_unit_struct &'static str
    }

    fn serialize_f32(self, x: f32) -> Checked {
        if x.is_finite() { Ok(()) } else { Err(Refused) }
    }

    fn serialize_f64(self, x: f64) -> Checked {
        if x.is_finite() { Ok(()) } else { Err(Refused) }
    }

    fn serialize_none(self) -> Checked {
        Ok(())
    }

    fn serialize_unit(self) -> Checked {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Checked {
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, _: &T) -> Checked {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Checked {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self.inside()?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refused> {
        self.inside()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refused> {
        self.inside()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.inside()
    }

    /// An array in an object.
    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.inside()?.inside()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refused> {
        self.inside()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.inside()
    }

    /// An object in an object.
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Refused> {
        self.inside()?.inside()
    }
}

macro_rules! parts {
    ($($compound:ident $method:ident ($($name:ty)?);)*) => {$(
        impl $compound for Checker {
            type Ok = ();
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Checked {
                value.serialize(*self)
            }

            fn end(self) -> Checked {
                Ok(())
            }
        }
    )*};
}
parts! {
    SerializeSeq serialize_element ();
    SerializeTuple serialize_element ();
    SerializeTupleStruct serialize_field ();
    SerializeTupleVariant serialize_field ();
    SerializeStruct serialize_field (&'static str);
    SerializeStructVariant serialize_field (&'static str);
}

impl SerializeMap for Checker {
    type Ok = ();
    type Error = Refused;

    /// `serde_json` refuses the keys that it cannot write.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, _: &T) -> Checked {
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(*self)
    }

    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::value::{Json, ToValue, Value};

    /// An array in an array, and so on.
    struct Nested(usize);

    impl Serialize for Nested {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0.checked_sub(1) {
                Some(levels) => serializer.collect_seq([Nested(levels)]),
                None => serializer.serialize_i32(7),
            }
        }
    }

    fn json<T: Serialize>(value: T) -> String {
        match Json(value).to_value() {
            Value::Json(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn values_that_json_has() {
        assert_eq!(json((None::<f64>, (), 1.5, 0.25_f32, -0.0)), "[null,null,1.5,0.25,-0.0]");
        assert_eq!(json((i128::MAX, u128::MAX, 'x', "NaN")), format!("[{},{},\"x\",\"NaN\"]", i128::MAX, u128::MAX));
        assert_eq!(json(BTreeMap::from([(1, Some(true)), (2, None)])), r#"{"1":true,"2":null}"#);
        assert_eq!(json(serde_json::json!({ "a": [null, { "b": 0.1 }] })), r#"{"a":[null,{"b":0.1}]}"#);
    }

    #[test]
    fn values_that_json_does_not_have() {
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(json(float), "");
            assert_eq!(json(vec![(1, Some(float))]), "");
        }
        assert_eq!(json(f32::NAN), "");
        assert_eq!(json(BTreeMap::from([((1, 2), 3)])), "");
    }

    #[test]
    fn levels_that_can_be_read_again() {
        let deepest = json(Nested(LEVELS));
        assert!(serde_json::from_str::<serde_json::Value>(&deepest).is_ok());
        let deeper = format!("[{deepest}]");
        assert!(serde_json::from_str::<serde_json::Value>(&deeper).is_err());
        for levels in [LEVELS + 1, 1_000, 1_000_000] {
            assert_eq!(json(Nested(levels)), "");
        }
    }
}
