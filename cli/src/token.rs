//! `awsaccess presign --token`: what a client signed on its own with a placeholder, and what only the gateway can make good.

use std::io::{self, Write as _};

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::input;
use crate::link::{ByPlaceholder, told};
use crate::output::{self, Failure};

#[derive(clap::Args)]
pub(crate) struct TokenArgs {
    /// What a client printed that signed with the placeholder itself, `-` for standard input: the token of aws eks
    /// get-token (or all that it prints), of rds generate-db-auth-token, ElastiCache, MemoryDB, MSK or DSQL, git's credentials
    /// for CodeCommit, a presigned URL. It is printed in the same form, made good by the gateway (--name or --from-env). Other
    /// users of the machine can see it in the list of processes: prefer `-`
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["service", "region", "region_set"])]
    token: Option<String>,
    /// A header that the token is signed with and does not hold, as NAME:VALUE: x-k8s-aws-id:CLUSTER for EKS
    #[arg(long = "header", value_name = "NAME:VALUE", requires = "token")]
    headers: Vec<String>,
}

impl TokenArgs {
    pub(crate) const fn is_given(&self) -> bool {
        self.token.is_some()
    }

    pub(crate) fn run(&self, by: &ByPlaceholder, seconds: Option<u64>, as_json: bool) -> Result<(), Failure> {
        if !by.is_meant() {
            return Err(Failure::misuse(
                "only the gateway makes a token good: give --name APP or --from-env",
            ));
        }
        let printed = match self.token.as_deref().unwrap_or_default() {
            "-" => String::from_utf8(input::stdin()?.to_vec())
                .map(Zeroizing::new)
                .map_err(|_| Failure::misuse("standard input holds no token"))?,
            token => Zeroizing::new(token.to_owned()),
        };
        let mut headers = Map::new();
        for header in &self.headers {
            let Some((name, value)) = header.split_once(':') else {
                return Err(Failure::misuse("--header must be NAME:VALUE"));
            };
            headers.insert(name.trim().to_owned(), value.trim().into());
        }
        let mut credential = Credential::read(&printed);
        let token = credential.as_ref().map_or(printed.as_str(), Credential::token);
        let wish = json!({ "token": token, "headers": headers, "seconds": seconds });
        let answer = by.ask("/v1/presigned-urls", wish.as_object().cloned().unwrap_or_default())?;
        if as_json {
            return output::print_json(&Value::Object(answer));
        }
        let (token, ends) = (told(&answer, "token")?, told(&answer, "expires_at")?);
        let limited_by = told(&answer, "limited_by")?;
        if limited_by != "asked" {
            let _ = writeln!(
                io::stderr(),
                "awsaccess: the token lasts until {ends}, which the {limited_by} bounds"
            );
        }
        match &mut credential {
            Some(credential) => {
                credential.put(token, ends);
                output::print_json(&credential.0)
            }
            None => output::print(format!("{}\n", token.trim_end()).as_bytes()),
        }
    }
}

/// What `aws eks get-token` prints for kubectl: the token in an object, with its end
/// ([ExecCredential](https://kubernetes.io/docs/reference/config-api/client-authentication.v1/)).
struct Credential(Value);

impl Credential {
    fn read(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        value["status"]["token"].is_string().then_some(Self(value))
    }

    fn token(&self) -> &str {
        self.0["status"]["token"].as_str().unwrap_or_default()
    }

    fn put(&mut self, token: &str, ends: &str) {
        self.0["status"]["token"] = token.into();
        self.0["status"]["expirationTimestamp"] = ends.into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_eks_prints_keeps_its_shape() {
        let printed = r#"{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "spec": {},
            "status": {"expirationTimestamp": "2026-01-01T00:00:00Z", "token": "k8s-aws-v1.old"}}"#;
        let mut credential = Credential::read(printed).expect("one");
        assert_eq!(credential.token(), "k8s-aws-v1.old");
        credential.put("k8s-aws-v1.new", "2026-01-01T00:14:00Z");
        assert_eq!(credential.0["apiVersion"], "client.authentication.k8s.io/v1");
        let status = &credential.0["status"];
        assert_eq!(
            (&status["token"], &status["expirationTimestamp"]),
            (&"k8s-aws-v1.new".into(), &"2026-01-01T00:14:00Z".into())
        );
        for other in ["k8s-aws-v1.old", "{}", r#"{"status": {"token": 1}}"#, ""] {
            assert!(Credential::read(other).is_none());
        }
    }
}
