//! The log: a line is a line whatever a client writes, and holds nothing that signs.

use crate::common::{ALICE, Call, Stage};

#[test]
fn a_line_of_the_log_is_one_line() {
    let stage = Stage::new();
    let forged = "%0A%7B%22event%22:%22request.end%22,%22decision%22:%22allowed%22%7D";
    for target in [
        format!("/{forged}"),
        "/%1B%5B31mred%1B%5B0m".to_owned(),
        "/%E2%80%AEgnp.exe".to_owned(),
        format!("/key?note={forged}"),
    ] {
        assert_eq!(stage.send(&Call::s3("GET", &target)).status, 404, "{target}");
    }
    // Bytes that are no text, and control characters that HTTP lets through.
    let call = Call::s3("GET", "/key").header("user-agent", "a\tb");
    assert_eq!(stage.send(&call).status, 404);
    let _ = stage.connect("evil.example\"},{\"event\":\"x:22").err();
    let text = stage.log.text();
    assert!(text.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{text}");
    let odd = |c: char| c != '\n' && (c.is_control() || ('\u{200e}'..='\u{202e}').contains(&c));
    assert!(!text.contains(odd), "{text:?}");
    let lines = stage.end();
    assert_eq!(lines.iter().filter(|line| line["event"] == "request.end").count(), 5);
    assert_eq!(lines.iter().filter(|line| line["event"] == "request.begin").count(), 5);
}

#[test]
fn nothing_that_signs_is_recorded() {
    let stage = Stage::new();
    let call = Call::s3("GET", "/key");
    let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let token = "IQoJb3JpZ2luX2VjEHoaCXVzLWVhc3QtMSJGMEQCI";
    let mut linked = call.clone();
    linked.target = format!(
        "/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={ALICE}%2F20261121%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20261121T000000Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Security-Token={token}\
         &X-Amz-Signature={signature}"
    );
    let host = vec![("host".to_owned(), call.host.to_owned())];
    assert_eq!(stage.send_raw(call.host, &linked.bytes_with(&host)).status / 100, 4);
    let headers = call.signed();
    let right = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")).unwrap();
    let own = right.1.rsplit_once("Signature=").unwrap().1.to_owned();
    assert_eq!(stage.send_raw(call.host, &call.bytes_with(&headers)).status, 404);
    let text = stage.log.text();
    assert!(text.contains("X-Amz-Signature"), "the query is recorded: {text}");
    for secret in [signature, token, own.as_str()] {
        assert!(!text.contains(secret), "{text}");
    }
    stage.end();
}
