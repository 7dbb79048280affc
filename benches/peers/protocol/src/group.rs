use std::collections::HashMap;

use crate::{CommentFields, PostFields, UserFields};

/// Groups posts by user and comments by post, in the order in which they were read. For contestants whose library has
/// no grouping.
pub fn group<U: UserFields, P: PostFields, C: CommentFields>(
    users: Vec<U>,
    posts: Vec<P>,
    comments: Vec<C>,
) -> Vec<(U, Vec<(P, Vec<C>)>)> {
    let posts = with_children(posts, comments, |post| post.fields().0, |comment| comment.fields().1);
    with_children(users, posts, |user| user.fields().0, |(post, _)| post.fields().1)
}

fn with_children<P, C>(
    parents: Vec<P>,
    children: Vec<C>,
    key: impl Fn(&P) -> i64,
    parent: impl Fn(&C) -> i64,
) -> Vec<(P, Vec<C>)> {
    let mut by_parent: HashMap<i64, Vec<C>> = HashMap::with_capacity(parents.len());
    for child in children {
        by_parent.entry(parent(&child)).or_default().push(child);
    }
    let with = |parent| {
        let children = by_parent.remove(&key(&parent)).unwrap_or_default();
        (parent, children)
    };
    parents.into_iter().map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Comment, Post, User};

    #[test]
    fn each_child_comes_to_its_parent() {
        let posts = vec![Post::nth(1, 2), Post::nth(2, 1), Post::nth(3, 2)];
        let comments = vec![Comment::nth(7, 3), Comment::nth(8, 1)];
        let grouped = group(vec![User::nth(1), User::nth(2), User::nth(3)], posts, comments);
        let keys: Vec<(i64, Vec<(i64, usize)>)> = grouped
            .iter()
            .map(|(user, posts)| (user.id, posts.iter().map(|(post, comments)| (post.id, comments.len())).collect()))
            .collect();
        assert_eq!(keys, [(1, vec![(2, 0)]), (2, vec![(1, 1), (3, 1)]), (3, vec![])]);
    }
}
