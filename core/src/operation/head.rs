//! The header fields that say what is asked for, found in one pass.

use crate::sigv4::Headers;

/// What the header says of protocol and operation.
#[derive(Default, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) content_type: Option<&'a [u8]>,
    pub(super) accept: Option<&'a [u8]>,
    pub(super) target: Option<&'a [u8]>,
    pub(super) smithy_protocol: Option<&'a [u8]>,
    /// Whether one of these is there twice.
    pub(super) repeated: bool,
    /// Whether a field asks for another method than the request's.
    pub(super) overrides_method: bool,
    pub(super) has_account_id: bool,
    pub(super) copies: bool,
}

impl<'a> Head<'a> {
    pub(super) fn read(headers: Headers<'a>) -> Self {
        let mut head = Self::default();
        headers.each(|name, value| {
            let value = value.trim_ascii();
            let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
            let place = match name.len() {
                6 if is("accept") => {
                    head.accept.get_or_insert(value);
                    return;
                }
                12 if is("content-type") => &mut head.content_type,
                12 if is("x-amz-target") => &mut head.target,
                15 if is("smithy-protocol") => &mut head.smithy_protocol,
                13 | 17 | 22 if OVERRIDES.iter().any(|known| is(known)) => {
                    head.overrides_method = true;
                    return;
                }
                16 if is("x-amz-account-id") => {
                    head.has_account_id = true;
                    return;
                }
                17 if is("x-amz-copy-source") => {
                    head.copies = true;
                    return;
                }
                _ => return,
            };
            head.repeated |= place.replace(value).is_some();
        });
        head
    }

    fn kind(&self) -> &'a [u8] {
        self.content_type.unwrap_or_default()
    }

    fn starts_with(&self, kind: &[u8]) -> bool {
        self.kind().get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
    }

    pub(super) fn is_cbor(&self) -> bool {
        self.smithy_protocol.is_some() || self.starts_with(b"application/cbor")
    }

    /// The JSON of services that name a target.
    pub(super) fn is_amz_json(&self) -> bool {
        self.starts_with(b"application/x-amz-json")
    }

    /// A request that no reader takes for a form: it names a target, and says that its body is the JSON that goes with it.
    pub(super) fn is_targeted_json(&self) -> bool {
        self.target.is_some() && self.is_amz_json()
    }

    pub(super) fn is_json11(&self) -> bool {
        self.starts_with(b"application/x-amz-json-1.1")
    }

    pub(super) fn is_form(&self) -> bool {
        self.starts_with(FORM)
    }

    /// A form whose letters every reader takes alike.
    pub(super) fn is_plain_form(&self) -> bool {
        let rest = self.kind().get(FORM.len()..).unwrap_or_default().trim_ascii();
        let charset = match rest.strip_prefix(b";") {
            None => return rest.is_empty(),
            Some(parameter) => parameter.trim_ascii(),
        };
        let Some((name, value)) = charset.split_at_checked(8) else { return charset.is_empty() };
        let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        name.eq_ignore_ascii_case(b"charset=")
            && [&b"utf-8"[..], b"utf8", b"us-ascii", b"iso-8859-1"]
                .iter()
                .any(|known| value.eq_ignore_ascii_case(known))
    }

    pub(super) fn speaks_of_json(&self) -> bool {
        let json =
            |value: Option<&[u8]>| value.is_some_and(|value| memchr::memmem::find(value, b"json").is_some());
        json(self.content_type) || json(self.accept)
    }
}

const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// Fields by which frameworks let a client change the method.
const OVERRIDES: [&str; 3] = ["x-http-method", "x-method-override", "x-http-method-override"];
