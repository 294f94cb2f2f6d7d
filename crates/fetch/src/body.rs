//! Bodies: read with a count of every byte, on the wire and decoded.
//!
//! A body may never end, come one byte per second, or grow a thousandfold when decoded. Reading stops at the first
//! limit it reaches. Must not know what a body means.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_compression::{tokio::bufread, zstd::DParameter};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, header};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _},
    time::{Instant, timeout_at},
};
use tokio_util::io::StreamReader;

use super::sniff::{self, Packing};
use crate::config;

/// A body that decodes to too many times its bytes on the wire is a bomb, once it is larger than this. Small bodies of
/// spaces have high ratios legitimately.
const RATIO_FROM: u64 = 1024 * 1024;

/// The first bytes of gzip (RFC 1952 section 2.3.1).
const GZIP: u8 = 0x1f;
/// How often a body may be packed that nothing calls packed.
const MOST_LAYERS: usize = 3;
/// Codings that we do not support. Every other name is a mistake (a charset, `none`, `binary`): the body is not
/// encoded.
const UNSUPPORTED: &[&str] = &[
    "aes128gcm",
    "bzip2",
    "compress",
    "dcb",
    "dcz",
    "exi",
    "lz4",
    "lzma",
    "pack200-gzip",
    "sdch",
    "snappy",
    "x-bzip2",
    "x-compress",
    "xz",
];

/// When a body has too many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// It is refused.
    Fails,
    /// Its beginning is good enough.
    IsCut,
}

/// What reading stops at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Bytes, decoded.
    pub(super) bytes: usize,
    /// Bytes on the wire.
    pub(super) wire: usize,
    /// What happens at too many bytes.
    pub(super) excess: Excess,
    /// When the whole body must be there.
    pub(super) deadline: Instant,
    /// Bytes per second, on the wire, below which a body is not worth its connection …
    pub(super) least_rate: u64,
    /// … once it has been slower for this long.
    pub(super) least_rate_after: Duration,
    /// The most that decoding may multiply the size.
    pub(super) ratio: u64,
    /// The largest window of zstd, as a power of two.
    pub(super) window_log: u32,
}

impl Limits {
    /// The limits of a configuration, for a body of this many bytes.
    pub(super) fn of(config: &config::Fetch, bytes: usize, excess: Excess, deadline: Instant) -> Self {
        Self {
            bytes,
            wire: match (excess, config.max_wire_bytes) {
                (Excess::Fails, Some(wire)) => wire.min(bytes),
                (Excess::Fails, None) | (Excess::IsCut, _) => bytes,
            },
            excess,
            deadline,
            least_rate: config.least_rate.max(1),
            least_rate_after: config.least_rate_after,
            ratio: config.max_ratio,
            window_log: config.max_window_bytes.max(1024).ilog2(),
        }
    }
}

/// Why a body cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// More bytes than the limit, or than a real encoder packs into so few.
    #[error("{0}")]
    TooLarge(String),
    /// The deadline, or the least rate.
    #[error("{0}")]
    Slow(&'static str),
    /// An encoding that is unknown, nested or broken.
    #[error("{0}")]
    Encoding(String),
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}

/// A body, decoded, and how many bytes it had on the wire.
pub(super) type Read = (Bytes, u64);

/// Reads and decodes a body.
pub(super) async fn read<S, E>(headers: &HeaderMap, body: S, limits: Limits) -> Result<Read, Fault>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    let coding = Coding::of(headers)?;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if limits.excess == Excess::Fails && announced.is_some_and(|length| length > limits.wire as u64) {
        return Err(too_large(limits.wire));
    }
    let counter = Arc::new(AtomicU64::new(0));
    let wire = StreamReader::new(Box::pin(paced(body, limits, Arc::clone(&counter))));
    let mut decoder = coding.decode(wire, limits.window_log).await?;
    let mut decoded = BytesMut::new();
    loop {
        // one more than the limit, to see that there is more
        let room = limits.bytes.saturating_add(1) - decoded.len();
        decoded.reserve(room.min(16 * 1024));
        // a decoder with much data available is always ready: let others run in between
        tokio::task::consume_budget().await;
        let read =
            (&mut decoder).take(room as u64).read_buf(&mut decoded).await.map_err(|error| fault(&error, coding))?;
        let wire = counter.load(Relaxed);
        if read == 0 {
            return Ok((decoded.freeze(), wire));
        }
        if decoded.len() as u64 > RATIO_FROM.max(wire.saturating_mul(limits.ratio)) {
            return Err(Fault::TooLarge(format!("{wire} bytes decode to more than {} times as many", limits.ratio)));
        }
        if decoded.len() > limits.bytes {
            decoded.truncate(limits.bytes);
            return match limits.excess {
                Excess::Fails => Err(too_large(limits.bytes)),
                Excess::IsCut => Ok((decoded.freeze(), wire)),
            };
        }
    }
}

/// Unpacks a body that its response did not call packed, as often as it is packed; `None` if nothing comes out.
pub(super) async fn unpack(body: Bytes, limits: Limits) -> Option<Bytes> {
    let mut unpacked = body;
    for layer in 0..=MOST_LAYERS {
        let name = match sniff::packing(&unpacked) {
            Some(Packing::Gzip) => HeaderValue::from_static("gzip"),
            Some(Packing::Zstd) => HeaderValue::from_static("zstd"),
            None => return Some(unpacked),
        };
        if layer == MOST_LAYERS {
            break;
        }
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, name)]);
        let packed = stream::iter([Ok::<_, io::Error>(unpacked)]);
        (unpacked, _) = read(&headers, packed, limits).await.ok()?;
    }
    None
}

/// The body's chunks, as long as they come fast enough and are not too many.
fn paced<S, E>(body: S, limits: Limits, counter: Arc<AtomicU64>) -> impl Stream<Item = io::Result<Bytes>> + Send
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
    E: std::error::Error + Send + Sync + 'static,
{
    let started = Instant::now();
    stream::try_unfold(body, move |mut body| {
        let counter = Arc::clone(&counter);
        async move {
            let so_far = counter.load(Relaxed);
            let too_slow = started + limits.least_rate_after + Duration::from_secs(so_far / limits.least_rate);
            let chunk = match timeout_at(limits.deadline.min(too_slow), body.next()).await {
                Ok(None) => return Ok(None),
                Ok(Some(chunk)) => chunk.map_err(|error| io::Error::other(Fault::Broken(root_cause(&error))))?,
                Err(_) if too_slow < limits.deadline => {
                    return Err(io::Error::other(Fault::Slow("the body comes too slowly")));
                }
                Err(_) => return Err(io::Error::other(Fault::Slow("the body did not end before the deadline"))),
            };
            let so_far = counter.fetch_add(chunk.len() as u64, Relaxed) + chunk.len() as u64;
            // one chunk more than the limit: the decoding side sees the excess first and decides
            if so_far > limits.wire as u64 + 1024 * 1024 || (limits.wire < limits.bytes && so_far > limits.wire as u64)
            {
                return Err(io::Error::other(too_large(limits.wire)));
            }
            Ok(Some((chunk, body)))
        }
    })
}

/// Content codings (RFC 9110 section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    /// The only coding of a response. No server has a reason to nest them, but an attacker has.
    fn of(headers: &HeaderMap) -> Result<Self, Fault> {
        let mut coding = Self::Identity;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let value = value.to_str().unwrap_or("(not text)");
            for name in value.split(',').map(|name| name.trim().to_ascii_lowercase()) {
                let next = match name.as_str() {
                    "" | "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "br" => Self::Brotli,
                    "zstd" => Self::Zstd,
                    other if UNSUPPORTED.contains(&other) => {
                        return Err(Fault::Encoding(format!("content encoding {name} is not supported")));
                    }
                    _ => continue,
                };
                if coding != Self::Identity {
                    return Err(Fault::Encoding("nested content encodings".to_owned()));
                }
                coding = next;
            }
        }
        Ok(coding)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    async fn decode<R>(self, mut wire: R, window_log: u32) -> Result<Pin<Box<dyn AsyncRead + Send>>, Fault>
    where
        R: AsyncBufRead + Send + Unpin + 'static,
    {
        if self == Self::Identity {
            return Ok(Box::pin(wire));
        }
        let Some(first) = wire.fill_buf().await.map_err(|error| fault(&error, self))?.first().copied() else {
            // nothing decodes to nothing
            return Ok(Box::pin(wire));
        };
        Ok(match self {
            Self::Identity => Box::pin(wire),
            // the response is called packed, but something has already unpacked it
            Self::Gzip if first != GZIP => Box::pin(wire),
            // one member, as browsers read it: what follows the first is usually garbage, not text
            Self::Gzip => Box::pin(bufread::GzipDecoder::new(wire)),
            // RFC 9110 means zlib, but many servers send the bare stream; no bare stream starts with zlib's method
            // nibble
            Self::Deflate if first & 0x8f == 0x08 => Box::pin(bufread::ZlibDecoder::new(wire)),
            Self::Deflate => Box::pin(bufread::DeflateDecoder::new(wire)),
            // the large windows (up to 1 GiB) are not part of RFC 7932, which reserves their first bits
            Self::Brotli if first & 0x7f == 0x11 => {
                return Err(Fault::Encoding("brotli with a large window".to_owned()));
            }
            Self::Brotli => Box::pin(bufread::BrotliDecoder::new(wire)),
            Self::Zstd => {
                let window = [DParameter::window_log_max(window_log)];
                let mut decoder = bufread::ZstdDecoder::with_params(wire, &window);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        })
    }
}

fn too_large(limit: usize) -> Fault {
    Fault::TooLarge(format!("more than {limit} bytes"))
}

/// What failed while reading: an error of our own that was passed as an I/O error, or a decoder's.
fn fault(error: &io::Error, coding: Coding) -> Fault {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Fault>()) {
        Some(Fault::TooLarge(detail)) => Fault::TooLarge(detail.clone()),
        Some(Fault::Slow(detail)) => Fault::Slow(detail),
        Some(Fault::Encoding(detail)) => Fault::Encoding(detail.clone()),
        Some(Fault::Broken(detail)) => Fault::Broken(detail.clone()),
        None => Fault::Encoding(format!("the body does not decode as {}: {error}", coding.name())),
    }
}

/// The innermost message of an error: the outer ones only say that there was one.
pub(super) fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests;
