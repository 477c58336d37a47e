//! Frames of a WebSocket (RFC 6455, section 5): a client's are read whole, a service's pass as they come.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest message of a client. AppSync takes 240 KiB.
const MAX_MESSAGE: usize = 1 << 20;
const MAX_CONTROL: usize = 125;
const AT_ONCE: usize = 16 << 10;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PONG: u8 = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Continuation,
    Control,
}

/// A frame, its mask taken off.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    code: u8,
    pub(super) last: bool,
    pub(super) mask: Option<[u8; 4]>,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// A whole message. A client's has a mask, which nobody but the client could foresee.
    pub(super) const fn text(payload: Vec<u8>, mask: Option<[u8; 4]>) -> Self {
        Self { kind: Kind::Text, code: TEXT, last: true, mask, payload }
    }

    /// As it is on the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.payload.len() + 14);
        out.push(u8::from(self.last) << 7 | self.code);
        let masked = u8::from(self.mask.is_some()) << 7;
        match (u8::try_from(self.payload.len()), u16::try_from(self.payload.len())) {
            (Ok(short), _) if short < 126 => out.push(masked | short),
            (_, Ok(medium)) => {
                out.push(masked | 126);
                out.extend(medium.to_be_bytes());
            }
            _ => {
                out.push(masked | 127);
                out.extend((self.payload.len() as u64).to_be_bytes());
            }
        }
        match self.mask {
            Some(mask) => {
                out.extend(mask);
                out.extend(self.payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
            }
            None => out.extend(&self.payload),
        }
        out
    }
}

/// What one side sends.
pub(super) struct Frames<R> {
    from: R,
    buffer: Vec<u8>,
    /// Whether a message has begun and not ended.
    inside: bool,
    /// Whether its frames are masked, as a client's must be and a service's must not.
    masked: bool,
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub(super) fn of_client(from: R) -> Self {
        Self { from, buffer: Vec::new(), inside: false, masked: true }
    }

    pub(super) fn of_service(from: R) -> Self {
        Self { from, buffer: Vec::new(), inside: false, masked: false }
    }

    /// Waits until something has come; `false` at the end. Nothing is lost if it is not waited for.
    pub(super) async fn some(&mut self) -> io::Result<bool> {
        Ok(!self.buffer.is_empty() || self.read().await?)
    }

    async fn read(&mut self) -> io::Result<bool> {
        self.buffer.reserve(AT_ONCE);
        Ok(self.from.read_buf(&mut self.buffer).await? > 0)
    }

    async fn want(&mut self, length: usize) -> io::Result<()> {
        while self.buffer.len() < length {
            if !self.read().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }

    /// The two bytes that every frame begins with, and the length that they and those behind them say; how many there
    /// are, which are left in the buffer.
    async fn head(&mut self) -> io::Result<(u8, u64, usize)> {
        self.want(2).await?;
        let (first, second) = (byte(&self.buffer, 0), byte(&self.buffer, 1));
        // No extension is ever agreed on.
        if first & 0x70 != 0 || (second & 0x80 != 0) != self.masked {
            return Err(wrong("a frame has bits that nobody agreed on"));
        }
        let (length, size) = match second & 0x7f {
            126 => {
                self.want(4).await?;
                (u64::from(u16::from_be_bytes([byte(&self.buffer, 2), byte(&self.buffer, 3)])), 4)
            }
            127 => {
                self.want(10).await?;
                let long = (2..10).fold(0, |long, at| long << 8 | u64::from(byte(&self.buffer, at)));
                (long, 10)
            }
            short => (u64::from(short), 2),
        };
        Ok((first, length, size))
    }

    /// Keeps count of where a message begins and ends.
    fn follow(&mut self, first: u8, length: u64) -> io::Result<Kind> {
        let (last, code) = (first & 0x80 != 0, first & 0x0f);
        match code {
            CLOSE..=PONG if last && length <= MAX_CONTROL as u64 => return Ok(Kind::Control),
            CONTINUATION if self.inside => {}
            TEXT if !self.inside => {}
            // Binary is none of AppSync's.
            _ => return Err(wrong("a frame is of no kind that may come here")),
        }
        self.inside = !last;
        Ok(if code == TEXT { Kind::Text } else { Kind::Continuation })
    }

    /// The next frame of a client, of whose message so many bytes are there; `None` at the end.
    pub(super) async fn next(&mut self, already: usize) -> io::Result<Option<Frame>> {
        if !self.some().await? {
            return Ok(None);
        }
        let (first, length, size) = self.head().await?;
        let kind = self.follow(first, length)?;
        let length =
            usize::try_from(length).ok().filter(|length| length.saturating_add(already) <= MAX_MESSAGE);
        let length = length.ok_or_else(|| wrong("a message is too long"))?;
        self.want(size + 4 + length).await?;
        let head = self.take(size + 4);
        let mask = std::array::from_fn(|at| byte(&head, size + at));
        let payload = self.take(length);
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        Ok(Some(Frame { kind, code: first & 0x0f, last: first & 0x80 != 0, mask: Some(mask), payload }))
    }

    /// Passes a service's frames on until one of them ends a message, or is none of a message.
    pub(super) async fn pass<W: AsyncWrite + Unpin>(&mut self, to: &mut W) -> io::Result<()> {
        loop {
            let (first, length, size) = self.head().await?;
            self.follow(first, length)?;
            to.write_all(&self.take(size)).await?;
            let mut left = length;
            while left > 0 {
                self.want(1).await?;
                let some = usize::try_from(left).unwrap_or(usize::MAX).min(self.buffer.len());
                to.write_all(&self.take(some)).await?;
                left = left.saturating_sub(some as u64);
            }
            to.flush().await?;
            if !self.inside {
                return Ok(());
            }
        }
    }
}

fn byte(buffer: &[u8], at: usize) -> u8 {
    buffer.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    async fn read(bytes: &[u8]) -> (Vec<Frame>, bool) {
        let mut frames = Frames::of_client(bytes);
        let (mut all, mut length) = (Vec::new(), 0);
        loop {
            match frames.next(length).await {
                Ok(Some(frame)) => {
                    length += frame.payload.len();
                    all.push(frame);
                }
                Ok(None) => return (all, true),
                Err(_) => return (all, false),
            }
        }
    }

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let frame = Frame {
            kind: Kind::Text,
            code: first & 0x0f,
            last: first & 0x80 != 0,
            mask: Some([1, 2, 3, 4]),
            payload: payload.into(),
        };
        frame.bytes()
    }

    #[tokio::test]
    async fn a_clients_frames_are_read_whole() {
        let bytes =
            [masked(0x01, b"hel"), masked(0x89, b"?"), masked(0x80, b"lo"), masked(0x88, &[3, 232])].concat();
        let (frames, whole) = read(&bytes).await;
        let kinds: Vec<_> =
            frames.iter().map(|frame| (frame.kind, frame.last, frame.payload.as_slice())).collect();
        assert!(whole);
        assert_eq!(
            kinds,
            [
                (Kind::Text, false, &b"hel"[..]),
                (Kind::Control, true, b"?"),
                (Kind::Continuation, true, b"lo"),
                (Kind::Control, true, &[3, 232]),
            ]
        );
        // RFC 6455, section 5.7.
        let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let (frames, _) = read(&hello).await;
        assert_eq!(frames, [Frame::text(b"Hello".to_vec(), Some([0x37, 0xfa, 0x21, 0x3d]))]);
        assert_eq!(frames[0].bytes(), hello);
    }

    #[tokio::test]
    async fn what_is_no_frame_of_a_client_ends_it() {
        for bytes in [
            vec![0x81, 0x01, b'x'],
            [&[0xc1][..], &masked(0x81, b"x")[1..]].concat(),
            masked(0x80, b"x"),
            masked(0x82, b"x"),
            masked(0x83, b"x"),
            masked(0x08, b""),
            masked(0x88, &[0; 126]),
            [masked(0x01, b"x"), masked(0x81, b"x")].concat(),
            [&[0x81, 0xff][..], &u64::MAX.to_be_bytes()].concat(),
            [masked(0x01, &[b'x'; 1 << 19]), masked(0x80, &[b'x'; 1 << 19]), masked(0x81, b"x")].concat(),
            masked(0x81, b"hello")[..7].to_vec(),
        ] {
            assert!(!read(&bytes).await.1, "{:?}", &bytes[..bytes.len().min(20)]);
        }
    }

    #[tokio::test]
    async fn a_services_frames_pass_by_the_message() {
        let frame = |first: u8, payload: &[u8]| {
            let frame = Frame {
                kind: Kind::Text,
                code: first & 0x0f,
                last: first & 0x80 != 0,
                mask: None,
                payload: payload.into(),
            };
            frame.bytes()
        };
        let first = [frame(0x01, b"one"), frame(0x89, b""), frame(0x80, &[b'x'; 70_000])].concat();
        let second = frame(0x81, &[b'y'; 200]);
        let bytes = [first.clone(), second.clone()].concat();
        let mut frames = Frames::of_service(bytes.as_slice());
        for wanted in [first, second] {
            let mut out = Vec::new();
            assert!(frames.some().await.unwrap());
            frames.pass(&mut out).await.unwrap();
            assert!(out == wanted);
        }
        assert!(!frames.some().await.unwrap());
        let masked = masked(0x81, b"x");
        assert!(Frames::of_service(masked.as_slice()).pass(&mut Vec::new()).await.is_err());
    }

    proptest! {
        #[test]
        fn there_and_back(payload in proptest::collection::vec(any::<u8>(), 0..70_000), mask in any::<[u8; 4]>()) {
            let frame = Frame::text(payload, Some(mask));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (frames, whole) = runtime.block_on(read(&frame.bytes()));
            prop_assert!(whole);
            prop_assert_eq!(frames, vec![frame]);
        }
    }
}
