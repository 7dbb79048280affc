//! Prints a query as a program writes it. Aliases, joins and common table expressions need types of their own, so such queries,
//! and those with windows, are shown as SQL.

use activerecord_core::statement::{
    Aggregate, Arithmetic, Compare, DatePart, Direction, Distinct, Expr, FromItem, Function, JsonKind, JsonStep, Nulls,
    OrderBy, Select, Set,
};
use activerecord_core::{Value, ValueType};

/// Returns the query by the typed API. None: it cannot be printed.
pub(crate) fn query(select: &Select) -> Option<String> {
    let FromItem::Table(table) = &select.from else { return None };
    if table.alias.is_some() || !select.with.is_empty() || !select.joins.is_empty() {
        return None;
    }
    let mut text = format!("{}::select({})", table.model?.model, tuple(select.items.iter().map(|item| &item.expr))?);
    if let Some(filter) = &select.filter {
        text += &format!(".filter({})", expr(filter)?);
    }
    if !select.group_by.is_empty() {
        text += &format!(".group_by({})", tuple(select.group_by.iter())?);
    }
    if let Some(having) = &select.having {
        text += &format!(".having({})", expr(having)?);
    }
    match &select.distinct {
        Distinct::No => {}
        Distinct::Rows => text += ".distinct()",
        _ => return None,
    }
    for item in &select.order_by {
        text += &format!(".order_by({})", order(item)?);
    }
    for (name, rows) in [("limit", select.limit), ("offset", select.offset)] {
        if let Some(rows) = rows {
            text += &format!(".{name}({rows})");
        }
    }
    Some(text)
}

fn tuple<'e>(items: impl Iterator<Item = &'e Expr>) -> Option<String> {
    let items: Vec<_> = items.map(expr).collect::<Option<_>>()?;
    Some(if items.len() == 1 { items.concat() } else { format!("({})", items.join(", ")) })
}

fn order(item: &OrderBy) -> Option<String> {
    let direction = if item.direction == Direction::Asc { "asc" } else { "desc" };
    let nulls = match item.nulls {
        Nulls::Smallest => "",
        Nulls::First => ".nulls_first()",
        Nulls::Last => ".nulls_last()",
        _ => return None,
    };
    Some(format!("{}.{direction}(){nulls}", expr(&item.expr)?))
}

/// An expression that methods can be called on.
fn expr(node: &Expr) -> Option<String> {
    Some(match node {
        Expr::Column(column) if column.outer => format!("outer({})", name(&column.table, &column.name)?),
        Expr::Column(column) => name(&column.table, &column.name)?,
        Expr::Value(value) => format!("literal({})", literal(value)?),
        Expr::Compare(left, op, right) => format!("{}.{}({})", expr(left)?, comparison(*op)?, operand(right)?),
        Expr::Arithmetic(left, op, right) => format!("({} {} {})", expr(left)?, sign(*op)?, operand(right)?),
        Expr::And(all) if !all.is_empty() => joined(all, " & ")?,
        Expr::Or(any) if !any.is_empty() => joined(any, " | ")?,
        Expr::Not(inner) => format!("!({})", expr(inner)?),
        Expr::IsNull(inner) => format!("{}.is_null()", expr(inner)?),
        Expr::Between(inner, low, high) => format!("{}.between({}, {})", expr(inner)?, operand(low)?, operand(high)?),
        Expr::In(inner, Set::Values(_, values)) => {
            let values: Vec<_> = values.iter().map(literal).collect::<Option<_>>()?;
            format!("{}.is_in(vec![{}])", expr(inner)?, values.join(", "))
        }
        Expr::In(inner, Set::Query(inside)) => format!("{}.is_in({})", expr(inner)?, query(&inside.select)?),
        Expr::Exists(inside) => format!("exists({})", query(&inside.select)?),
        Expr::Subquery(inside) => format!("subquery({})", query(&inside.select)?),
        Expr::Like(inner, pattern) => {
            let verb = if pattern.ignore_case { "ilike" } else { "like" };
            format!("{}.{verb}({:?})", expr(inner)?, pattern.pattern)
        }
        Expr::Aggregate(Aggregate::Count, None) => "count_rows()".to_owned(),
        Expr::Aggregate(function, Some(inner)) => format!("{}.{}()", expr(inner)?, aggregate(*function)?),
        Expr::Call(function, arguments) => call(*function, arguments)?,
        Expr::Json(inner, steps, kind) => {
            let steps: Vec<_> = steps.iter().map(json_step).collect();
            format!("{}.json::<{}>(Vec::<JsonStep>::from([{}]))", expr(inner)?, json_type(*kind)?, steps.join(", "))
        }
        Expr::JsonContains(inner, other) => format!("{}.json_contains({})", expr(inner)?, operand(other)?),
        Expr::DatePart(part, inner) => format!("{}.{}()", expr(inner)?, date_part(*part)?),
        Expr::Case(case) => {
            let mut text = "case()".to_owned();
            for (when, value) in &case.arms {
                text += &format!(".when({}, {})", expr(when)?, operand(value)?);
            }
            match &case.otherwise {
                Some(otherwise) => format!("{text}.otherwise({})", operand(otherwise)?),
                None => format!("{text}.or_null()"),
            }
        }
        _ => return None,
    })
}

/// An argument: a value stands for itself.
fn operand(node: &Expr) -> Option<String> {
    if let Expr::Value(value) = node { literal(value) } else { expr(node) }
}

fn joined(all: &[Expr], by: &str) -> Option<String> {
    let all: Vec<_> = all.iter().map(expr).collect::<Option<_>>()?;
    Some(format!("({})", all.join(by)))
}

/// The model of a generated table has the name of its first letter.
fn name(table: &str, column: &str) -> Option<String> {
    let letter = table.chars().next().filter(|letter| ['a', 'b', 'c'].contains(letter))?;
    Some(format!("{}::{}", letter.to_uppercase(), column.to_uppercase()))
}

fn call(function: Function, arguments: &[Expr]) -> Option<String> {
    let first = expr(arguments.first()?)?;
    Some(match function {
        Function::Lower => format!("{first}.lower()"),
        Function::Upper => format!("{first}.upper()"),
        Function::Length => format!("{first}.length()"),
        Function::Concat => format!("{first}.concat({})", operand(arguments.get(1)?)?),
        Function::Coalesce => format!("{first}.coalesce({})", operand(arguments.get(1)?)?),
        _ => return None,
    })
}

fn comparison(op: Compare) -> Option<&'static str> {
    Some(match op {
        Compare::Eq => "eq",
        Compare::Ne => "ne",
        Compare::Lt => "lt",
        Compare::Le => "le",
        Compare::Gt => "gt",
        Compare::Ge => "ge",
        _ => return None,
    })
}

fn sign(op: Arithmetic) -> Option<&'static str> {
    Some(match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Remainder => "%",
        _ => return None,
    })
}

fn aggregate(function: Aggregate) -> Option<&'static str> {
    Some(match function {
        Aggregate::Count => "count",
        Aggregate::CountDistinct => "count_distinct",
        Aggregate::Sum => "sum",
        Aggregate::Avg => "avg",
        Aggregate::Min => "min",
        Aggregate::Max => "max",
        _ => return None,
    })
}

fn json_step(step: &JsonStep) -> String {
    match step {
        JsonStep::Key(key) => format!("{key:?}.into()"),
        JsonStep::Index(index) => format!("{index}.into()"),
        _ => String::new(),
    }
}

fn json_type(kind: JsonKind) -> Option<&'static str> {
    Some(match kind {
        JsonKind::Text => "String",
        JsonKind::Integer => "i64",
        JsonKind::Float => "f64",
        JsonKind::Bool => "bool",
        _ => return None,
    })
}

fn date_part(part: DatePart) -> Option<&'static str> {
    Some(match part {
        DatePart::Year => "year",
        DatePart::Month => "month",
        DatePart::Day => "day",
        DatePart::Weekday => "weekday",
        DatePart::Hour => "hour",
        DatePart::Minute => "minute",
        DatePart::Second => "second",
        DatePart::Date => "date",
        _ => return None,
    })
}

/// A value as Rust writes it. The program fails where a text cannot be parsed, so `?` is enough.
pub(crate) fn literal(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null(ty) => format!("None::<{}>", rust(*ty)?),
        Value::Bool(value) => value.to_string(),
        Value::I16(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::F32(value) => format!("{value:?}_f32"),
        Value::F64(value) => format!("{value:?}"),
        Value::Text(value) => format!("{value:?}.to_owned()"),
        Value::Bytes(value) => format!("vec!{value:?}"),
        Value::Decimal(value) => format!("dec!({value})"),
        Value::Date(value) => parsed(&value.to_string(), "NaiveDate"),
        Value::Time(value) => parsed(&value.to_string(), "NaiveTime"),
        Value::DateTime(value) => parsed(&format!("{value:?}"), "NaiveDateTime"),
        Value::Timestamp(value) => parsed(&value.to_rfc3339(), "DateTime<Utc>"),
        Value::Json(text) => format!("serde_json::json!({text})"),
        Value::Uuid(value) => parsed(&value.to_string(), "Uuid"),
        _ => return None,
    })
}

fn parsed(text: &str, ty: &str) -> String {
    format!("{text:?}.parse::<{ty}>().unwrap()")
}

fn rust(ty: ValueType) -> Option<&'static str> {
    Some(match ty {
        ValueType::Bool => "bool",
        ValueType::I16 => "i16",
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
        ValueType::F32 => "f32",
        ValueType::F64 => "f64",
        ValueType::Text => "String",
        ValueType::Bytes => "Vec<u8>",
        ValueType::Decimal => "Decimal",
        ValueType::Uuid => "Uuid",
        ValueType::Json => "serde_json::Value",
        ValueType::Date => "NaiveDate",
        ValueType::Time => "NaiveTime",
        ValueType::DateTime => "NaiveDateTime",
        ValueType::Timestamp => "DateTime<Utc>",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use activerecord_core::statement::{ColumnExpr, TableRef};
    use activerecord_core::{Stored, TableDef};

    use super::*;

    #[test]
    fn a_query_is_a_program() {
        static A: TableDef = TableDef::of::<u8>("A", "a7", "primary");
        let column = |name: &'static str, ty| {
            let (table, stored) = ("a7".into(), Stored::Default);
            Expr::Column(ColumnExpr { table, outer: false, name: name.into(), ty, nullable: true, stored })
        };
        let (id, text) = (column("id", ValueType::I64), column("t1", ValueType::Text));
        let is = Expr::Compare(Box::new(text.clone()), Compare::Eq, Box::new(Expr::Value(Value::Text("a\"".into()))));
        let mut select = Select::from(FromItem::Table(TableRef::from(&A)));
        select.items = vec![text.clone().into(), Expr::Aggregate(Aggregate::Max, Some(Box::new(id.clone()))).into()];
        select.filter = Some(Expr::Not(Box::new(is)));
        select.group_by = vec![text];
        select.order_by = vec![OrderBy { expr: id, direction: Direction::Desc, nulls: Nulls::Last }];
        select.limit = Some(2);
        let expected = "A::select((A::T1, A::ID.max())).filter(!(A::T1.eq(\"a\\\"\".to_owned()))).group_by(A::T1)\
                        .order_by(A::ID.desc().nulls_last()).limit(2)";
        assert_eq!(query(&select).as_deref(), Some(expected));
    }
}
