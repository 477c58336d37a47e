use super::*;
use crate::env::Env;
use proptest::prelude::*;

fn config(text: &str) -> Profiles {
    Profiles::parse(Some(text.as_bytes()), None).unwrap()
}

#[test]
fn static_keys_come_as_a_group_from_one_file() {
    let config = b"[profile a]\naws_access_key_id = OLD\naws_secret_access_key = old\naws_session_token = stale\nregion = r";
    let credentials = b"[a]\naws_access_key_id = NEW\naws_secret_access_key = new\n";
    let merged = Profiles::parse(Some(config), Some(credentials)).unwrap();
    let a = merged.profile("a").unwrap();
    assert_eq!((a.get("aws_access_key_id"), a.get("aws_session_token")), (Some("NEW"), None));
    assert_eq!(a.get("region"), Some("r"));
    assert!(merged.warnings()[0].contains("aws_session_token"), "{:?}", merged.warnings());

    let merged = Profiles::parse(Some(config), Some(b"[a]\naws_session_token = other\n")).unwrap();
    assert_eq!(merged.profile("a").unwrap().get("aws_session_token"), Some("stale"));
}

#[test]
fn names_between_quotes_may_hold_anything() {
    let read =
        config("[profile \"two words # and more\"] # comment\nregion = a\n[profile 'x y']\nregion = b\n");
    assert_eq!(read.profile("two words # and more").unwrap().get("region"), Some("a"));
    assert_eq!(read.profile("x y").unwrap().get("region"), Some("b"));
    let credentials = Profiles::parse(None, Some(b"[\"a b\"]\nk = v\n[o'brien]\nk = v\n")).unwrap();
    assert!(credentials.profile("a b").is_some() && credentials.profile("o'brien").is_none());
}

#[test]
fn a_mark_at_the_start_and_other_line_ends_do_no_harm() {
    assert_eq!(
        config("\u{feff}[default]\r\nregion = a\r\n").profile("default").unwrap().get("region"),
        Some("a")
    );
    let error = Profiles::parse(None, Some(b"[a]\nk = v\nx = \xff\n")).unwrap_err();
    assert_eq!((error.line, error.kind, error.file), (3, ProfileErrorKind::Encoding, File::Credentials));
}

#[test]
fn what_is_passed_over_is_told() {
    let read = config(
        "[lost]\nk = v\n[profile a]\nregion = 1\nregion = 2\nbad key = 3\n[default]\n[profile default]\n",
    );
    let told = read.warnings().join("\n");
    for part in [
        "line 1: [lost] is ignored",
        "line 5: region is set a second time",
        "line 6: the property",
        "line 7: [default]",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn services_nest() {
    let read =
        config("[services s]\nsts =\n  endpoint_url = http://a\n  Endpoint_URL = http://b\nplain = v\n");
    let section = read.services("s").unwrap();
    assert_eq!(section.nested("sts", "endpoint_url"), Some("http://b"));
    assert_eq!(section.nested_of("sts").count(), 2);
    assert_eq!((section.get("sts"), section.get("plain")), (None, Some("v")));
}

#[test]
fn only_a_lone_tilde_is_home() {
    let at = |path: &str, home: Option<&str>| {
        let env: Env = [("AWS_CONFIG_FILE", path)].into_iter().collect();
        Files::locate(&env, home, Platform::Unix).config
    };
    assert_eq!(at("~/c", Some("/h/")).as_deref(), Some("/h/c"));
    assert_eq!(at("~", Some("/h")).as_deref(), Some("/h"));
    assert_eq!(at("~user/c", Some("/h")).as_deref(), Some("~user/c"));
    assert_eq!(at("/a/~/c", Some("/h")).as_deref(), Some("/a/~/c"));
    assert_eq!(at("~/c", None), None);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(config: Vec<u8>, credentials: Vec<u8>) {
        let _ = Profiles::parse(Some(&config), Some(&credentials));
    }

    #[test]
    fn any_lines_are_read_or_refused_and_never_shown(
        lines in prop::collection::vec("(\\[(profile |sso-session |services )?[a-c\"#\\] ]{0,4}\\]?|[ \t]?[k-m ]{0,2}[=#;]?[ ;#]?s3cr3t[=\"]?| ?s3 =)", 0..12),
    ) {
        let text = lines.join("\n");
        match Profiles::parse(Some(text.as_bytes()), Some(text.as_bytes())) {
            Ok(read) => {
                let shown = format!("{read:?}");
                let names = read.all_profiles().chain(read.all_sso_sessions()).chain(read.all_services());
                let in_a_key = names.flat_map(|(_, section)| section.iter()).any(|(key, _)| key.contains("s3cr3t"));
                prop_assert!(in_a_key || !shown.contains("s3cr3t"), "{shown}");
            }
            Err(error) => {
                prop_assert!(error.line <= text.lines().count().max(1));
                prop_assert!(!error.to_string().contains("s3cr3t"));
            }
        }
    }
}
