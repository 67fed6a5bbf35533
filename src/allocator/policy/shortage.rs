//! Why no server has room for a request.

use crate::allocator::model::cards::GpuKind;
use crate::allocator::model::demand::Demand;
use crate::allocator::model::outlook::Unavailable;
use crate::allocator::model::refusal::{GpuStock, Nearest, Refusal, Shortage, TooMuch};
use crate::allocator::model::request::Request;
use crate::allocator::model::server::Server;

pub(in crate::allocator) fn could_fit_somewhere(servers: &[Server], request: &Request) -> bool {
    let can = |server: &Server| request.is_at_home_on(server) && request.demand.could_fit(server);
    servers.iter().any(can)
}

/// Room will come some day, or never.
pub(in crate::allocator) fn why_not(servers: &[Server], request: &Request) -> Refusal {
    let demand = &request.demand;
    let can = |server: &&Server| request.is_at_home_on(server) && demand.could_fit(server);
    if !could_fit_somewhere(servers, request) {
        return Refusal::impossible(servers, request);
    }
    let open = servers
        .iter()
        .enumerate()
        .filter(|(_, server)| request.may_run_on(server));
    let nearest = open.min_by_key(|(_, server)| demand.lacking_on(server));
    let nearest = nearest.map(|(id, server)| Nearest::new(id, server, demand));
    let mut draining = servers
        .iter()
        .filter(|server| server.drain && can(server) && demand.fits(server));
    let mut withheld = servers
        .iter()
        .filter(|server| request.may_run_on(server))
        .filter_map(|server| Unavailable::from(server, demand));
    Refusal::Insufficient(Box::new(Shortage {
        demand: demand.clone(),
        nearest,
        draining: draining.next().map(|server| server.name.clone()),
        withheld: withheld.next(),
    }))
}

impl Nearest {
    pub(in crate::allocator) fn new(server_id: usize, server: &Server, demand: &Demand) -> Self {
        let (lacks_gpus, lacks_cpus) = demand.lacking_on(server);
        Self {
            server_id,
            server_name: server.name.clone(),
            free_gpus: demand.kind.among(&server.cards, &server.grantable()).len(),
            free_cpus: server.free_cpus,
            lacks_gpus,
            lacks_cpus,
            taken: demand.taken_on(server).collect(),
        }
    }
}

impl Refusal {
    pub(in crate::allocator) fn impossible(servers: &[Server], request: &Request) -> Self {
        let at_home = || {
            servers
                .iter()
                .filter(|server| request.is_at_home_on(server))
        };
        let elsewhere = at_home().count() < servers.len();
        Self::Impossible(Box::new(TooMuch {
            demand: request.demand.clone(),
            gpus: at_home().map(|server| server.total_gpus).max().unwrap_or(0),
            cpus: at_home().map(|server| server.total_cpus).max().unwrap_or(0),
            host: request.host.clone().filter(|_| elsewhere),
            stock: if request.demand.kind == GpuKind::default() {
                Vec::new()
            } else {
                GpuStock::of(at_home())
            },
        }))
    }
}
