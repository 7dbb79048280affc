use crate::{CommentFields, PostFields, UserFields};

/// A checksum of the rows that a contestant has read, or the number of rows that it reports as written. Every
/// contestant computes it in the timed part, so that no read can be optimised away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    rows: u64,
    keys: i64,
    text: u64,
}

impl Tally {
    /// Counts a user that was read.
    pub fn user(&mut self, user: &impl UserFields) {
        let (id, name, hair_color) = user.fields();
        self.add_row(id, name.len() + 3 * hair_color.map_or(0, str::len));
    }

    /// Counts users that were read.
    pub fn users<'a>(&mut self, users: impl IntoIterator<Item = &'a (impl UserFields + 'a)>) {
        users.into_iter().for_each(|user| self.user(user));
    }

    /// Counts users with their joined posts. The checksum depends on the order.
    pub fn pairs<'a, U: UserFields + 'a, P: PostFields + 'a>(
        &mut self,
        pairs: impl IntoIterator<Item = &'a (U, Option<P>)>,
    ) {
        for (place, (user, post)) in (1..).zip(pairs) {
            self.user(user);
            self.keys += place * user.fields().0;
            post.iter().for_each(|post| self.post(user.fields().0, post));
        }
    }

    /// Counts users with their posts and the posts with their comments. The checksum depends on the parent of each.
    pub fn families<'a, U, P, C>(&mut self, users: impl IntoIterator<Item = &'a (U, Vec<(P, Vec<C>)>)>)
    where
        U: UserFields + 'a,
        P: PostFields + 'a,
        C: CommentFields + 'a,
    {
        for (user, posts) in users {
            self.user(user);
            for (post, comments) in posts {
                self.post(user.fields().0, post);
                comments.iter().for_each(|comment| self.comment(post.fields().0, comment));
            }
        }
    }

    /// Counts a post that was found under a user.
    pub fn post(&mut self, user: i64, post: &impl PostFields) {
        let (id, user_id, title, body) = post.fields();
        self.add_row(id * user + user_id, title.len() + 3 * body.map_or(0, str::len));
    }

    /// Counts a comment that was found under a post.
    pub fn comment(&mut self, post: i64, comment: &impl CommentFields) {
        let (id, post_id, text) = comment.fields();
        self.add_row(id * post + post_id, text.len());
    }

    /// Counts rows that were written.
    pub fn wrote(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// Adds another task's sum.
    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.keys += other.keys;
        self.text += other.text;
    }

    /// The tally of `n` operations that each have this tally.
    pub(crate) fn times(self, n: u64) -> Self {
        Self { rows: self.rows * n, keys: self.keys * n as i64, text: self.text * n }
    }

    fn add_row(&mut self, keys: i64, text: usize) {
        self.add(Self { rows: 1, keys, text: text as u64 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Comment, Post, User, group};

    fn tally(count: impl FnOnce(&mut Tally)) -> Tally {
        let mut tally = Tally::default();
        count(&mut tally);
        tally
    }

    #[test]
    fn the_order_of_pairs_counts() {
        let pairs = [(User::nth(1), Some(Post::nth(1, 1))), (User::nth(3), None)];
        let [first, second] = pairs.clone();
        assert_ne!(tally(|tally| tally.pairs(&pairs)), tally(|tally| tally.pairs(&[second, first])));
    }

    #[test]
    fn what_is_under_a_wrong_parent_counts_otherwise() {
        let (users, posts) = (vec![User::nth(1), User::nth(2)], [Post::nth(1, 1), Post::nth(2, 2)]);
        let right = group(users, posts.to_vec(), vec![Comment::nth(1, 1)]);
        let mut wrong = right.clone();
        let moved = wrong[0].1.remove(0);
        wrong[1].1.push(moved);
        assert_ne!(tally(|tally| tally.families(&right)), tally(|tally| tally.families(&wrong)));
    }
}
