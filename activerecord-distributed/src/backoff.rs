//! How long to wait before something is tried again.

use std::time::Duration;

/// Pauses that double from `first` to `most`, each a random part of that: exponential backoff with full jitter, which keeps
/// those who failed together from coming back together (M. Brooker, "Exponential Backoff And Jitter", 2015).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
}

impl Backoff {
    /// Pauses of up to `first` before the second attempt, up to twice that before the third, and so on up to `most`.
    pub fn new(first: Duration, most: Duration) -> Self {
        Self { first, most }
    }

    /// The longest pause after attempt number `attempt`, from 1.
    pub fn longest(&self, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        doubled.min(self.most)
    }

    /// A pause after attempt number `attempt`, from 1.
    pub fn pause(&self, attempt: u32) -> Duration {
        self.longest(attempt).mul_f64(fastrand::f64())
    }
}

/// O8 of the fault matrix: the bounds of every pause.
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn o8_a_pause_stays_within_its_bounds(first in 0_u64..10_000, most in 0_u64..100_000, attempt in 0_u32..u32::MAX) {
            let backoff = Backoff::new(Duration::from_millis(first), Duration::from_millis(most));
            prop_assert!(backoff.pause(attempt) <= backoff.longest(attempt));
            prop_assert!(backoff.longest(attempt) <= Duration::from_millis(most));
            prop_assert!(backoff.longest(attempt) <= backoff.longest(attempt.saturating_add(1)));
        }
    }

    #[test]
    fn o8_pauses_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(3600));
        let longest: Vec<_> = [1, 2, 3, 12, 13, u32::MAX].map(|attempt| backoff.longest(attempt).as_secs()).into();
        assert_eq!(longest, [1, 2, 4, 2048, 3600, 3600]);
    }

    /// Full jitter: those who failed together do not come back together.
    #[test]
    fn o8_pauses_are_spread_over_all_of_their_range() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
        let pauses: Vec<_> = (0..1_000).map(|_| backoff.pause(1).as_millis()).collect();
        for tenth in 0..10 {
            let range = tenth * 100..(tenth + 1) * 100;
            assert!(pauses.iter().any(|pause| range.contains(pause)), "no pause of {range:?} ms");
        }
    }
}
