//! The instance metadata service, version 2; version 1 if it is allowed.
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::json;

use crate::clock::iso8601;
use crate::encoding::{base64, random_bytes};
use crate::keyring::{Identity, Keyring};
use crate::message::{Reply, Request};
use crate::rotation::Rotation;
use crate::world::Instance;

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN: &str = "x-aws-ec2-metadata-token";
const MAX_TOKENS: usize = 1024;
const SESSION_SECONDS: u32 = 6 * 3600;
/// The metadata of one instance.
pub(crate) struct Metadata {
    instance: Option<Instance>,
    role_id: String,
    allow_v1: bool,
    tokens: Mutex<HashMap<String, i64>>,
    rotation: Rotation,
}

impl Metadata {
    pub(crate) fn new(
        instance: Option<Instance>,
        role_id: String,
        allow_v1: bool,
        seconds: Option<u32>,
    ) -> Self {
        Self {
            instance,
            role_id,
            allow_v1,
            tokens: Mutex::default(),
            rotation: Rotation::new(seconds.unwrap_or(SESSION_SECONDS)).of_instance(),
        }
    }

    pub(crate) fn answer(&self, request: &Request, keyring: &Keyring, now: i64) -> Reply {
        if request.header_bytes("x-forwarded-for").is_some() {
            return error(403, "Forbidden");
        }
        if request.path == "/latest/api/token" {
            return self.token(request, keyring, now);
        }
        if request.method != "GET" && request.method != "HEAD" {
            return error(405, "Method Not Allowed");
        }
        match request.header(TOKEN) {
            Some(token) if crate::lock(&self.tokens).get(token).is_some_and(|end| now < *end) => {}
            None if self.allow_v1 => {}
            _ => return error(401, "Unauthorized"),
        }
        let Some(instance) = &self.instance else { return error(404, "Not Found") };
        self.document(instance, &request.path, keyring, now).unwrap_or_else(|| error(404, "Not Found"))
    }

    fn token(&self, request: &Request, keyring: &Keyring, now: i64) -> Reply {
        if request.method != "PUT" {
            return error(405, "Method Not Allowed").header("Allow", "OPTIONS, PUT");
        }
        let ttl = request.header(TTL).and_then(|ttl| ttl.trim().parse::<i64>().ok());
        let Some(ttl) = ttl.filter(|ttl| (1..=21_600).contains(ttl)) else {
            return error(400, "Bad Request");
        };
        let token = base64(&random_bytes(40));
        keyring.note(&token);
        let mut tokens = crate::lock(&self.tokens);
        if tokens.len() >= MAX_TOKENS {
            tokens.retain(|_, end| now < *end);
        }
        if tokens.len() >= MAX_TOKENS {
            tokens.clear();
        }
        tokens.insert(token.clone(), now + ttl);
        Reply::text(200, token).header(TTL, ttl.to_string())
    }

    fn document(&self, instance: &Instance, path: &str, keyring: &Keyring, now: i64) -> Option<Reply> {
        let (zone, account) = (&instance.availability_zone, &instance.account);
        let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        let text = |text: &str| Some(Reply::text(200, text));
        match path.strip_prefix("/latest/")? {
            "meta-data/instance-id" => text(&instance.instance_id),
            "meta-data/placement/region" => text(region),
            "meta-data/placement/availability-zone" | "meta-data/placement/availability-zone/" => text(zone),
            "meta-data/services/domain" => text("amazonaws.com"),
            "meta-data/services/partition" => text("aws"),
            "dynamic/instance-identity/document" => {
                let document = json!({
                    "accountId": account, "architecture": "x86_64", "availabilityZone": zone,
                    "imageId": "ami-0123456789abcdef0", "instanceId": instance.instance_id,
                    "instanceType": "t3.micro", "pendingTime": iso8601(now - 3600), "privateIp": "10.0.0.10",
                    "region": region, "version": "2017-09-30"});
                text(&format!("{document:#}"))
            }
            "meta-data/iam/info" => {
                let role = instance.role.as_deref()?;
                let info = json!({
                    "Code": "Success", "LastUpdated": iso8601(now),
                    "InstanceProfileArn": format!("arn:aws:iam::{account}:instance-profile/{role}"),
                    "InstanceProfileId": self.role_id.replacen("AROA", "AIPA", 1)});
                text(&format!("{info:#}"))
            }
            // Without the slash as well: some clients ask so, and the service answers both.
            "meta-data/iam/security-credentials" | "meta-data/iam/security-credentials/" => {
                text(instance.role.as_deref()?)
            }
            "meta-data/iam/security-credentials-extended"
            | "meta-data/iam/security-credentials-extended/"
                if instance.extended =>
            {
                text(instance.role.as_deref()?)
            }
            path => {
                let extended = path.strip_prefix("meta-data/iam/security-credentials-extended/");
                let name = match extended.filter(|_| instance.extended) {
                    Some(name) => name,
                    None => path.strip_prefix("meta-data/iam/security-credentials/")?,
                };
                let account = extended.map(|_| account.as_str());
                (name == instance.role.as_deref()?)
                    .then(|| self.credentials(instance, name, account, keyring, now))
            }
        }
    }

    /// The credentials, with the account where that is asked for.
    fn credentials(
        &self,
        instance: &Instance,
        role: &str,
        account: Option<&str>,
        keyring: &Keyring,
        now: i64,
    ) -> Reply {
        let (key, issued) = self.rotation.credentials(keyring, now, || Identity::Role {
            account: instance.account.clone(),
            name: role.to_owned(),
            path: "/".into(),
            id: self.role_id.clone(),
            session: instance.instance_id.clone(),
        });
        let mut document = json!({
            "Code": "Success", "LastUpdated": iso8601(issued), "Type": "AWS-HMAC", "AccessKeyId": key.id,
            "SecretAccessKey": key.secret, "Token": key.token,
            "Expiration": iso8601(key.expires_at.unwrap_or(now))});
        if let Some(account) = account {
            document["AccountId"] = account.into();
        }
        Reply::text(200, format!("{document:#}"))
    }
}

fn error(status: u16, title: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 \
         Transitional//EN\"\n\t\"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html \
         xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\" lang=\"en\">\n <head>\n  <title>{status} - \
         {title}</title>\n </head>\n <body>\n  <h1>{status} - {title}</h1>\n </body>\n</html>\n"
    );
    Reply::new(status, body).header("Content-Type", "text/html")
}
