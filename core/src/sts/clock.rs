//! The host's clock, set right by the date of AWS's replies.

use std::time::Duration;

use crate::effect::HttpReply;
use crate::flow::Flow;
use crate::time::Time;

/// A reply that was on its way for longer says too little about the time.
const LONGEST_WAY: Duration = Duration::from_secs(900);

/// Takes the reply's date for the time in the middle of its way, and everything that is signed from now on goes by
/// it. Gives by how much the clock was moved; `None` for a reply that says nothing about the clock.
pub(crate) fn learn(flow: &Flow, sent: Time, reply: &HttpReply) -> Option<Duration> {
    // The age of a stored reply.
    if reply.header("age").is_some() {
        return None;
    }
    let date = Time::parse_http(reply.header("date")?)?;
    let way = flow.host_now().since(sent);
    if way > LONGEST_WAY {
        return None;
    }
    let (before, offset) = (flow.clock_offset(), date.unix_millis() - (sent + way / 2).unix_millis());
    // A date has whole seconds, and may be that of either end of the way: within that, the clock is right enough.
    let unsure = 2000 + i64::try_from((way / 2).as_millis()).unwrap_or(i64::MAX / 2);
    let offset = if offset.abs() < unsure { 0 } else { offset };
    flow.set_clock_offset(offset);
    Some(Duration::from_millis(flow.clock_offset().abs_diff(before)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]

    use std::path::Path;
    use std::sync::{Arc, Mutex};

    use serde_json::Value;

    use super::*;
    use crate::credentials::Credentials;
    use crate::flow;
    use crate::step::Step;
    use crate::sts::call::call;
    use crate::sts::{Endpoint, form::Form};

    fn time(value: &Value) -> Time {
        Time::parse_rfc3339(value.as_str().unwrap()).unwrap()
    }

    fn reply(response: &Value) -> HttpReply {
        let headers = response["headers"].as_object().unwrap().iter();
        let headers =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let body = match response["errorCode"].as_str() {
            None => "<R/>".to_owned(),
            Some(code) => format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"),
        };
        HttpReply::new(response["statusCode"].as_u64().unwrap().try_into().unwrap(), headers, body)
    }

    #[test]
    fn the_published_cases() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/chain/clock-skew-tests.json");
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let cases = document["tests"].as_array().unwrap();
        for case in cases {
            let docs = case["description"].as_str().unwrap();
            for operation in case["operations"].as_array().unwrap() {
                let offset = operation["initialClientSkew"].as_i64().unwrap_or(0) * 1000;
                play(docs, operation, offset);
            }
        }
        assert_eq!(cases.len(), 10);
    }

    #[test]
    fn a_slow_reply_does_not_set_a_right_clock_wrong() {
        for date in ["Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:08 GMT"] {
            let attempt = serde_json::json!({
                "clientTimeAtSend": "2026-01-01T00:00:00Z",
                "clientTimeAtReceive": "2026-01-01T00:00:08Z",
                "expectedSigningTime": "2026-01-01T00:00:00Z",
                "response": { "statusCode": 200, "headers": { "Date": date } },
            });
            let operation = serde_json::json!({
                "attempts": [attempt], "expectedClientSkew": 0, "expectedOutcome": "success",
            });
            play(date, &operation, 0);
        }
    }

    fn play(docs: &str, operation: &Value, offset: i64) {
        let attempts = operation["attempts"].as_array().unwrap();
        let keys = Credentials::new("AKID", "s3cr3t");
        let endpoint = Endpoint::regional("eu-west-1").unwrap();
        let inside: Arc<Mutex<Option<Flow>>> = Arc::default();
        let kept = Arc::clone(&inside);
        let mut step = flow::start(time(&attempts[0]["clientTimeAtSend"]), [1; 32], move |flow| {
            *kept.lock().unwrap() = Some(flow.clone());
            flow.set_clock_offset(offset);
            async move { call(&flow, &keys, &endpoint, &Form::new("X")).await.map(|_| ()) }
        });
        for (at, attempt) in attempts.iter().enumerate() {
            let Step::Http(ask) = step else { panic!("{docs}: {step:?}") };
            let date = ask.request().headers.iter().find(|(name, _)| name == "x-amz-date").unwrap();
            assert_eq!(
                date.1.expose(),
                time(&attempt["expectedSigningTime"]).amz().as_str(),
                "{docs}, attempt {at}"
            );
            step = ask.answer(time(&attempt["clientTimeAtReceive"]), Ok(reply(&attempt["response"])));
        }
        let learned = inside.lock().unwrap().as_ref().unwrap().clock_offset();
        assert_eq!(Some(learned / 1000), operation["expectedClientSkew"].as_i64(), "{docs}");
        match (operation["expectedOutcome"].as_str().unwrap(), step) {
            ("success", Step::Done(result)) => assert!(result.is_ok(), "{docs}"),
            ("error", Step::Done(result)) => assert!(result.is_err(), "{docs}"),
            // Their budget is empty after one attempt; ours has the one that the right clock is for.
            ("error", Step::Http(_)) => assert!(docs.contains("no retry budget"), "{docs}"),
            (expected, step) => panic!("{docs}: {expected}, {step:?}"),
        }
    }
}
