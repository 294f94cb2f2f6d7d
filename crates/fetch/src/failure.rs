//! What a connection's error means for the caller.

use std::{error::Error, io};

use super::{Failure, Reason, address::Refusal, body, governor::BackOff};

impl Failure {
    /// A failure without a response.
    pub(super) fn new(reason: Reason, detail: impl AsRef<str>) -> Self {
        Self { reason, status: None, detail: excerpt(detail.as_ref()), retry_after: None, host: None }
    }

    /// The same failure, about something else than what was requested.
    pub(super) fn of(mut self, what: &str) -> Self {
        self.detail = excerpt(&format!("{what}: {}", self.detail));
        self
    }
}

/// What a server sent, made fit to be shown: at most a few lines, and nothing that a terminal obeys.
fn excerpt(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(Reason::Forbidden, refusal.to_string())
    }
}

impl From<BackOff> for Failure {
    fn from(back_off: BackOff) -> Self {
        Self { retry_after: Some(back_off.0), ..Self::new(Reason::Busy, back_off.to_string()) }
    }
}

impl From<body::Fault> for Failure {
    fn from(fault: body::Fault) -> Self {
        let reason = match fault {
            body::Fault::TooLarge(_) => Reason::TooLarge,
            body::Fault::Slow(_) => Reason::Timeout,
            body::Fault::Encoding(_) => Reason::Malformed,
            body::Fault::Broken(_) => Reason::Connect,
        };
        Self::new(reason, fault.to_string())
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if let Some(refusal) = find::<Refusal>(&error) {
            return refusal.clone().into();
        }
        let reason = if find::<rustls::Error>(&error).is_some() {
            Reason::Tls
        } else if error.is_dns() {
            Reason::Dns
        } else if error.is_timeout() {
            Reason::Timeout
        } else if find::<hyper::Error>(&error).is_some_and(hyper::Error::is_parse) {
            Reason::Malformed
        } else {
            Reason::Connect
        };
        let cause = body::root_cause(&error);
        match reason {
            Reason::Malformed => Self::new(reason, format!("the response is not HTTP: {cause}")),
            _ => Self::new(reason, cause),
        }
    }
}

/// Whether a request did not even get a connection, for another reason than our own guard.
pub(super) fn is_without_connection(error: &reqwest::Error) -> bool {
    let met_somebody = find::<Refusal>(error).is_some() || find::<rustls::Error>(error).is_some();
    (error.is_connect() || error.is_dns()) && !met_somebody
}

/// Searches the causes of an error for one of a type. An [`io::Error`] hides its inner error from `source`.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    if let Some(found) = error.downcast_ref::<E>() {
        return Some(found);
    }
    let carried = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let next = match carried {
        Some(carried) => carried as &(dyn Error + 'static),
        None => error.source()?,
    };
    find(next)
}
