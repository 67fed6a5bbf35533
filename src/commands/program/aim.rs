//! The next step for a program, and the reason of its end.

use crate::journal::How;

/// The next step of a supervisor for its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// It runs on.
    Stay,
    /// It is to be started anew, with the GPUs that the task has now.
    Change,
    /// It is to end.
    End(Why),
}

/// It is to end because its time is over.
pub(super) const LAPSED: Aim = Aim::End(Why::So(How::Lapsed));

/// Why a program has ended for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It did not even begin to run.
    AtOnce,
    /// As the log tells it.
    So(How),
}

impl Why {
    pub(super) fn how(self) -> How {
        match self {
            Self::AtOnce => How::Failed,
            Self::So(how) => how,
        }
    }
}
