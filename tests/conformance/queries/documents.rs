//! JSON: the members and elements at a path, its numbers, and documents that are equal or contain others.

use activerecord::prelude::*;
use activerecord::query::{case, row_number, window};
use activerecord::statement::JsonStep;
use serde_json::{Value, json};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq)]
struct Document {
    id: i64,
    data: Json<Value>,
}

async fn documents(documents: impl IntoIterator<Item = Value>) -> Result<test_support::Database> {
    let db = test_support::Database::new(["documents (id ID, data JSON NOT NULL)"]).await;
    let documents: Vec<_> = documents.into_iter().map(|data| Document { data: Json(data), id: 0 }).collect();
    with_connection(&db, async || Document::bulk_insert(&documents).await).await?;
    Ok(db)
}

/// One document with all keys, so that a key that finds another member is seen.
#[tokio::test]
async fn every_key_finds_its_member() -> Result<()> {
    let keys = [
        "",
        " ",
        "\"",
        "\"\"",
        "a\"b",
        "\"a\"",
        "a\\\"b",
        "\\",
        "\\\\",
        "a\\b",
        "\\u0041",
        "A",
        "'",
        "''",
        "a'b",
        ".",
        "a.b",
        "a",
        "$",
        "$.a",
        "[0]",
        "[*]",
        "0",
        "1-1",
        "*",
        "**",
        "#-1",
        "[#-1]",
        "@",
        "?",
        "??",
        "$1",
        "%",
        "\n",
        "\t",
        "\r",
        "\u{1}",
        "\u{1f}",
        "\u{7f}",
        "\u{e9}",
        "e\u{301}",
        "\u{1f600}",
        "\u{2028}",
        "{}",
        "{text}",
        "a b",
        "a]",
        "a--",
    ];
    let members: serde_json::Map<_, _> = (0..).zip(keys).map(|(n, key)| (key.to_owned(), json!(n))).collect();
    with_connection(&documents([json!({ "in": members, "x": [members] })]).await?, async || {
        for (n, key) in (0..).zip(keys) {
            let inside = Document::DATA.json::<i64>(["in", key]);
            assert_eq!(Document::select(inside).one().await?, Some(n), "{key:?}");
            let element = Document::DATA.json::<String>([JsonStep::from("x"), 0.into(), key.into()]);
            assert_eq!(Document::select(element).one().await?, Some(n.to_string()), "{key:?}");
            let below = Document::DATA.json::<i64>(["in", key, "a"]);
            assert_eq!(Document::select(below).one().await?, None, "{key:?}");
        }
        Ok(())
    })
    .await
}

/// A key enters only objects, and a position only arrays.
#[tokio::test]
async fn steps_enter_what_they_name() -> Result<()> {
    let (key, at) = (|key: &str| JsonStep::from(key), |index: u32| JsonStep::from(index));
    for (data, path, expected) in [
        (json!([5]), vec![at(0)], Some(5)),
        (json!([5]), vec![at(1)], None),
        (json!([5]), vec![at(u32::MAX)], None),
        (json!([5]), vec![key("0")], None),
        (json!([5]), vec![key("a")], None),
        (json!({ "0": 5 }), vec![at(0)], None),
        (json!({ "0": 5 }), vec![key("0")], Some(5)),
        (json!(5), vec![at(0)], None),
        (json!(5), vec![key("0")], None),
        (json!(5), vec![], Some(5)),
        (json!(null), vec![at(0)], None),
        (json!({ "a": 5 }), vec![key("a"), at(0)], None),
        (json!({ "a": 5 }), vec![at(0), key("a")], None),
        (json!([{ "a": 5 }]), vec![key("a")], None),
        (json!([{ "a": 5 }]), vec![at(0), key("a")], Some(5)),
        (json!([{ "a": 5 }]), vec![at(0), at(0), key("a")], None),
        (json!([[5]]), vec![at(0)], None),
        (json!([[5]]), vec![at(0), at(0)], Some(5)),
        (json!([[5]]), vec![at(0), at(0), at(0)], None),
        (json!({ "a": [{ "b": [1, 5] }] }), vec![key("a"), at(0), key("b"), at(1)], Some(5)),
        (json!({ "a": [{ "b": [1, 5] }] }), vec![key("a"), at(0), at(0), key("b"), at(1)], None),
    ] {
        with_connection(&documents([data.clone()]).await?, async || {
            let what = format!("{data} {path:?}");
            assert_eq!(Document::select(Document::DATA.json::<i64>(path.clone())).one().await?, expected, "{what}");
            let float = Document::DATA.json::<f64>(path.clone());
            assert_eq!(Document::select(float).one().await?, expected.map(|_| 5.0), "{what}");
            let text = Document::DATA.json::<String>(path.clone());
            assert_eq!(Document::filter(text.eq("5")).count().await?, u64::from(expected.is_some()), "{what}");
            assert_eq!(Document::select(Document::DATA.json::<bool>(path)).one().await?, None, "{what}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_key_that_mariadb_cannot_find_is_refused() -> Result<()> {
    with_connection(&documents([json!({ "-1": 5 })]).await?, async || {
        super::supported::refused(Document::select(Document::DATA.json::<i64>(["a", "-1"]))).await
    })
    .await
}

/// An integer has the digits of the document.
#[tokio::test]
async fn integers_have_the_digits_of_the_document() -> Result<()> {
    for (number, expected) in [
        (json!(1.234_567_890_123_456_8e18), Some(1_234_567_890_123_456_800)),
        (json!(-1.234_567_890_123_456_8e18), Some(-1_234_567_890_123_456_800)),
        (json!(9.2e18), Some(9_200_000_000_000_000_000)),
        (json!(9.223_372_036_854_776e18), None),
        (json!(-9.223_372_036_854_776e18), None),
        (json!(9_007_199_254_740_993.0), Some(9_007_199_254_740_992)),
        (json!(1.8e16), Some(18_000_000_000_000_000)),
        (json!(2_251_799_813_685_248.5), Some(2_251_799_813_685_248)),
        (json!(9_007_199_254_740_993_i64), Some(9_007_199_254_740_993)),
    ] {
        with_connection(&documents([json!({ "n": number })]).await?, async || {
            assert_eq!(Document::select(Document::DATA.json::<i64>("n")).one().await?, expected, "{number}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// The texts of documents that other programs wrote differ in spaces, in the order of members and in numbers.
#[tokio::test]
async fn documents_are_compared_by_their_content() -> Result<()> {
    for (one, other, equal) in [
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true),
        (r#"{"a": [1, 2]}"#, r#"{"a":[1,2]}"#, true),
        (r#"{"a":{"c":1,"b":2}}"#, r#"{"a":{"b":2,"c":1}}"#, true),
        ("1", "1.0", true),
        ("100", "1e2", true),
        ("[0.10]", "[0.1]", true),
        ("-0.0", "0", true),
        ("[1,2]", "[2,1]", false),
        ("1", "true", false),
        ("1", r#""1""#, false),
        ("9007199254740993", "9007199254740992", false),
        (r#"{"a":null}"#, "{}", false),
        (r#""a""#, r#""A""#, false),
        ("{}", "[]", false),
    ] {
        let db = documents([json!(0), json!(0)]).await?;
        for (id, text) in [(1, one), (2, other)] {
            connection(&db)?.execute(&format!("UPDATE documents SET data = '{text}' WHERE id = {id}"), []).await?;
        }
        with_connection(&db, async || {
            let what = format!("{one} {other}");
            let document = Json(serde_json::from_str::<Value>(other).unwrap_or_default());
            let count = 1 + u64::from(equal);
            assert_eq!(Document::filter(Document::DATA.eq(document.clone())).count().await?, count, "{what}");
            assert_eq!(Document::filter(Document::DATA.ne(document.clone())).count().await?, 2 - count, "{what}");
            assert_eq!(Document::filter(Document::DATA.is_in([document])).count().await?, count, "{what}");
            let first = Document::filter(Document::ID.eq(1)).select(Document::DATA);
            assert_eq!(Document::filter(Document::DATA.is_in(first)).count().await?, count, "{what}");
            let distinct = Document::select(Document::DATA.count_distinct());
            assert_eq!(distinct.one().await?, 3 - count, "{what}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn rows_are_not_partitioned_by_documents() -> Result<()> {
    with_connection(&documents([json!(1)]).await?, async || {
        let number = row_number().over(window().partition_by(Document::DATA).order_by(Document::ID.asc()));
        super::supported::refused(Document::select(number)).await
    })
    .await
}

/// An array contains its own elements, but not those of the arrays in it.
#[tokio::test]
async fn what_a_document_contains() -> Result<()> {
    for (data, other, expected) in [
        (json!([1, 2]), json!(2), true),
        (json!([[1, 2]]), json!(2), false),
        (json!([[1, 2]]), json!([1]), false),
        (json!([[1, 2]]), json!([[1]]), true),
        (json!([[1], [2]]), json!([[1, 2]]), false),
        (json!([1]), json!([[1]]), false),
        (json!([1, 2]), json!([2, 2, 1]), true),
        (json!(1), json!([1]), false),
        (json!(1), json!(1.0), true),
        (json!({ "a": [1] }), json!({ "a": 1 }), false),
        (json!({ "a": [1] }), json!({ "a": [1] }), true),
        (json!({ "a": [1] }), json!({ "a": [] }), true),
        (json!({ "a": [1] }), json!({ "a": {} }), false),
        (json!({ "a": { "b": 1, "c\"d": [{ "e": 2, "f": "x" }] } }), json!({ "a": { "c\"d": [{ "f": "x" }] } }), true),
        (json!({ "a": { "b": 1 } }), json!({ "b": 1 }), false),
        (json!([{ "a": 1 }, { "b": 2 }]), json!([{ "b": 2 }, { "a": 1 }]), true),
        (json!([{ "a": 1 }, { "b": 2 }]), json!([{ "a": 1, "b": 2 }]), false),
        (json!([{ "a": 1 }]), json!({ "a": 1 }), false),
        (json!([[1, [3]]]), json!([[3]]), false),
        (json!([[1, [3]]]), json!([[[3], 1]]), true),
        (json!([]), json!([]), true),
        (json!([]), json!({}), false),
        (json!(null), json!(null), true),
        (json!([null]), json!(null), true),
        (json!("a"), json!("A"), false),
    ] {
        let db = documents([data.clone()]).await?;
        with_connection(&db, async || {
            let contains = || Document::DATA.json_contains(other.clone());
            let found = Document::filter(contains()).count().await;
            match db.profile().capabilities.json_contains {
                true => {
                    assert_eq!(found?, u64::from(expected), "{data} {other}");
                    assert_eq!(Document::filter(!contains()).count().await?, u64::from(!expected), "{data} {other}");
                    // MariaDB refuses an aggregate inside the argument of another.
                    let counted = case::<i64>().when(contains(), 1).or_null().count();
                    assert_eq!(Document::select(counted).one().await?, u64::from(expected), "{data} {other}");
                    let set = Document::DATA.set(Json(data.clone()));
                    assert_eq!(Document::filter(contains()).update(set).await?, u64::from(expected), "{data} {other}");
                    assert_eq!(Document::filter(contains()).delete().await?, u64::from(expected), "{data} {other}");
                }
                false => assert!(found.is_err_and(|error| error.is_unsupported()), "{data} {other}"),
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
