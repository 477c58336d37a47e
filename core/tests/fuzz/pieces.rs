//! Bodies that are rightly signed piece by piece, with at most one byte changed on the way.

use awsaccess::sigv4::{Checksum, Payload, Streaming};

use super::body::{TRAILER, compare, run, upload, way};
use super::{NOW, real};

/// Kind, size of the pieces, where a byte is changed (two bytes), how, how it is cut; then the data.
pub(super) fn signed_pieces(data: &[u8]) {
    let [kind, size, high, low, flip, seed, data @ ..] = data else { return };
    let kind = [Streaming::Chunks, Streaming::ChunksTrailer, Streaming::Events][usize::from(kind % 3)];
    let decoded = (kind != Streaming::Events).then_some(data.len());
    let (headers, signed) = upload(Payload::Streaming(kind), decoded);
    let mut crc = Checksum::of(TRAILER).unwrap();
    crc.update(data);
    let crc = crc.value();
    let trailers = [(TRAILER, crc.as_str())];
    let body = match signed.event_signer() {
        Some(mut signer) => {
            let mut body: Vec<u8> = Vec::new();
            for message in data.chunks(usize::from(*size) + 1) {
                body.extend(signer.sign(message, NOW).unwrap());
            }
            body.extend(signer.finish(NOW).unwrap());
            body
        }
        None => {
            let mut signer = signed.chunk_signer().unwrap().with_chunk_size(usize::from(*size) + 8192);
            let mut body = signer.push(data);
            let trailers = if kind == Streaming::ChunksTrailer { &trailers[..] } else { &[] };
            body.extend(signer.finish(trailers).unwrap());
            body
        }
    };
    let mut sent = body.clone();
    let at = usize::from(u16::from_be_bytes([*high, *low])) % sent.len();
    sent[at] ^= flip;
    let result = compare(&headers, &sent, *seed, Some(kind));
    if *flip == 0 {
        let out = result.expect("what is rightly signed passes");
        assert_ne!(out, body);
        // What left is again a rightly signed upload, under the other key.
        let leaving = way(&headers, &super::placeholder()).0;
        let (again, end) = run(way(&leaving, &real()).1, std::iter::once(&out[..]));
        assert_eq!((again.len(), end), (body.len(), Ok(())));
    } else if result.is_ok() {
        // Hexadecimal sizes and the names of trailers have no case.
        assert!(sent[at].eq_ignore_ascii_case(&body[at]), "byte {at} ^ {flip:#x} was accepted");
    }
}
