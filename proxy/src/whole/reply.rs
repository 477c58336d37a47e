//! Answers: found in what was read of a service, and written for the client in the same turn.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use awsaccess::audit::Shown;
use httparse::Status;

use super::{FIELDS, MOST, keeps, length, within};
use crate::head::{is_of_the_connection, shown_id};

/// What came for a request.
pub(crate) enum Answer<F> {
    /// An answer that is here whole.
    Whole(Reply),
    /// One that flows, or is odd.
    Flows(F),
}

/// An answer that came whole, as it goes to the client: less what belongs to the connection, and cookies.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) bytes: Vec<u8>,
    /// How many of the bytes are the body.
    pub(crate) body: usize,
    /// The id that the service gave the request.
    pub(crate) request_id: Option<Shown>,
}

/// What the bytes of a connection to a service begin with.
pub(crate) enum Said {
    Whole(Reply),
    /// The beginning of one; whether its head is among what is missing.
    Part {
        head: bool,
    },
    Other,
}

impl Reply {
    /// Says that it is the last of its connection.
    pub(crate) fn close(&mut self) {
        let end = self.bytes.len().saturating_sub(self.body + 2);
        self.bytes.splice(end..end, *b"connection: close\r\n");
    }

    /// Reads the answer to a request. It is whole only if nothing is behind it: who asked once is answered once.
    pub(crate) fn find(bytes: &[u8], is_head: bool) -> Said {
        let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let end = match config.parse_response_with_uninit_headers(&mut parsed, bytes, &mut fields) {
            Ok(Status::Complete(end)) => end,
            Ok(Status::Partial) if bytes.len() < MOST => return Said::Part { head: true },
            _ => return Said::Other,
        };
        let (Some(status), Some(reason), Some(1)) = (parsed.code, parsed.reason, parsed.version) else {
            return Said::Other;
        };
        // What is said on the way to an answer, and answers that end in ways of their own.
        if !(200..600).contains(&status) || matches!(status, 204 | 205 | 304) {
            return Said::Other;
        }
        let (mut told, mut dated, mut request_id) = (None, false, None);
        let mut out = Vec::with_capacity(bytes.len() + DATE.len() + 16);
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend([100, 10, 1].map(|unit| b'0' + (status / unit % 10) as u8));
        out.push(b' ');
        out.extend_from_slice(reason.as_bytes());
        out.extend_from_slice(b"\r\n");
        for field in parsed.headers.iter() {
            let (name, value) = (field.name, field.value);
            match name.len() {
                4 => dated |= name.eq_ignore_ascii_case("date"),
                10 if name.eq_ignore_ascii_case("connection") && keeps(value) != Some(true) => {
                    return Said::Other;
                }
                14 if name.eq_ignore_ascii_case("content-length") => match (told, length(value)) {
                    (None, Some(length)) => told = Some(length),
                    _ => return Said::Other,
                },
                17 if name.eq_ignore_ascii_case("transfer-encoding") => return Said::Other,
                _ => {}
            }
            if is_of_the_connection(name) {
                continue;
            }
            request_id = request_id.or_else(|| shown_id(name, value));
            let start = out.len();
            out.extend_from_slice(name.as_bytes());
            out.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        let Some(told) = told else { return Said::Other };
        // What is told to HEAD does not come, however long it is.
        let Some(body) = (if is_head { Some(0) } else { within(told) }) else { return Said::Other };
        match bytes.len().cmp(&(end + body)) {
            std::cmp::Ordering::Less if end + body <= MOST => return Said::Part { head: false },
            std::cmp::Ordering::Equal => {}
            _ => return Said::Other,
        }
        if !dated {
            out.extend_from_slice(b"date: ");
            out.extend_from_slice(&date());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(bytes.get(end..).unwrap_or_default());
        Said::Whole(Self { status, bytes: out, body, request_id })
    }
}

type Date = [u8; 29];
const DATE: Date = *b"Thu, 01 Jan 1970 00:00:00 GMT";

/// The time, for an answer that does not tell it (RFC 9110, section 6.6.1). It is written once a second.
fn date() -> Date {
    thread_local! {
        static LAST: Cell<(u64, Date)> = const { Cell::new((0, DATE)) };
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (second, text) = LAST.get();
    if second == now {
        return text;
    }
    let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now));
    let text = text.as_bytes().try_into().unwrap_or(DATE);
    LAST.set((now, text));
    text
}
