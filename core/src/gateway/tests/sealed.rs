//! Sealed placeholders: what they carry, and that nothing but the very thing that was made opens.

use std::time::Duration;

use super::*;
use crate::access::Traits;
use crate::credentials::Credentials;

fn key(number: u16) -> GatewayKey {
    GatewayKey::new(number, &[u8::try_from(number).unwrap() + 1; 32])
}

pub(super) fn keys() -> GatewayKeys {
    GatewayKeys::new(vec![key(7)]).unwrap()
}

fn alice() -> Identity {
    Identity::new("alice@example.com", "prod", "reader").with_session("s-1")
}

pub(super) fn hour() -> Duration {
    Duration::from_secs(3600)
}

fn of_session(session: &str) -> Claims {
    let mut claims = claims();
    claims.identity.session = Some(session.into());
    claims
}

pub(super) fn claims() -> Claims {
    let traits = Traits::new().with("team", ["red", "blue"]).unwrap().with("department", ["x"]).unwrap();
    Claims::new(alice().with_traits(traits), NOW, NOW + hour()).with_sign_in("mfa", "true")
}

fn token(keys: &Credentials) -> &str {
    keys.session_token().unwrap().expose()
}

fn find(sealed: &Sealed, keys: &Credentials) -> Option<Placeholder> {
    sealed.find(keys.access_key_id(), Some(token(keys).as_bytes()))
}

#[test]
fn what_was_sealed_opens() {
    let placeholder = keys().seal(&claims(), &[9; 32]).unwrap();
    let id = placeholder.access_key_id();
    assert!(id.starts_with("AGWP0007") && id.len() == 34, "{id}");
    assert!(id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{id}");
    assert_eq!(placeholder.secret_access_key().expose().len(), 40);
    assert_eq!(placeholder.expires_at(), Some(NOW + hour()));
    assert!(token(&placeholder).len() < 160, "{}", token(&placeholder).len());
    assert!(keys().open(id, token(&placeholder).as_bytes()) == Some(claims()));

    // Any node that holds the key finds the same secret.
    let found = find(&Sealed::new(keys()), &placeholder).unwrap();
    assert!(*found.secret == *placeholder.secret_access_key());
    assert_eq!(
        (&*found.identity.subject, found.identity.session.as_deref()),
        ("alice@example.com", Some("s-1"))
    );
    assert_eq!(found.expires_at, Some(NOW + hour()));
    assert!(!found.revoked && found.chained.is_none());
    assert!(found.session_token.unwrap().matches(token(&placeholder).as_bytes()));
}

#[test]
fn nothing_else_opens() {
    let sealed = Sealed::new(keys());
    let one = keys().seal(&claims(), &[9; 32]).unwrap();
    let other = keys().seal(&of_session("s-2"), &[9; 32]).unwrap();
    // The same seed, and yet nothing in common.
    assert_ne!(one.access_key_id(), other.access_key_id());
    assert!(one.secret_access_key() != other.secret_access_key());
    // The token of one session beside the key id of another.
    assert!(sealed.find(one.access_key_id(), Some(token(&other).as_bytes())).is_none());
    assert!(sealed.find(one.access_key_id(), None).is_none());
    // A key of another gateway, under the same number and under one that is not there.
    let stranger = GatewayKeys::new(vec![GatewayKey::new(7, &[1; 32])]).unwrap();
    assert!(find(&sealed, &stranger.seal(&claims(), &[9; 32]).unwrap()).is_none());
    let stranger = GatewayKeys::new(vec![key(8)]).unwrap();
    assert!(find(&sealed, &stranger.seal(&claims(), &[9; 32]).unwrap()).is_none());

    // Each bit of the token counts, and so does its length.
    let text = token(&one).as_bytes();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut altered = text.to_vec();
            altered[at] ^= 1 << bit;
            assert!(sealed.find(one.access_key_id(), Some(&altered)).is_none(), "{at} {bit}");
        }
        assert!(sealed.find(one.access_key_id(), Some(&text[..at])).is_none(), "{at}");
    }
    let longer = [text, b"A"].concat();
    assert!(sealed.find(one.access_key_id(), Some(&longer)).is_none());
    assert!(sealed.find(one.access_key_id(), Some(&vec![b'A'; 1 << 20])).is_none());
    // Each character of the key id as well.
    let id = one.access_key_id();
    for at in 0..id.len() {
        for with in ["A", "7", "a", "%", "\u{e9}", ""] {
            let altered = format!("{}{with}{}", &id[..at], &id[at + 1..]);
            let same = altered == id;
            assert_eq!(sealed.find(&altered, Some(text)).is_some(), same, "{altered}");
        }
    }
}

#[test]
fn keys_change_with_overlap() {
    let old = GatewayKeys::new(vec![key(1)]).unwrap();
    let both = || GatewayKeys::new(vec![key(2), key(1)]).unwrap();
    let new = GatewayKeys::new(vec![key(2)]).unwrap();
    let before = old.seal(&claims(), &[1; 32]).unwrap();
    let after = both().seal(&claims(), &[1; 32]).unwrap();
    assert_eq!(both().newest(), 2);
    assert!(after.access_key_id().starts_with("AGWP0002"));
    let both = Sealed::new(both());
    assert!(find(&both, &before).is_some() && find(&both, &after).is_some());
    let new = Sealed::new(new);
    assert!(find(&new, &before).is_none() && find(&new, &after).is_some());
}

#[test]
fn gateways_that_share_keys_take_each_other_s_placeholders_through_a_change() {
    let before = || GatewayKeys::new(vec![key(1)]).unwrap();
    let opening = || GatewayKeys::new(vec![key(1), key(2)]).unwrap().sealing_with(1).unwrap();
    let sealing = || GatewayKeys::new(vec![key(1), key(2)]).unwrap();
    let after = || GatewayKeys::new(vec![key(2)]).unwrap();
    let takes = |keys: GatewayKeys, placeholder: &Credentials| {
        let mut gateway = gateway();
        gateway.placeholders = Box::new(Sealed::new(keys));
        let mut client = Client::s3();
        client.keys = placeholder.clone();
        judged(&gateway, &client, NOW).is_ok()
    };
    // At each step some nodes have what comes, and some what was.
    let steps: [[fn() -> GatewayKeys; 2]; 2] = [[before, opening], [opening, sealing]];
    for [was, comes] in steps {
        for (one, other) in [(was, comes), (comes, was)] {
            let placeholder = one().seal(&claims(), &[1; 32]).unwrap();
            assert!(takes(one(), &placeholder) && takes(other(), &placeholder));
        }
    }
    let placeholder = sealing().seal(&claims(), &[1; 32]).unwrap();
    assert!(placeholder.access_key_id().starts_with("AGWP0002") && takes(after(), &placeholder));
    assert!(!takes(before(), &placeholder), "which is why there is a step between");
    assert_eq!(sealing().sealing_with(3).err(), Some(KeyError::Unknown(3)));
}

#[test]
fn a_file_of_keys() {
    let text = format!(
        "# of the gateway\n\n{}\n  {}\n",
        GatewayKey::line(3, &[4; 32]).expose(),
        GatewayKey::line(2, &[3; 32]).expose()
    );
    let read = GatewayKeys::parse(&text).unwrap();
    assert_eq!(read.newest(), 3);
    let placeholder = GatewayKeys::new(vec![key(2)]).unwrap().seal(&claims(), &[1; 32]).unwrap();
    assert!(find(&Sealed::new(read), &placeholder).is_some());

    let line = GatewayKey::line(3, &[4; 32]);
    let line = line.expose();
    let error = |text: &str| GatewayKeys::parse(text).err();
    assert_eq!(error("# nothing\n"), Some(KeyError::Count));
    assert_eq!(error(&format!("{line}\n{line}")), Some(KeyError::Twice(3)));
    for wrong in [
        format!("{line} more"),
        line.replace("key 3", "key 65536"),
        line.replace("key 3", "key -1"),
        line[..line.len() - 4].to_owned(),
        line.replace("awsaccess", "other"),
        "awsaccess-gateway-key 3".to_owned(),
    ] {
        assert_eq!(error(&format!("\n{wrong}")), Some(KeyError::Line(2)), "{wrong}");
    }
    let many: Vec<_> = (0..17).map(key).collect();
    assert_eq!(GatewayKeys::new(many).err(), Some(KeyError::Count));
}

#[test]
fn claims_have_bounds() {
    let seal = |claims: &Claims| keys().seal(claims, &[1; 32]).map(|_| ());
    assert_eq!(seal(&Claims::new(alice(), NOW, NOW)), Err(SealError::Expired));
    let nobody = Identity { subject: "".into(), ..alice() };
    assert_eq!(seal(&Claims::new(nobody, NOW, NOW + hour())), Err(SealError::Name("the subject")));
    let odd = Identity { role: "a\nb".into(), ..alice() };
    assert_eq!(seal(&Claims::new(odd, NOW, NOW + hour())), Err(SealError::Name("the role")));
    let much =
        (0..40).fold(Traits::new(), |traits, n| traits.with(format!("t{n}"), ["x".repeat(500)]).unwrap());
    assert_eq!(seal(&Claims::new(alice().with_traits(much), NOW, NOW + hour())), Err(SealError::TooLong));
    let many = (0..33).fold(claims(), |claims, n| claims.with_sign_in(format!("f{n}"), "x"));
    assert_eq!(seal(&many), Err(SealError::TooLong));
}

#[test]
fn chained_credentials_are_carried() {
    // Seven in eight of AWS's tokens are base64; any other text is carried as well.
    for token_text in ["IQoJb3JpZ2luX2VjEXAMPLE+/==", "not base64 at all!", "", "AAAA", "AA=="] {
        let real = Credentials::new("ASIAREALCHAINED00001", REAL)
            .with_session_token(token_text)
            .with_expiry(NOW + hour());
        let chained = Chained::new(real, vec!["arn:aws:iam::123456789012:role/b".into()], KEY.into());
        let placeholder = keys().seal(&claims().for_chained(chained), &[1; 32]).unwrap();
        assert!(!format!("{placeholder:?}").contains(REAL));
        let found = find(&Sealed::new(keys()), &placeholder).unwrap().chained.unwrap();
        assert_eq!(found.credentials.access_key_id(), "ASIAREALCHAINED00001");
        assert_eq!(found.credentials.secret_access_key().expose(), REAL);
        assert_eq!(found.credentials.session_token().map_or("", Secret::expose), token_text);
        assert_eq!(found.credentials.expires_at(), Some(NOW + hour()));
        assert_eq!((found.roles.len(), found.root.as_str()), (1, KEY));
    }
}

#[test]
fn revocations() {
    let revoked = Revocations::default();
    let mut store = Store::new();
    store.insert(KEY, Placeholder::new(Secret::new(SECRET), alice()));
    let sealed = Sealed::new(keys()).with_store(store).with_revocations(revoked.clone());
    let first = keys().seal(&claims(), &[1; 32]).unwrap();
    let real = Credentials::new("ASIAREALCHAINED00001", REAL);
    let chained = Chained::new(real, vec![], first.access_key_id().into());
    let child = keys().seal(&claims().for_chained(chained), &[2; 32]).unwrap();
    let second = {
        let mut later = of_session("s-2");
        later.issued_at = NOW + Duration::from_secs(10);
        keys().seal(&later, &[3; 32]).unwrap()
    };
    let bob = {
        let mut bob = of_session("s-3");
        bob.identity.subject = "bob".into();
        keys().seal(&bob, &[4; 32]).unwrap()
    };
    let state = || {
        let all = [&first, &child, &second, &bob].map(|keys| find(&sealed, keys).unwrap().revoked);
        (all, sealed.find(KEY, None).unwrap().revoked)
    };
    let until = NOW + hour();
    let alone = |what: Revocation| {
        revoked.add(what.clone(), until, NOW).unwrap();
        let found = state();
        assert!(revoked.remove(&what) && !revoked.remove(&what));
        found
    };
    assert_eq!(state(), ([false; 4], false));
    assert_eq!(alone(Revocation::Session("s-1".into())), ([true, true, false, false], false));
    assert_eq!(alone(Revocation::Session(String::new())), ([false; 4], false));
    let key_id = Revocation::KeyId(first.access_key_id().into());
    assert_eq!(alone(key_id), ([true, true, false, false], false));
    assert_eq!(alone(Revocation::KeyId(KEY.into())), ([false; 4], true));
    let subject = Revocation::Subject("alice@example.com".into(), NOW);
    assert_eq!(alone(subject), ([true, true, false, false], true));
    let later = NOW + Duration::from_secs(10);
    assert_eq!(alone(Revocation::IssuedUntil(NOW)), ([true, true, false, true], false));
    assert_eq!(alone(Revocation::IssuedUntil(later)), ([true; 4], false));
}

#[test]
fn the_list_of_revocations_is_bounded() {
    let revoked = Revocations::default();
    let session = |n: usize| Revocation::Session(format!("s-{n}"));
    for n in 0..10_000 {
        revoked.add(session(n), NOW + hour(), NOW).unwrap();
    }
    assert_eq!(revoked.add(session(10_000), NOW + hour(), NOW), Err(RevocationsFull));
    // What is there already can be renewed, and everything can still be revoked at once.
    revoked.add(session(1), NOW + hour(), NOW).unwrap();
    revoked.add(Revocation::IssuedUntil(NOW), NOW + hour(), NOW).unwrap();
    revoked.add(Revocation::IssuedUntil(NOW + hour()), NOW + hour(), NOW).unwrap();
    assert_eq!(revoked.list(NOW).len(), 10_001);
    // What has passed makes room.
    let later = NOW + hour();
    assert!(revoked.list(later).is_empty());
    revoked.add(session(10_000), later + hour(), later).unwrap();
    assert_eq!(revoked.list(later).len(), 1);
}

/// A gateway that takes sealed placeholders.
pub(super) fn sealing(revoked: &Revocations) -> Gateway {
    let mut gateway = gateway();
    gateway.placeholders = Box::new(Sealed::new(keys()).with_revocations(revoked.clone()));
    gateway
}

fn judged(gateway: &Gateway, client: &Client, now: Time) -> Result<Record, (RefusalKind, String)> {
    let name = HostName::parse(client.host.as_bytes()).unwrap();
    let arrival = Arrival::Intercepted { authority: name.clone(), sni: Some(name) };
    let mut record = Record::request("id", now);
    let proven = gateway.open(client.head().head(), &arrival, now, &mut record).and_then(|opened| {
        let body = matches!(opened.body(), BodyPlan::Hold(_)).then_some(client.body.as_slice());
        opened.prove(gateway, body, now, &mut record)
    });
    match proven {
        Ok(_) => Ok(record),
        Err(refused) => {
            let reply = refused.refusal.render(refused.protocol, refused.head, "id");
            Err((refused.refusal.kind(), String::from_utf8(reply.body).unwrap()))
        }
    }
}

#[test]
fn the_gateway_takes_them() {
    let revoked = Revocations::default();
    let gateway = sealing(&revoked);
    let placeholder = keys().seal(&claims(), &[1; 32]).unwrap();
    let mut s3 = Client::s3();
    s3.keys = placeholder.clone();
    let record = judged(&gateway, &s3, NOW).unwrap();
    assert_eq!(record.subject.as_deref(), Some("alice@example.com"));
    assert!(!record.line(crate::audit::Phase::End).contains(token(&placeholder)));

    // In each protocol's own words, once it has expired.
    for (mut client, code) in [
        (Client::s3(), "<Code>ExpiredToken</Code>"),
        (Client::sts("GetCallerIdentity"), "<Code>ExpiredToken</Code>"),
        (Client::dynamodb(), "ExpiredTokenException"),
    ] {
        (client.keys, client.at) = (placeholder.clone(), NOW + hour());
        let (kind, body) = judged(&gateway, &client, NOW + hour()).unwrap_err();
        assert!(kind == RefusalKind::SessionExpired && body.contains(code), "{body}");
    }
    // A secret that is not this key id's, a token of another session, and none.
    let other = keys().seal(&of_session("s-2"), &[1; 32]).unwrap();
    let (id, secret) = (placeholder.access_key_id(), placeholder.secret_access_key().expose());
    let mixed = |id: &str, secret: &str, token: Option<&str>| {
        let mut client = Client::s3();
        client.keys = Credentials::new(id, secret);
        if let Some(token) = token {
            client.keys = client.keys.with_session_token(token);
        }
        judged(&gateway, &client, NOW).unwrap_err().0
    };
    let wrong = mixed(id, other.secret_access_key().expose(), Some(token(&placeholder)));
    assert_eq!(wrong, RefusalKind::SignatureMismatch);
    assert_eq!(mixed(id, secret, Some(token(&other))), RefusalKind::UnknownKey);
    assert_eq!(mixed(id, secret, None), RefusalKind::UnknownKey);
    assert_eq!(mixed(other.access_key_id(), secret, Some(token(&placeholder))), RefusalKind::UnknownKey);

    revoked.add(Revocation::Session("s-1".into()), NOW + hour(), NOW).unwrap();
    let (kind, body) = judged(&gateway, &s3, NOW).unwrap_err();
    assert!(kind == RefusalKind::TokenInvalid && body.contains("<Code>InvalidToken</Code>"), "{body}");
    // Whoever does not hold the secret is not told that it was revoked.
    assert_eq!(mixed(id, "wrong", Some(token(&placeholder))), RefusalKind::SignatureMismatch);
}

proptest! {
    /// Claims of any kind come back as they were, and only from their own key id.
    #[test]
    fn claims_round_trip(
        subject in "\\PC{1,40}", session in proptest::option::of("\\PC{1,20}"),
        traits in proptest::collection::btree_map("[a-z]{1,8}", proptest::collection::btree_set("\\PC{0,12}", 0..4), 0..5),
        facts in proptest::collection::btree_map("[a-z]{1,8}", "\\PC{1,12}", 0..4),
        issued in 0_i64..4_000_000_000, lasts in 1_u64..100_000_000, seed in any::<[u8; 32]>(),
    ) {
        let issued = Time::from_unix(issued);
        let mut identity = Identity::new(subject, "prod", "reader");
        identity.session = session.map(Into::into);
        for (name, values) in traits {
            identity.traits.insert(name, values).unwrap();
        }
        let mut claims = Claims::new(identity, issued, issued + Duration::from_secs(lasts));
        claims.signed_in = facts;
        let sealed = keys().seal(&claims, &seed).unwrap();
        prop_assert!(keys().open(sealed.access_key_id(), token(&sealed).as_bytes()) == Some(claims));
    }
}

#[test]
fn what_was_revoked_stays_revoked_under_other_rules() {
    let (before, after) = (Revocations::default(), Revocations::default());
    before.add(Revocation::Session("s-1".into()), NOW + hour(), NOW).unwrap();
    after.add(Revocation::Session("s-2".into()), NOW + hour(), NOW).unwrap();
    after.carry(&before);
    after.carry(&before);
    after.carry(&after.clone());
    for session in ["s-1", "s-2"] {
        assert!(after.remove(&Revocation::Session(session.into())), "{session}");
        assert!(!after.remove(&Revocation::Session(session.into())), "{session} is there once");
    }
}
