//! First fit: the first server, in order, with room for everything.

use crate::allocator::model::demand::Demand;
use crate::allocator::model::server::Server;

/// The position of the server that gets the task: the preferred one if it has room, else the
/// first that has. A draining server gets nothing. One pass, so linear in the servers.
pub fn first_fit(servers: &[Server], demand: &Demand, preferred: Option<usize>) -> Option<usize> {
    first_fit_where(servers, preferred, |_, server| {
        !server.drain && demand.fits(server)
    })
}

/// The same with another idea of having room.
pub(in crate::allocator) fn first_fit_where(
    servers: &[Server],
    preferred: Option<usize>,
    has_room: impl Fn(usize, &Server) -> bool,
) -> Option<usize> {
    let has_room = |&index: &usize| {
        servers
            .get(index)
            .is_some_and(|server| has_room(index, server))
    };
    preferred
        .filter(has_room)
        .or_else(|| (0..servers.len()).find(has_room))
}
