//! What the emulator saw, for tests to look at.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Serialize;

/// One request that arrived, and what was made of it. It holds what was sent, so also session tokens.
#[derive(Clone, Serialize)]
pub struct Recorded {
    /// A number that counts up.
    pub number: u64,
    /// Where it arrived: `imds` or the service that it was for.
    pub service: String,
    /// Whether it came over TLS, and then for which server name.
    pub server_name: Option<String>,
    /// The method.
    pub method: String,
    /// The target of the request line, raw.
    pub target: String,
    /// All headers, names in lower case, values as raw bytes.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The SHA-256 of the body as it was on the wire, in hexadecimal.
    pub body_sha256: String,
    /// The length of that body.
    pub body_length: u64,
    /// What came of the check of its signature.
    pub verdict: Verdict,
    /// The status of the reply; 0 if the connection was reset instead.
    pub status: u16,
}

/// What came of the check of a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// A right signature by a known key.
    Verified {
        /// The key that signed.
        access_key_id: String,
        /// Who it stands for.
        arn: String,
        /// The region of the scope.
        region: String,
        /// The signing name of the scope.
        service: String,
        /// The headers that were signed.
        signed_headers: Vec<String>,
        /// Whether the signature was in the query.
        presigned: bool,
        /// The declared payload hash or mode.
        payload: String,
    },
    /// No signature, where none is wanted (IMDS, web identities).
    Unsigned,
    /// Refused.
    Refused {
        /// The error code, in the words of the protocol that was spoken.
        code: String,
        /// The error message.
        message: String,
        /// The key that the request named, if it did.
        access_key_id: Option<String>,
    },
    /// Not looked at, because a fault answered it.
    Faulted,
}

impl Recorded {
    /// The first value of a header, as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// The key that signed, if the signature was right.
    #[must_use]
    pub fn verified_key(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Verified { access_key_id, .. } => Some(access_key_id),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        headers + self.target.len()
    }

    /// Everything of the head as one text, to search for what must not be there.
    #[must_use]
    pub fn head(&self) -> String {
        let mut head = format!("{} {}\n", self.method, self.target);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value)));
        }
        head
    }
}

/// How many bytes of heads are kept in all.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The last requests, oldest first.
pub(crate) struct Log {
    kept: usize,
    state: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    count: u64,
    bytes: usize,
    requests: VecDeque<Recorded>,
}

impl Log {
    pub(crate) fn new(kept: usize) -> Self {
        Self { kept, state: Mutex::default() }
    }

    pub(crate) fn add(&self, mut recorded: Recorded) {
        let mut state = crate::lock(&self.state);
        state.count += 1;
        recorded.number = state.count;
        state.bytes += recorded.size();
        state.requests.push_back(recorded);
        while state.requests.len() > self.kept || state.bytes > MAX_BYTES {
            let Some(oldest) = state.requests.pop_front() else { break };
            state.bytes -= oldest.size();
        }
    }

    pub(crate) fn all(&self) -> Vec<Recorded> {
        crate::lock(&self.state).requests.iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        let mut state = crate::lock(&self.state);
        state.requests.clear();
        state.bytes = 0;
    }
}
