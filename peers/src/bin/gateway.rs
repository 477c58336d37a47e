//! The gateway in front of s3s, as a program, for clients that are not in Rust. s3s knows one key and no roles: that key is
//! what every role stands for here. The first argument names the file of the audit log, the second the placeholder's key id; its secret
//! is in `PLACEHOLDER_SECRET`. Prints a line of JSON that says where it is and whom to trust, and ends with its standard input.

use std::io::Read as _;

use awsaccess::access::Grant;
use awsaccess::credentials::Credentials;
use awsaccess_peers::S3;
use awsaccess_proxy::{Config, Proxy, Source, SourceError};

struct Known(Credentials);

impl Source for Known {
    fn fetch(&self, _: &Grant) -> Result<Credentials, SourceError> {
        Ok(self.0.clone())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = S3::start();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [audit, key] = words.as_slice() else { return Err("two arguments are wanted".into()) };
    let secret = std::env::var("PLACEHOLDER_SECRET")?;
    let text = format!(
        r#"
listen = ["127.0.0.1:0"]
# The common runtime signs no body that it uploads, by plain HTTP neither.
unsigned_bodies_over_http = true
[audit]
file = "{audit}"
[[source]]
name = "s3s"
order = ["environment"]
[[application]]
name = "demo"
source = "s3s"
[[application.role]]
name = "developer"
assume = [{{ role_arn = "arn:aws:iam::222222222222:role/developer" }}]
[[role]]
name = "developers"
allow = ["arn:aws:iam::222222222222:role/developer"]
[[subject]]
name = "alice"
roles = ["developers"]
[[placeholder]]
access_key_id = "{key}"
secret_access_key = "{secret}"
subject = "alice"
application = "demo"
role = "developer"
[[endpoint]]
host = "*.amazonaws.com"
address = "{}"
scheme = "http"
"#,
        server.host()
    );
    let running = Proxy::start(Config::parse(&text)?.with_source(Known(server.credentials())))?;
    let address = running.addrs().first().ok_or("no address")?.to_string();
    println!("{}", serde_json::json!({ "address": address, "ca_pem": running.ca_pem() }));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    running.shutdown();
    Ok(())
}
