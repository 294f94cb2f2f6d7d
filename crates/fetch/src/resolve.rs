//! Names to addresses, once: the connector gets exactly what was checked.
//!
//! The client connects to the addresses this resolver returns and looks nothing up again, so an answer that changes
//! between check and connection (DNS rebinding) has no effect.

use std::{net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{
    address::{AllowedAddresses, Guard},
    lookup::Lookups,
};

/// Looks names up and returns only the addresses that may be reached.
#[derive(Debug, Clone)]
pub(super) struct Resolver {
    pub(super) lookups: Arc<Lookups>,
    pub(super) guard: Arc<Guard>,
    pub(super) allowed: AllowedAddresses,
    /// The proxy's name: the operator chose it, so it is not checked.
    pub(super) proxy: Option<String>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.lookups.find(name.as_str()).await?;
            // port 0: the connector sets the URL's port
            let mut usable: Vec<SocketAddr> = found.iter().map(|address| SocketAddr::new(*address, 0)).collect();
            let bare = |name: &str| name.strip_suffix('.').unwrap_or(name).to_owned();
            if resolver.proxy.as_deref().map(bare) == Some(bare(name.as_str())) {
                return Ok(Box::new(usable.into_iter()) as Addrs);
            }
            let mut refusal = None;
            usable.retain(|address| match resolver.guard.check_address(address.ip(), resolver.allowed) {
                Ok(()) => true,
                Err(why) => {
                    refusal = Some(why);
                    false
                }
            });
            match refusal {
                Some(refusal) if usable.is_empty() => Err(refusal.into()),
                _ => Ok(Box::new(usable.into_iter()) as Addrs),
            }
        })
    }
}
