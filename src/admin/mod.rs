//! Health, readiness, metrics and status over HTTP, for operators and their machines.
//!
//! Read-only: nothing here changes anything. Meant for a loopback or cluster-internal address, and only for clients
//! that use a name of ours.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
};
use tokio_util::sync::CancellationToken;

mod host;
mod metrics;
mod status;

pub use metrics::Metrics;
pub use status::{FeedStatus, Status};

/// A coordinator that does not answer a question within this time is considered hung.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The state of the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It has no state yet.
    Starting,
    /// Work is committed.
    Ready,
    /// Work is not committed at present, for this reason.
    Stalled(String),
    /// It is stopping.
    Stopping,
}

/// A question to the coordinator.
#[derive(Debug)]
pub enum Question {
    /// Does the coordinator answer?
    Alive(oneshot::Sender<()>),
    /// Sets the gauges.
    Measure(oneshot::Sender<()>),
    /// What is the status?
    Status(oneshot::Sender<Status>),
}

/// What the endpoints read.
#[derive(Debug, Clone)]
pub struct View {
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Readiness.
    pub health: watch::Receiver<Health>,
    /// Asks the coordinator for its status.
    pub questions: mpsc::Sender<Question>,
}

/// Binds the address, so that a fault is known before anything else starts.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Serves until `stop`, under the address and these names.
pub async fn serve(
    listener: TcpListener,
    names: &[String],
    view: View,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let names = Arc::new(host::Names::new(listener.local_addr()?, names));
    let router = Router::new()
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .with_state(view)
        .layer(middleware::from_fn_with_state(names, for_us));
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// Lets only requests through that name this server.
async fn for_us(State(names): State<Arc<host::Names>>, request: Request, next: Next) -> Response {
    if names.are_meant(request.uri(), request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::MISDIRECTED_REQUEST, "not a name of this server: see `admin_names`\n").into_response()
}

/// The status of the daemon that serves this address.
pub async fn ask_running(address: SocketAddr) -> std::io::Result<Status> {
    let (_, body) = get_once(address, "/status").await?;
    Ok(serde_json::from_slice(&body)?)
}

/// What the daemon that serves this address says of its health (`/healthz`) or readiness (`/readyz`): whether it is
/// good, and its text.
pub async fn probe(address: SocketAddr, path: &'static str) -> std::io::Result<(bool, String)> {
    let (is_good, body) = get_once(address, path).await?;
    Ok((is_good, String::from_utf8_lossy(&body).trim_end().to_owned()))
}

/// Whether the status code of the response is 200, and its body.
///
/// One HTTP/1.0 request, after which the server closes; a client library would add nothing.
async fn get_once(address: SocketAddr, path: &str) -> std::io::Result<(bool, Vec<u8>)> {
    let answered = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let is_good = answer.starts_with(b"HTTP/1.0 200 ") || answer.starts_with(b"HTTP/1.1 200 ");
        let body = answer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| answer.split_off(at + 4));
        Ok((is_good, body.unwrap_or_default()))
    };
    tokio::time::timeout(2 * ANSWER_WITHIN, answered).await?
}

/// Alive: the coordinator answers questions.
async fn healthy(State(view): State<View>) -> Response {
    match ask(&view, Question::Alive).await {
        Some(()) => (StatusCode::OK, "ok\n").into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the coordinator does not answer\n").into_response(),
    }
}

async fn ready(State(view): State<View>) -> Response {
    let (code, text) = match &*view.health.borrow() {
        Health::Ready => (StatusCode::OK, "ready".to_owned()),
        Health::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting: no state yet".to_owned()),
        Health::Stalled(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("stalled: {why}")),
        Health::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping".to_owned()),
    };
    (code, text + "\n").into_response()
}

async fn metrics(State(view): State<View>) -> Response {
    // counters are shown even if the coordinator hangs: that is when they are most needed
    let _ = ask(&view, Question::Measure).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], view.metrics.render()).into_response()
}

async fn status(State(view): State<View>) -> Response {
    match ask(&view, Question::Status).await {
        Some(status) => Json(status).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the coordinator does not answer\n").into_response(),
    }
}

async fn ask<T>(view: &View, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> Option<T> {
    let (reply, answer) = oneshot::channel();
    tokio::time::timeout(ANSWER_WITHIN, async {
        view.questions.send(question(reply)).await.ok()?;
        answer.await.ok()
    })
    .await
    .ok()
    .flatten()
}
