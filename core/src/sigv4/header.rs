//! Header fields as SigV4 sees them: what each name means, which may be signed, and their canonical values.

mod field;
mod known;
mod name;
mod value;

pub(crate) use field::{Field, Fields, Look, Ours};
pub(crate) use known::{Known, TokenName, place};
pub(crate) use name::{Name, has_prefix, is_valid_name, key};
pub(crate) use value::{canonical_value, trim};

#[cfg(test)]
mod tests {
    use super::value::is_valid_value;
    use super::*;

    fn value(value: &str) -> String {
        let mut out = Vec::new();
        canonical_value(&mut out, value.as_bytes());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_known_in_any_case() {
        let known = [
            ("host", Known::Host),
            ("authorization", Known::Authorization),
            ("x-amz-date", Known::AmzDate),
            ("date", Known::Date),
            ("x-amz-content-sha256", Known::ContentSha256),
            ("x-amz-security-token", Known::Token(TokenName::Security)),
            ("x-amz-s3session-token", Known::Token(TokenName::S3Session)),
            ("x-amz-region-set", Known::RegionSet),
            ("x-amz-decoded-content-length", Known::DecodedLength),
            ("content-length", Known::ContentLength),
            ("content-type", Known::ContentType),
            ("content-md5", Known::ContentMd5),
            ("x-amz-target", Known::Amz),
            ("x-amz-", Known::Amz),
            ("x-amz-server-side-encryption-customer-key", Known::Amz),
            ("connection", Known::Connection),
            ("keep-alive", Known::Hop),
            ("proxy-connection", Known::Hop),
            ("proxy-authenticate", Known::Hop),
            ("proxy-authorization", Known::Hop),
            ("te", Known::Hop),
            ("trailer", Known::Hop),
            ("transfer-encoding", Known::Hop),
            ("upgrade", Known::Hop),
            ("http2-settings", Known::Hop),
            ("expect", Known::Expect),
            ("user-agent", Known::UserAgent),
            ("x-amzn-trace-id", Known::AmznTrace),
            ("traceparent", Known::TraceContext),
            ("tracestate", Known::TraceContext),
            ("cookie", Known::Cookie),
            ("set-cookie", Known::Cookie),
            ("x-http-method-override", Known::MethodOverride),
            ("x-http-method", Known::MethodOverride),
            ("x-method-override", Known::MethodOverride),
            ("forwarded", Known::Forwarding),
            ("via", Known::Forwarding),
            ("x-real-ip", Known::Forwarding),
            ("true-client-ip", Known::Forwarding),
            ("x-forwarded-for", Known::Forwarding),
            ("cf-ray", Known::Forwarding),
            ("x-envoy-a-name-of-more-than-thirty-two-bytes", Known::Forwarding),
            ("x-original-host", Known::Forwarding),
            ("x-awsaccess-x", Known::Forwarding),
            ("x-amzn-requestid", Known::Other),
            ("x-amz", Known::Other),
            ("", Known::Other),
        ];
        for (name, expected) in known {
            assert_eq!(Name::new(name.as_bytes()).known(), expected, "{name}");
            assert_eq!(Name::new(name.to_uppercase().as_bytes()).known(), expected, "{name}");
            let longer = format!("{name}z");
            let is_prefix = matches!(expected, Known::Amz | Known::Forwarding) && name.contains('-');
            if !is_prefix {
                assert!(
                    !matches!(Name::new(longer.as_bytes()).known(), Known::Host | Known::Hop),
                    "{longer}"
                );
            }
        }
    }

    #[test]
    fn names_order_as_their_lower_case_forms() {
        let names = [
            "a",
            "A-",
            "ab",
            "x-amz-date",
            "X-Amz-Meta-Aaaaaaaaaa",
            "x-amz-meta-aaaaaaaaab",
            "x-amz-meta-aaaaaa",
        ];
        for a in names {
            for b in names {
                let (one, two) = (Field::new(a.as_bytes(), b""), Field::new(b.as_bytes(), b""));
                assert_eq!(one.name.compare(&two.name), a.to_lowercase().cmp(&b.to_lowercase()), "{a} {b}");
                assert_eq!(one.is_named_as(&two), a.eq_ignore_ascii_case(b));
            }
        }
    }

    #[test]
    fn white_space_is_collapsed_also_in_quotes() {
        assert_eq!(value("  a \t b  "), "a b");
        assert_eq!(value("\"a   b\""), "\"a b\"");
        assert_eq!(value("value1\r\n  value2\n\tvalue3"), "value1 value2 value3");
        assert_eq!(value(" \t"), "");
        assert_eq!(value("a\u{a0} b"), "a\u{a0} b");
    }

    #[test]
    fn smuggled_lines_are_found() {
        assert!(is_valid_value(b"a\r\n b") && is_valid_value(b"a\n\tb") && is_valid_value(b""));
        for bad in [&b"a\r\nb"[..], b"a\rb", b"a\n", b"\0", b"a\r\n b\nX: y"] {
            assert!(!is_valid_value(bad), "{bad:?}");
        }
        assert!(
            is_valid_name(b"X-Amz-Date")
                && !is_valid_name(b"a b")
                && !is_valid_name(b"")
                && !is_valid_name(b"a:")
        );
    }
}
