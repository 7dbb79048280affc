//! The SQL of triggers, which write a row as JSON text.
//!
//! `Value::from_json` reads this JSON. Numbers, JSON and arrays stay as they are. Bytes become a hexadecimal string.
//! Decimals, UUIDs, dates, times and all types without a JSON form become strings.
//!
//! The settings of the session that changes a row must not change its image. MySQL and MariaDB run a trigger with the SQL mode
//! and the character set of its creation, but with the time zone of the session.

use crate::value::ValueType;

/// The SQL of triggers. `{}` stands for a value that is not NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Triggers {
    pub(crate) form: TriggerForm,
    /// A value as text in a key, unless its type is in `texts`.
    pub(crate) text: &'static str,
    /// A value as text in a key, by its type.
    pub(crate) texts: &'static [(Of, &'static str)],
    /// A value as JSON, by its type.
    pub(crate) json: &'static [(Of, &'static str)],
    /// An array as JSON, unless its type is in `json`.
    pub(crate) array: &'static str,
    /// A value of any other type as JSON.
    pub(crate) other: &'static str,
    /// Whether two values of `{}`, as they are before and after a change, are equal.
    pub(crate) same: Same,
    /// Selects the triggers of a table: their names and functions. The placeholders are the schema and the table.
    pub(crate) of_table: &'static str,
}

/// How a trigger is written, and how it goes on when the images cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TriggerForm {
    /// Plain statements after a WHEN clause. There is no way to handle an error, so rows that could be too large for an image
    /// are found by their size.
    Statements {
        /// The size of a value in bytes.
        size: &'static str,
        /// The greatest sum of the sizes of all values.
        most: u32,
    },
    /// A block with handlers of errors. Conditions are in the block.
    Handlers,
    /// A function with a block that catches exceptions, and a WHEN clause.
    Function {
        /// The text between the name of the function and its body.
        head: &'static str,
    },
}

/// The types that a spelling is for. A declared type goes before the type of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// Columns with values of this type.
    Type(ValueType),
    /// Columns whose declared type begins with this word.
    Declared(&'static str),
}

/// How values of the key are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Same {
    /// The operator, which takes two NULLs as equal.
    pub(crate) operator: &'static str,
    /// A text for the comparison: the collation of its column can take different texts as equal.
    pub(crate) text: &'static str,
}

impl Triggers {
    /// The SQL that writes a value as JSON.
    pub(crate) fn json(&self, ty: Option<ValueType>, declared: &str) -> &'static str {
        let array = matches!(ty, Some(ValueType::Array(_))).then_some(self.array);
        spelling(self.json, ty, declared).or(array).unwrap_or(self.other)
    }

    /// The SQL that writes a value as text.
    pub(crate) fn text(&self, ty: Option<ValueType>, declared: &str) -> &'static str {
        spelling(self.texts, ty, declared).unwrap_or(self.text)
    }
}

fn spelling(known: &[(Of, &'static str)], ty: Option<ValueType>, declared: &str) -> Option<&'static str> {
    let begins = |word: &str| declared.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let by_name = known.iter().find(|(of, _)| matches!(of, Of::Declared(word) if begins(word)));
    let by_type = || known.iter().find(|(of, _)| matches!(of, Of::Type(known) if Some(*known) == ty));
    by_name.or_else(by_type).map(|(_, spelling)| *spelling)
}

pub(super) const SQLITE: Triggers = {
    // A column holds values of every type.
    const ANY: &str = "CASE TYPEOF({}) WHEN 'integer' THEN CAST({} AS TEXT) \
                       WHEN 'real' THEN CASE WHEN ABS({}) > 1.7976931348623157e308 THEN JSON_QUOTE(CAST({} AS TEXT)) \
                       ELSE PRINTF('%!.26g', {}) END \
                       WHEN 'blob' THEN '{\"blob\":\"' || HEX({}) || '\"}' ELSE JSON_QUOTE({}) END";
    const TEXT: &str = "CASE TYPEOF({}) WHEN 'blob' THEN '{\"blob\":\"' || HEX({}) || '\"}' \
                        ELSE JSON_QUOTE(CAST({} AS TEXT)) END";
    const JSON: &str = "CASE WHEN TYPEOF({}) = 'blob' THEN '\"' || HEX({}) || '\"' \
                        WHEN JSON_VALID({}) THEN JSON({}) ELSE JSON_QUOTE({}) END";
    const HEX: &str = "CASE TYPEOF({}) WHEN 'blob' THEN '\"' || HEX({}) || '\"' ELSE JSON_QUOTE({}) END";
    Triggers {
        // JSON can have six times the size of a text, and a value has at most a billion bytes.
        form: TriggerForm::Statements { size: "LENGTH(CAST({} AS BLOB))", most: 150_000_000 },
        text: "CASE TYPEOF({}) WHEN 'blob' THEN HEX({}) ELSE CAST({} AS TEXT) END",
        texts: &[],
        json: &[
            (Of::Type(ValueType::Bool), "CASE {} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE JSON_QUOTE({}) END"),
            (Of::Type(ValueType::Bytes), "'\"' || HEX({}) || '\"'"),
            (Of::Type(ValueType::Text), TEXT),
            (Of::Type(ValueType::Decimal), TEXT),
            (Of::Type(ValueType::Uuid), HEX),
            (Of::Type(ValueType::Date), TEXT),
            (Of::Type(ValueType::Time), TEXT),
            (Of::Type(ValueType::DateTime), TEXT),
            (Of::Type(ValueType::Timestamp), TEXT),
            (Of::Type(ValueType::Json), JSON),
        ],
        array: JSON,
        other: ANY,
        same: Same { operator: " IS ", text: "{} COLLATE BINARY" },
        of_table: "SELECT name, NULL FROM sqlite_schema WHERE ? = 'main' AND type = 'trigger' AND tbl_name = ? COLLATE NOCASE",
    }
};

pub(super) const MYSQL: Triggers = {
    const PLAIN: &str = "CAST({} AS CHAR CHARACTER SET utf8mb4)";
    const TEXT: &str = "JSON_QUOTE(CAST({} AS CHAR CHARACTER SET utf8mb4))";
    // A number also of a BIT column, whose text would be its bytes.
    const NUMBER: &str = "CAST({} + 0 AS CHAR CHARACTER SET utf8mb4)";
    // As a double, a float has all its digits.
    const DOUBLE: &str = "CAST({} + 0e0 AS CHAR CHARACTER SET utf8mb4)";
    const HEX: &str = "CONCAT('\"', HEX({}), '\"')";
    // The number of seconds of a TIMESTAMP does not depend on the time zone of the session. Only the zero date has the number 0, and on MariaDB
    // none.
    const IN_UTC: &str = "IF(COALESCE(UNIX_TIMESTAMP({}), 0) = 0, '0000-00-00 00:00:00', CAST(TIMESTAMPADD(MICROSECOND, \
                          CAST(UNIX_TIMESTAMP({}) * 1000000 AS SIGNED), '1970-01-01') AS CHAR CHARACTER SET utf8mb4))";
    const TIMESTAMP: &str = "JSON_QUOTE(IF(COALESCE(UNIX_TIMESTAMP({}), 0) = 0, '0000-00-00 00:00:00', CAST(TIMESTAMPADD(MICROSECOND, \
                             CAST(UNIX_TIMESTAMP({}) * 1000000 AS SIGNED), '1970-01-01') AS CHAR CHARACTER SET utf8mb4)))";
    const SHAPE: &str = "JSON_QUOTE(CAST(ST_AsText({}) AS CHAR CHARACTER SET utf8mb4))";
    Triggers {
        form: TriggerForm::Handlers,
        text: PLAIN,
        texts: &[
            (Of::Declared("timestamp"), IN_UTC),
            (Of::Declared("bit"), NUMBER),
            (Of::Declared("binary"), "HEX({})"),
            (Of::Declared("varbinary"), "HEX({})"),
            (Of::Type(ValueType::Bytes), "HEX({})"),
            (Of::Type(ValueType::Uuid), "IF(LENGTH({}) = 16, HEX({}), CAST({} AS CHAR CHARACTER SET utf8mb4))"),
        ],
        json: &[
            (Of::Declared("timestamp"), TIMESTAMP),
            (Of::Declared("geom"), SHAPE),
            (Of::Declared("point"), SHAPE),
            (Of::Declared("line"), SHAPE),
            (Of::Declared("polygon"), SHAPE),
            (Of::Declared("multi"), SHAPE),
            (Of::Declared("vector"), HEX),
            (
                Of::Type(ValueType::Bool),
                "CASE {} + 0 WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE CAST({} + 0 AS CHAR CHARACTER SET utf8mb4) END",
            ),
            (Of::Type(ValueType::I16), NUMBER),
            (Of::Type(ValueType::I32), NUMBER),
            (Of::Type(ValueType::I64), NUMBER),
            (Of::Type(ValueType::U64), NUMBER),
            (Of::Type(ValueType::F32), DOUBLE),
            // A sum would have only 15 digits of a small number.
            (Of::Type(ValueType::F64), PLAIN),
            (Of::Type(ValueType::Bytes), HEX),
            (
                Of::Type(ValueType::Uuid),
                "JSON_QUOTE(IF(LENGTH({}) = 16, HEX({}), CAST({} AS CHAR CHARACTER SET utf8mb4)))",
            ),
            (
                Of::Type(ValueType::Json),
                "IF(JSON_VALID({}), CAST({} AS CHAR CHARACTER SET utf8mb4), \
                                         JSON_QUOTE(CAST({} AS CHAR CHARACTER SET utf8mb4)))",
            ),
        ],
        array: PLAIN,
        other: TEXT,
        same: Same { operator: " <=> ", text: "CAST({} AS BINARY)" },
        of_table: "SELECT trigger_name, NULL FROM information_schema.triggers \
                   WHERE event_object_schema = ? AND event_object_table = ?",
    }
};

pub(super) const POSTGRESQL: Triggers = {
    const JSON: &str = "to_json({})::text";
    const PLAIN: &str = "({})::text";
    // The function that writes the type's own text: a cast would remove the blanks at the end of a `character`.
    const TEXT: &str = "to_json(concat({}))::text";
    Triggers {
        form: TriggerForm::Function {
            // It writes to the outbox with the rights of its owner, so its names must not depend on the search path of the
            // session. The other settings change the texts of some types.
            head: "() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp \
                   SET \"TimeZone\" = 'UTC' SET \"DateStyle\" = 'ISO, YMD' SET \"IntervalStyle\" = 'postgres' \
                   SET extra_float_digits = 1 SET bytea_output = 'hex' SET lc_monetary = 'C' AS ",
        },
        text: PLAIN,
        texts: &[(Of::Type(ValueType::Bytes), "encode({}, 'hex')")],
        json: &[
            (Of::Type(ValueType::Bool), JSON),
            (Of::Type(ValueType::I16), PLAIN),
            (Of::Type(ValueType::I32), PLAIN),
            (Of::Type(ValueType::I64), PLAIN),
            (Of::Type(ValueType::U64), JSON),
            (Of::Type(ValueType::F32), JSON),
            (Of::Type(ValueType::F64), JSON),
            (Of::Type(ValueType::Bytes), "to_json(encode({}, 'hex'))::text"),
            // A JSON number would lose digits when it is read.
            (Of::Type(ValueType::Decimal), "to_json(({})::text)::text"),
            (Of::Type(ValueType::Uuid), JSON),
            (Of::Type(ValueType::Date), JSON),
            (Of::Type(ValueType::Time), JSON),
            (Of::Type(ValueType::DateTime), JSON),
            (Of::Type(ValueType::Timestamp), JSON),
            // A text that is not JSON is an error, and then the change has no images.
            (Of::Type(ValueType::Json), "({})::json::text"),
            (Of::Type(ValueType::Array(&ValueType::Decimal)), "to_json(({})::text[])::text"),
        ],
        array: JSON,
        other: TEXT,
        same: Same { operator: " IS NOT DISTINCT FROM ", text: "concat({}) COLLATE \"C\"" },
        // The function is left out if the trigger of another table uses it.
        of_table: "SELECT t.tgname::text, CASE WHEN NOT EXISTS (SELECT FROM pg_trigger AS o WHERE o.tgfoid = t.tgfoid \
                   AND o.tgrelid <> t.tgrelid AND o.tgparentid = 0) THEN concat('\"', replace(f.nspname, '\"', '\"\"'), '\".\"', replace(p.proname, '\"', '\"\"'), '\"') END \
                   FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
                   JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_namespace AS f ON f.oid = p.pronamespace \
                   WHERE n.nspname = ? AND c.relname = ? AND NOT t.tgisinternal AND t.tgparentid = 0",
    }
};
