//! The canonical forms that honest clients use of one request.

use crate::sigv4::canonical::{HostForm, Repeated, Variant};
use crate::sigv4::claim::Claim;
use crate::sigv4::scope::is_s3_family;
use crate::sigv4::uri::{self, PathRule, Plus};

/// The most canonical forms that one request is tried in.
const MAX_CANDIDATES: usize = 8;

/// The forms to try, the usual one first; an honest client pays for one.
pub(in crate::sigv4) struct Variants<'c> {
    claim: &'c Claim,
    paths: [PathRule; 2],
    hosts: [HostForm; 2],
    /// How many forms there are of the path, of a `+`, of repeated headers and of the host.
    counts: [usize; 4],
    next: usize,
}

impl<'c> Variants<'c> {
    pub(in crate::sigv4) fn of(claim: &'c Claim) -> Self {
        let paths = if is_s3_family(claim.service()) {
            [PathRule::AsSent, PathRule::Recoded]
        } else {
            [PathRule::Encoded { normalize: true }, PathRule::Encoded { normalize: false }]
        };
        Self { claim, paths, hosts: [HostForm::AsSent; 2], counts: [1; 4], next: 0 }
    }

    /// Counts the forms; only once the first has failed, since nearly all requests verify in that.
    #[cold]
    #[inline(never)]
    fn look_further(&mut self) {
        let request = self.claim.request();
        let [first, second] = self.paths.map(|rule| {
            let mut path = Vec::new();
            uri::canonical_path(&mut path, request.path(), rule);
            path
        });
        let host = request.host().unwrap_or_default();
        let has_default_port = host.ends_with(b":443");
        let other = if has_default_port { HostForm::WithoutPort } else { HostForm::WithPort };
        self.hosts = [HostForm::AsSent, other];
        self.counts = [
            first != second,
            memchr::memchr(b'+', request.query()).is_some(),
            self.claim.parsed.order.has_repeats(),
            has_default_port || !has_port(host),
        ]
        .map(|two| if two { 2 } else { 1 });
    }
}

impl Iterator for Variants<'_> {
    type Item = Variant;

    fn next(&mut self) -> Option<Variant> {
        let n = self.next;
        if n == 1 {
            self.look_further();
        }
        self.next += 1;
        let [paths, pluses, orders, hosts] = self.counts;
        let (path, n) = (n % paths, n / paths);
        let (plus, n) = (n % pluses, n / pluses);
        let (order, host) = (n % orders, n / orders);
        if host >= hosts || self.next > MAX_CANDIDATES {
            return None;
        }
        Some(Variant {
            path: *self.paths.get(path)?,
            plus: if plus == 0 { Plus::Sign } else { Plus::Space },
            host: *self.hosts.get(host)?,
            repeated: if order == 0 { Repeated::InOrder } else { Repeated::Sorted },
        })
    }
}

/// Whether a host ends in `:` and digits, outside an IPv6 literal's brackets.
fn has_port(host: &[u8]) -> bool {
    let after = host.rsplit(|&byte| byte == b']').next().unwrap_or_default();
    memchr::memchr(b':', after).is_some()
}
