//! `AssumeRoleWithSAML` and `AssumeRoot`.

#[path = "support/key.rs"]
mod key;
mod support;

use awsaccess_emulator::{Assertion, Emulator, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use support::{Keys, Reply, ask_sts, start_with, sts};

const PROVIDER: &str = "arn:aws:iam::222222222222:saml-provider/corporate";
const ROLE: &str = "arn:aws:iam::222222222222:role/employee";

fn ask(emulator: &Emulator, role: &str, text: &str) -> Reply {
    sts(&[
        ("Action", "AssumeRoleWithSAML"),
        ("RoleArn", role),
        ("PrincipalArn", PROVIDER),
        ("SAMLAssertion", text),
    ])
    .send(emulator)
}

fn assertion() -> Assertion {
    Assertion::new(PROVIDER, ROLE, "dana@example.com")
}

fn mint(emulator: &Emulator, assertion: &Assertion) -> String {
    emulator.saml_assertion(assertion).expect("a provider")
}

#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str, words: &str) {
    assert_eq!(reply.error(), (status, code.to_owned()), "{}", reply.text());
    assert!(reply.text().contains(words), "{}", reply.text());
}

#[test]
fn a_session_for_a_signed_assertion() {
    let mut by_rsa = World::demo();
    by_rsa.saml_providers[0].signing_key = key::RSA.into();
    for world in [World::demo(), by_rsa] {
        let emulator = start_with(world);
        let said =
            assertion().attribute("SourceIdentity", "dana").attribute("PrincipalTag:team", "blue & green");
        let text = mint(&emulator, &said);
        let reply = ask(&emulator, ROLE, &text);
        assert_eq!(reply.status, 200, "{}", reply.text());
        for (name, value) in [
            ("Subject", "dana@example.com"),
            ("SubjectType", "persistent"),
            ("Issuer", "https://idp.example.com/saml"),
            ("Audience", "https://signin.aws.amazon.com/saml"),
            ("SourceIdentity", "dana"),
        ] {
            assert_eq!(reply.element(name), value);
        }
        let keys = Keys::in_reply(&reply);
        let arn = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]).element("Arn");
        assert_eq!(arn, "arn:aws:sts::222222222222:assumed-role/employee/dana@example.com");
        assert!(emulator.secrets().contains(&text));
    }
}

#[test]
fn assertions_that_are_refused() {
    let emulator = start_with(World::demo());
    let with = |change: fn(&mut Assertion)| {
        let mut said = assertion();
        change(&mut said);
        mint(&emulator, &said)
    };
    let token = "InvalidIdentityToken";
    refused(&ask(&emulator, ROLE, "not base64!"), 400, token, "base64");
    refused(&ask(&emulator, ROLE, &STANDARD.encode("<a><b></a>")), 400, token, "well-formed");
    refused(&ask(&emulator, ROLE, &with(|said| said.audience = "urn:other".into())), 400, token, "Audience");
    refused(
        &ask(&emulator, ROLE, &with(|said| said.recipient = "https://x/".into())),
        400,
        token,
        "Recipient",
    );
    refused(&ask(&emulator, ROLE, &with(|said| said.session_name.clear())), 400, token, "RoleSessionName");
    refused(&ask(&emulator, ROLE, &with(|said| said.session_name = "a b".into())), 400, token, "must match");
    refused(
        &ask(&emulator, ROLE, &with(|said| said.roles.clear())),
        403,
        "AccessDenied",
        "AssumeRoleWithSAML",
    );
    let other = ask(&emulator, "arn:aws:iam::222222222222:role/admin", &mint(&emulator, &assertion()));
    refused(&other, 403, "AccessDenied", "AssumeRoleWithSAML");
    let foreign = mint(&start_with(World::demo()), &assertion());
    refused(&ask(&emulator, ROLE, &foreign), 400, token, "signature");
    let late = mint(&emulator, &assertion());
    emulator.set_clock_offset(301);
    refused(&ask(&emulator, ROLE, &late), 400, "ExpiredTokenException", "redeemed");
}

/// What was signed cannot be changed, dressed up, or put beside something that was not.
#[test]
fn tampering_is_seen() {
    let emulator = start_with(World::demo());
    let text =
        String::from_utf8(STANDARD.decode(mint(&emulator, &assertion())).expect("base64")).expect("text");
    let send = |text: &str| ask(&emulator, ROLE, &STANDARD.encode(text));
    assert_eq!(send(&text).status, 200);
    let signed = &text[text.find("<saml:Assertion").expect("a start")
        ..text.find("</saml:Assertion>").expect("an end") + "</saml:Assertion>".len()];
    let (from, to) =
        (text.find("<ds:Signature ").expect("a start"), text.find("</ds:Signature>").expect("an end"));
    let bare = format!("{}{}", &text[..from], &text[to + "</ds:Signature>".len()..]);
    for changed in [
        text.replace("dana@example.com", "root@example.com"),
        text.replace("role/employee", "role/admin"),
        text.replace("<saml:Subject>", "<saml:Subject><!-- -->"),
        text.replace("<samlp:Response", "<!DOCTYPE a><samlp:Response"),
        text.replace(signed, &format!("{}{signed}", signed.replace("dana", "root"))),
        text.replace(signed, &format!("<x>{signed}</x>")),
        bare,
    ] {
        assert_ne!(changed, text);
        refused(&send(&changed), 400, "InvalidIdentityToken", "");
    }
}

#[test]
fn nothing_stands_beside_the_document() {
    let emulator = start_with(World::demo());
    let text =
        String::from_utf8(STANDARD.decode(mint(&emulator, &assertion())).expect("base64")).expect("text");
    for (before, after) in
        [("\0", ""), ("\0\0 ", "\0"), ("", "\u{1}"), ("x", ""), ("", "\u{fffe}"), ("", "</x>")]
    {
        let reply = ask(&emulator, ROLE, &STANDARD.encode(format!("{before}{text}{after}")));
        assert_eq!(reply.error(), (400, "InvalidIdentityToken".to_owned()), "{before:?} {after:?}");
    }
    assert_eq!(ask(&emulator, ROLE, &STANDARD.encode(format!("{text}\n"))).status, 200);
}

#[test]
fn tasks_of_a_root_user() {
    let emulator = start_with(World::demo());
    let ask = |user: &str, account: &str, policy: &str, more: &[(&str, &str)]| {
        let policy = format!("arn:aws:iam::aws:policy/root-task/{policy}");
        let mut parameters = vec![
            ("Action", "AssumeRoot"),
            ("TargetPrincipal", account),
            ("TaskPolicyArn.arn", policy.as_str()),
        ];
        parameters.extend_from_slice(more);
        ask_sts(&emulator, &Keys::of(&emulator, user), &parameters)
    };
    let reply = ask("alice", "222222222222", "IAMAuditRootUserCredentials", &[]);
    let keys = Keys::in_reply(&reply);
    let arn = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]).element("Arn");
    assert_eq!(arn, "arn:aws:iam::222222222222:root");
    let long = ask("alice", "222222222222", "IAMAuditRootUserCredentials", &[("DurationSeconds", "901")]);
    refused(&long, 400, "ValidationError", "DurationSeconds");
    refused(&ask("alice", "222222222222", "Everything", &[]), 400, "ValidationError", "TaskPolicyArn");
    let own = ask("alice", "111111111111", "IAMAuditRootUserCredentials", &[]);
    refused(&own, 403, "AccessDenied", "sts:AssumeRoot");
}

#[test]
fn authorization_messages() {
    let emulator = start_with(World::demo());
    let message = emulator.authorization_message("{\"allowed\":false}").expect("a message");
    let alice = Keys::of(&emulator, "alice");
    let decode = |text: &str| {
        ask_sts(&emulator, &alice, &[("Action", "DecodeAuthorizationMessage"), ("EncodedMessage", text)])
    };
    assert_eq!(decode(&message).element("DecodedMessage"), "{&quot;allowed&quot;:false}");
    refused(&decode(&message.to_lowercase()), 400, "InvalidAuthorizationMessageException", "not valid");
}

#[test]
fn the_packed_size_of_policies_and_tags() {
    let emulator = start_with(World::demo());
    let ci = Keys::of(&emulator, "ci");
    let assume = |more: &[(&str, &str)]| {
        support::assume(&emulator, &ci, "arn:aws:iam::111111111111:role/gateway-hub", more)
    };
    assert_eq!(assume(&[]).element("PackedPolicySize"), "");
    let arn = ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    assert_eq!(assume(&[arn]).element("PackedPolicySize"), "1");
    let padded = |sid: &str| {
        format!(
            "{{\"Statement\":{{\"Sid\":\"{sid}\",\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}}}"
        )
    };
    let padded = padded(&"x".repeat(2040 - padded("").len()));
    assert_eq!(assume(&[("Policy", &padded)]).element("PackedPolicySize"), "99");
    refused(&assume(&[("Policy", &padded), arn]), 400, "PackedPolicyTooLarge", "%");
    refused(
        &assume(&[("PolicyArns.member.1.arn", "arn:aws:iam::aws:role/x1")]),
        400,
        "ValidationError",
        "invalid",
    );
}
