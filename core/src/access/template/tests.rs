use proptest::prelude::*;

use super::*;

fn alice() -> Identity {
    let traits = Traits::new()
        .with("aws_role_arns", ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"])
        .and_then(|traits| traits.with("team", ["payments", "search", "a/b", "x*", "y:z"]))
        .and_then(|traits| {
            traits.with("account", ["111111111111", "*", "22222222222", "1:2", "333333333333/"])
        })
        .and_then(|traits| traits.with("email", ["alice@example.com", "nobody"]))
        .and_then(|traits| traits.with("https://idp.example/claims/team", ["claimed"]))
        .and_then(|traits| traits.with("partition", ["aws-cn", "amazon"]));
    Identity::new("alice", "prod", "reader").with_traits(traits.unwrap()).with_session("s-1")
}

fn patterns(text: &str) -> Vec<Option<String>> {
    let internal = Traits::new().with("team", ["core"]).unwrap();
    let who = alice();
    let known = Known { who: &who, internal: &internal };
    let found = ArnTemplate::parse(text).unwrap().patterns(known);
    found.into_iter().map(|pattern| pattern.ok().map(|pattern| pattern.to_string())).collect()
}

fn fill(text: &str) -> Result<String, &'static str> {
    let internal = Traits::new().with("team", ["core"]).unwrap();
    let who = alice();
    Template::parse(text).unwrap().fill(Known { who: &who, internal: &internal })
}

#[test]
fn several_values_fan_out() {
    let arn = |name: &str| Some(format!("arn:aws:iam::123456789012:role/{name}"));
    assert_eq!(patterns("{{external.aws_role_arns}}"), [arn("a"), arn("b")]);
    assert_eq!(patterns(" {{ external.aws_role_arns }} "), [arn("a"), arn("b")]);
    assert_eq!(patterns("arn:aws:iam::123456789012:role/{{internal.team}}-*"), [arn("core-*")]);
    assert_eq!(patterns("arn:aws:iam::123456789012:role/{{subject}}"), [arn("alice")]);
    assert_eq!(patterns("{{external.nothing}}"), []);
    let claimed = "arn:aws:iam::123456789012:role/{{external[\"https://idp.example/claims/team\"]}}";
    assert_eq!(patterns(claimed), [arn("claimed")]);
}

#[test]
fn what_is_put_in_makes_an_arn_and_no_pattern() {
    let team = "arn:aws:iam::123456789012:role/{{external.team}}";
    let arn = |name: &str| Some(format!("arn:aws:iam::123456789012:role/{name}"));
    assert_eq!(patterns(team), [arn("payments"), arn("search"), arn("a/b"), None, None]);
    let account = "arn:aws:iam::{{external.account}}:role/x";
    let good = Some("arn:aws:iam::111111111111:role/x".to_owned());
    assert_eq!(patterns(account), [good, None, None, None, None]);
    let partition = "arn:{{external.partition}}:iam::123456789012:role/*";
    assert_eq!(patterns(partition), [Some("arn:aws-cn:iam::123456789012:role/*".into()), None]);
    // A pattern in a trait is none, whole or not.
    assert!(patterns("{{external.team}}").iter().all(Option::is_none));
}

#[test]
fn functions() {
    let arn = |name: &str| Some(format!("arn:aws:iam::123456789012:role/{name}"));
    let of = |value: &str| patterns(&format!("arn:aws:iam::123456789012:role/{{{{{value}}}}}"));
    assert_eq!(of("email.local(external.email)"), [arn("alice")]);
    assert_eq!(of(r#"regexp.replace(external.team, "^(s)ea", "$1-")"#), [arn("s-rch")]);
    assert_eq!(of(r#"regexp.replace(email.local(external.email), "a|e", "x")"#), [arn("xlicx")]);
    assert_eq!(of(r#"regexp.replace(external.email, "^(?<l>[a-z]+)@.*$", "${l}")"#), [arn("alice")]);
    // Both become one.
    assert_eq!(of(r#"regexp.replace(external.team, "^[a-z]+$", "same")"#), [arn("same")]);
    assert_eq!(of(r#"regexp.replace(external.team, "a\d{2}}}", "x")"#), []);
    assert_eq!(fill(r#"{{regexp.replace(subject, "\"|\.|a", "-")}}"#), Ok("-lice".into()));
}

#[test]
fn a_text_has_one_value_in_each_place() {
    assert_eq!(fill("{{application}}-{{role}}-{{subject}}-{{session}}"), Ok("prod-reader-alice-s-1".into()));
    assert_eq!(fill("plain"), Ok("plain".into()));
    assert_eq!(fill("x{{external.team}}"), Err("has more than one value"));
    assert_eq!(fill("x{{external.none}}"), Err("has no value"));
}

#[test]
fn faults_are_named() {
    let arn = |text: &str| ArnTemplate::parse(text).unwrap_err().to_string();
    for (text, told) in [
        ("arn:aws:iam::{{external.a:role/x", "{{ without its }}"),
        ("arn:aws:iam::123456789012:role/{{external.a}}}}", "}} without its {{"),
        ("arn:aws:iam::{{external.a}}:role/{{external.b}}", "more than one"),
        ("role/{{external.a}}", "where no role's arn differs"),
        ("arn:aws:{{external.a}}::1:role/x", "where no role's arn differs"),
        ("arn:aws:s3:::{{external.a}}", "for no value"),
        ("arn:aws:iam::12345678901:role/{{external.a}}", "for no value"),
        ("arn:aws:iam::{{external.a}}:user/x", "for no value"),
        ("{{external.a.b}}", "names 'external.a.b'"),
        ("{{extern.a}}", "names 'extern.a'"),
        ("{{}}", "names ''"),
        ("{{external.a b}}", "after the end"),
        ("{{email.local external.a}}", "lacks a '('"),
        ("{{regexp.replace(external.a, \"(\", \"\")}}", "regular expression"),
        ("{{regexp.replace(external.a, \"a{1000}{1000}\", \"\")}}", "regular expression"),
        ("{{regexp.replace(external.a, \"a)}}", "without its }}"),
        ("{{email.local(email.local(email.local(email.local(email.local(subject)))))}}", "deep"),
    ] {
        let found = arn(text);
        assert!(found.contains(told), "{text}: {found}");
    }
    assert!(Template::parse(&"x".repeat(3000)).is_err());
}

proptest! {
    /// No value gives an ARN of another shape than the template's: not another account, not a pattern.
    #[test]
    fn a_value_stays_in_its_place(value in "[ -~]{1,20}") {
        let traits = Traits::new().with("x", [value]).unwrap();
        let who = Identity::new("a", "b", "c").with_traits(traits);
        let known = Known { who: &who, internal: &Traits::new() };
        let template = ArnTemplate::parse("arn:aws:iam::123456789012:role/t-{{external.x}}").unwrap();
        for pattern in template.patterns(known).into_iter().flatten() {
            let arn = RoleArn::parse(&pattern.to_string());
            prop_assert!(arn.is_ok_and(|arn| arn.account() == "123456789012" && arn.path().starts_with("t-")));
        }
        let template = ArnTemplate::parse("arn:aws:iam::{{external.x}}:role/t").unwrap();
        for pattern in template.patterns(known).into_iter().flatten() {
            let arn = RoleArn::parse(&pattern.to_string());
            prop_assert!(arn.is_ok_and(|arn| arn.path() == "t"));
        }
    }

    /// Reading never panics, and what is read shows as it was written.
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z{}().,\"\\\\: *\\[\\]]{0,40}") {
        if let Ok(template) = Template::parse(&text) {
            prop_assert_eq!(template.to_string(), text.clone());
        }
        let _ = ArnTemplate::parse(&text);
    }
}
