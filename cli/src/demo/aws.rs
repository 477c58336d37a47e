//! Step 4 again with the real `aws` command, where there is one.

use std::fs;
use std::process::{Command, Output};

use super::job::judged;
use super::report::Report;
use super::stage::{CaFile, REGION, Stage};
use crate::output::Failure;

/// The same requests by `aws`, unmodified, given placeholder keys and a proxy in its environment.
pub(crate) fn requests(report: &mut Report, stage: &Stage) -> Result<(), Failure> {
    if Command::new("aws").arg("--version").output().is_err() {
        report.note("the aws command is not on the path; the same with it is left out");
        return Ok(());
    }
    report.note("the aws command is on the path: the same again, by it");
    stage.emulator.clear_requests();
    let aws = Aws { stage, ca: CaFile::write("gateway", &stage.gateway.ca_pem())? };
    let done = aws.run(&["sts", "get-caller-identity", "--query", "Arn", "--output", "text"])?;
    let arn = "arn:aws:sts::222222222222:assumed-role/developer/alice";
    report.check("aws sts get-caller-identity", text(&done).trim() == arn, text(&done));

    let item = r#"{"id": {"S": "cli"}, "text": {"S": "by the aws command"}}"#;
    let done = aws.run(&["dynamodb", "put-item", "--table-name", "demo-table", "--item", item])?;
    report.check("aws dynamodb put-item", done.status.success(), text(&done));
    let key = r#"{"id": {"S": "cli"}}"#;
    let done = aws.run(&["dynamodb", "get-item", "--table-name", "demo-table", "--key", key])?;
    report.check("aws dynamodb get-item", text(&done).contains("by the aws command"), text(&done));

    let folder = std::env::temp_dir().join(format!("awsaccess-demo-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (there, back) = (folder.join("there"), folder.join("back"));
    let body: Vec<u8> = (0..32u32 << 20).map(|n| (n.wrapping_mul(40_503) >> 9) as u8).collect();
    fs::write(&there, &body)?;
    let (there, back) = (there.display().to_string(), back.display().to_string());
    let up = aws.run(&["s3", "cp", "--quiet", &there, "s3://demo-bucket/by the cli"])?;
    report.check("aws s3 cp, 32 MiB up in parts", up.status.success(), text(&up));
    let down = aws.run(&["s3", "cp", "--quiet", "s3://demo-bucket/by the cli", &back])?;
    let same = fs::read(&back).is_ok_and(|back| back == body);
    report.check("aws s3 cp, the same 32 MiB back", down.status.success() && same, text(&down));
    fs::remove_dir_all(&folder)?;
    judged(report, stage);
    Ok(())
}

struct Aws<'a> {
    stage: &'a Stage,
    ca: CaFile,
}

impl Aws<'_> {
    fn run(&self, arguments: &[&str]) -> Result<Output, Failure> {
        let proxy = format!("http://{}", self.stage.address()?);
        let keys = &self.stage.keys;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let output = Command::new("aws")
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("HOME", std::env::temp_dir())
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .env("AWS_ACCESS_KEY_ID", keys.access_key_id())
            .env("AWS_SECRET_ACCESS_KEY", keys.secret_access_key().expose())
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CA_BUNDLE", self.ca.path())
            .env("HTTPS_PROXY", &proxy)
            .env("https_proxy", &proxy)
            .output()?;
        Ok(output)
    }
}

fn text(done: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}
