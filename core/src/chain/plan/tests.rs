//! What a plan says beforehand, in each of its forms.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::error::ErrorKind;

const ROLE: &str = "arn:aws:iam::111122223333:role/one";
const OTHER: &str = "arn:aws:iam::444455556666:role/two";

fn planned(config: &str, in_code: Option<&str>, env: &[(&str, &str)]) -> Result<Plan, PlanError> {
    let profiles = Profiles::parse(Some(config.as_bytes()), None).unwrap();
    let env: Env = env.iter().copied().collect();
    plan_in(&profiles, &Selected::choose(in_code, &env), &env)
}

fn warnings(config: &str, env: &[(&str, &str)]) -> String {
    planned(config, Some("a"), env).unwrap().warnings.join("\n")
}

const BASE: &str = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = s3cr3t\n";

#[test]
fn every_trap_is_warned_of() {
    let role = |more: &str| format!("[profile a]\nrole_arn = {ROLE}\nsource_profile = base\n{more}\n{BASE}");
    for (config, warned) in [
        (format!("[profile a]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata"), "lasts one hour at most"),
        (role("aws_access_key_id = X\naws_secret_access_key = s3cr3t"), "its static keys are not used"),
        (role("").replace(":iam::", ":iam:"), &*format!("role_arn lacks a colon; write {ROLE}")),
        (role("") + "[lost]\nregion = us-east-1\n", "[lost] is ignored; write [profile lost]"),
        (role("region = moon-1"), "its region is in no partition that is known: moon-1"),
        (role("").replace(BASE, &format!("{BASE}region = mars-2\n")), "profile base: its region is in no partition"),
        (role("external_idd = x"), "external_idd is ignored, no such key is known; external_id may be meant"),
        (role("web_identity_token_file = /t").replace("source_profile", "mfa_serial"), "mfa_serial is ignored, since a web identity"),
        (BASE.replace("base", "a") + "external_id = x", "external_id is ignored, since there is no role_arn"),
        (role("") + &format!("role_arn = {OTHER}\nsource_profile = a\n"), "profile base: role_arn is ignored, since the static keys"),
        (BASE.replace("base", "a").replace("aws_access_key_id", "aws_session_token = t\ncredential_process = p\nx")
            .replace("aws_secret_access_key", "y"), "aws_session_token is ignored"),
        ("[profile a]\nsso_account_id = 1\nsso_role_name = r\nsso_region = moon-1\nsso_start_url = https://x".to_owned(),
            "its sso_region is in no partition"),
    ] {
        let warnings = warnings(&config, &[]);
        assert!(warnings.contains(warned), "{warned}:\n{config}\n{warnings}");
    }
    // A plan without a trap is without a warning.
    let plain = role(
        "external_id = x1\nrole_session_name = me\nduration_seconds = 7200\nregion = eu-west-1\noutput = json\ns3 =\n  a = b",
    );
    assert_eq!(warnings(&plain, &[]), "");
}

#[test]
fn the_environment_is_looked_at_too() {
    let config = format!("{}region = eu-west-1\n", BASE.replace("profile base", "default"));
    let warned = |env: &[(&str, &str)], in_code| planned(&config, in_code, env).unwrap().warnings.join("\n");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t")];
    assert!(warned(&keys, None).contains("the keys of the environment shadow the profile default"));
    assert_eq!(warned(&keys, Some("default")), "");
    assert!(
        warned(&[("AWS_REGION", "us-east-1")], None)
            .contains("AWS_REGION shadows the region of the profile default: us-east-1")
    );
    assert!(
        warned(&[("AWS_DEFAULT_REGION", "moon-1")], None).contains("AWS_DEFAULT_REGION is in no partition")
    );
    assert_eq!(warned(&[("AWS_REGION", "eu-west-1")], None), "");
    assert!(
        warned(&[("AWS_PROFILE", "default"), ("AWS_DEFAULT_PROFILE", "x")], None)
            .contains("AWS_DEFAULT_PROFILE is ignored")
    );
    assert!(warned(&[("AWS_ROLE_ARN", ROLE)], None).contains("AWS_ROLE_ARN is ignored"));
    assert!(warned(&[("AWS_SESSION_TOKEN", "t")], None).contains("AWS_SESSION_TOKEN is ignored"));
}

#[test]
fn what_is_not_sent_with_a_web_identity_is_told() {
    let config =
        format!("[profile a]\nrole_arn = {ROLE}\nweb_identity_token_file = /t\nduration_seconds = 7200");
    let plan = planned(&config, Some("a"), &[]).unwrap();
    assert_eq!(
        plan.warnings,
        ["profile a: duration_seconds is ignored, since none is sent with a web identity"]
    );
}

#[test]
fn nothing_configured_is_no_fault_of_the_configuration() {
    let kind =
        |config: &str, in_code, env: &[(&str, &str)]| planned(config, in_code, env).unwrap_err().kind();
    assert_eq!(kind("", None, &[]), ErrorKind::NotConfigured);
    assert_eq!(kind("[default]\nregion = us-east-1", None, &[]), ErrorKind::NotConfigured);
    assert_eq!(kind("", Some("a"), &[]), ErrorKind::Config);
    assert_eq!(kind("", None, &[("AWS_PROFILE", "a")]), ErrorKind::Config);
    assert_eq!(kind("[profile a]\nregion = us-east-1", Some("a"), &[]), ErrorKind::Config);
}

fn three_steps() -> Plan {
    let config = format!(
        "[profile a]\nrole_arn = {OTHER}\nsource_profile = b\nexternal_id = hidden-id\nduration_seconds = 7200\n\
         [profile b]\nrole_arn = {ROLE}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n{BASE}"
    );
    planned(&config, Some("a"), &[]).unwrap()
}

#[test]
fn what_lies_ahead() {
    let plan = three_steps();
    assert_eq!(plan.prompts().collect::<Vec<_>>(), ["arn:aws:iam::111122223333:mfa/me"]);
    assert_eq!(plan.base.is_long_lived(), Some(true));
    assert_eq!(
        (plan.lasts(), plan.longest()),
        (Some(Duration::from_secs(3600)), Some(Duration::from_secs(3600)))
    );
    let one = planned(
        &format!("[profile a]\nrole_arn = {ROLE}\nsource_profile = base\nduration_seconds = 7200\n{BASE}"),
        Some("a"),
        &[],
    )
    .unwrap();
    assert_eq!(
        (one.lasts(), one.longest()),
        (Some(Duration::from_secs(7200)), Some(Duration::from_secs(43_200)))
    );
    let keys = planned(BASE, Some("base"), &[]).unwrap();
    assert_eq!((keys.lasts(), keys.longest(), keys.may_need_sign_in()), (None, None, false));
    let login = planned("[profile a]\nlogin_session = x", Some("a"), &[]).unwrap();
    assert!(login.may_need_sign_in() && login.longest() == Some(Duration::from_secs(900)));
}

#[test]
fn json_and_graph_say_the_same_and_no_secret() {
    let plan = three_steps();
    let (json, graph) = (plan.json(), plan.graph());
    let read: Value = serde_json::from_str(&json).unwrap();
    let steps = read["steps"].as_array().unwrap();
    assert_eq!(
        steps.iter().map(|step| step["kind"].as_str().unwrap()).collect::<Vec<_>>(),
        ["keys", "assume-role", "assume-role"]
    );
    assert_eq!(
        (&steps[0]["long_lived"], &steps[1]["one_hour_cap"], &steps[2]["one_hour_cap"]),
        (&true.into(), &false.into(), &true.into())
    );
    assert_eq!((&steps[2]["external_id"], &steps[2]["role_arn"]), (&"***".into(), &OTHER.into()));
    assert_eq!(
        (&read["longest_seconds"], &read["prompts"][0]),
        (&3600.into(), &"arn:aws:iam::111122223333:mfa/me".into())
    );
    for part in [
        "n0 -> n1 [label=\"AssumeRole\\nmfa",
        "n1 -> n2 [label=\"AssumeRole\\nexternal id ***\"]",
        "long-lived",
        OTHER,
        "shape=note",
    ] {
        assert!(graph.contains(part), "{part}: {graph}");
    }
    assert_eq!(graph.matches('{').count(), graph.matches('}').count());
    for shown in [json, graph, plan.to_string(), format!("{plan:?}")] {
        assert!(!shown.contains("hidden-id") && !shown.contains("s3cr3t"), "{shown}");
    }
    // What a person wrote into a name stays within its quotes.
    let odd = "[profile \"a\\\"];x\"]\nlogin_session = \"]; evil [label=\"";
    let profiles = Profiles::parse(Some(odd.as_bytes()), None).unwrap();
    let name = profiles.all_profiles().next().unwrap().0.to_owned();
    let graph = plan_in(&profiles, &Selected::choose(Some(&name), &Env::new()), &Env::new()).unwrap().graph();
    assert!(graph.contains(r#"\"]; evil [label=\""#), "{graph}");
}

#[test]
fn the_text_says_what_lies_ahead() {
    let text = three_steps().to_string();
    for part in [
        "profile a: static keys AKIDBASE (profile base)",
        "external id ***",
        "asks for the mfa code of arn:aws:iam::111122223333:mfa/me",
        "\n  its first keys are long-lived",
        "\n  its session can last 1 h at most",
        "\n  warning: profile a: duration_seconds is cut to 3600",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let login = planned("[profile a]\nlogin_session = x", Some("a"), &[]).unwrap().to_string();
    assert!(
        login.contains("sign in with a browser") && login.ends_with("can last 15 min at most"),
        "{login}"
    );
}

#[test]
fn a_value_cannot_put_lines_of_its_own_among_the_warnings() {
    let config = BASE.replace("base", "a") + "region = moon-1\n  \u{1b}[2Jwarning: forged\n";
    let env = [("AWS_REGION", "x\n  warning: forged")];
    for warning in planned(&config, Some("a"), &env).unwrap().warnings {
        assert!(!warning.contains(char::is_control), "{warning:?}");
    }
}
