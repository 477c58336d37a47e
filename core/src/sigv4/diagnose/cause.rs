//! Why a signature was refused, as a closed list.

/// The cause of a refused signature. The list is complete: what none of them names is [`Cause::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The client encoded the path once more than the service does.
    PathEncodedTwice,
    /// The client encoded the path once less than the service does.
    PathEncodedOnce,
    /// Dot segments or repeated slashes of the path were resolved on one side only.
    PathNormalized,
    /// The path is the same, its percent escapes are written otherwise.
    PathEscapes,
    /// The path is another.
    PathChanged,
    /// The parameters of the query are in another order.
    QueryOrder,
    /// A `+` of the query is a plus sign on one side and a space on the other.
    QueryPlus,
    /// The query is the same, its percent escapes are written otherwise.
    QueryEncoding,
    /// A parameter without a value is written otherwise, or left out.
    QueryEmptyValue,
    /// A parameter arrived that was not signed.
    QueryParameterAdded,
    /// A parameter was signed and did not arrive.
    QueryParameterRemoved,
    /// The value of a parameter is another.
    QueryParameterChanged,
    /// White space in a header value is kept on one side and folded on the other.
    HeaderWhiteSpace,
    /// The values of a repeated header are in another order.
    HeaderOrder,
    /// A signed header did not arrive, or arrived empty.
    HeaderRemoved,
    /// A header, or one more value of it, was added on the way.
    HeaderAdded,
    /// The value of a signed header is another.
    HeaderChanged,
    /// The request has a header that must be signed and is not.
    HeaderNotSigned,
    /// The list of signed headers is another.
    SignedHeaders,
    /// The host, or its port, is another.
    WrongHost,
    /// The method is another.
    MethodChanged,
    /// The body is not the one whose hash was signed.
    PayloadChanged,
    /// The body is signed on one side and `UNSIGNED-PAYLOAD` on the other.
    PayloadUnsigned,
    /// The clock of the client is wrong.
    ClockSkew,
    /// The presigned URL is past its end.
    Expired,
    /// The day of the credential scope is not that of the request, or the key was derived for another.
    ScopeDate,
    /// The region of the credential scope is not the service's.
    WrongRegion,
    /// The signing name of the credential scope is not the service's.
    WrongService,
    /// Both sides agree on what is signed: the secrets differ.
    WrongSecret,
    /// The service does not know the key id.
    UnknownKey,
    /// The keys are temporary and their session token is not in the request.
    TokenMissing,
    /// The session token is where the service does not look, or is not signed.
    TokenMisplaced,
    /// The session token is not that of the key.
    TokenInvalid,
    /// The session token has expired.
    TokenExpired,
    /// The request carries no signature.
    NotSigned,
    /// The authentication does not follow its grammar, or parts of it are missing.
    MalformedAuthentication,
    /// Nothing is wrong: the request was accepted, or would be.
    Nothing,
    /// What is at hand does not show it.
    Unknown,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 38] = [
        Self::PathEncodedTwice,
        Self::PathEncodedOnce,
        Self::PathNormalized,
        Self::PathEscapes,
        Self::PathChanged,
        Self::QueryOrder,
        Self::QueryPlus,
        Self::QueryEncoding,
        Self::QueryEmptyValue,
        Self::QueryParameterAdded,
        Self::QueryParameterRemoved,
        Self::QueryParameterChanged,
        Self::HeaderWhiteSpace,
        Self::HeaderOrder,
        Self::HeaderRemoved,
        Self::HeaderAdded,
        Self::HeaderChanged,
        Self::HeaderNotSigned,
        Self::SignedHeaders,
        Self::WrongHost,
        Self::MethodChanged,
        Self::PayloadChanged,
        Self::PayloadUnsigned,
        Self::ClockSkew,
        Self::Expired,
        Self::ScopeDate,
        Self::WrongRegion,
        Self::WrongService,
        Self::WrongSecret,
        Self::UnknownKey,
        Self::TokenMissing,
        Self::TokenMisplaced,
        Self::TokenInvalid,
        Self::TokenExpired,
        Self::NotSigned,
        Self::MalformedAuthentication,
        Self::Nothing,
        Self::Unknown,
    ];

    /// A stable name, the same in every language.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.texts().0
    }

    /// What it means, in a line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.texts().1
    }

    /// What to do about it, in a line.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        self.texts().2
    }

    /// Name, meaning, remedy.
    const fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::PathEncodedTwice => (
                "path-encoded-twice",
                "the client signed the path encoded once more than the service reads it",
                "sign the path as it is on the wire (S3's family), or stop the proxy that decodes it",
            ),
            Self::PathEncodedOnce => (
                "path-encoded-once",
                "the client signed the path encoded once less than the service reads it",
                "encode the encoded path once more for signing (all services but S3's family), or stop the \
                 proxy that encodes it again",
            ),
            Self::PathNormalized => (
                "path-normalized",
                "dot segments or repeated slashes of the path were resolved on one side only",
                "resolve them for signing (all services but S3's family); for S3 keep every byte of the key, \
                 in the client and in every proxy",
            ),
            Self::PathEscapes => (
                "path-escapes",
                "the path is the same, its percent escapes are not",
                "escape every byte but letters, digits and -._~ once, with upper-case hex digits",
            ),
            Self::PathChanged => (
                "path-changed",
                "the service saw another path than the client signed",
                "sign the path that reaches the service: look for a proxy that adds or strips a prefix",
            ),
            Self::QueryOrder => (
                "query-order",
                "the parameters of the query were not sorted alike",
                "sort by encoded name, then by encoded value, byte by byte",
            ),
            Self::QueryPlus => (
                "query-plus",
                "a `+` in the query is a plus sign on one side and a space on the other",
                "write a space as %20 and a plus sign as %2B, on the wire and for signing",
            ),
            Self::QueryEncoding => (
                "query-encoding",
                "the query is the same, its percent escapes are not",
                "escape every byte of names and values but letters, digits and -._~, also the slash",
            ),
            Self::QueryEmptyValue => (
                "query-empty-value",
                "a parameter without a value was signed otherwise, or left out",
                "sign `?acl` as `acl=`",
            ),
            Self::QueryParameterAdded => (
                "query-parameter-added",
                "the service saw a parameter that the client did not sign",
                "sign all parameters, and let nothing on the way add one",
            ),
            Self::QueryParameterRemoved => (
                "query-parameter-removed",
                "the client signed a parameter that the service did not see",
                "let nothing on the way take parameters off",
            ),
            Self::QueryParameterChanged => (
                "query-parameter-changed",
                "the value of a parameter is another than the client signed",
                "send the query that was signed",
            ),
            Self::HeaderWhiteSpace => (
                "header-white-space",
                "white space in a header value was signed otherwise than the service reads it",
                "trim values and make each run of white space one space before signing, also within quotes",
            ),
            Self::HeaderOrder => (
                "header-order",
                "the values of a repeated header were signed in another order",
                "join the values with commas in the order in which they are sent",
            ),
            Self::HeaderRemoved => (
                "header-removed",
                "a header was signed and did not reach the service",
                "do not sign headers that hops remove, or stop the hop that does",
            ),
            Self::HeaderAdded => (
                "header-added",
                "a header, or one more value of it, was added after signing",
                "add headers before signing, and let nothing on the way add one that is signed or an x-amz one",
            ),
            Self::HeaderChanged => (
                "header-changed",
                "the value of a signed header is another than the client signed",
                "do not sign headers that hops rewrite, or stop the hop that does",
            ),
            Self::HeaderNotSigned => (
                "header-not-signed",
                "the request has a header that must be signed and is not in SignedHeaders",
                "sign host and every x-amz-* header; add none after signing",
            ),
            Self::SignedHeaders => (
                "signed-headers",
                "the list of signed headers is another on each side",
                "list the signed names in lower case, sorted, each once",
            ),
            Self::WrongHost => (
                "wrong-host",
                "the service saw another host, or another port, than the client signed",
                "sign the Host header that is sent: no default port, and a proxy must keep it",
            ),
            Self::MethodChanged => (
                "method-changed",
                "the service saw another method than the client signed",
                "sign the method that is sent; a redirect or a proxy may have changed it",
            ),
            Self::PayloadChanged => (
                "payload-changed",
                "the body is not the one whose hash was signed",
                "hash the bytes that are sent, after compression and re-encoding",
            ),
            Self::PayloadUnsigned => (
                "payload-unsigned",
                "one side took the body as unsigned, the other its hash",
                "sign the hash of the body, or send x-amz-content-sha256: UNSIGNED-PAYLOAD where the service \
                 takes it",
            ),
            Self::ClockSkew => (
                "clock-skew",
                "the time in the request is too far from the service's",
                "set the clock (NTP), or sign with the time of the reply's Date header",
            ),
            Self::Expired => (
                "expired",
                "the presigned url is past its end",
                "presign again, for longer; a url signed with temporary keys ends with them",
            ),
            Self::ScopeDate => (
                "scope-date",
                "the day of the credential scope is not the day of the request in UTC",
                "take the day of the scope and of the derived key from X-Amz-Date",
            ),
            Self::WrongRegion => (
                "wrong-region",
                "the request was signed for another region than the service's",
                "sign for the region of the endpoint",
            ),
            Self::WrongService => (
                "wrong-service",
                "the request was signed for another service than the one asked",
                "sign with the service's signing name, which may differ from the name in its host",
            ),
            Self::WrongSecret => (
                "wrong-secret",
                "what is signed agrees: the secret access key of the client is not that of the key id",
                "check the secret for a mix-up, for white space around it, and for a rotated key",
            ),
            Self::UnknownKey => (
                "unknown-key",
                "the service does not know the access key id",
                "check the key id, its partition and whether it was deleted; keys that begin with ASIA need \
                 their session token",
            ),
            Self::TokenMissing => (
                "token-missing",
                "the keys are temporary and the request lacks their session token",
                "send x-amz-security-token, and sign it",
            ),
            Self::TokenMisplaced => (
                "token-misplaced",
                "the session token is in a place where the service does not look, or is not signed",
                "put it where the signature is (header or query), under the service's name for it, before signing",
            ),
            Self::TokenInvalid => (
                "token-invalid",
                "the session token is not that of the key",
                "use key id, secret and token of one set, and send the token as it came",
            ),
            Self::TokenExpired => {
                ("token-expired", "the session token has expired", "get new temporary credentials")
            }
            Self::NotSigned => (
                "not-signed",
                "the request carries no sigv4 signature",
                "sign it; a redirect or a proxy may have dropped the Authorization header",
            ),
            Self::MalformedAuthentication => (
                "malformed-authentication",
                "the authentication of the request cannot be read, or lacks a part",
                "send Credential, SignedHeaders and Signature once each, in the header or in the query",
            ),
            Self::Nothing => (
                "nothing",
                "nothing is wrong with the signature",
                "look at the permissions of the key instead",
            ),
            Self::Unknown => (
                "unknown",
                "what is at hand does not show the cause",
                "give the secret, the whole reply, and the request as it left the client",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_words_of_its_own() {
        let mut names: Vec<_> = Cause::ALL.iter().map(|cause| cause.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            assert!(!cause.meaning().contains('\n') && !cause.remedy().is_empty(), "{}", cause.name());
        }
    }
}
