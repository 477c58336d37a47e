//! The AWS SDK for Rust with its own configuration and placeholder keys: through CONNECT where `HTTPS_PROXY` is set, else
//! wherever `AWS_ENDPOINT_URL` points; whom it trusts is in `SSL_CERT_FILE`. Prints what it saw, a line each; fails if
//! anything did. With the name of an operation it asks for that alone, and prints the error that it came to.

use std::error::Error;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};

type Outcome<T> = Result<T, Box<dyn Error>>;

const KEYS: [&str; 7] =
    ["rust/plain", "rust/a b", "rust/a+b", "rust/a%2Fb", "rust/é", "rust/@=*()!'", "rust/a//b"];
const PART: usize = 5 << 20;

#[tokio::main]
async fn main() -> Outcome<()> {
    // The SDK leaves proxies alone unless it is told to read the environment.
    let http = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
    });
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;
    let bucket = std::env::var("BUCKET")?;
    if let Some(operation) = std::env::args().nth(1) {
        println!("error {}", failure(&config, &bucket, &operation).await?);
        return Ok(());
    }

    // Without a table it is a service of objects alone.
    if let Ok(table) = std::env::var("TABLE") {
        let who = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
        println!("arn {}", who.arn().unwrap_or_default());
        item(&aws_sdk_dynamodb::Client::new(&config), &table).await?;
    }

    let s3 = in_paths(&config);
    objects(&s3, &bucket).await?;
    parts(&s3, &bucket).await
}

/// What an operation that fails comes to, with all that the SDK does by itself where it does.
async fn failure(config: &SdkConfig, bucket: &str, operation: &str) -> Outcome<String> {
    let (dynamodb, s3) = (aws_sdk_dynamodb::Client::new(config), in_paths(config));
    let table = std::env::var("TABLE")?;
    let id = AttributeValue::S("1".to_owned());
    let code = match operation {
        "PutItem" => code(dynamodb.put_item().table_name(table).item("id", id).send().await),
        "GetItem" => code(dynamodb.get_item().table_name(table).key("id", id).send().await),
        "PutObject" => code(s3.put_object().bucket(bucket).key("k").send().await),
        "GetObject" => code(s3.get_object().bucket(bucket).key("k").send().await),
        _ => return Err("no such operation".into()),
    };
    code.ok_or_else(|| "it did not fail, or the service did not say why".into())
}

fn code<T, E: ProvideErrorMetadata>(outcome: Result<T, E>) -> Option<String> {
    outcome.err()?.code().map(str::to_owned)
}

/// A client of S3 that names buckets in paths where it is not AWS that it speaks to.
fn in_paths(config: &SdkConfig) -> aws_sdk_s3::Client {
    let is_direct = std::env::var_os("AWS_ENDPOINT_URL").is_some();
    let config = aws_sdk_s3::config::Builder::from(config).force_path_style(is_direct).build();
    aws_sdk_s3::Client::from_conf(config)
}

async fn item(dynamodb: &aws_sdk_dynamodb::Client, table: &str) -> Outcome<()> {
    let text = || AttributeValue::S("grüße 🌍".to_owned());
    let id = || AttributeValue::S("rust".to_owned());
    dynamodb.put_item().table_name(table).item("id", id()).item("text", text()).send().await?;
    let found = dynamodb.get_item().table_name(table).key("id", id()).send().await?;
    let item = found.item().ok_or("no item")?;
    if item.get("text") != Some(&text()) {
        return Err("the item came back otherwise".into());
    }
    println!("item {}", item.len());
    let nothing = dynamodb.get_item().table_name("nothing").key("id", id()).send().await;
    let error = nothing.err().ok_or("a table that is not there has an item")?.into_service_error();
    println!(
        "error {}",
        if error.is_resource_not_found_exception() { "ResourceNotFoundException" } else { "another" }
    );
    Ok(())
}

async fn objects(s3: &aws_sdk_s3::Client, bucket: &str) -> Outcome<()> {
    for (number, key) in KEYS.into_iter().enumerate() {
        let body: Vec<u8> = (0..3000 + number).map(|at| (at % 251) as u8).collect();
        let put = s3.put_object().bucket(bucket).key(key).metadata("note", "two  spaces");
        put.body(ByteStream::from(body.clone())).send().await?;
        let got = s3.get_object().bucket(bucket).key(key).send().await?;
        if got.body.collect().await?.into_bytes() != body {
            return Err(format!("{key} came back otherwise").into());
        }
    }
    let listed = s3.list_objects_v2().bucket(bucket).prefix("rust/").send().await?;
    println!(
        "objects {}",
        listed.contents().iter().filter(|object| object.key().is_some_and(|key| KEYS.contains(&key))).count()
    );
    Ok(())
}

/// As a file of several parts goes up, with the checksums that the SDK adds by itself.
async fn parts(s3: &aws_sdk_s3::Client, bucket: &str) -> Outcome<()> {
    let key = "rust large";
    let begun = s3.create_multipart_upload().bucket(bucket).key(key).send().await?;
    let upload = begun.upload_id().ok_or("no upload")?;
    let whole: Vec<u8> = (0..2 * PART + 1000).map(|at| (at % 253) as u8).collect();
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(whole.chunks(PART)) {
        let sent = s3.upload_part().bucket(bucket).key(key).upload_id(upload).part_number(number);
        let sent = sent.body(ByteStream::from(part.to_vec())).send().await?;
        done = done.parts(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build(),
        );
    }
    let complete = s3.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload);
    complete.multipart_upload(done.build()).send().await?;
    let got = s3.get_object().bucket(bucket).key(key).send().await?;
    if got.body.collect().await?.into_bytes() != whole {
        return Err("the large object came back otherwise".into());
    }
    println!("large {}", whole.len());
    Ok(())
}
