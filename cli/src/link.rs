//! Links that a gateway makes with credentials that this user never sees: for who holds a placeholder, or for who is an
//! administrator and speaks for the holder.

use std::path::{Path, PathBuf};

use awsaccess::secret::Secret;
use serde_json::{Map, Value, json};

use crate::admin::Admin;
use crate::connection::Connections;
use crate::output::Failure;
use crate::petition::Held;

/// By whose placeholder, if by one.
#[derive(clap::Args)]
pub(crate) struct ByPlaceholder {
    /// Have the gateway make it, for the placeholder by which this application is connected (`awsaccess connect`)
    #[arg(long, value_name = "APP", conflicts_with = "from_env")]
    name: Option<String>,
    /// Have the gateway make it, for the placeholder of the environment, as `awsaccess run` and `env` set it
    #[arg(long)]
    from_env: bool,
    /// Ask the administrative listener instead, with its token in this file (or AWSACCESS_ADMIN_TOKEN)
    #[arg(long, value_name = "FILE", requires = "name")]
    token_file: Option<PathBuf>,
}

impl ByPlaceholder {
    /// Whether the gateway is to make it.
    pub(crate) const fn is_meant(&self) -> bool {
        self.name.is_some() || self.from_env
    }

    /// Asks the gateway.
    pub(crate) fn ask(
        &self,
        path: &str,
        mut wish: Map<String, Value>,
    ) -> Result<Map<String, Value>, Failure> {
        wish.retain(|_, value| !value.is_null());
        let Some(name) = &self.name else { return Held::by_environment()?.post(path, &Value::Object(wish)) };
        let connection = Connections::open()?.find(name)?.ok_or_else(|| {
            Failure::misuse(format!("not connected to {name}; `awsaccess connect {name}` connects"))
        })?;
        let admin = match &connection.gateway {
            Some(url) => Some(Admin::parse(url, self.token_file.as_deref().map(Path::new))?),
            None if self.token_file.is_some() => {
                let why = "no running gateway made the connection to";
                return Err(Failure::misuse(format!("{why} {name}; leave out --token-file")));
            }
            None => None,
        };
        let Some(admin) = admin.filter(Admin::has_token) else {
            return Held::by(connection)?.post(path, &Value::Object(wish));
        };
        let keys = &connection.credentials;
        let token = keys.session_token().map(Secret::expose);
        let mut whose = Map::from_iter([("access_key_id".to_owned(), json!(keys.access_key_id()))]);
        whose.extend(token.map(|token| ("session_token".to_owned(), json!(token))));
        wish.insert("as".into(), Value::Object(whose));
        admin.post(path, &Value::Object(wish))
    }
}

/// A text of the answer that must be there.
pub(crate) fn told<'a>(answer: &'a Map<String, Value>, name: &str) -> Result<&'a str, Failure> {
    let text = answer.get(name).and_then(Value::as_str);
    text.ok_or_else(|| Failure::failed("the gateway answered with something else than a link"))
}
