//! The device flow (RFC 8628): `StartDeviceAuthorization`, and the page where a user approves.

use serde_json::json;

use super::client::{DEVICE_CODE, members};
use super::{Ending, invalid_request, keep};
use crate::encoding::{percent_encode, random_text};
use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::page;
use crate::state::State;

/// A device that waits for approval.
#[derive(Clone)]
pub(super) struct Device {
    pub(super) client: String,
    pub(super) center: usize,
    pub(super) user_code: String,
    pub(super) expires_at: i64,
    pub(super) interval: i64,
    pub(super) polled_at: Option<i64>,
    pub(super) decision: Decision,
}

/// What came of the question.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Decision {
    Pending,
    Approved(String),
    Denied,
}

impl Ending for Device {
    fn ends_at(&self) -> i64 {
        self.expires_at
    }
}

pub(super) fn start(state: &State, request: &Request, base: &str, now: i64) -> Result<Reply, Failure> {
    let members = members(request)?;
    let mut papers = crate::lock(&state.desk.0);
    let (client_id, client) = papers.client(&members, now)?;
    client.may(DEVICE_CODE)?;
    let url = members.wanted("startUrl")?;
    let centers = &state.world.identity_centers;
    let at = centers.iter().position(|center| center.start_url == url);
    let (at, center) = at
        .and_then(|at| Some((at, centers.get(at)?)))
        .ok_or_else(|| invalid_request("startUrl is no instance of IAM Identity Center"))?;
    let letters = random_text(8, b"BCDFGHJKLMNPQRSTBCDFGHJKLMNPQRST");
    let user_code = format!("{}-{}", &letters[..4], &letters[4..]);
    let code = state.keyring.secret("", 86);
    let device = Device {
        client: client_id,
        center: at,
        user_code: user_code.clone(),
        expires_at: now + i64::from(center.device_code_seconds),
        interval: center.interval.into(),
        polled_at: None,
        decision: center.signed_in.clone().map_or(Decision::Pending, Decision::Approved),
    };
    keep(&mut papers.devices, code.clone(), device, now);
    let reply = json!({
        "deviceCode": code, "userCode": user_code, "verificationUri": format!("{base}/device"),
        "verificationUriComplete": format!("{base}/device?user_code={user_code}"),
        "expiresIn": center.device_code_seconds, "interval": center.interval});
    Ok(Reply::new(200, reply.to_string()).header("Content-Type", "application/json"))
}

/// Approves a device for a user, or denies it. False if no device shows that code now, or there is no such user.
pub(crate) fn decide(state: &State, user_code: &str, user: Option<&str>, now: i64) -> bool {
    let mut papers = crate::lock(&state.desk.0);
    let device = papers.devices.values_mut().find(|device| {
        device.user_code == user_code && device.expires_at > now && device.decision == Decision::Pending
    });
    let Some(device) = device else { return false };
    let users = state.world.identity_centers.get(device.center).map(|center| &center.users);
    device.decision = match user {
        None => Decision::Denied,
        Some(user) if users.is_some_and(|users| users.iter().any(|known| known.name == user)) => {
            Decision::Approved(user.to_owned())
        }
        Some(_) => return false,
    };
    true
}

/// The pages `/device`, `/device/approve` and `/device/deny`.
pub(crate) fn page(state: &State, request: &Request, now: i64) -> Reply {
    let params = request.params();
    let given = |name: &str| params.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let code = given("user_code").unwrap_or_default();
    let done = |text: &str, right: bool| page::plain(if right { 200 } else { 400 }, text);
    match request.path.as_str() {
        "/device/approve" => {
            let user = given("user").unwrap_or_default();
            done("The device is approved, if its code was shown by it.", decide(state, code, Some(user), now))
        }
        "/device/deny" => done("The device is denied.", decide(state, code, None, now)),
        _ => {
            let center = crate::lock(&state.desk.0)
                .devices
                .values()
                .find(|device| device.user_code == code && device.expires_at > now)
                .and_then(|device| state.world.identity_centers.get(device.center));
            let Some(center) = center else { return page::plain(400, "No device shows this code.") };
            let names = center.users.iter().map(|user| user.name.as_str());
            let code = percent_encode(code.as_bytes(), b"");
            page::choice(
                &format!("A device asks for access to {}", center.start_url),
                names,
                &format!("/device/approve?user_code={code}&user="),
                &format!("/device/deny?user_code={code}"),
            )
        }
    }
}
