//! The only way from an instance to its broker, which a test can cut.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What becomes of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// They pass.
    Open,
    /// They are kept back, and delivered late: what a lost route does.
    Silent,
    /// Connections are closed, and new ones are refused: what a firewall does.
    Refused,
}

/// A TCP proxy.
pub(crate) struct Link {
    port: u16,
    traffic: watch::Sender<Traffic>,
}

impl Link {
    /// Leads to a port of this machine.
    pub(crate) async fn to(broker: u16) -> Link {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (traffic, seen) = watch::channel(Traffic::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *seen.borrow() != Traffic::Refused {
                    tokio::spawn(connect(client, broker, seen.clone()));
                }
            }
        });
        Link { port, traffic }
    }

    /// Where it begins.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, traffic: Traffic) {
        self.traffic.send_replace(traffic);
    }
}

async fn connect(client: TcpStream, broker: u16, seen: watch::Receiver<Traffic>) {
    // the broker may be frozen, and its queue full
    let broker = tokio::time::timeout(Duration::from_secs(10), TcpStream::connect(("127.0.0.1", broker))).await;
    let Ok(Ok(broker)) = broker else { return };
    let (client, broker) = (client.into_split(), broker.into_split());
    tokio::select! {
        () = pump(client.0, broker.1, seen.clone()) => {}
        () = pump(broker.0, client.1, seen) => {}
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut seen: watch::Receiver<Traffic>,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match seen.wait_for(|traffic| *traffic != Traffic::Silent).await {
            Ok(traffic) if *traffic == Traffic::Open => {}
            _ => return,
        }
        tokio::select! {
            read = from.read(&mut buffer) => {
                let Ok(length @ 1..) = read else { return };
                // what was read as the link fell silent waits with the rest
                if seen.wait_for(|traffic| *traffic != Traffic::Silent).await.is_err() {
                    return;
                }
                if to.write_all(&buffer[..length]).await.is_err() {
                    return;
                }
            }
            _ = seen.changed() => {}
        }
    }
}
