//! A WebSocket (RFC 6455): the handshake of a service that has verified the request, and a conversation in which every
//! message is said back.
//!
//! `ssmmessages` verifies no signature; there the first message must carry the token of a session, as a session's
//! program sends it, and it is not said back. AppSync's sockets have a conversation of their own (`appsync.rs`).

use std::io;

use bytes::{Buf as _, BytesMut};
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::appsync::Socket;
use crate::encoding::base64;
use crate::message::{Reply, Request};

/// The longest message.
const MAX_MESSAGE: usize = 1 << 20;

/// What is expected of a client before its messages are said back.
pub(crate) enum Opening {
    /// Nothing more: its signature was right.
    None,
    /// A message with the token of a session.
    Token,
    /// AppSync's messages, each with an authorization of its own.
    AppSync(Socket),
}

/// Whether a request asks for a WebSocket.
pub(crate) fn is_asked_for(request: &Request) -> bool {
    request.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
        && request.header("connection").is_some_and(|value| value.to_ascii_lowercase().contains("upgrade"))
}

/// Whether it is a channel of a session, which carries a token and no signature.
pub(crate) fn is_channel(request: &Request) -> bool {
    request.host().starts_with("ssmmessages.")
        && ["/v1/data-channel/", "/v1/control-channel/"].iter().any(|path| request.path.starts_with(path))
}

/// The answer that makes a WebSocket of the connection.
pub(crate) fn agree(request: &Request) -> Reply {
    let key = request.header("sec-websocket-key").unwrap_or_default();
    if request.header("sec-websocket-version") != Some("13") || key.len() != 24 {
        return Reply::text(400, "a websocket handshake of version 13 is wanted");
    }
    let accept = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes());
    let reply = Reply::empty(101)
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Accept", base64(&accept));
    match request.header("sec-websocket-protocol").and_then(|all| all.split(',').next()) {
        Some(first) => reply.header("Sec-WebSocket-Protocol", first.trim()),
        None => reply,
    }
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Why a conversation ends, as its close frame says it.
const PROTOCOL_ERROR: u16 = 1002;
const POLICY: u16 = 1008;
const TOO_LARGE: u16 = 1009;

/// Says every message back until the client closes. `read` has come already.
pub(crate) async fn converse<S>(mut stream: S, read: BytesMut, opening: Opening) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut buffer, mut opening) = (read, opening);
    let (mut kind, mut message) = (CONTINUATION, Vec::new());
    loop {
        let frame = match next(&mut stream, &mut buffer).await? {
            Ok(frame) => frame,
            Err(code) => return send(&mut stream, CLOSE, &code.to_be_bytes()).await,
        };
        match frame.kind {
            PING => send(&mut stream, PONG, &frame.payload).await?,
            PONG => {}
            CLOSE => return send(&mut stream, CLOSE, frame.payload.get(..2).unwrap_or_default()).await,
            CONTINUATION | TEXT | BINARY => {
                if (frame.kind == CONTINUATION) == (kind == CONTINUATION) {
                    return send(&mut stream, CLOSE, &PROTOCOL_ERROR.to_be_bytes()).await;
                }
                if frame.kind != CONTINUATION {
                    kind = frame.kind;
                }
                message.extend_from_slice(&frame.payload);
                if message.len() > MAX_MESSAGE {
                    return send(&mut stream, CLOSE, &TOO_LARGE.to_be_bytes()).await;
                }
                if !frame.last {
                    continue;
                }
                let (whole, of) = (std::mem::take(&mut message), std::mem::replace(&mut kind, CONTINUATION));
                match &mut opening {
                    Opening::None => send(&mut stream, of, &whole).await?,
                    Opening::Token if has_token(&whole) => opening = Opening::None,
                    Opening::Token => return send(&mut stream, CLOSE, &POLICY.to_be_bytes()).await,
                    Opening::AppSync(socket) => {
                        for answer in socket.answer(&whole) {
                            send(&mut stream, TEXT, answer.as_bytes()).await?;
                        }
                    }
                }
            }
            _ => return send(&mut stream, CLOSE, &PROTOCOL_ERROR.to_be_bytes()).await,
        }
    }
}

/// `OpenDataChannelInput`, as the session manager's plugin sends it.
fn has_token(message: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(message)
        .is_ok_and(|value| value["TokenValue"].as_str().is_some_and(|token| !token.is_empty()))
}

struct Frame {
    last: bool,
    kind: u8,
    payload: Vec<u8>,
}

/// The next frame of a client, which must be masked; or the code to close with.
async fn next<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> io::Result<Result<Frame, u16>> {
    want(stream, buffer, 2).await?;
    let (first, second) = (buffer.get_u8(), buffer.get_u8());
    // No extension was agreed on, so that the three bits beside the last are unset.
    if first & 0x70 != 0 || second & 0x80 == 0 {
        return Ok(Err(PROTOCOL_ERROR));
    }
    let length = match second & 0x7f {
        126 => {
            want(stream, buffer, 2).await?;
            u64::from(buffer.get_u16())
        }
        127 => {
            want(stream, buffer, 8).await?;
            buffer.get_u64()
        }
        short => u64::from(short),
    };
    let Some(length) = usize::try_from(length).ok().filter(|length| *length <= MAX_MESSAGE) else {
        return Ok(Err(TOO_LARGE));
    };
    want(stream, buffer, 4 + length).await?;
    let mask = buffer.split_to(4);
    let payload =
        buffer.split_to(length).iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    Ok(Ok(Frame { last: first & 0x80 != 0, kind: first & 0x0f, payload }))
}

async fn want<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut, length: usize) -> io::Result<()> {
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, kind: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(0x80 | kind);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => frame.push(short),
        (_, Ok(medium)) => {
            frame.push(126);
            frame.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    stream.write_all(&frame).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame of a client.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![first, 0x80 | u8::try_from(payload.len()).unwrap()];
        frame.extend_from_slice(&mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    async fn answered(frames: &[Vec<u8>], opening: Opening) -> Vec<u8> {
        let (near, far) = tokio::io::duplex(1 << 16);
        let talk = tokio::spawn(converse(far, BytesMut::new(), opening));
        let (mut read, mut write) = tokio::io::split(near);
        for frame in frames {
            write.write_all(frame).await.unwrap();
        }
        write.shutdown().await.unwrap();
        let _ = talk.await.unwrap();
        let mut all = Vec::new();
        read.read_to_end(&mut all).await.unwrap();
        all
    }

    #[tokio::test]
    async fn messages_are_said_back() {
        let pieces = [masked(0x01, b"hel"), masked(0x89, b"?"), masked(0x80, b"lo"), masked(0x88, &[3, 232])];
        let said = answered(&pieces, Opening::None).await;
        assert_eq!(said, b"\x8a\x01?\x81\x05hello\x88\x02\x03\xe8");
    }

    #[tokio::test]
    async fn a_channel_is_opened_with_a_token() {
        let token = masked(0x81, br#"{"TokenValue":"t"}"#);
        assert_eq!(answered(&[token, masked(0x81, b"ls")], Opening::Token).await, b"\x81\x02ls");
        assert_eq!(answered(&[masked(0x81, b"ls")], Opening::Token).await, b"\x88\x02\x03\xf0");
    }

    #[tokio::test]
    async fn what_is_no_frame_ends_it() {
        for bytes in [vec![0x81, 0x01, b'x'], masked(0xc1, b"x"), masked(0x80, b"x"), masked(0x83, b"x")] {
            assert_eq!(answered(&[bytes], Opening::None).await, b"\x88\x02\x03\xea");
        }
        let long = [&[0x82, 0xff][..], &u64::MAX.to_be_bytes()].concat();
        assert_eq!(answered(&[long], Opening::None).await, b"\x88\x02\x03\xf1");
    }

    #[test]
    fn the_key_is_answered() {
        let request = |version: &str| Request {
            method: "GET".into(),
            path: "/".into(),
            query: None,
            headers: vec![
                ("sec-websocket-key".into(), b"dGhlIHNhbXBsZSBub25jZQ==".to_vec()),
                ("sec-websocket-version".into(), version.as_bytes().to_vec()),
                ("sec-websocket-protocol".into(), b"mqtt, other".to_vec()),
            ],
            body: bytes::Bytes::new(),
            reservation: std::sync::Arc::new(crate::blob::Budget::new(1).reservation()),
        };
        // RFC 6455, section 1.3.
        let reply = agree(&request("13"));
        let has = |name: &str, value: &str| reply.headers.iter().any(|(n, v)| n == name && v == value);
        assert!(has("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{:?}", reply.headers);
        assert!(has("Sec-WebSocket-Protocol", "mqtt"));
        assert_eq!(agree(&request("8")).status, 400);
    }
}
