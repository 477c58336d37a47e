//! Links that a running gateway makes for who is connected to it, with credentials that this user never sees.

use std::path::{Path, PathBuf};

use awsaccess::secret::Secret;
use serde_json::{Map, Value, json};

use crate::admin::Admin;
use crate::connection::Connections;
use crate::output::Failure;

/// By whose connection, if by one.
#[derive(clap::Args)]
pub(crate) struct ByConnection {
    /// Have it made by the gateway that this application is connected by (`awsaccess connect APP --gateway URL`)
    #[arg(long, value_name = "APP")]
    pub(crate) name: Option<String>,
    /// A file with the token for the gateway's administrative listener, if it wants one (or AWSACCESS_ADMIN_TOKEN)
    #[arg(long, value_name = "FILE", requires = "name")]
    token_file: Option<PathBuf>,
}

impl ByConnection {
    /// Asks the gateway of the connection to an application.
    pub(crate) fn ask(
        &self,
        name: &str,
        path: &str,
        mut wish: Map<String, Value>,
    ) -> Result<Map<String, Value>, Failure> {
        let connection = Connections::open()?.find(name)?.ok_or_else(|| {
            Failure::misuse(format!(
                "not connected to {name}; `awsaccess connect {name} --gateway URL` connects"
            ))
        })?;
        let url = connection.gateway.as_deref().ok_or_else(|| {
            Failure::misuse(format!(
                "no running gateway made the connection to {name}; connect again with --gateway"
            ))
        })?;
        let keys = &connection.credentials;
        let token = keys.session_token().map(Secret::expose);
        wish.insert("as".into(), json!({ "access_key_id": keys.access_key_id(), "session_token": token }));
        wish.retain(|_, value| !value.is_null());
        Admin::parse(url, self.token_file.as_deref().map(Path::new))?.post(path, &Value::Object(wish))
    }
}

/// A text of the answer that must be there.
pub(crate) fn told<'a>(answer: &'a Map<String, Value>, name: &str) -> Result<&'a str, Failure> {
    let text = answer.get(name).and_then(Value::as_str);
    text.ok_or_else(|| Failure::failed("the gateway answered with something else than a link"))
}
