//! A SOCKS5 proxy (RFC 1928) that answers in place of each host that is requested, and writes down which it was.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What a connection asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Name and password (RFC 1929), where it logged in.
    pub(crate) login: Option<(String, String)>,
    /// Host and port, the host as it was sent: a name or an address.
    pub(crate) target: String,
}

/// The proxy.
pub(crate) struct Socks {
    pub(crate) address: std::net::SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Socks {
    /// Opens it; each request through it gets this answer.
    pub(crate) async fn open(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&log), answer));
            }
        });
        Self { address, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, log: Arc<Mutex<Vec<Asked>>>, answer: &str) -> std::io::Result<()> {
    let [_version, methods] = take(&mut stream).await?;
    let mut offered = vec![0; usize::from(methods)];
    stream.read_exact(&mut offered).await?;
    let mut login = None;
    if offered.contains(&2) {
        stream.write_all(&[5, 2]).await?;
        let [_version] = take(&mut stream).await?;
        login = Some((text(&mut stream).await?, text(&mut stream).await?));
        stream.write_all(&[1, 0]).await?;
    } else {
        stream.write_all(&[5, 0]).await?;
    }
    let [_version, _connect, _reserved, kind] = take(&mut stream).await?;
    let host = match kind {
        1 => std::net::Ipv4Addr::from(take::<4>(&mut stream).await?).to_string(),
        4 => std::net::Ipv6Addr::from(take::<16>(&mut stream).await?).to_string(),
        _ => text(&mut stream).await?,
    };
    let port = u16::from_be_bytes(take(&mut stream).await?);
    log.lock().unwrap().push(Asked { login, target: format!("{host}:{port}") });
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

async fn take<const N: usize>(stream: &mut TcpStream) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A text with its length before it.
async fn text(stream: &mut TcpStream) -> std::io::Result<String> {
    let [length] = take(stream).await?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
