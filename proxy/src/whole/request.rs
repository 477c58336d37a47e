//! Requests: found in what was read, and written to be sent on.

use std::mem::MaybeUninit;

use awsaccess::gateway::{Refusal, RefusalKind};
use httparse::Status;

use super::{FIELDS, MOST, keeps, length, within};
use crate::body::{AnyBody, full};
use crate::head::outgoing;

/// A request that is here whole, where it lies.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) target: &'a [u8],
    pub(crate) fields: Vec<(&'a [u8], &'a [u8])>,
    pub(crate) body: &'a [u8],
    /// Whether it is the last of its connection.
    pub(crate) last: bool,
}

/// What the bytes of a connection begin with.
pub(super) enum Found<'a> {
    /// A whole request, and how many bytes it is.
    Whole(Request<'a>, usize),
    /// The beginning of one; whether its head has ended.
    Part { head: bool },
    /// Something else, or something that may be read in two ways.
    Other,
}

pub(super) fn find(bytes: &[u8]) -> Found<'_> {
    if bytes.is_empty() {
        return Found::Part { head: true };
    }
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    let end = match parsed.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(Status::Complete(end)) => end,
        Ok(Status::Partial) if bytes.len() < MOST => return Found::Part { head: true },
        _ => return Found::Other,
    };
    let (Some(method), Some(target), Some(1)) = (parsed.method, parsed.path, parsed.version) else {
        return Found::Other;
    };
    // Forms that name a host of their own, or that a reader of URIs would take for something else.
    let plain = |byte: &u8| (b'!'..=b'~').contains(byte) && !matches!(byte, b'#' | b'"' | b'<' | b'>');
    if !target.starts_with('/') || !target.as_bytes().iter().all(plain) {
        return Found::Other;
    }
    let (mut taken, mut body, mut last) = (Vec::with_capacity(parsed.headers.len()), None, None);
    for field in parsed.headers.iter() {
        let (name, value) = (field.name.as_bytes(), field.value);
        let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
        match name.len() {
            6 if is(b"expect") => return Found::Other,
            7 if is(b"upgrade") => return Found::Other,
            10 if is(b"connection") => match (last, keeps(value)) {
                (None, Some(keeps)) => last = Some(!keeps),
                _ => return Found::Other,
            },
            14 if is(b"content-length") => match (body, length(value).and_then(within)) {
                (None, Some(length)) => body = Some(length),
                _ => return Found::Other,
            },
            17 if is(b"transfer-encoding") => return Found::Other,
            22 if is(b"sec-websocket-protocol") => return Found::Other,
            _ => {}
        }
        taken.push((name, value));
    }
    let whole = end + body.unwrap_or_default();
    match bytes.get(end..whole) {
        Some(body) => {
            let (target, last) = (target.as_bytes(), last.unwrap_or_default());
            Found::Whole(Request { method, target, fields: taken, body, last }, whole)
        }
        None if whole <= MOST => Found::Part { head: false },
        None => Found::Other,
    }
}

/// A request to be sent on: its bytes, and what must be known of it to read the answer.
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    /// Writes a request. The length of its body is told if it has one, if a field tells one (another, perhaps), or if it is to
    /// be `told`.
    /// `None`: it is nothing that could be written so, or its body is to end in another way.
    pub(crate) fn new<'a>(
        method: String,
        target: &[u8],
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        (body, told): (&[u8], bool),
    ) -> Option<Self> {
        if !target.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let mut bytes = Vec::with_capacity(ROOM + target.len() + body.len());
        let mut lines = 2;
        bytes.extend_from_slice(method.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(target);
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        let mut tells = told || !body.is_empty();
        for (name, value) in fields {
            match name.len() {
                14 if name.eq_ignore_ascii_case(b"content-length") => {
                    tells = true;
                    continue;
                }
                17 if name.eq_ignore_ascii_case(b"transfer-encoding") => return None,
                _ if !is_name(name) => return None,
                _ => {}
            }
            lines += 1;
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if tells {
            bytes.extend_from_slice(b"content-length: ");
            bytes.extend_from_slice(body.len().to_string().as_bytes());
            bytes.extend_from_slice(b"\r\n");
            lines += 1;
        }
        bytes.extend_from_slice(b"\r\n");
        // Nothing in a field ends it or begins another: there is no control but those that end the lines.
        if controls(&bytes) != 2 * lines {
            return None;
        }
        bytes.extend_from_slice(body);
        Some(Self { method, bytes })
    }
}

impl Message {
    /// The same for a connection that takes requests of any kind.
    pub(crate) fn request(&self) -> Result<http::Request<AnyBody>, Refusal> {
        let internal = || Refusal::new(RefusalKind::Internal, "the request cannot be sent on");
        let mut fields = [const { MaybeUninit::uninit() }; MOST_SENT];
        let mut parsed = httparse::Request::new(&mut []);
        let Ok(Status::Complete(end)) = parsed.parse_with_uninit_headers(&self.bytes, &mut fields) else {
            return Err(internal());
        };
        let target = parsed.path.unwrap_or_default().as_bytes().to_vec();
        let fields = parsed.headers.iter().map(|field| (field.name.as_bytes(), field.value));
        let body = self.bytes.get(end..).unwrap_or_default().to_vec();
        outgoing(&self.method, target, fields, full(body))
    }
}

/// Whether it is a field's name. All of it is looked at, which is quicker than to stop.
fn is_name(name: &[u8]) -> bool {
    const ODD: [bool; 256] = {
        let mut odd = [false; 256];
        let mut byte = 0;
        while byte < odd.len() {
            odd[byte] = byte <= 0x20 || byte == b':' as usize || byte >= 0x7f;
            byte += 1;
        }
        odd
    };
    !name.is_empty() && !name.iter().fold(false, |any, byte| any | ODD[usize::from(*byte)])
}

/// How many control characters there are, tabs aside.
fn controls(head: &[u8]) -> usize {
    let is_one = |byte: u8| ((byte < b' ') & (byte != b'\t')) | (byte == 0x7f);
    // By pieces whose controls a byte can count, and which words fill, which is quicker.
    let of_piece = |piece: &[u8]| piece.iter().fold(0, |sum: u8, byte| sum + u8::from(is_one(*byte)));
    head.chunks(240).map(|piece| usize::from(of_piece(piece))).sum()
}

/// The most fields of a request that leaves: the client's, and what signing adds.
const MOST_SENT: usize = FIELDS + 16;
/// For a head with a long session token.
const ROOM: usize = 3 << 10;
