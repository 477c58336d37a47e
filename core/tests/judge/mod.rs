//! Signs and judges the pieces of bodies without the library: by the pages of the Amazon S3 API reference, with
//! aws-sigv4's keys, HMACs and event messages, and ring's P-256.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::time::SystemTime;

use aws_sigv4::event_stream::{sign_empty_message, sign_message};
use aws_sigv4::sign::{v4, v4a};
use aws_smithy_eventstream::frame::{read_message_from, write_message_to};
use aws_smithy_types::event_stream::{Header, Message};
use awsaccess::credentials::Credentials;
use awsaccess::sigv4::{Algorithm, Scope};
use awsaccess::time::Time;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use sha2::{Digest, Sha256};

/// Names and values of trailers.
pub(crate) type Trailers = [(&'static str, String)];

/// One who signs, or reads what was signed, under one key for one scope.
pub(crate) struct Party {
    algorithm: Algorithm,
    key: Vec<u8>,
    credentials: Credentials,
    region: String,
    service: String,
    at: Time,
}

impl Party {
    pub(crate) fn new(credentials: &Credentials, scope: &Scope, at: Time) -> Self {
        let secret = credentials.secret_access_key().expose();
        let (region, service) = (scope.region().to_owned(), scope.service().to_owned());
        let algorithm = scope.algorithm();
        let key = match algorithm {
            Algorithm::V4a => {
                v4a::generate_signing_key(credentials.access_key_id(), secret).as_ref().to_vec()
            }
            _ => v4::generate_signing_key(secret, SystemTime::from(at), &region, &service).as_ref().to_vec(),
        };
        Self { algorithm, key, credentials: credentials.clone(), region, service, at }
    }

    /// The signature of a piece, as it stands on the wire.
    fn sign(&self, text: &str) -> String {
        match self.algorithm {
            Algorithm::V4a => format!("{:*<144}", v4a::calculate_signature(&self.key, text.as_bytes())),
            _ => v4::calculate_signature(&self.key, text.as_bytes()),
        }
    }

    /// Whether the signature of a piece is right, as it stands on the wire.
    fn accepts(&self, text: &str, signature: &str) -> bool {
        if self.algorithm != Algorithm::V4a {
            return signature == self.sign(text);
        }
        let digits = signature.trim_end_matches('*');
        if signature.len() != 144 || digits.len() % 2 == 1 || digits.contains('*') {
            return false;
        }
        let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        let der: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
        let public = p256::SecretKey::from_slice(&self.key).unwrap().public_key().to_sec1_point(false);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public.as_bytes().to_vec());
        public.verify(text.as_bytes(), &der).is_ok()
    }

    fn text(&self, name: &str, last: &str, hashes: &[String]) -> String {
        let (algorithm, date) = (self.algorithm.as_str(), self.at.amz().to_string());
        let day = &date[..8];
        let scope = match self.algorithm {
            Algorithm::V4a => format!("{day}/{}/aws4_request", self.service),
            _ => format!("{day}/{}/{}/aws4_request", self.region, self.service),
        };
        let last = last.trim_end_matches('*');
        format!("{algorithm}-{name}\n{}\n{scope}\n{last}\n{}", date, hashes.join("\n"))
    }

    fn chunk(&self, last: &str, chunk: &[u8]) -> String {
        self.text("PAYLOAD", last, &[hash(b""), hash(chunk)])
    }

    fn trailer(&self, last: &str, lines: &str) -> String {
        self.text("TRAILER", last, &[hash(lines.as_bytes())])
    }

    /// A body as a client writes it, with trailers where there are some.
    pub(crate) fn write_chunks(&self, seed: &str, data: &[u8], size: usize, trailers: &Trailers) -> Vec<u8> {
        let (mut last, mut out) = (seed.to_owned(), Vec::new());
        for chunk in data.chunks(size).chain([&b""[..]]) {
            last = self.sign(&self.chunk(&last, chunk));
            out.extend(format!("{:x};chunk-signature={last}\r\n", chunk.len()).into_bytes());
            out.extend_from_slice(chunk);
            out.extend_from_slice(if chunk.is_empty() { b"" } else { b"\r\n" });
        }
        if !trailers.is_empty() {
            let lines: String = trailers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
            let signature = self.sign(&self.trailer(&last, &lines));
            out.extend(lines.replace('\n', "\r\n").into_bytes());
            out.extend(format!("x-amz-trailer-signature:{signature}\r\n").into_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out
    }

    /// Reads a body as its receiver does: the data, or `None` if anything is wrong.
    pub(crate) fn read_chunks(&self, body: &[u8], seed: &str) -> Option<Vec<u8>> {
        let (mut rest, mut last, mut data) = (body, seed.to_owned(), Vec::new());
        loop {
            let end = rest.windows(2).position(|window| window == b"\r\n")?;
            let line = std::str::from_utf8(&rest[..end]).ok()?;
            rest = &rest[end + 2..];
            let (size, signature) = line.split_once(";chunk-signature=")?;
            let size = usize::from_str_radix(size, 16).ok()?;
            let chunk = rest.get(..size)?;
            rest = &rest[size..];
            if !self.accepts(&self.chunk(&last, chunk), signature) {
                return None;
            }
            last = signature.to_owned();
            data.extend_from_slice(chunk);
            if size == 0 {
                break;
            }
            rest = rest.strip_prefix(b"\r\n")?;
        }
        if rest == b"\r\n" {
            return Some(data);
        }
        let mut lines: Vec<&str> = std::str::from_utf8(rest).ok()?.split("\r\n").collect();
        if lines.split_off(lines.len().checked_sub(2)?) != ["", ""] {
            return None;
        }
        // Names in any case, one space for each run of spaces in a value.
        let field = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let value = value.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            Some((name.to_ascii_lowercase(), value))
        };
        let mut fields: Vec<_> = lines.into_iter().map(field).collect::<Option<_>>()?;
        let (name, signature) = fields.pop()?;
        let lines: String = fields.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let is_right =
            name == "x-amz-trailer-signature" && self.accepts(&self.trailer(&last, &lines), &signature);
        is_right.then_some(data)
    }

    /// Messages as aws-sigv4 writes them: these, and the empty one that ends a stream.
    pub(crate) fn write_events(&self, seed: &str, payloads: &[&[u8]]) -> Vec<Vec<u8>> {
        let identity = aws_credential_types::Credentials::from(&self.credentials).into();
        let params = v4::SigningParams::builder().identity(&identity).region(&self.region).settings(());
        let params = params.name(&self.service).time(SystemTime::from(self.at)).build().unwrap();
        let mut last = seed.to_owned();
        let framed = |message: &Message| {
            let mut frame = Vec::new();
            write_message_to(message, &mut frame).unwrap();
            frame
        };
        let mut frames = Vec::new();
        for payload in payloads {
            let message = Message::new(payload.to_vec());
            let signed = sign_message(&message, &last, &params).unwrap();
            let (message, signature) = signed.into_parts();
            frames.push(framed(&message));
            last = signature;
        }
        let (message, _) = sign_empty_message(&last, &params).unwrap().into_parts();
        frames.push(framed(&message));
        frames
    }

    /// Reads messages as their receiver does: the payloads, or `None` if anything is wrong.
    pub(crate) fn read_events(&self, mut body: &[u8], seed: &str) -> Option<Vec<Vec<u8>>> {
        let (mut last, mut payloads) = (seed.to_owned(), Vec::new());
        while !body.is_empty() {
            let message = read_message_from(&mut body).ok()?;
            let header = |name: &str| {
                let mut found = message.headers().iter().filter(|header| header.name().as_str() == name);
                found.next().filter(|_| found.next().is_none()).map(Header::value)
            };
            let at = header(":date")?.as_timestamp().ok()?;
            if message.headers().len() != 2 || at.secs() != self.at.unix() {
                return None;
            }
            let date = [b"\x05:date\x08", &(at.to_millis().ok()?).to_be_bytes()[..]].concat();
            let text = self.text("PAYLOAD", &last, &[hash(&date), hash(message.payload())]);
            let given = header(":chunk-signature")?.as_byte_array().ok()?;
            last = given.iter().map(|byte| format!("{byte:02x}")).collect();
            if !self.accepts(&text, &last) {
                return None;
            }
            payloads.push(message.payload().to_vec());
        }
        payloads.pop().filter(Vec::is_empty).map(|_| payloads)
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
