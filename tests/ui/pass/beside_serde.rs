use activerecord::prelude::*;

use serde::{Deserialize, Serialize};

#[derive(ActiveRecord, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[hooks]
#[serde(rename_all = "camelCase")]
struct User {
    #[primary_key]
    key: Option<i64>,
    #[column = "full_name"]
    #[serde(default)]
    name: Option<String>,
    #[skip]
    score: f64,
}

impl Hooks for User {
    async fn before_save(&mut self) -> Result<()> {
        self.score = 1.0;
        Ok(())
    }
}

fn main() {
    let _ = User::filter(User::NAME.eq(None) | User::NAME.eq("x"));
}
