//! A key for one day, region and service, derived for another process.

use napi::JsString;
use napi::bindgen_prelude::Env;
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::fault::{Out, answer};
use crate::piece::{Pieces, time};

/// The key that credentials have on the day of `now`, in hexadecimal. Pieces: the credentials, the region, the service.
#[napi]
pub(crate) fn derive<'e>(env: &'e Env, text: String, now: f64) -> napi::Result<JsString<'e>> {
    let text = Zeroizing::new(text);
    answer(env, || {
        let mut pieces = Pieces::read(&text, 6, None)?;
        let credentials = pieces.credentials()?;
        let delegate = credentials.delegate(time(now), pieces.text()?, pieces.text()?);
        let key = delegate.key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Out::Text(Zeroizing::new(key)))
    })
}
