//! The records of the three tables: as plain structs, for contestants that need no derives, and as traits.

/// Implements the traits for a contestant's own structs. Their fields have the names and types of the columns.
#[macro_export]
macro_rules! records {
    ($user:ty, $post:ty, $comment:ty) => {
        impl $crate::UserFields for $user {
            fn fields(&self) -> (i64, &str, Option<&str>) {
                (self.id, &self.name, self.hair_color.as_deref())
            }
        }

        impl $crate::PostFields for $post {
            fn fields(&self) -> (i64, i64, &str, Option<&str>) {
                (self.id, self.user_id, &self.title, self.body.as_deref())
            }
        }

        impl $crate::CommentFields for $comment {
            fn fields(&self) -> (i64, i64, &str) {
                (self.id, self.post_id, &self.text)
            }
        }
    };
}

/// A record of the table `users`.
pub trait UserFields {
    /// `id`, `name`, `hair_color`.
    fn fields(&self) -> (i64, &str, Option<&str>);
}

/// A record of the table `posts`.
pub trait PostFields {
    /// `id`, `user_id`, `title`, `body`.
    fn fields(&self) -> (i64, i64, &str, Option<&str>);
}

/// A record of the table `comments`.
pub trait CommentFields {
    /// `id`, `post_id`, `text`.
    fn fields(&self) -> (i64, i64, &str);
}

records!(User, Post, Comment);

/// A user.
#[allow(missing_docs, reason = "named as the columns")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub hair_color: Option<String>,
}

/// A post of a user.
#[allow(missing_docs, reason = "named as the columns")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub id: i64,
    pub user_id: i64,
    pub title: String,
    pub body: Option<String>,
}

/// A comment on a post.
#[allow(missing_docs, reason = "named as the columns")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: i64,
    pub post_id: i64,
    pub text: String,
}
