//! What is recorded of bodies: of the operations that are named, the members that are named, and nothing else.
//!
//! What AWS's models mark as sensitive in any input of the service (`sensitive.txt`, written by `tools/sensitive.py`), and
//! what has the name of a secret, is recorded at no depth. The rest is searched for secrets like all that is recorded.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde_json::{Map, Value};
use thiserror::Error;

use super::form::Form;
use super::leak::Own;
use crate::audit::Shown;
use crate::operation::{self, Listed, Name, Operation, Protocol};
use crate::redact::{self, Redactor};
use crate::sigv4::Plus;

/// A model a line, and the names of members.
static SENSITIVE: &str = include_str!("body/sensitive.txt");

static BY_MODEL: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| SENSITIVE.lines().filter_map(|line| line.split_once(' ')).collect());

/// What stands in the place of a value that AWS marks as sensitive.
const HIDDEN: &str = "[sensitive]";
/// A larger form is not looked through; of JSON the reader has a bound of its own.
const LARGEST: usize = 1 << 20;
/// How deep a value may go that is looked through.
const DEEPEST: usize = 64;

/// The members of bodies that are recorded; none, unless they are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bodies {
    /// By operation (`dynamodb:GetItem`), as records have it.
    members: BTreeMap<String, Vec<String>>,
    room: usize,
}

/// Why a member is not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BodyError {
    /// No operation is named.
    #[error("an operation is wanted, as \"dynamodb:GetItem\"")]
    NoOperation,
    /// The service has none of this name.
    #[error("aws has no operation of this name")]
    UnknownOperation,
    /// Its body is neither JSON nor a form.
    #[error("its body is neither json nor a form, of which members could be recorded")]
    NoMembers,
    /// What is no name of a member.
    #[error("'{0}' is no member; a name is wanted, or names joined by dots")]
    NoMember(String),
    /// What must not be recorded.
    #[error("'{0}' is never recorded: aws's models mark it as sensitive")]
    Sensitive(String),
    /// The same by its name.
    #[error("'{0}' is never recorded: it is the name of a secret")]
    Hidden(String),
}

impl Default for Bodies {
    fn default() -> Self {
        Self { members: BTreeMap::new(), room: 2048 }
    }
}

impl Bodies {
    /// Of each record at most so many bytes; 2048 unless it is said.
    #[must_use]
    pub const fn within(mut self, bytes: usize) -> Self {
        self.room = bytes;
        self
    }

    /// Records these members of the bodies of an operation (`dynamodb:GetItem`), with all that is under them. A member is
    /// named as on the wire, and what is under it by dots: `Key.id`, in a form `Tags.member.1.Key`.
    ///
    /// # Errors
    /// [`BodyError`] for an operation that AWS's models do not have, where they have the service, and for what is never
    /// recorded.
    pub fn record(&mut self, operation: &str, members: &[impl AsRef<str>]) -> Result<(), BodyError> {
        let is_name =
            |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_graphic() && c != b':');
        let (service, name) = operation
            .split_once(':')
            .filter(|(service, name)| is_name(service) && is_name(name))
            .ok_or(BodyError::NoOperation)?;
        let own = |listed: &Listed| listed.service() == service;
        let listed: Vec<Listed> =
            Listed::signing(service).filter(own).filter(|listed| listed.name() == name).collect();
        if listed.is_empty() && operation::is_signing_name(service) {
            return Err(BodyError::UnknownOperation);
        }
        if !listed.is_empty() && !listed.iter().any(|listed| listed.has_members()) {
            return Err(BodyError::NoMembers);
        }
        for member in members {
            let member = member.as_ref();
            for part in member.split('.') {
                if !is_name(part) {
                    return Err(BodyError::NoMember(member.to_owned()));
                }
                if listed.iter().any(|listed| is_sensitive(Some(listed.model()), part)) {
                    return Err(BodyError::Sensitive(member.to_owned()));
                }
                if redact::is_secret_name(part) {
                    return Err(BodyError::Hidden(member.to_owned()));
                }
            }
        }
        let all = members.iter().map(|member| member.as_ref().to_owned()).collect();
        self.members.insert(operation.to_owned(), all);
        Ok(())
    }

    /// Whether nothing is recorded of any body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// What is recorded of a body: each member as `name=value`, in the order of the body. What the client signs with is
    /// hidden wherever it is.
    pub(super) fn read(&self, operation: &Operation, body: &[u8], own: &Own) -> Vec<Shown> {
        let Name::Exact(name) = operation.name else { return Vec::new() };
        if self.members.is_empty() {
            return Vec::new();
        }
        let Some(named) = self.members.get(&format!("{}:{name}", operation.service)) else {
            return Vec::new();
        };
        let Some(redactor) = own.redactor() else { return Vec::new() };
        let shown = |path: &str, value| shown(&redactor, operation.model, path, value);
        let mut out = Room { out: Vec::new(), left: self.room };
        match operation.protocol {
            Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
                operation::json_members(body, &mut |name, raw| {
                    let Ok(name) = str::from_utf8(name) else { return };
                    let Some(value) = wanted(named, name).then(|| serde_json::from_slice(raw).ok()).flatten()
                    else {
                        return;
                    };
                    for (path, value) in below(named, name, value) {
                        out.put(&path, &shown(&path, value));
                    }
                });
            }
            Protocol::Query | Protocol::Ec2 if body.len() <= LARGEST => {
                let form = Form { query: b"", plus: Plus::Space, body };
                for (name, value) in form.all() {
                    let (name, value) = (String::from_utf8_lossy(&name), String::from_utf8_lossy(&value));
                    if named.iter().any(|path| is_under(&name, path)) {
                        out.put(&name, &shown(&name, value.into_owned().into()));
                    }
                }
            }
            _ => {}
        }
        out.out
    }
}

/// What is recorded so far, and how many bytes more may be.
struct Room {
    out: Vec<Shown>,
    left: usize,
}

impl Room {
    fn put(&mut self, path: &str, value: &str) {
        if self.left == 0 {
            return;
        }
        let mut text = format!("{path}={value}");
        if text.len() > self.left {
            text.truncate(text.floor_char_boundary(self.left));
            text.push_str("(cut)");
            self.left = 0;
        } else {
            self.left -= text.len();
        }
        self.out.push(Shown::text(&text));
    }
}

fn is_sensitive(model: Option<&str>, name: &str) -> bool {
    let names = model.and_then(|model| BY_MODEL.get(model)).copied().unwrap_or_default();
    names.split(' ').any(|marked| marked == name)
}

/// Whether a path is another, or below it.
fn is_under(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether something of a member at the top is named.
fn wanted(named: &[String], name: &str) -> bool {
    named.iter().any(|path| is_under(path, name))
}

/// The parts of a member at the top that are named.
fn below(named: &[String], name: &str, value: Value) -> Vec<(String, Value)> {
    if named.iter().any(|path| path == name) {
        return vec![(name.to_owned(), value)];
    }
    let part = |path: &String| {
        let rest = path.strip_prefix(name)?.strip_prefix('.')?;
        let found = rest.split('.').try_fold(&value, |value, part| value.get(part))?;
        Some((path.clone(), found.clone()))
    };
    named.iter().filter_map(part).collect()
}

/// A value as it is recorded: without what is sensitive, and without secrets.
fn shown(redactor: &Redactor, model: Option<&str>, path: &str, mut value: Value) -> String {
    if path.split('.').any(|part| is_sensitive(model, part)) {
        return HIDDEN.to_owned();
    }
    hide(model, &mut value, 0);
    let name = path.rsplit('.').next().unwrap_or(path);
    // With its name, which may say what it is.
    let mut named = Value::Object(Map::from_iter([(name.to_owned(), value)]));
    redactor.json(&mut named);
    match named.as_object_mut().and_then(|named| named.values_mut().next()).map(Value::take) {
        Some(Value::String(text)) => text,
        value => value.unwrap_or_default().to_string(),
    }
}

fn hide(model: Option<&str>, value: &mut Value, depth: usize) {
    match value {
        Value::Object(_) | Value::Array(_) if depth > DEEPEST => *value = HIDDEN.into(),
        Value::Object(members) => {
            for (name, value) in members {
                let is_whole = value.is_object() || value.is_array();
                // A text with the name of a secret is left to who knows what such texts are.
                if is_sensitive(model, name) || is_whole && redact::is_secret_name(name) {
                    *value = HIDDEN.into();
                } else {
                    hide(model, value, depth + 1);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(model, item, depth + 1)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Service;
    use crate::secret::Secret;
    use crate::sigv4::Request;

    fn bodies(operation: &str, members: &[&str]) -> Bodies {
        let mut bodies = Bodies::default();
        bodies.record(operation, members).unwrap();
        bodies
    }

    fn json(target: &str, body: &str) -> (Operation, Vec<u8>) {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        let service = match target.split(['_', '.']).next() {
            Some("DynamoDB") => "dynamodb",
            Some("AmazonSSM") => "ssm",
            _ => "kms",
        };
        let request = Request::new("POST", "/", &headers);
        (operation::identify(&request, &Service::named(service), body.as_bytes()), body.as_bytes().to_vec())
    }

    fn form(service: &str, body: &str) -> (Operation, Vec<u8>) {
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let request = Request::new("POST", "/", &headers);
        (operation::identify(&request, &Service::named(service), body.as_bytes()), body.as_bytes().to_vec())
    }

    fn read(bodies: &Bodies, (operation, body): (Operation, Vec<u8>)) -> Vec<String> {
        let own = Own {
            access_key_id: "AKIAPLACEHOLDER00001".to_owned(),
            secret: Secret::new("placeholder-secret-of-forty+characters/x"),
            token: None,
        };
        bodies.read(&operation, &body, &own).iter().map(|shown| shown.as_str().to_owned()).collect()
    }

    #[test]
    fn what_is_named_is_recorded_and_nothing_else() {
        let get =
            || json("DynamoDB_20120810.GetItem", r#"{"TableName":"orders","Key":{"id":{"S":"7"}},"X":1}"#);
        assert!(read(&Bodies::default(), get()).is_empty());
        assert!(read(&bodies("dynamodb:PutItem", &["TableName"]), get()).is_empty());
        let named = bodies("dynamodb:GetItem", &["TableName", "Key", "ReturnConsumedCapacity"]);
        assert_eq!(read(&named, get()), ["TableName=orders", r#"Key={"id":{"S":"7"}}"#]);
        assert_eq!(read(&bodies("dynamodb:GetItem", &["Key.id.S", "Key.no"]), get()), ["Key.id.S=7"]);
        // One that is there twice may be read in two ways.
        let twice = r#"{"ReturnConsumedCapacity":"A","ReturnConsumedCapacity":"B"}"#;
        let both = ["ReturnConsumedCapacity=A", "ReturnConsumedCapacity=B"];
        assert_eq!(read(&named, json("DynamoDB_20120810.GetItem", twice)), both);
        for broken in ["", "[]", "{\"TableName\":", "{\"TableName\":x}", "\u{0}"] {
            assert!(read(&named, json("DynamoDB_20120810.GetItem", broken)).is_empty(), "{broken}");
        }
    }

    #[test]
    fn parameters_of_a_form_too() {
        let named = bodies("sqs:SendMessage", &["QueueUrl", "MessageAttribute"]);
        let body = "Action=SendMessage&QueueUrl=https%3A%2F%2Fq%2F1&MessageBody=hello&MessageAttribute.1.Name=a+b\
                    &MessageAttributes=no&Version=2012-11-05";
        assert_eq!(read(&named, form("sqs", body)), ["QueueUrl=https://q/1", "MessageAttribute.1.Name=a b"]);
    }

    #[test]
    fn what_is_sensitive_is_refused_or_hidden() {
        let refused =
            |operation: &str, member: &str| Bodies::default().record(operation, &[member]).unwrap_err();
        for (operation, member) in [
            ("kms:Encrypt", "Plaintext"),
            ("iam:UpdateLoginProfile", "Password"),
            ("sts:AssumeRoleWithWebIdentity", "WebIdentityToken"),
            ("ec2:RunInstances", "UserData"),
            ("ssm:PutParameter", "Value"),
            ("lambda:CreateFunction", "Environment.Variables"),
            ("secretsmanager:PutSecretValue", "SecretString"),
        ] {
            assert_eq!(refused(operation, member), BodyError::Sensitive(member.to_owned()), "{operation}");
        }
        assert_eq!(refused("dynamodb:GetItem", "Key.password"), BodyError::Hidden("Key.password".to_owned()));
        assert_eq!(refused("sts:AssumeRole", "TokenCode"), BodyError::Hidden("TokenCode".to_owned()));
        for member in ["", ".", "Key.", "a b", "a:b"] {
            assert_eq!(refused("dynamodb:GetItem", member), BodyError::NoMember(member.to_owned()));
        }
        for operation in ["", "dynamodb", "dynamodb:", ":GetItem"] {
            assert_eq!(refused(operation, "x"), BodyError::NoOperation, "{operation}");
        }
        assert_eq!(refused("dynamodb:GetItems", "x"), BodyError::UnknownOperation);
        assert_eq!(refused("s3:PutObject", "x"), BodyError::NoMembers);
        assert!(Bodies::default().record("of-my-own:GetIt", &["x"]).is_ok(), "no model has it");

        // Under what is named, by the models and by the name.
        let named = bodies("dynamodb:PutItem", &["Item"]);
        let body = r#"{"Item":{"password":{"S":"hunter2-hunter2"},"note":{"S":"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI0K7MDENG0bPxRfiCYEXAMPLEKEY"}}}"#;
        let found = read(&named, json("DynamoDB_20120810.PutItem", body)).concat();
        assert!(!found.contains("hunter2") && !found.contains("wJalr") && found.contains("note"), "{found}");
        let named =
            bodies("ssm:SendCommand", &["DocumentName", "NotificationConfig", "CloudWatchOutputConfig"]);
        let body =
            r#"{"NotificationConfig":{"Parameters":{"commands":["echo hush"]},"NotificationArn":"a"}}"#;
        let found = read(&named, json("AmazonSSM.SendCommand", body)).concat();
        assert!(found.contains("[sensitive]") && !found.contains("hush"), "{found}");
    }

    #[test]
    fn what_the_client_signs_with_is_hidden() {
        let named = bodies("sqs:SendMessage", &["MessageBody"]);
        let body =
            "Action=SendMessage&MessageBody=placeholder-secret-of-forty%2Bcharacters%2Fx&Version=2012-11-05";
        assert_eq!(read(&named, form("sqs", body)), ["MessageBody=[placeholder]"]);
        let named = bodies("dynamodb:GetItem", &["TableName"]);
        let body = r#"{"TableName":"\u0070laceholder-secret-of-forty+characters\/x"}"#;
        assert_eq!(read(&named, json("DynamoDB_20120810.GetItem", body)), ["TableName=[placeholder]"]);
    }

    #[test]
    fn a_record_has_so_much_room() {
        let named = bodies("dynamodb:GetItem", &["TableName", "Key"]).within(40);
        let body = format!(r#"{{"TableName":"{}","Key":{{"a":"{}"}}}}"#, "orders é", "long ".repeat(9000));
        let found = read(&named, json("DynamoDB_20120810.GetItem", &body));
        assert_eq!((found.len(), found[0].as_str()), (2, "TableName=orders é"));
        assert!(found[1].starts_with("Key={\"a\":\"long ") && found[1].ends_with("(cut)"), "{found:?}");
        assert!(found.concat().len() <= 40 + "(cut)".len());
        let escapes = format!(r#"{{"TableName":"{}"}}"#, "x".repeat(2 << 20));
        assert!(read(&named, json("DynamoDB_20120810.GetItem", &escapes)).is_empty(), "too large to look at");
    }

    #[test]
    fn the_list_is_sorted_and_of_models_that_there_are() {
        let models: Vec<_> = SENSITIVE.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(models.is_sorted() && models.len() > 200);
        let known = |model: &&str| Listed::all().any(|listed| listed.model() == *model);
        let unknown: Vec<_> = models.iter().filter(|model| !known(model)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
