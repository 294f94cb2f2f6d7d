use async_compression::tokio::bufread::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};

use super::*;

const LIMIT: usize = 4 * 1024 * 1024;

fn limits(excess: Excess) -> Limits {
    Limits::of(&config::Fetch::default(), LIMIT, excess, Instant::now() + Duration::from_secs(60))
}

async fn encode(coding: &str, plain: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    match coding {
        "gzip" => GzipEncoder::new(plain).read_to_end(&mut encoded).await,
        "zlib" => ZlibEncoder::new(plain).read_to_end(&mut encoded).await,
        "deflate" => DeflateEncoder::new(plain).read_to_end(&mut encoded).await,
        "br" => BrotliEncoder::with_quality(plain, async_compression::Level::Fastest).read_to_end(&mut encoded).await,
        "zstd" => ZstdEncoder::new(plain).read_to_end(&mut encoded).await,
        _ => unreachable!(),
    }
    .unwrap();
    encoded
}

/// Reads a body that comes in chunks of a size, under a `Content-Encoding`.
async fn read_in(chunk: usize, coding: &'static str, body: &[u8], limits: Limits) -> Result<Read, Fault> {
    let mut headers = HeaderMap::new();
    if !coding.is_empty() {
        headers.insert(header::CONTENT_ENCODING, coding.parse().unwrap());
    }
    let chunks: Vec<_> = body.chunks(chunk).map(|chunk| Ok::<_, io::Error>(Bytes::copy_from_slice(chunk))).collect();
    read(&headers, stream::iter(chunks), limits).await
}

async fn check(coding: &'static str, body: &[u8], expected: Result<&[u8], &str>) {
    for chunk in [1, 7, 64 * 1024] {
        let given = read_in(chunk, coding, body, limits(Excess::Fails)).await;
        match (&given, expected) {
            (Ok((given, wire)), Ok(expected)) => {
                assert_eq!(given, expected, "{coding} by {chunk}");
                assert_eq!(*wire, body.len() as u64);
            }
            (Err(fault), Err(words)) => assert!(fault.to_string().contains(words), "{coding} by {chunk}: {fault}"),
            _ => panic!("{coding} by {chunk}: {given:?}"),
        }
    }
}

#[tokio::test]
async fn every_coding_is_decoded() {
    let text = "A body of some words, and some more words. ".repeat(50).into_bytes();
    check("", &text, Ok(&text)).await;
    check("identity", &text, Ok(&text)).await;
    for none in ["utf-8", "UTF-8", "none", "binary", "iso-8859-1", "text/html", "\"", "none, identity"] {
        check(none, &text, Ok(&text)).await;
    }
    check("utf-8, gzip", &encode("gzip", &text).await, Ok(&text)).await;
    check("x-GZIP", &encode("gzip", &text).await, Ok(&text)).await;
    check("gzip, identity", &encode("gzip", &text).await, Ok(&text)).await;
    check("br", &encode("br", &text).await, Ok(&text)).await;
    check("zstd", &encode("zstd", &text).await, Ok(&text)).await;
    check("deflate", &encode("zlib", &text).await, Ok(&text)).await;
    check("deflate", &encode("deflate", &text).await, Ok(&text)).await;
    let padded = [encode("gzip", &text).await, b"<!-- 0.1 s -->".to_vec()].concat();
    assert_eq!(read_in(padded.len(), "gzip", &padded, limits(Excess::Fails)).await.unwrap().0, text);
    let two = [encode("zstd", b"one ").await, encode("zstd", b"two").await].concat();
    check("zstd", &two, Ok(b"one two")).await;
    for coding in ["", "gzip", "br", "zstd", "deflate"] {
        check(coding, b"", Ok(b"")).await;
    }
}

#[tokio::test]
async fn what_does_not_decode_is_refused() {
    let text = "A body of some words, and some more words. ".repeat(50).into_bytes();
    for (coding, name) in [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("deflate", "zlib")] {
        let plain = b"<html>plain text, whatever the header says</html>";
        let expected = if coding == "gzip" { Ok(&plain[..]) } else { Err("does not decode") };
        check(coding, plain, expected).await;
        let whole = encode(name, &text).await;
        check(coding, &whole[..whole.len() / 2], Err("does not decode")).await;
    }
    check("gzip, gzip", &text, Err("nested")).await;
    check("br, gzip", &text, Err("nested")).await;
    check("compress", &text, Err("not supported")).await;
    check("utf-8, xz", &text, Err("not supported")).await;
    check("br", &[0x11, 0x1e, 0, 0], Err("large window")).await;
    // a frame header that asks for a window of 2^27: magic, no content size, exponent 17
    check("zstd", &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0, 0], Err("does not decode")).await;
}

#[tokio::test]
async fn bombs_of_each_coding_are_stopped() {
    let zeros = vec![0; 64 * 1024 * 1024];
    for (coding, name) in
        [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("deflate", "zlib"), ("deflate", "deflate")]
    {
        let bomb = encode(name, &zeros).await;
        assert!(bomb.len() < 100 * 1024, "{name}: {}", bomb.len());
        let given = read_in(16 * 1024, coding, &bomb, limits(Excess::Fails)).await;
        assert!(matches!(given, Err(Fault::TooLarge(_))), "{name}: {given:?}");
    }
}

#[tokio::test]
async fn a_ratio_that_no_text_reaches_is_a_bomb_below_the_limit_too() {
    for coding in ["gzip", "br", "zstd"] {
        let small = vec![b' '; RATIO_FROM as usize];
        check(coding, &encode(coding, &small).await, Ok(&small)).await;
        let large = vec![b' '; LIMIT - 1];
        check(coding, &encode(coding, &large).await, Err("times as many")).await;
    }
}

#[tokio::test]
async fn bytes_that_decode_to_nothing_have_a_limit_too() {
    // an endless bare deflate stream of empty stored blocks
    let nothing = [0x00, 0x00, 0x00, 0xff, 0xff].repeat(LIMIT);
    let given = read_in(64 * 1024, "deflate", &nothing, limits(Excess::IsCut)).await;
    assert!(matches!(given, Err(Fault::TooLarge(_))), "{given:?}");
}

#[tokio::test]
async fn a_body_over_the_limit_fails_or_is_cut() {
    let at = vec![b'a'; LIMIT];
    let over = vec![b'a'; LIMIT + 1];
    let far = vec![b'a'; LIMIT * 3];
    for chunk in [1000, LIMIT * 4] {
        assert_eq!(read_in(chunk, "", &at, limits(Excess::Fails)).await.unwrap().0.len(), LIMIT);
        for body in [&over, &far] {
            let given = read_in(chunk, "", body, limits(Excess::Fails)).await;
            assert!(matches!(given, Err(Fault::TooLarge(_))), "{} by {chunk}", body.len());
        }
        assert_eq!(read_in(chunk, "", &over, limits(Excess::IsCut)).await.unwrap().0.len(), LIMIT);
    }
    assert_eq!(read_in(1000, "", &far, limits(Excess::IsCut)).await.unwrap().0.len(), LIMIT);
    let announced = HeaderMap::from_iter([(header::CONTENT_LENGTH, (LIMIT + 1).into())]);
    let never = stream::pending::<io::Result<Bytes>>();
    assert!(matches!(read(&announced, never, limits(Excess::Fails)).await, Err(Fault::TooLarge(_))));
}

#[tokio::test(start_paused = true)]
async fn a_body_below_the_least_rate_is_given_up_after_the_grace() {
    // (seconds between chunks, bytes in a chunk, seconds to the end)
    for (every, size, expected) in [(1, 1, 10), (1, 512, 20), (1, 2048, 60), (100, 1, 10), (9, 20_000, 60)] {
        let begun = Instant::now();
        let drip = stream::unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_secs(every)).await;
            Some((Ok::<_, io::Error>(Bytes::from(vec![b'a'; size])), ()))
        });
        let given = read(&HeaderMap::new(), Box::pin(drip), limits(Excess::Fails)).await;
        assert!(matches!(given, Err(Fault::Slow(_))), "{given:?}");
        let took = begun.elapsed().as_secs();
        assert!(took.abs_diff(expected) <= 1, "{size} bytes every {every} s: {took} s");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_says_so() {
    let broken = stream::iter([Ok(Bytes::from_static(b"half")), Err(io::Error::other("reset"))]);
    let given = read(&HeaderMap::new(), broken, limits(Excess::Fails)).await;
    assert!(matches!(given, Err(Fault::Broken(cause)) if cause == "reset"));
}

#[tokio::test]
async fn what_is_packed_without_a_word_is_unpacked_within_the_same_limits() {
    let text = "<p>A body of some words, and some more words.</p>".repeat(50).into_bytes();
    let (gzip, zstd) = (encode("gzip", &text).await, encode("zstd", &text).await);
    let twice = encode("gzip", &gzip).await;
    let mixed = encode("zstd", &twice).await;
    for body in [&text, &gzip, &zstd, &twice, &mixed] {
        assert_eq!(unpack(body.clone().into(), limits(Excess::Fails)).await.unwrap(), text);
    }
    let four_times = encode("gzip", &mixed).await;
    let bomb = encode("gzip", &vec![b' '; LIMIT + 1]).await;
    let bomb_in_a_parcel = encode("gzip", &bomb).await;
    for body in [four_times, gzip[..gzip.len() / 2].to_vec(), bomb, bomb_in_a_parcel] {
        assert_eq!(unpack(body.into(), limits(Excess::Fails)).await, None);
    }
}
