//! How the client fetches a robots.txt: like everything else, except that robots.txt is not checked first.

use copydesk_core::link;
use url::Url;

use super::{
    super::{
        Failure, Reason,
        body::Excess,
        headers,
        redirect::{Chain, is_redirect},
        robots::{self, Loaded},
    },
    Inner, location,
};
use crate::config::Route;

impl Inner {
    /// Loads the file, along a route within its own origin.
    pub(super) async fn load_robots(&self, file: Url, route: &Route) -> Loaded {
        let home = file.origin();
        let mut chain = Chain::new(file, robots::MAX_REDIRECTS, self.config.allow_downgrade);
        let mut left = self.config.request_within;
        loop {
            let asked = async {
                let route = if chain.current().origin() == home { route } else { &Route::Usual };
                let egress = self.connections.egress(route).await?;
                self.ask(&egress, chain.current().clone(), headers::offered(None), None, left).await
            };
            let answer = match asked.await {
                Ok(answer) => answer,
                Err(failure) => return Loaded::Unreachable(failure),
            };
            let status = answer.response.status();
            if status.is_success() {
                let fresh_for = headers::fresh_for(answer.response.headers(), (self.clock)());
                return match self.read(answer, robots::MAX_BYTES, Excess::IsCut).await {
                    Ok(body) => Loaded::File(body, fresh_for),
                    Err(failure) => Loaded::Unreachable(failure),
                };
            }
            let followed =
                is_redirect(status).then(|| chain.follow(status, location(answer.response.headers()).as_deref()));
            left = left.saturating_sub(answer.begun.elapsed());
            let back_off = answer.back_off;
            self.discard(answer).await;
            return match (followed, status.as_u16()) {
                (Some(Ok(())), _) => continue,
                (None, 429 | 500..) => Loaded::Unreachable(Failure {
                    status: Some(status.as_u16()),
                    retry_after: back_off,
                    host: back_off.map(|_| link::host(chain.current())),
                    ..Failure::new(
                        if back_off.is_some() { Reason::Busy } else { Reason::ServerError },
                        format!("status {status}"),
                    )
                }),
                // this includes redirects that are too many, or lead nowhere (RFC 9309 section 2.3.1.2)
                _ => Loaded::Unavailable,
            };
        }
    }
}
