//! The ten lines of the README.

use std::time::SystemTime;

use awsaccess::chain::Options;
use awsaccess::credentials::Credentials;
use awsaccess::redact;
use awsaccess::sigv4::{Claim, Payload, Policy, Request, Scope, Settings, Upstream, resign, sign};
use awsaccess_drivers::blocking;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let now = SystemTime::now().into();
    // README begins
    let real = blocking::resolve(&Options::new())?; // environment, profiles, roles, instance metadata
    let keys = Credentials::new("AKIAPLACEHOLDER00001", "placeholder"); // all that the client has

    let host = [("Host", "sts.us-east-1.amazonaws.com")];
    let request = Request::new("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", &host);
    let scope = Scope::new("us-east-1", "sts");
    let headers =
        sign(&request, Payload::Bytes(b""), &keys, &scope, &Settings::default(), now)?.apply(&request);

    let arrived = Request::new("GET", request.target(), &headers);
    let claim = Claim::parse(&arrived, &Policy::default(), now)?;
    let verified = claim.verify(keys.secret_access_key(), Payload::Bytes(b""))?;
    let out = resign(verified, &Upstream::new(host[0].1), &real, now)?; // what AWS will accept
    println!(
        "{}",
        redact::text(&format!("{} headers; AWS_SECRET_ACCESS_KEY=placeholder", out.headers.len()))
    );
    // README ends
    Ok(())
}
