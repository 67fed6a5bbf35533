//! The end of a program: what it held is given back, and the end is told.

use super::aim::Why;
use super::instance::Ended;
use super::supervise::Supervisor;
use crate::allocator::{AutoEnd, detach_program, note_end, record_end, release_lease};
use crate::commands::change::Grants;
use crate::error::Error;
use crate::exit_code::Kind;
use crate::journal::{Deed, Event, How};
use crate::manager::now;
use crate::store::IfAbsent;
use std::time::Duration;

/// How often what could not be given back is tried again, with how the program ended: whoever acts next
/// could only tell that it did.
const TRY_AGAIN: Duration = Duration::from_secs(1);

impl Supervisor<'_> {
    pub(super) fn end(mut self, why: Why, ended: Ended) {
        if why == Why::So(How::Lost) {
            return self.lost();
        }
        loop {
            match self.give_back(why, ended) {
                Ok(()) => {
                    self.tell_end();
                    self.held.end();
                    return;
                }
                Err(error) if error.kind() == Kind::UnknownTask => return self.lost(),
                Err(_) => {
                    // Whoever started it need not wait for a full disk.
                    self.tell_end();
                    self.hear(TRY_AGAIN);
                }
            }
        }
    }

    /// What was there before a program that never began stays as it was.
    fn stays(&self, why: Why) -> bool {
        why == Why::AtOnce && self.found
    }

    fn give_back(&self, why: Why, exit: Ended) -> Result<(), Error> {
        let id = self.held.id.clone();
        let stays = self.stays(why);
        let given_back = self.manager.change_first(
            move |cluster, facts| match stays {
                true => detach_program(cluster, &id),
                false => {
                    let released = release_lease(cluster, &id)?;
                    if let Some(end) = why.how().recorded() {
                        note_end(cluster, &released.task, end, facts.now);
                    }
                    Ok(released)
                }
            },
            move |released, now| {
                let event = Event::new(Deed::End, now);
                let event = match stays {
                    true => event.holding(&released.task, &released.server_name),
                    false => event.giving_back(released),
                };
                let event = event.so(why.how());
                vec![Event { exit, ..event }]
            },
        );
        given_back.map(drop)
    }

    /// Somebody else gave it back.
    pub(super) fn lost(mut self) {
        if self.acquired {
            let name = self.name.clone();
            // A monitor would start it again if that cannot be saved.
            let _ = self
                .manager
                .change(IfAbsent::Fail, Grants::None, move |cluster, facts| {
                    record_end(cluster, &name, AutoEnd::Lost, facts.now);
                    Ok(())
                });
        }
        let event = Event::new(Deed::End, now()).about(&self.name);
        self.manager.note(vec![event.so(How::Lost)]);
        self.tell_end();
        self.held.end();
    }
}
