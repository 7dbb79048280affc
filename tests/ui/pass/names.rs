use activerecord::prelude::*;

mod models {
    use activerecord::prelude::*;

    #[derive(ActiveRecord)]
    pub struct HTTPLog {
        pub id: Uuid,
        pub r#type: String,
        secret: i32,
    }

    pub fn private() -> Predicate<HTTPLog> {
        HTTPLog::SECRET.eq(1)
    }
}

use models::HTTPLog;

fn main() {
    let _ = models::private();
    let (sql, _) = HTTPLog::select(HTTPLog::TYPE).to_sql("sqlite").unwrap();
    assert_eq!(sql, r#"SELECT "type" FROM "http_logs""#);
}
