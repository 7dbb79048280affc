mod database {
    pub(crate) use activerecord as orm;
}

/// The module that the default path would find.
mod activerecord {}

use database::orm::prelude::*;

#[derive(ActiveEnum)]
#[activerecord(crate = super::renamed_crate::database::orm)]
enum Status {
    Active,
}

#[derive(ActiveRecord)]
#[activerecord(crate = "super::renamed_crate::database::orm")]
struct User {
    id: i64,
    status: Status,
}

#[derive(Projection)]
#[activerecord(crate = super::renamed_crate::database::orm)]
#[model(User)]
#[expect(dead_code, reason = "only its columns matter here")]
struct UserId {
    id: i64,
}

#[test]
fn the_crate_may_have_another_path() {
    let ids = User::filter(User::STATUS.eq(Status::Active)).select_as::<UserId>();
    let (sql, binds) = ids.to_sql("sqlite").unwrap();
    assert_eq!(sql, r#"SELECT "id" FROM "users" WHERE "status" = ?"#);
    assert_eq!(binds, params!["active"]);
}
