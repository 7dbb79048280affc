use activerecord::prelude::*;

#[derive(ActiveRecord)]
struct User {
    id: i64,
    #[column = "mail"]
    email: String,
    r#type: Option<String>,
}

#[derive(Projection)]
#[model(User)]
#[expect(dead_code, reason = "only its columns matter here")]
struct UserEmail {
    r#type: Option<String>,
    email: String,
}

#[derive(Projection)]
#[model(super::projection::User)]
#[expect(dead_code, reason = "only its columns matter here")]
struct UserId {
    id: i64,
}

#[test]
fn a_projection_reads_its_columns_in_its_order() {
    let (sql, _) = User::query().select_as::<UserEmail>().to_sql("sqlite").unwrap();
    assert_eq!(sql, r#"SELECT "type", "mail" FROM "users""#);
    let (sql, _) = User::query().select_as::<UserId>().to_sql("sqlite").unwrap();
    assert_eq!(sql, r#"SELECT "id" FROM "users""#);
}
