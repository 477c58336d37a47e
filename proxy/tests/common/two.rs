//! A client that speaks raw HTTP/2 frames, so that it can also say what no library would.

use std::io::{self, Read, Write};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub struct Two<S> {
    stream: S,
}

#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// How a stream ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// The text of all data.
    pub body: Vec<u8>,
    /// Whether there was a head.
    pub answered: bool,
    /// The code of RST_STREAM, GOAWAY or the end of the connection (`u32::MAX`).
    pub broken: Option<u32>,
}

impl Ended {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl<S: Read + Write> Two<S> {
    /// A client that takes all that it is sent, or nothing of any body.
    pub fn new(mut stream: S, takes: bool) -> Self {
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        let mut two = Self { stream };
        let window: u32 = if takes { 0x7fff_ffff } else { 0 };
        // SETTINGS_INITIAL_WINDOW_SIZE
        two.frame(SETTINGS, 0, 0, &[&[0, 4][..], &window.to_be_bytes()].concat()).unwrap();
        if takes {
            two.frame(WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes()).unwrap();
        }
        // The other side's windows hold from when its settings were taken.
        let settings = two.receive().unwrap();
        assert_eq!(settings.kind, SETTINGS);
        two.frame(SETTINGS, ACK, 0, b"").unwrap();
        two
    }

    fn receive(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).ok()?;
        let size = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; size];
        self.stream.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    pub fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.stream.write_all(&frame)?;
        self.stream.flush()
    }

    /// A head, each field a literal that is not indexed.
    pub fn headers(&mut self, stream: u32, fields: &[(&str, &str)], end: bool) -> io::Result<()> {
        let mut block = Vec::new();
        for (name, value) in fields {
            block.push(0);
            for text in [name, value] {
                length(&mut block, text.len());
                block.extend(text.as_bytes());
            }
        }
        let mut pieces = block.chunks(16_000).peekable();
        let first = pieces.next().unwrap_or_default();
        let last = |more: bool| if more { 0 } else { END_HEADERS };
        let flags = last(pieces.peek().is_some()) | if end { END_STREAM } else { 0 };
        self.frame(HEADERS, flags, stream, first)?;
        while let Some(piece) = pieces.next() {
            self.frame(CONTINUATION, last(pieces.peek().is_some()), stream, piece)?;
        }
        Ok(())
    }

    pub fn data(&mut self, stream: u32, bytes: &[u8], end: bool) -> io::Result<()> {
        let mut pieces = bytes.chunks(16_000).peekable();
        if bytes.is_empty() {
            return self.frame(DATA, u8::from(end), stream, b"");
        }
        while let Some(piece) = pieces.next() {
            let last = end && pieces.peek().is_none();
            self.frame(DATA, if last { END_STREAM } else { 0 }, stream, piece)?;
        }
        Ok(())
    }

    /// The next frame that is not about the connection's settings.
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            let frame = self.receive()?;
            match frame.kind {
                SETTINGS if frame.flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, b"").ok()?,
                PING if frame.flags & ACK == 0 => self.frame(PING, ACK, 0, &frame.payload).ok()?,
                SETTINGS | PING | WINDOW_UPDATE => {}
                _ => return Some(frame),
            }
        }
    }

    /// Reads a stream to its end, whichever it is.
    pub fn answer(&mut self, stream: u32) -> Ended {
        let mut ended = Ended::default();
        loop {
            let Some(frame) = self.next() else {
                ended.broken = Some(u32::MAX);
                return ended;
            };
            let code = |at: usize| u32::from_be_bytes(frame.payload[at..at + 4].try_into().unwrap());
            match frame.kind {
                // An announcement of the end ahead of time says nothing of this stream.
                GOAWAY if code(4) != 0 => {
                    ended.broken = Some(code(4));
                    return ended;
                }
                RST_STREAM if frame.stream == stream => {
                    ended.broken = Some(code(0));
                    return ended;
                }
                DATA if frame.stream == stream => ended.body.extend(&frame.payload),
                HEADERS if frame.stream == stream => ended.answered = true,
                _ => continue,
            }
            if frame.flags & END_STREAM != 0 {
                return ended;
            }
        }
    }

    /// Reads data of a stream until there are so many bytes.
    pub fn read(&mut self, stream: u32, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let frame = self.next().expect("a frame");
            assert!(frame.kind != RST_STREAM && frame.kind != GOAWAY, "{frame:?}");
            if frame.kind == DATA && frame.stream == stream {
                bytes.extend(frame.payload);
            }
        }
        bytes
    }
}

/// An integer of seven bits and more (RFC 7541, section 5.1).
fn length(out: &mut Vec<u8>, length: usize) {
    if length < 127 {
        out.push(u8::try_from(length).unwrap());
        return;
    }
    out.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        out.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    out.push(u8::try_from(rest).unwrap());
}
