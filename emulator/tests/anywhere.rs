//! IAM Roles Anywhere: certificates, chains, and signatures by RSA and ECDSA keys.

#[path = "support/key.rs"]
mod key;
mod support;

use awsaccess_emulator::{AnywhereProfile, Emulator, Role, TrustAnchor, Verdict, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{Call, Keys, Reply, ask_sts, start_with};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject as _};

const HOST: &str = "rolesanywhere.us-east-1.amazonaws.com";
const ACCOUNT: &str = "222222222222";

/// How a request is signed.
#[derive(Clone)]
struct Client {
    certificate: Vec<u8>,
    private_key: String,
    algorithm: &'static str,
    serial: String,
    date: String,
    body: Value,
    role: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The serial number: the first integer after the version.
fn serial(der: &[u8]) -> String {
    let at = der.windows(5).position(|five| five == [0xa0, 3, 2, 1, 2]).expect("version 3") + 5;
    let length = usize::from(der[at + 1]);
    let mut digits = vec![0_u32];
    for byte in &der[at + 2..at + 2 + length] {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit * 256;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(ToString::to_string).collect()
}

impl Client {
    fn new(emulator: &Emulator, private_key: Option<&str>) -> Self {
        let anchor = emulator.world().trust_anchors[0].arn();
        let issued = emulator.issue_certificate(&anchor, "host-1", private_key).expect("a certificate");
        let certificate =
            CertificateDer::from_pem_slice(issued.certificate.as_bytes()).expect("pem").to_vec();
        let now = time::OffsetDateTime::from_unix_timestamp(emulator.now()).expect("a time");
        let (year, month, day) = now.to_calendar_date();
        let (hour, minute, second) = now.to_hms();
        Self {
            serial: serial(&certificate),
            certificate,
            private_key: private_key.map_or(issued.private_key, str::to_owned),
            algorithm: if private_key.is_some() { "AWS4-X509-RSA-SHA256" } else { "AWS4-X509-ECDSA-SHA256" },
            date: format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month)),
            body: json!({"durationSeconds": 900}),
            role: format!("arn:aws:iam::{ACCOUNT}:role/on-premises"),
        }
    }

    fn call(&self, emulator: &Emulator) -> Call {
        let world = emulator.world();
        let encode = |text: String| text.replace(':', "%3A").replace('/', "%2F");
        let query = format!(
            "profileArn={}&roleArn={}&trustAnchorArn={}",
            encode(world.anywhere_profiles[0].arn()),
            encode(self.role.clone()),
            encode(world.trust_anchors[0].arn())
        );
        let (certificate, body) = (STANDARD.encode(&self.certificate), self.body.to_string());
        let names = "content-type;host;x-amz-date;x-amz-x509";
        let canonical = format!(
            "POST\n/sessions\n{query}\ncontent-type:application/json\nhost:{HOST}\nx-amz-date:{}\n\
             x-amz-x509:{certificate}\n\n{names}\n{}",
            self.date,
            hex(&Sha256::digest(&body))
        );
        let scope = format!("{}/us-east-1/rolesanywhere/aws4_request", &self.date[..8]);
        let text = format!("{}\n{}\n{scope}\n{}", self.algorithm, self.date, hex(&Sha256::digest(canonical)));
        let authorization = format!(
            "{} Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.algorithm,
            self.serial,
            hex(&key::sign(&self.private_key, text.as_bytes()))
        );
        Call::new("POST", HOST, &format!("/sessions?{query}"))
            .header("content-type", "application/json")
            .header("x-amz-date", &self.date)
            .header("x-amz-x509", &certificate)
            .header("authorization", &authorization)
            .body(body)
    }

    fn send(&self, emulator: &Emulator) -> Reply {
        self.call(emulator).send(emulator)
    }
}

fn keys(reply: &Reply) -> Keys {
    assert_eq!(reply.status, 201, "{}", reply.text());
    let body: Value = serde_json::from_slice(&reply.body).expect("JSON");
    let text = |name: &str| body["credentialSet"][0]["credentials"][name].as_str().expect(name).to_owned();
    Keys { id: text("accessKeyId"), secret: text("secretAccessKey"), token: Some(text("sessionToken")) }
}

#[test]
fn a_session_by_a_key_on_p256_and_by_an_rsa_key() {
    for private_key in [None, Some(key::RSA)] {
        let emulator = start_with(World::demo());
        let client = Client::new(&emulator, private_key);
        let keys = keys(&client.send(&emulator));
        let arn = ask_sts(&emulator, &keys, &[("Action", "GetCallerIdentity")]).element("Arn");
        assert!(arn.starts_with(&format!("arn:aws:sts::{ACCOUNT}:assumed-role/on-premises/")), "{arn}");
        let seen = emulator.requests();
        let Verdict::Verified { access_key_id, service, .. } = &seen[0].verdict else {
            panic!("not verified")
        };
        assert_eq!((access_key_id, service.as_str()), (&client.serial, "rolesanywhere"));
    }
}

#[test]
fn what_is_refused() {
    let emulator = start_with(World::demo());
    let good = Client::new(&emulator, None);
    let other = Client::new(&start_with(World::demo()), None);
    let cases = [
        (Client { serial: "1".into(), ..good.clone() }, 403),
        (Client { private_key: other.private_key.clone(), ..good.clone() }, 403),
        (Client { algorithm: "AWS4-X509-RSA-SHA256", ..good.clone() }, 403),
        (Client { algorithm: "AWS4-X509-MLDSA", ..good.clone() }, 400),
        (Client { date: "20200101T000000Z".into(), ..good.clone() }, 403),
        (Client { body: json!({"durationSeconds": 899}), ..good.clone() }, 400),
        (Client { body: json!({"durationSeconds": 3601}), ..good.clone() }, 400),
        (Client { body: json!({"roleSessionName": "mine"}), ..good.clone() }, 403),
        (Client { role: format!("arn:aws:iam::{ACCOUNT}:role/admin"), ..good.clone() }, 403),
        (Client { certificate: vec![1, 2, 3], ..good.clone() }, 403),
        (other, 403),
    ];
    for (at, (client, status)) in cases.iter().enumerate() {
        let reply = client.send(&emulator);
        let kind = if *status == 400 { "ValidationException" } else { "AccessDeniedException" };
        assert_eq!(reply.error(), (*status, kind.to_owned()), "{at} {}", reply.text());
    }
    let changed = good.call(&emulator).body(json!({"durationSeconds": 901}).to_string()).send(&emulator);
    assert_eq!(changed.error(), (403, "AccessDeniedException".to_owned()), "another body than was signed");
    let mut elsewhere = good.call(&emulator);
    elsewhere.target = elsewhere.target.replace("demo-anchor", "other-anchor");
    assert_eq!(elsewhere.send(&emulator).status, 403, "another query than was signed");
    assert_eq!(good.send(&emulator).status, 201);
    emulator.set_clock_offset(2 * 86_400);
    let expired = Client { date: Client::new(&emulator, None).date, ..good };
    let reply = expired.send(&emulator);
    assert!(reply.status == 403 && reply.text().contains("Untrusted certificate"), "{}", reply.text());
}

#[test]
fn the_trust_policy_sees_the_certificate() {
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/on-premises");
    for (name, status) in [("host-1", 201), ("host-2", 403)] {
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], "Condition": {
                "StringEquals": {"aws:PrincipalTag/x509Subject/CN": name},
                "ArnEquals": {"aws:SourceArn": format!("arn:aws:rolesanywhere:us-east-1:{ACCOUNT}:trust-anchor/a")}}}});
        let mut profile = AnywhereProfile::new(ACCOUNT, "p", &[&arn]);
        profile.accept_role_session_name = true;
        let mut world =
            World::default().role(Role::trusting(ACCOUNT, "on-premises", &trust).expect("a policy"));
        world.trust_anchors.push(TrustAnchor::new(ACCOUNT, "a"));
        world.anywhere_profiles.push(profile);
        let emulator = start_with(world);
        let client = Client { body: json!({"roleSessionName": "mine"}), ..Client::new(&emulator, None) };
        let reply = client.send(&emulator);
        assert_eq!(reply.status, status, "{}", reply.text());
        if status == 201 {
            assert!(reply.text().contains(":assumed-role/on-premises/mine\""));
        }
    }
}
