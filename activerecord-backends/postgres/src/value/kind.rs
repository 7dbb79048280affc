//! PostgreSQL's types, grouped by their binary format.

use activerecord_core::ValueType;
use sqlx::TypeInfo as _;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgTypeInfo, PgTypeKind};

/// The binary format of a column's cells or of a placeholder's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(super) scalar: Scalar,
    pub(super) array: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    Bool,
    I16,
    I32,
    I64,
    Oid,
    F32,
    F64,
    Numeric,
    Text,
    Bytes,
    Uuid,
    Date,
    Time,
    DateTime,
    Timestamp,
    Json,
    Jsonb,
    Void,
    /// A type that is not supported.
    Other,
}

impl Kind {
    pub(crate) fn of(ty: &PgTypeInfo) -> Self {
        match ty.oid().and_then(built_in) {
            Some(scalar) => Self { scalar, array: false },
            // The driver knows only the OID of this type, so `kind` would panic.
            None if ty.name() == "?" => Self { scalar: Scalar::Other, array: false },
            None => Self::of_defined(ty),
        }
    }

    fn of_defined(ty: &PgTypeInfo) -> Self {
        match ty.kind() {
            PgTypeKind::Domain(base) => Self::of(base),
            PgTypeKind::Array(element) => match Self::of(element) {
                Self { scalar, array: false } => Self { scalar, array: true },
                _ => Self { scalar: Scalar::Other, array: false },
            },
            PgTypeKind::Enum(_) => Self { scalar: Scalar::Text, array: false },
            _ if is_citext(ty) => Self { scalar: Scalar::Text, array: false },
            _ => Self { scalar: Scalar::Other, array: false },
        }
    }
}

/// The type's name may begin with its schema.
fn is_citext(ty: &PgTypeInfo) -> bool {
    ty.name().rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case("citext"))
}

/// These OIDs are the same in every database.
fn built_in(Oid(oid): Oid) -> Option<Scalar> {
    Some(match oid {
        16 => Scalar::Bool,
        21 => Scalar::I16,
        23 => Scalar::I32,
        20 => Scalar::I64,
        26 => Scalar::Oid,
        700 => Scalar::F32,
        701 => Scalar::F64,
        1700 => Scalar::Numeric,
        // char, name, text, xml, unknown, character, character varying
        18 | 19 | 25 | 142 | 705 | 1042 | 1043 => Scalar::Text,
        17 => Scalar::Bytes,
        2950 => Scalar::Uuid,
        1082 => Scalar::Date,
        1083 => Scalar::Time,
        1114 => Scalar::DateTime,
        1184 => Scalar::Timestamp,
        114 => Scalar::Json,
        3802 => Scalar::Jsonb,
        2278 => Scalar::Void,
        _ => return None,
    })
}

impl Scalar {
    /// Returns the type of a NULL in an array of this type.
    pub(super) fn value_type(self) -> ValueType {
        match self {
            Self::Bool => ValueType::Bool,
            Self::I16 => ValueType::I16,
            Self::I32 => ValueType::I32,
            Self::I64 | Self::Oid => ValueType::I64,
            Self::F32 => ValueType::F32,
            Self::F64 => ValueType::F64,
            Self::Numeric => ValueType::Decimal,
            Self::Bytes => ValueType::Bytes,
            Self::Uuid => ValueType::Uuid,
            Self::Date => ValueType::Date,
            Self::Time => ValueType::Time,
            Self::DateTime => ValueType::DateTime,
            Self::Timestamp => ValueType::Timestamp,
            Self::Json | Self::Jsonb => ValueType::Json,
            Self::Text | Self::Void | Self::Other => ValueType::Text,
        }
    }
}
