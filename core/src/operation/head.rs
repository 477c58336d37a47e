//! The header fields that say what is asked for, found in one pass.

use crate::sigv4::{Headers, place};

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
        headers.each_of(NAMES, |place, value| {
            let value = value.trim_ascii();
            let place = match place {
                CONTENT_TYPE => &mut head.content_type,
                TARGET => &mut head.target,
                SMITHY_PROTOCOL => &mut head.smithy_protocol,
                ACCEPT => {
                    head.accept.get_or_insert(value);
                    return;
                }
                ACCOUNT_ID => {
                    head.has_account_id = true;
                    return;
                }
                COPY_SOURCE => {
                    head.copies = true;
                    return;
                }
                // Fields by which frameworks let a client change the method.
                _ => {
                    head.overrides_method = true;
                    return;
                }
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

const ACCEPT: u8 = place(b"accept");
const CONTENT_TYPE: u8 = place(b"content-type");
const TARGET: u8 = place(b"x-amz-target");
const SMITHY_PROTOCOL: u8 = place(b"smithy-protocol");
const ACCOUNT_ID: u8 = place(b"x-amz-account-id");
const COPY_SOURCE: u8 = place(b"x-amz-copy-source");
const OVERRIDES: [u8; 3] =
    [place(b"x-http-method"), place(b"x-method-override"), place(b"x-http-method-override")];

/// All of them, a bit each.
const NAMES: u64 = {
    let [one, two, three] = OVERRIDES;
    1 << ACCEPT
        | 1 << CONTENT_TYPE
        | 1 << TARGET
        | 1 << SMITHY_PROTOCOL
        | 1 << ACCOUNT_ID
        | 1 << COPY_SOURCE
        | 1 << one
        | 1 << two
        | 1 << three
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sigv4::Field;

    #[test]
    fn the_names_are_known_whole() {
        let names = ["accept", "content-type", "x-amz-target", "smithy-protocol", "x-amz-account-id"];
        let others = ["x-amz-copy-source", "x-http-method", "x-method-override", "x-http-method-override"];
        let [one, two, three] = OVERRIDES;
        let places =
            [ACCEPT, CONTENT_TYPE, TARGET, SMITHY_PROTOCOL, ACCOUNT_ID, COPY_SOURCE, one, two, three];
        for (name, place) in names.into_iter().chain(others).zip(places) {
            assert_eq!(Field::new(name.as_bytes(), b"").name.place(), Some(place), "{name}");
        }
    }
}
