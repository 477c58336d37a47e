//! A raw HTTP/1.1 request, as a person types it or a capture shows it.

/// The parts of a raw request: bytes, as they stand. A folded header value keeps its line breaks.
pub(crate) struct RawRequest {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl RawRequest {
    /// Reads `METHOD target HTTP/1.1`, header lines, an empty line and the body. Lines end in LF or CRLF. A target
    /// may hold spaces.
    pub(crate) fn parse(raw: &[u8]) -> Result<Self, String> {
        let (mut lines, body) = split_head(raw);
        if lines.is_empty() {
            return Err("the request is empty; the first line must be `METHOD target HTTP/1.1`".into());
        }
        let first = lines.remove(0);
        let space = first.iter().position(|&byte| byte == b' ');
        let version = first.windows(6).rposition(|window| window == b" HTTP/");
        let (Some(space), Some(version)) = (space, version) else {
            return Err("the first line must be `METHOD target HTTP/1.1`".into());
        };
        if space >= version {
            return Err("the first line has no target; it must be `METHOD target HTTP/1.1`".into());
        }
        let method = String::from_utf8(first[..space].to_vec()).map_err(|_| "the method is not text")?;
        let target = first[space + 1..version].to_vec();
        let mut headers: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for (nth, line) in lines.into_iter().enumerate() {
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                let Some((_, value)) = headers.last_mut() else {
                    return Err("the first header line begins with white space".into());
                };
                value.push(b'\n');
                value.extend_from_slice(line);
                continue;
            }
            let Some(colon) = line.iter().position(|&byte| byte == b':') else {
                return Err(format!("header line {} has no colon", nth + 1));
            };
            headers.push((line[..colon].to_vec(), line[colon + 1..].trim_ascii().to_vec()));
        }
        Ok(Self { method, target, headers, body: body.to_vec() })
    }

    /// The request with other headers, ready to be sent.
    pub(crate) fn write(&self, target: &[u8], headers: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        for part in [self.method.as_bytes(), b" ", target, b" HTTP/1.1\r\n"] {
            out.extend_from_slice(part);
        }
        for (name, value) in headers {
            for part in [name.as_slice(), b": ", value, b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }
}

/// The lines of the head without their ends, and what follows the first empty line.
fn split_head(mut rest: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut lines = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[(end + 1).min(rest.len())..];
        if line.is_empty() {
            return (lines, rest);
        }
        lines.push(line);
    }
    (lines, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_line_ends_and_folds() {
        for text in [
            "GET /a b HTTP/1.1\nHost: h\nX: 1\n  2\n\nbody\n",
            "GET /a b HTTP/1.1\r\nHost:h\r\nX:1\r\n  2\r\n\r\nbody\n",
        ] {
            let request = RawRequest::parse(text.as_bytes()).unwrap();
            assert_eq!((request.method.as_str(), &request.target[..]), ("GET", &b"/a b"[..]));
            assert_eq!(request.headers[0], (b"Host".to_vec(), b"h".to_vec()));
            assert_eq!(request.headers[1].1, b"1\n  2");
            assert_eq!(request.body, b"body\n");
        }
    }

    #[test]
    fn what_is_no_request_is_said() {
        for bad in ["", "GET", "GET HTTP/1.1", "GET / HTTP/1.1\nHost", "GET / HTTP/1.1\n X: 1"] {
            assert!(RawRequest::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
