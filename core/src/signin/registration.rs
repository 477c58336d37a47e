//! The client that signs in: from its file, or registered anew.

use zeroize::Zeroizing;

use super::sso::Attempt;
use crate::effect::{ReadFile, WriteFile};
use crate::error::Error;
use crate::provider::sso::oidc::{self, Client, Grant};
use crate::provider::sso::registration;

const MAX_BYTES: usize = 64 * 1024;

/// A client for this grant. `anew` passes over the one in the file, since the service does not know it.
pub(super) async fn client(
    attempt: &mut Attempt<'_>,
    grant: Grant,
    scopes: &[String],
    anew: bool,
) -> Result<Client, Error> {
    let name = registration::file(&attempt.setup.sso, scopes);
    let path = attempt.world.in_home(&["sso", "cache", &name])?;
    let flow = attempt.world.flow.clone();
    // A file that cannot be read is as good as none: a registration costs nothing.
    let found = match anew {
        true => None,
        false => flow.ask(ReadFile::new(&path, MAX_BYTES)).await.ok().and_then(Result::ok).flatten(),
    };
    let found = found.map(Zeroizing::new);
    if let Some(client) = found.and_then(|bytes| registration::read(&bytes, grant, flow.now())) {
        return Ok(client);
    }
    let registered =
        oidc::register(&flow, attempt.setup, grant, attempt.client_name, scopes, &attempt.start_url).await;
    let client = registered.map_err(|failure| failure.error.within("the client was not registered"))?;
    let mut file = WriteFile::new(&path, Vec::new());
    file.data = registration::write(&client, grant, scopes);
    if !matches!(flow.ask(file).await, Ok(Ok(()))) {
        let warning = format!("the client's registration could not be kept in {path}");
        attempt.world.warnings.push(warning);
    }
    Ok(client)
}
