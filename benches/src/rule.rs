//! What shapes look for, written as regular expressions of the syntax that Rust and Python share: for the peers.
//!
//! They are as the shapes are where an expression can say it. What it cannot (that a value is in quotation marks that
//! close, that a key of forty characters is no path and no word, which names are of things that open nothing) is left out:
//! that makes the expressions quicker than the rules, and so does that nothing is hidden.

/// Names that stand before a secret, by how long a value must at least be. A hyphen stands for whatever parts words.
const NAMES: [(usize, &[&str]); 4] = [
    (
        1,
        &[
            "secret-access-key",
            "secret-key",
            "aws-secret",
            "access-key-secret",
            "session-token",
            "security-token",
            "password",
            "passwd",
            "passphrase",
            "token-code",
            "mfa-code",
            "mfa-token",
            "authentication-code",
            "saml-assertion",
            "saml-response",
            "web-identity-token",
            "bearer-token-bedrock",
            "client-secret",
            "secret-string",
            "secret-binary",
            "service-credential-secret",
            "customer-key",
            "customer-key-base64",
            "sse-c-key",
            "sse-c-copy-source-key",
            "set-cookie",
            "cookie",
            "authorization",
        ],
    ),
    (4, &["passcode", "confirmation-code", "pass", "pwd"]),
    (
        8,
        &[
            "user-code",
            "secret-code",
            "bearer-token",
            "oauth2-bearer",
            "access-token",
            "refresh-token",
            "auth-token",
            "metadata-token",
            "secret-value",
            "shared-secret",
            "secret",
            "base32-string-seed",
        ],
    ),
    (
        16,
        &[
            "secret-key-base",
            "session-key",
            "signing-key",
            "aws-session",
            "signature",
            "secret-hash",
            "password-verifier",
            "claim-secret-block",
            "token-value",
            "token",
            "qr-code-png",
            "private-key",
            "key-material",
            "api-key",
            "api-key-value",
            "plaintext",
            "user-data",
            "device-code",
            "code-verifier",
            "authorization-code",
            "auth-code",
            "docker-config-json",
            "auth",
        ],
    ),
];

/// Behind a name: its quotation mark, a separator, and the mark of the value, as they are or escaped.
const SEPARATOR: &str = concat!(
    r#"(?:\\*["'`]|%22|&quot;|\\u0022)?[\]}]?[ \t]*(?:[:=,>|]|->|is:?|%3[ad]|&gt;|\\u003[ade])[=>]?\s*"#,
    r#"(?:[bu]?\\*["'`]|%22|&quot;|\\u0022)?"#,
);

/// What a short value is made of, and a long one.
const VALUE: &str = r#"[^\s"'`,;&<]"#;
const LONG: &str = r#"[^\s"'`,;&<(){}\[]"#;

const OTHERS: [&str; 22] = [
    r"(?i:-(?:secret-?access-?key|secret-?key|session-?token|password|token-?code|[a-z-]*token) +[^\s-])",
    r"(?i:(?:access|aws)[-_.]?key[ \t]*[:=]\s*[A-Za-z0-9+/]{40})",
    r"(?i:secret (?:access key|key|token|string)s?(?: is)?[ :=]+[^\s]{12})",
    r#"<(?i:name|key)>[^<]*(?i:password|secret|token)</(?i:name|key)>\s*<(?i:value)>[^<]"#,
    r"bedrock-api-key-[A-Za-z0-9+/_-]{16}",
    r"(?:^|[^A-Za-z0-9+/_\]-])ABSK[A-Za-z0-9+/]{80}",
    r"(?:^|[^A-Za-z0-9+/_\]-])(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|FwoDYXdz|FQoDYXdz|AQoDYXdz)[A-Za-z0-9+/=%]{50}",
    r"(?:^|[^A-Za-z0-9+/_\]-])(?:QVdTOmV5S|k8s-aws-v1\.|aoaAAAAA|aorAAAAA)[A-Za-z0-9+/=%._-]{30}",
    r"(?:^|[^A-Za-z0-9+/_\]-])da2-[a-z0-9]{26}(?:[^A-Za-z0-9]|$)",
    r"(?:^|[^A-Za-z0-9_.\]-])eyJ[A-Za-z0-9_-]{7,}\.\.?[A-Za-z0-9_-]{10}",
    r"(?:^|[^A-Za-z0-9_.\]-])eyJwYXlsb2Fk[A-Za-z0-9+/_-]{188}",
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
    r"(?i:(?:^|[^a-z0-9_+/\]-])bearer(?: +|%20)[a-z0-9._~+/=-]{16})",
    r"(?i:(?:^|[^a-z0-9_+/\]-])basic(?: +|%20)[a-z0-9._~+/=-]{12})",
    r#"://[^\s/?#@"'`<>\\,;:]*:[^\s/?#@"'`<>\\,;]+@"#,
    r#"(?:curl|http|wget|lwp|smbclient|--aws-sigv4)[^\n]{0,110} -u[ ='"]+[^\s:"'`,;]+:[^\s"'`]"#,
    r#"-(?i:user)[ ='"]+[^\s:"'`,;]+:[^\s"'`]{8}"#,
    r"(?:(?:docker|podman|nerdctl|registry) login|sshpass)[^\n]{0,110} -p +[^\s]{4}",
    r"[?&](?i:code)=[A-Za-z0-9+/_.%~-]{24}",
    r"(?i:mfa code)[^0-9\n]{0,160}[0-9]{6}",
    r#"(?i:"securestring"\s*,\s*"value"\s*:\s*"|convertto-securestring +["'])[^"'$\s]"#,
    r"(?:^|[^A-Za-z0-9+/_.%@\]~\\-])[A-Za-z0-9+/]{40}(?:[^A-Za-z0-9+/=_%@\[~-]|$)",
];

/// One expression for the names of each length, and one for every other shape.
pub fn expressions() -> Vec<String> {
    let names = NAMES.iter().map(|(least, names)| {
        let names = names.join("|").replace('-', "[-_.]?");
        let value = if *least < 16 { VALUE } else { LONG };
        format!("(?i:(?:{names}){SEPARATOR}{value}{{{least}}})")
    });
    names.chain(OTHERS.iter().map(|other| (*other).to_owned())).collect()
}

/// Words one of which stands in whatever the rules find: those that the engine looks for.
pub const WORDS: [&str; 62] = [
    "secret",
    "token",
    "pass",
    "pwd=",
    "signature",
    "authorization",
    "cookie",
    "saml",
    "mfacode",
    "mfa_code",
    "mfa code",
    "ationcode",
    "ation-code",
    "ation_code",
    "usercode",
    "user_code",
    "_auth",
    "qrcodepng",
    "keymaterial",
    "session_key",
    "sessionkey",
    "customer",
    "sse-c-",
    "private",
    "access_key",
    "aws_key",
    "apikey",
    "api-key",
    "api_key",
    "plaintext",
    "userdata",
    "user_data",
    "devicecode",
    "device_code",
    "\"auth\"",
    "verifier",
    "stringseed",
    "bedrock-api-key-",
    "absk",
    "iqojb3jpz2lu",
    "fwogzxivyxdz",
    "fqogzxivyxdz",
    "fwodyxdz",
    "fqodyxdz",
    "aqodyxdz",
    "qvdtomv5s",
    "k8s-aws-v1.",
    "aoaaaaaa",
    "aoraaaaa",
    "da2-",
    "eyj",
    "-----begin",
    "bearer",
    "basic",
    "://",
    " -u ",
    "\"-u\"",
    "-user",
    " -p ",
    "?code=",
    "&code=",
    "securestring",
];
