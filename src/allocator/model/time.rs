//! Moments.

/// A moment, with the offset it was written with.
pub type Timestamp = chrono::DateTime<chrono::FixedOffset>;
