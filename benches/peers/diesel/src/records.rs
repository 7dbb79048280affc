//! The tables and records, as Diesel derives them; diesel-async includes this file as well.

use diesel::prelude::*;
use diesel::sql_types::Text;
use protocol::{Change, Row};

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        hair_color -> Nullable<Text>,
    }
}

diesel::table! {
    posts (id) {
        id -> BigInt,
        user_id -> BigInt,
        title -> Text,
        body -> Nullable<Text>,
    }
}

diesel::table! {
    comments (id) {
        id -> BigInt,
        post_id -> BigInt,
        text -> Text,
    }
}

diesel::joinable!(posts -> users (user_id));
diesel::joinable!(comments -> posts (post_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts, comments);

#[derive(AsChangeset, Identifiable, Queryable, Selectable)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) hair_color: Option<String>,
}

#[derive(Associations, Identifiable, Queryable, Selectable)]
#[diesel(table_name = posts, belongs_to(User))]
pub(crate) struct Post {
    pub(crate) id: i64,
    pub(crate) user_id: i64,
    pub(crate) title: String,
    pub(crate) body: Option<String>,
}

#[derive(Associations, Identifiable, Queryable, Selectable)]
#[diesel(table_name = comments, belongs_to(Post))]
pub(crate) struct Comment {
    pub(crate) id: i64,
    pub(crate) post_id: i64,
    pub(crate) text: String,
}

protocol::records!(User, Post, Comment);

/// Writes a missing colour as NULL instead of the column's default, so that a batch is one statement.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct NewUser {
    name: String,
    hair_color: Option<String>,
}

#[derive(QueryableByName)]
pub(crate) struct OneText {
    #[diesel(sql_type = Text)]
    pub(crate) text: String,
}

pub(crate) fn new_users(rows: &[Row]) -> Vec<NewUser> {
    rows.iter().map(|row| NewUser { name: row.name.clone(), hair_color: row.hair_color.clone() }).collect()
}

pub(crate) fn changed(change: &Change) -> User {
    User { id: change.id, name: change.name.clone(), hair_color: change.hair_color.clone() }
}

/// Groups posts by user and comments by post with Diesel's grouping.
pub(crate) fn grouped(
    users: Vec<User>,
    posts: Vec<Post>,
    comments: Vec<Comment>,
) -> Vec<(User, Vec<(Post, Vec<Comment>)>)> {
    let comments = comments.grouped_by(&posts);
    let posts = posts.into_iter().zip(comments).grouped_by(&users);
    users.into_iter().zip(posts).collect()
}
