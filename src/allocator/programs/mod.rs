//! Programs that gpumgr keeps running on a task, and that grow and shrink.

mod caps;
mod program;
mod record;
mod scale;
mod yielding;

pub use caps::{Cap, Caps, OverCap};
pub(super) use caps::{Held, check_asked, over};
pub use program::{Phase, Program, attach, give_up, let_go, note_program, stop_program};
pub use record::{AutoEnd, AutoProgram, note_end, note_room, note_start, record_end};
pub use scale::{Scale, Scaling, grow, shrink, wanted};
pub use yielding::{Yield, yielding};
