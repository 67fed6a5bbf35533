//! First fit: the first server, in order, with room for everything.

use super::cluster::Server;
use super::request::Demand;

/// The position of the server that gets the task: the preferred one if it has room, else the
/// first that has. A draining server gets nothing. One pass, so linear in the servers.
pub fn first_fit(servers: &[Server], demand: &Demand, preferred: Option<usize>) -> Option<usize> {
    let has_room = |server: &Server| !server.drain && demand.fits(server);
    let preferred = preferred.filter(|&index| servers.get(index).is_some_and(has_room));
    preferred.or_else(|| servers.iter().position(has_room))
}
