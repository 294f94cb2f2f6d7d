//! A web server with a certificate of an authority of its own.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderName, Response, Version},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivatePkcs8KeyDer},
    },
};

/// Who vouches for certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a certificate says, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certificate {
    Good,
    Expired,
    OfAnotherName,
    SelfSigned,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Writes its own certificate where clients are told to look for it.
    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, &self.pem).unwrap();
    }

    fn issue(&self, kind: Certificate) -> (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>) {
        let name = if kind == Certificate::OfAnotherName { "elsewhere.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if kind == Certificate::Expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = match kind {
            Certificate::SelfSigned => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        (certificate.unwrap().into(), PrivatePkcs8KeyDer::from(key.serialize_der()))
    }
}

/// The server.
pub(crate) struct Secure {
    pub(crate) base: String,
    connections: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<(Version, String)>>>,
}

/// Status, headers and body for a path.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>, String);

impl Secure {
    /// Opens it, speaking one of these protocols (ALPN).
    pub(crate) async fn open(
        authority: &Authority,
        kind: Certificate,
        protocols: &[&str],
        answer: impl Fn(&str) -> Answer + Clone + Send + Sync + 'static,
    ) -> Self {
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let (certificate, key) = authority.issue(kind);
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key.into());
        let mut config = config.unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (connections, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let router = router(Arc::clone(&asked), answer);
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, SeqCst);
                let (acceptor, service) = (acceptor.clone(), TowerToHyperService::new(router.clone()));
                tokio::spawn(async move {
                    // who does not trust the certificate goes away
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let server = auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { base, connections, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Protocol and path of each request.
    pub(crate) fn asked(&self) -> Vec<(Version, String)> {
        self.asked.lock().unwrap().clone()
    }
}

fn router(
    log: Arc<Mutex<Vec<(Version, String)>>>,
    answer: impl Fn(&str) -> Answer + Clone + Send + Sync + 'static,
) -> Router {
    Router::new().fallback(move |request: Request| {
        let path = request.uri().path().to_owned();
        log.lock().unwrap().push((request.version(), path.clone()));
        let (status, headers, body) = answer(&path);
        async move {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(HeaderName::from_static(name), value);
            }
            response.body(Body::from(body)).unwrap()
        }
    })
}
