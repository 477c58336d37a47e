//! Every task that can be begun.

use awsaccess::cache;
use awsaccess::chain::{self, Sso};
use awsaccess::env::Env;
use awsaccess::signin::{self, Login, SsoLogin, SsoProfile};
use awsaccess::step::Step;
use awsaccess::time::Time;
use napi::bindgen_prelude::{Either, External};
use napi_derive::napi;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::fault::{Fault, either, wipe};
use crate::option::{read_env, read_options, strings};
use crate::outcome::Outcome;
use crate::piece::time;
use crate::step::{Task, parse};

/// Begins the task of that name. The wrapper has checked the names and types of the options.
#[napi]
pub(crate) fn start(
    task: String,
    env: String,
    options: String,
    now: f64,
    seed: &[u8],
) -> Either<External<Task>, String> {
    let (env, options) = (Zeroizing::new(env), Zeroizing::new(options));
    either(|| {
        let seed = seed.try_into().map_err(|_| Fault::input("seed is 32 fresh random bytes"))?;
        let given = parse(&options)?;
        let step = begin(&task, &given, &read_env(&env)?, time(now), seed);
        wipe(given);
        Ok(External::new(Task::new(step?)))
    })
}

fn begin(task: &str, given: &Value, env: &Env, now: Time, seed: [u8; 32]) -> Result<Step<Outcome>, Fault> {
    let options = read_options(given)?;
    let text = |name: &str| given[name].as_str();
    let sso_request = || match portal(given) {
        Some(portal) => SsoLogin::new(options.clone()).portal(portal),
        None => match text("session") {
            Some(session) => SsoLogin::new(options.clone()).session(session),
            None => SsoLogin::new(options.clone()),
        },
    };
    Ok(match task {
        "resolve" => chain::resolve(&options, env, now, seed).map(Outcome::Credentials),
        "callerIdentity" => chain::caller_identity(&options, env, now, seed)
            .map(|(identity, resolved)| Outcome::Identity(identity, resolved)),
        "region" => chain::region(&options, env, now, seed).map(Outcome::Region),
        "bearerToken" => {
            let service = text("service").unwrap_or_default();
            chain::bearer_token(&options, service, env, now, seed).map(Outcome::Token)
        }
        "plan" => chain::outline(&options, env, now).map(Outcome::Plan),
        "cacheList" => cache::list(env, text("home"), now).map(Outcome::Stored),
        "cacheClear" => {
            let paths = given["paths"].is_array().then(|| strings(&given["paths"]));
            let which =
                move |file: &cache::Stored| paths.as_ref().is_none_or(|paths| paths.contains(&file.path));
            cache::clear(env, text("home"), now, which).map(Outcome::Cleared)
        }
        "ssoLogin" => {
            let mut request = sso_request().device_code(given["deviceCode"] == true);
            let scopes = strings(&given["scopes"]);
            if !scopes.is_empty() {
                request = request.scopes(scopes);
            }
            if let Some(name) = text("clientName") {
                request = request.client_name(name);
            }
            signin::sso_login(&request, env, now, seed).map(Outcome::SignedIn)
        }
        "ssoAccounts" => match text("accountId") {
            None => signin::accounts(&sso_request(), env, now, seed).map(Outcome::Accounts),
            Some(account) => {
                signin::account_roles(&sso_request(), account, env, now, seed).map(Outcome::Roles)
            }
        },
        "configureSso" => {
            let mut sso = portal(given).ok_or_else(Fault::internal)?;
            if let (Some(account), Some(role)) = (text("accountId"), text("roleName")) {
                sso.role = Some((account.to_owned(), role.to_owned()));
            }
            let mut profile = SsoProfile::new(text("name").unwrap_or_default(), sso);
            profile.region = text("profileRegion").map(str::to_owned);
            profile.output = text("output").map(str::to_owned);
            signin::configure_sso(&profile, &options, env, now, seed).map(Outcome::Written)
        }
        "login" => {
            let request = Login::new(options).remote(given["remote"] == true);
            signin::login(&request, env, now, seed).map(Outcome::LoggedIn)
        }
        "logout" if given["sso"] == true => {
            signin::sso_logout(&options, env, now, seed).map(Outcome::LoggedOut)
        }
        "logout" => signin::logout(&options, env, now, seed).map(Outcome::LoggedOut),
        _ => return Err(Fault::internal()),
    })
}

/// A portal that no file names yet.
fn portal(given: &Value) -> Option<Sso> {
    let (url, region) = (given["startUrl"].as_str()?, given["ssoRegion"].as_str()?);
    Some(Sso::new(given["session"].as_str().map(str::to_owned), region, url))
}
