//! The contents of the tables, which are a function of the key.

use crate::{Comment, Post, User, Workload};

/// The number of posts of a user, and of comments on a post ([`Workload::Associations`]).
pub(crate) const CHILDREN: i64 = 10;

/// A user to insert; the database chooses the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// A text.
    pub name: String,
    /// A text, missing in every fourth row.
    pub hair_color: Option<String>,
}

impl Row {
    /// The row with a key.
    pub(crate) fn nth(id: i64) -> Self {
        let User { name, hair_color, .. } = User::nth(id);
        Self { name, hair_color }
    }
}

impl User {
    /// The user with a key. Every second user has black hair.
    pub(crate) fn nth(id: i64) -> Self {
        let hair_color = match id % 4 {
            1 | 3 => Some("black".to_owned()),
            2 => Some("brown".to_owned()),
            _ => None,
        };
        Self { id, name: format!("User {id}"), hair_color }
    }
}

impl Post {
    /// The post with a key. Every second post has no body.
    pub(crate) fn nth(id: i64, user_id: i64) -> Self {
        let body = (id % 2 == 0).then(|| format!("What post {id} says"));
        Self { id, user_id, title: format!("Post {id} by user {user_id}"), body }
    }
}

impl Comment {
    pub(crate) fn nth(id: i64, post_id: i64) -> Self {
        Self { id, post_id, text: format!("Comment {id} on post {post_id}") }
    }
}

/// The users of a workload's table, by key.
pub(crate) fn users(workload: Workload) -> impl Iterator<Item = User> {
    keys(workload.table_rows()).map(User::nth)
}

/// The posts of a workload's table: [`CHILDREN`] of every user, or one of every second user with black hair.
pub(crate) fn posts(workload: Workload) -> Vec<Post> {
    let users = keys(workload.table_rows());
    match workload {
        Workload::Join(_) => users.filter(|id| id % 4 == 1).map(|id| Post::nth(id, id)).collect(),
        Workload::Associations => children(users).map(|(id, user)| Post::nth(id, user)).collect(),
        _ => Vec::new(),
    }
}

/// The comments of a workload's table: [`CHILDREN`] on every post.
pub(crate) fn comments(workload: Workload) -> Vec<Comment> {
    match workload {
        Workload::Associations => {
            let posts = keys(workload.table_rows() * CHILDREN as u64);
            children(posts).map(|(id, post)| Comment::nth(id, post)).collect()
        }
        _ => Vec::new(),
    }
}

/// The key of each child, with the key of its parent.
fn children(parents: impl Iterator<Item = i64>) -> impl Iterator<Item = (i64, i64)> {
    parents.flat_map(|parent| (1..=CHILDREN).map(move |n| ((parent - 1) * CHILDREN + n, parent)))
}

fn keys(rows: u64) -> impl Iterator<Item = i64> {
    1..=rows as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_numbered_through() {
        let all: Vec<_> = children(keys(2)).collect();
        assert_eq!(all.len(), 20);
        assert_eq!((all[0], all[9], all[10], all[19]), ((1, 1), (10, 1), (11, 2), (20, 2)));
    }

    #[test]
    fn half_of_the_users_with_black_hair_have_a_post() {
        let workload = Workload::Join(100);
        let black: Vec<_> = users(workload).filter(|user| user.hair_color.as_deref() == Some("black")).collect();
        assert_eq!(black.len(), 50);
        assert_eq!(posts(workload).len(), 25);
        assert!(posts(workload).iter().all(|post| black.iter().any(|user| user.id == post.user_id)));
    }
}
