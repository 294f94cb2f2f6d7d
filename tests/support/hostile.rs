//! A server of raw sockets that does what no honest server would.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What the server does after it has read a request's head.
#[derive(Debug, Clone)]
pub(crate) enum Behaviour {
    /// Sends bytes and closes.
    Says(Vec<u8>),
    /// Sends bytes, and then others again and again.
    Repeats(Vec<u8>, Vec<u8>),
    /// The same, with a pause before each.
    Drips(Vec<u8>, Vec<u8>, Duration),
    /// Sends bytes and then nothing, without closing.
    Stalls(Vec<u8>),
    /// Sends bytes and resets the connection.
    Resets(Vec<u8>),
    /// Says nothing, and does not even listen.
    Accepts,
    /// Sends bytes once something came, all at once or one by one with a pause before each, and then nothing more.
    Greets(Vec<u8>, Duration),
    /// Sends bytes, and others after a pause, as often as it is asked over the same connection: an honest server whose
    /// bytes do not come at once.
    Serves(Vec<u8>, Vec<u8>, Duration),
}

/// The server, on a port of its own; stops when dropped.
pub(crate) struct Hostile {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Hostile {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::start_at("127.0.0.1", behaviour).await
    }

    pub(crate) async fn start_at(host: &str, behaviour: Behaviour) -> Self {
        Self::listen((host, 0), behaviour).await.unwrap()
    }

    /// The same on a port that may be taken.
    pub(crate) async fn listen(address: (&str, u16), behaviour: Behaviour) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, SeqCst);
                // an error is the client's going away, which is what most cases are about
                open.spawn(answer(stream, behaviour.clone()));
            }
        });
        Ok(Self { address, connections, task })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a request's head; false where there is none.
async fn asked(stream: &mut TcpStream) -> std::io::Result<bool> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn answer(mut stream: TcpStream, behaviour: Behaviour) -> std::io::Result<()> {
    match &behaviour {
        Behaviour::Accepts => std::future::pending().await,
        Behaviour::Greets(bytes, pause) => return greet(stream, bytes, *pause).await,
        _ => {}
    }
    if !asked(&mut stream).await? {
        return Ok(());
    }
    match behaviour {
        Behaviour::Accepts | Behaviour::Greets(..) => unreachable!("they do not wait for a request"),
        Behaviour::Serves(first, rest, pause) => loop {
            stream.write_all(&first).await?;
            tokio::time::sleep(pause).await;
            stream.write_all(&rest).await?;
            if !asked(&mut stream).await? {
                return Ok(());
            }
        },
        Behaviour::Says(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await
        }
        Behaviour::Repeats(first, again) => {
            stream.write_all(&first).await?;
            loop {
                stream.write_all(&again).await?;
            }
        }
        Behaviour::Drips(first, again, pause) => {
            stream.write_all(&first).await?;
            loop {
                tokio::time::sleep(pause).await;
                stream.write_all(&again).await?;
            }
        }
        Behaviour::Stalls(first) => {
            stream.write_all(&first).await?;
            std::future::pending().await
        }
        Behaviour::Resets(first) => {
            stream.write_all(&first).await?;
            // lets what was sent arrive before the reset discards it
            tokio::time::sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger()
        }
    }
}

async fn greet(mut stream: TcpStream, bytes: &[u8], pause: Duration) -> std::io::Result<()> {
    stream.readable().await?;
    if pause.is_zero() {
        stream.write_all(bytes).await?;
    } else {
        for byte in bytes {
            tokio::time::sleep(pause).await;
            stream.write_all(&[*byte]).await?;
        }
    }
    std::future::pending().await
}
