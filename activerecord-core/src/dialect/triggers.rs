//! The SQL of triggers, which write a row as JSON text.
//!
//! `Value::from_json` reads this JSON. Numbers, JSON and arrays stay as they are. Bytes become a hexadecimal string.
//! Decimals, UUIDs, dates and times become strings.

use crate::value::ValueType;

/// The SQL of triggers. `{}` stands for a value that is not NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Triggers {
    /// The function of a trigger; None: the trigger contains its body.
    pub(crate) function: Option<TriggerFunction>,
    /// Whether the condition is a WHEN clause. If not, the body has an IF.
    pub(crate) condition: bool,
    /// A value as text.
    pub(crate) text: &'static str,
    /// A value as JSON, by its type.
    pub(crate) json: &'static [(ValueType, &'static str)],
    /// An array as JSON, unless its type is in `json`.
    pub(crate) array: &'static str,
}

/// The SQL before and after the body of a trigger's function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TriggerFunction {
    pub(crate) head: &'static str,
    pub(crate) tail: &'static str,
}

pub(super) const SQLITE: Triggers = {
    const NUMBER: &str = "CAST({} AS TEXT)";
    // JSON has no infinities.
    const REAL: &str = "CASE WHEN ABS({}) > 1.7976931348623157e308 THEN JSON_QUOTE(CAST({} AS TEXT)) \
                        ELSE PRINTF('%!.26g', {}) END";
    const TEXT: &str = "JSON_QUOTE(CAST({} AS TEXT))";
    const JSON: &str = "CASE JSON_VALID({}) WHEN 1 THEN JSON({}) ELSE JSON_QUOTE({}) END";
    Triggers {
        function: None,
        condition: true,
        text: "CAST({} AS TEXT)",
        json: &[
            (ValueType::Bool, "CASE {} WHEN 0 THEN 'false' ELSE 'true' END"),
            (ValueType::I16, NUMBER),
            (ValueType::I32, NUMBER),
            (ValueType::I64, NUMBER),
            (ValueType::U64, NUMBER),
            (ValueType::F32, REAL),
            (ValueType::F64, REAL),
            (ValueType::Bytes, "'\"' || HEX({}) || '\"'"),
            (ValueType::Text, TEXT),
            (ValueType::Decimal, TEXT),
            (ValueType::Uuid, "CASE TYPEOF({}) WHEN 'blob' THEN '\"' || HEX({}) || '\"' ELSE JSON_QUOTE({}) END"),
            (ValueType::Date, TEXT),
            (ValueType::Time, TEXT),
            (ValueType::DateTime, TEXT),
            (ValueType::Timestamp, TEXT),
            (ValueType::Json, JSON),
        ],
        array: JSON,
    }
};

pub(super) const MYSQL: Triggers = {
    const PLAIN: &str = "CAST({} AS CHAR CHARACTER SET utf8mb4)";
    const TEXT: &str = "JSON_QUOTE(CAST({} AS CHAR CHARACTER SET utf8mb4))";
    Triggers {
        function: None,
        condition: false,
        text: PLAIN,
        json: &[
            (ValueType::Bool, "IF({}, 'true', 'false')"),
            (ValueType::I16, PLAIN),
            (ValueType::I32, PLAIN),
            (ValueType::I64, PLAIN),
            (ValueType::U64, PLAIN),
            // A double has all digits.
            (ValueType::F32, "CAST({} + 0e0 AS CHAR CHARACTER SET utf8mb4)"),
            (ValueType::F64, PLAIN),
            (ValueType::Bytes, "CONCAT('\"', HEX({}), '\"')"),
            (ValueType::Text, TEXT),
            (ValueType::Decimal, TEXT),
            (ValueType::Uuid, "JSON_QUOTE(IF(LENGTH({}) = 16, HEX({}), CAST({} AS CHAR CHARACTER SET utf8mb4)))"),
            (ValueType::Date, TEXT),
            (ValueType::Time, TEXT),
            (ValueType::DateTime, TEXT),
            (ValueType::Timestamp, TEXT),
            (ValueType::Json, PLAIN),
        ],
        array: PLAIN,
    }
};

pub(super) const POSTGRESQL: Triggers = {
    const JSON: &str = "to_json({})::text";
    Triggers {
        function: Some(TriggerFunction {
            // The target table is found whatever the search path of the writing session is.
            head: "() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $ar$ BEGIN ",
            tail: "; RETURN NULL; END $ar$",
        }),
        condition: true,
        text: "({})::text",
        json: &[
            (ValueType::Bool, JSON),
            (ValueType::I16, JSON),
            (ValueType::I32, JSON),
            (ValueType::I64, JSON),
            (ValueType::U64, JSON),
            (ValueType::F32, JSON),
            (ValueType::F64, JSON),
            (ValueType::Bytes, "to_json(encode({}, 'hex'))::text"),
            (ValueType::Text, JSON),
            // A JSON number would lose digits when it is read.
            (ValueType::Decimal, "to_json(({})::text)::text"),
            (ValueType::Uuid, JSON),
            (ValueType::Date, JSON),
            (ValueType::Time, JSON),
            (ValueType::DateTime, JSON),
            (ValueType::Timestamp, JSON),
            (ValueType::Json, "({})::text"),
            (ValueType::Array(&ValueType::Decimal), "to_json(({})::text[])::text"),
        ],
        array: JSON,
    }
};
