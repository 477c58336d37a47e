use super::*;
use crate::listen::At;
use crate::tunnel::Mode;

const WHOLE: &str = include_str!("../../examples/gateway.toml");

fn error(text: &str) -> String {
    Config::parse(text).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn the_example_is_whole() {
    let config = Config::parse(WHOLE).unwrap();
    assert_eq!(config.listen[0].at, At::Tcp("127.0.0.1:8877".parse().unwrap()));
    assert!(config.tunnel.mode == Mode::Public);
    assert!(!config.gateway.policy.sigv4a);
    let with = Config::parse(&WHOLE.replacen("sigv4a = false", "sigv4a = true", 1)).unwrap();
    assert!(with.gateway.policy.sigv4a);
    let without = Config::parse(&WHOLE.replacen("sigv4a = false\n", "", 1)).unwrap();
    assert!(!without.gateway.policy.sigv4a);
}

#[test]
fn faults_are_named() {
    let edit = |from: &str, to: &str| {
        assert!(WHOLE.contains(from), "{from}");
        error(&WHOLE.replacen(from, to, 1))
    };
    for (from, to, wanted) in [
        ("\"127.0.0.1:8877\"", "\"localhost\"", "listen[0]: neither an address"),
        ("listen =", "listens =", ": listens: there is no key of this name; did you mean 'listen'?"),
        ("source = \"base\"", "source = \"bas\"", "application[0].source: there is no [[source]]"),
        (
            "\nsubject = \"alice@example.com\"",
            "\nsubject = \"eve\"",
            "placeholder[0]: there is no [[subject]]",
        ),
        ("\nrole = \"reader\"", "\nrole = \"writer\"", "placeholder[0]: the application 'prod' has no role"),
        (
            "arn:aws:iam::111111111111:role/hub",
            "hub",
            "application[0].role[0].assume[0].role_arn: 'hub' is not the arn",
        ),
        ("services = []", "clients_may_set = [\"tag\"]", "application[0].clients_may_set[0]: must be one of"),
        (
            "services = []",
            "session_replies = { \"ssm:SendCommand\" = \"deny\" }",
            "application[0].session_replies.\"ssm:SendCommand\": must be one of ssm:StartSession, ",
        ),
        (
            "services = []",
            "session_replies = { \"ssm:StartSession\" = \"virtualise\" }",
            "application[0].session_replies.\"ssm:StartSession\": must be \"pass\" or \"deny\"",
        ),
        ("hours = 12", "hours = 169", "ca.hours: must be from 1 to 168"),
        ("hours = 12", "hours = 0", "ca.hours: must be from 1 to 168"),
        ("mode = \"public\"", "mode = \"all\"", "tunnel.mode: must be"),
        ("format = \"plain\"", "format = \"cef\"", "audit.format: must be \"plain\" or \"ocsf\""),
        (
            "chain = false",
            "bodies = { \"kms:Encrypt\" = [\"KeyId\", \"Plaintext\"] }",
            "audit.bodies.\"kms:Encrypt\": 'Plaintext' is never recorded: aws's models mark it as sensitive",
        ),
        (
            "chain = false",
            "bodies = { \"dynamodb:GetItems\" = [\"TableName\"] }",
            "audit.bodies.\"dynamodb:GetItems\": aws has no operation of this name",
        ),
        ("bodies_bytes = 2048", "bodies_bytes = 0", "audit.bodies_bytes: must be from 1 to 65536"),
        ("chain = false", "chain = \"yes\"", "true or false is wanted, and there is a text"),
        ("order = [\"imds\"]", "order = [\"aws\"]", "source[0].order: 'aws' is none of"),
        ("arn:aws:iam::222222222222:role/*", "*", "role[0].allow[0]: '*' can match no role"),
        (
            "roles = [\"developers\"]",
            "roles = [\"kings\"]",
            "the subject 'alice@example.com' has the role 'kings'",
        ),
    ] {
        let found = edit(from, to);
        assert!(found.contains(wanted), "{from}: {found}");
    }
}

#[test]
fn faults_have_a_place_and_are_told_all_at_once() {
    let text = "listen = []\naplication = 1\n[[subject]]\nname = 1\n[tunnel]\nmode = true\nx = 1\n[[role]]\n";
    assert_eq!(
        error(text).lines().collect::<Vec<_>>(),
        [
            "2:1: aplication: there is no key of this name; did you mean 'application'?",
            "4:8: subject[0].name: a text in quotes is wanted, and there is a whole number",
            "6:8: tunnel.mode: a text in quotes is wanted, and there is true or false",
            "7:1: tunnel.x: there is no key of this name; there are mode, ports, idle_seconds, always_login, host, user",
            "8:1: role[0].name: is missing",
        ]
    );
    let text = "listen = []\n[[role]]\nname = \"r\"\nallow = [\"arn:aws:iam::1:role/x\", \"{{external.x}\"]\n\
                guards = [\"read-onyl\"]\n[[guard]]\nname = \"g\"\ndeny = [\"s3\"]\n";
    let found = error(text);
    let found: Vec<&str> = found.lines().map(|line| line.split(" is wanted").next().unwrap()).collect();
    assert!(
        found[0].starts_with("8:9: guard[0].deny[0]: the rule 's3' is no service:Operation"),
        "{found:?}"
    );
    assert!(found[1].starts_with("4:10: role[0].allow[0]: 'arn:aws:iam::1:role/x' can match no role"));
    assert!(found[2].starts_with("4:35: role[0].allow[1]: the template '{{external.x}' has a {{ without"));
    assert!(found[3].ends_with("there is no guard of the name 'read-onyl'; did you mean 'read-only'?"));
    assert_eq!(found.len(), 4);
    let text = "listen = []\n[[role]]\nname = \"admins\"\n[[subject]]\nname = \"s\"\nroles = [\"admin\"]\n";
    let wanted = "6:1: subject[0].roles: the subject 's' has the role 'admin', which is not defined; did you mean \
                  'admins'?";
    assert_eq!(error(text), wanted);
    let path = Path::new("gw.toml");
    assert_eq!(ConfigError(error(text)).in_file(path), format!("gw.toml:{wanted}"));
}

#[test]
#[cfg(not(feature = "cedar"))]
fn policies_that_cannot_be_asked_are_refused() {
    let found = error("listen = []\n[cedar]\npolicies = [\"office.cedar\"]\n");
    assert!(found.starts_with("3:1: cedar.policies: this program was built without"), "{found}");
}

#[test]
fn json_has_the_same_shape() {
    let toml: toml::Value = toml::from_str(WHOLE).unwrap();
    let json = serde_json::to_string_pretty(&toml).unwrap();
    let config = Config::parse(&json).unwrap();
    assert_eq!(config.listen, Config::parse(WHOLE).unwrap().listen);
    assert!(Config::parse("{\"listen\": [], \"listens\": 1}").is_err());
    let found = error("{\n  \"listen\": [],\n  \"subject\": [{\"name\": \"s\", \"rols\": []}]\n}");
    assert_eq!(found, "3:29: subject[0].rols: there is no key of this name; did you mean 'roles'?");
    assert!(error("{\"listen\": [}").starts_with("1:13: not json"));
}

/// `make schema` writes it anew.
#[test]
fn the_schema_is_that_of_the_types() {
    let schema = schemars::generate::SchemaSettings::draft2020_12().into_generator();
    let schema = schema.into_root_schema_for::<file::File>();
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
    if std::env::var_os("AWSACCESS_WRITE_SCHEMA").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/gateway.schema.json"), &text).unwrap();
    } else {
        assert_eq!(Config::schema(), text, "the types have changed: run `make schema`");
    }
}

#[test]
fn the_examples_have_every_key() {
    let text = format!("{WHOLE}{}", include_str!("../../examples/access.toml"));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: std::collections::BTreeSet<&str> = text.split(|c| !is_word(c)).collect();
    let schema: serde_json::Value = serde_json::from_str(Config::schema()).unwrap();
    let tables = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let keys = tables.filter_map(|table| table["properties"].as_object()).flat_map(|keys| keys.keys());
    let missing: Vec<_> = keys.filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_stored_placeholder_claims_as_a_sealed_one_does() {
    let end = "role = \"reader\"\n# session_token";
    let claims = "role = \"reader\"\ntraits = { team = [\"red\"] }\nsigned_in = { mfa = \"true\" }\n#";
    assert!(WHOLE.contains(end));
    let config = Config::parse(&WHOLE.replacen(end, claims, 1)).unwrap();
    let found = config.gateway.placeholders.find("AKIAPLACEHOLDER00001", None).unwrap();
    assert_eq!(found.identity.traits.values("team"), ["red"]);
    assert_eq!(found.signed_in.get("mfa").map(String::as_str), Some("true"));
}

#[test]
fn the_examples_fit_the_schema() {
    for text in
        [WHOLE, include_str!("../../examples/access.toml"), include_str!("../../clients/gateway.toml")]
    {
        let node = Node::parse(text, Syntax::Toml).unwrap();
        let misfits = shape::check(&node);
        assert!(misfits.is_empty(), "{}: {}", misfits[0].key, misfits[0].why);
    }
    assert!(
        Config::parse(include_str!("../../examples/access.toml")).map_err(|error| panic!("{error}")).is_ok()
    );
}

#[test]
fn threads_are_a_few() {
    let threads = |count: &str| Config::parse(&format!("listen = []\n[limits]\nthreads = {count}\n"));
    assert_eq!(threads("1024").map_err(|why| panic!("{why}")).unwrap().threads.map(usize::from), Some(1024));
    assert_eq!(error("listen = []\n[limits]\nthreads = 1025\n"), "3:1: limits.threads: at most 1024");
    assert!(threads("0").is_err());
}

#[test]
fn no_secret_in_an_error() {
    let secret = "placeholder-secret-of-forty-characters-x";
    for text in [
        format!("[[placeholder]]\nsecret_access_key = [\"{secret}\"]"),
        format!("[[placeholder]]\nsecret_access_key = \"{secret}"),
        format!("[[placeholder]]\naccess_key_id = 7\nsecret_access_key = \"{secret}\""),
        format!("listen = \"{secret}\""),
        format!("[limits]\nconnections = \"{secret}\""),
        format!("secret_access_key = \"{secret}\""),
    ] {
        let found = error(&text);
        assert!(!found.is_empty() && !found.contains(secret), "{found}");
        assert!(found.starts_with(|c: char| c.is_ascii_digit()), "{found}");
    }
}
