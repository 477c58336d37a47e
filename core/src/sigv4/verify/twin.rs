//! Another request that is signed while a claim is proven.

use crate::credentials::SigningKey;
use crate::hash::{Hashing, MacKey, hex};
use crate::secret::{same_code, wipe};
use crate::sigv4::canonical::{Canonical, ToSign};
use crate::sigv4::payload::PayloadLine;
use crate::sigv4::scope::Scope;
use crate::sigv4::signature::{Signature, SignatureText};
use crate::time::AmzDate;

/// A request with the body and the scope of a claim, to be signed while that is proven: the two are hashed side by side,
/// which takes a processor three quarters of the time that one after the other takes. Its signature is there only if the
/// claim's was right; else it is wiped.
pub(in crate::sigv4) struct Twin<'a> {
    /// Its last line is the claim's.
    canonical: Canonical<'a, 'a>,
    key: &'a MacKey,
    date: &'a AmzDate,
    hmac: [u8; 32],
    is_signed: bool,
}

impl<'a> Twin<'a> {
    pub(in crate::sigv4) const fn new(
        canonical: Canonical<'a, 'a>,
        key: &'a MacKey,
        date: &'a AmzDate,
    ) -> Self {
        Self { canonical, key, date, hmac: [0; 32], is_signed: false }
    }

    /// Whether the signature is that of a canonical request, and the last line of that. The key comes with whether it may
    /// prove anything.
    pub(super) fn sign_beside(
        &mut self,
        claimed: &Canonical<'_, '_>,
        (date, scope): (&AmzDate, &Scope),
        (key, may_prove): (&SigningKey, bool),
        signature: &Signature,
    ) -> (bool, PayloadLine) {
        let (mut text, mut ours) = (Hashing::new(), Hashing::new());
        let ([hash, our_hash], line) = claimed.hash_two(&self.canonical, (&mut text, &mut ours));
        for (key, text, date, hash) in
            [(key.mac(), &mut text, date, hash), (self.key, &mut ours, self.date, our_hash)]
        {
            key.begin_in(text);
            ToSign::write_start(text, date, scope);
            text.update(&hex(&hash));
        }
        let [hmac, mut our_hmac] = MacKey::end_two((key.mac(), &mut text), (self.key, &mut ours));
        let is_right = match signature {
            Signature::V4(sent) => may_prove & same_code(&hmac, sent),
            Signature::V4a(_) => false,
        };
        if is_right {
            (self.hmac, self.is_signed) = (our_hmac, true);
        }
        wipe(&mut our_hmac);
        (is_right, line)
    }

    /// Its signature, if the claim's was right in its usual form.
    pub(in crate::sigv4) fn signature(&self) -> Option<SignatureText> {
        self.is_signed.then(|| SignatureText::of_hmac(&self.hmac))
    }
}

impl Drop for Twin<'_> {
    fn drop(&mut self) {
        wipe(&mut self.hmac);
    }
}
