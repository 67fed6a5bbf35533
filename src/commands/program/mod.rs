//! Programs that are kept running: started by `--start-program` or the monitor, looked after by a
//! supervisor, which is gpumgr started anew, apart from whoever started it.
//!
//! The supervisor holds the task's lease, as the gpumgr of a `--run` does, and so does the program. Who
//! wants something of it writes that into the state: GPUs that the task gets or is to leave, that it is
//! to stop. The supervisor sees that, and does it.

mod aim;
mod end;
mod hand_over;
mod instance;
mod launch;
mod logs;
mod order;
mod output;
mod start;
mod stop;
mod supervise;
mod take_over;

pub(crate) use order::{Order, SUPERVISE};
pub(crate) use start::Start;
pub(super) use take_over::runs_unattended;
