//! Which server a request is granted on now.

use crate::allocator::model::cluster::Cluster;
use crate::allocator::model::lease::Lease;
use crate::allocator::model::limits::Limits;
use crate::allocator::model::request::Request;
use crate::allocator::model::time::Timestamp;
use crate::allocator::policy::first_fit::first_fit_where;
use crate::allocator::policy::reservation::Reservation;

/// First fit, but for what is kept for somebody else. The lease is what the task would live with
/// at first.
pub(in crate::allocator) fn choose(
    cluster: &Cluster,
    request: &Request,
    lease: Option<&Lease>,
    kept: &[Reservation],
    now: Timestamp,
    limits: &Limits,
) -> Option<usize> {
    let preferred = request
        .prefer
        .as_ref()
        .and_then(|asked| cluster.find_server(asked));
    first_fit_where(cluster.servers(), preferred, |index, server| {
        request.has_room_on(server)
            && !server.outlook.is_for_others_to_judge(lease)
            && !request.avoids(server, now)
            && kept.iter().all(|kept| {
                kept.server != index || !kept.is_delayed_by(request, lease, server, now, limits)
            })
    })
}
