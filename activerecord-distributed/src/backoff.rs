//! Pauses between attempts.

use std::time::Duration;

/// Exponential backoff with full jitter: the longest pause doubles from `first` to `most`, and each pause is a random
/// part of it. The jitter spreads the retries of clients that failed together (M. Brooker, "Exponential Backoff And
/// Jitter", 2015).
///
/// ```
/// use std::time::Duration;
///
/// use activerecord::outbox::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
/// assert_eq!(backoff.longest(1), Duration::from_secs(1));
/// assert_eq!(backoff.longest(4), Duration::from_secs(8));
/// assert_eq!(backoff.longest(20), Duration::from_secs(60));
/// assert!(backoff.pause(4) <= Duration::from_secs(8));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    most: Duration,
}

impl Backoff {
    /// Pauses of up to `first` after attempt 1, up to twice that after attempt 2, and so on, never longer than `most`.
    pub fn new(first: Duration, most: Duration) -> Self {
        Self { first, most }
    }

    /// The longest pause after this attempt. Attempts count from 1.
    pub fn longest(&self, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        doubled.min(self.most)
    }

    /// This pause, but not longer than the longest.
    pub(crate) fn at_most(&self, pause: Duration) -> Duration {
        pause.min(self.most)
    }

    /// A random pause after this attempt, between zero and [`longest`](Self::longest). Attempts count from 1.
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
