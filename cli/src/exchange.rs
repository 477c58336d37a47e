//! One request to a gateway, and the object that it answers with.

use std::io::{self, Read, Write};
use std::time::Duration;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::output::Failure;

/// How long the gateway may take for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The largest answer.
const MOST: u64 = 1 << 20;

/// One request, and all that comes back until the listener hangs up.
pub(crate) fn exchange(
    mut stream: impl Read + Write,
    head: &str,
    body: &str,
) -> io::Result<Zeroizing<Vec<u8>>> {
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    stream.flush()?;
    let mut reply = Zeroizing::new(Vec::new());
    match stream.take(MOST).read_to_end(&mut reply) {
        // A TLS session that was not closed: whether the reply is whole its length says.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !reply.is_empty() => Ok(reply),
        read => read.map(|_| reply),
    }
}

/// The object in a reply, or what the gateway says against it.
pub(crate) fn object(reply: &[u8], stranger: &str) -> Result<Map<String, Value>, Failure> {
    let (status, body) = split(reply).ok_or_else(|| Failure::failed(stranger))?;
    let object = match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    };
    if (200..300).contains(&status) {
        return Ok(object);
    }
    let said = ["error", "message"].into_iter().find_map(|name| object.get(name).and_then(Value::as_str));
    let said = said.unwrap_or("without saying why").chars().filter(|c| !c.is_control()).take(300);
    let said = awsaccess::redact::text(&said.collect::<String>());
    Err(Failure::failed(format!("the gateway refuses this ({status}): {said}")))
}

/// Status and body of a reply that has a length, or ends with the connection.
fn split(reply: &[u8]) -> Option<(u16, &[u8])> {
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (reply.get(..end)?, reply.get(end + 4..)?);
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let mut first = lines.next()?.split(' ');
    first.next().filter(|version| version.starts_with("HTTP/1."))?;
    let status = first.next()?.parse().ok()?;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
        if name.eq_ignore_ascii_case("content-length") && value.trim().parse() != Ok(body.len()) {
            return None;
        }
    }
    Some((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_taken_apart() {
        assert_eq!(split(b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"), Some((201, &b"{}"[..])));
        assert_eq!(split(b"HTTP/1.1 204 No Content\r\n\r\n"), Some((204, &b""[..])));
        for cut in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}"[..],
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"SSH-2.0-x\r\n\r\n",
            b"",
        ] {
            assert_eq!(split(cut), None, "{}", String::from_utf8_lossy(cut));
        }
    }
}
