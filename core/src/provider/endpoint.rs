//! Where the services are that give credentials beside STS, by region.
//!
//! <https://docs.aws.amazon.com/general/latest/gr/sso.html>,
//! <https://docs.aws.amazon.com/general/latest/gr/cognito_identity.html>,
//! <https://docs.aws.amazon.com/general/latest/gr/rolesanywhere.html>

use crate::effect::check_url;
use crate::error::{Error, ErrorKind};
use crate::partition::{self, Variant, is_label};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// `portal.sso`: role credentials, accounts and roles.
    Portal,
    /// `oidc`: registration and tokens.
    Oidc,
    /// `signin`: the tokens of `aws login`.
    SignIn,
    /// `cognito-identity`: identity pools.
    Cognito,
    /// `rolesanywhere`: sessions for certificates.
    RolesAnywhere,
}

impl Service {
    /// The name in `AWS_ENDPOINT_URL_<NAME>` and in a `[services]` section, in lower case.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Portal => "sso",
            Self::Oidc => "sso_oidc",
            Self::SignIn => "signin",
            Self::Cognito => "cognito_identity",
            Self::RolesAnywhere => "rolesanywhere",
        }
    }

    /// What a person calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Portal => "the IAM Identity Center portal",
            Self::Oidc => "the IAM Identity Center OIDC service",
            Self::SignIn => "the AWS sign-in service",
            Self::Cognito => "Amazon Cognito identity pools",
            Self::RolesAnywhere => "IAM Roles Anywhere",
        }
    }
}

/// What decides about the address.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules<'a> {
    pub(crate) region: &'a str,
    /// An address to use in place of AWS's.
    pub(crate) url: Option<&'a str>,
    pub(crate) fips: bool,
    pub(crate) dual_stack: bool,
}

/// The address, without a slash at its end.
pub(crate) fn address(service: Service, rules: &Rules<'_>) -> Result<String, Error> {
    let wrong = |why: String| {
        Error::new(ErrorKind::Config, format!("there is no address of {}: {why}", service.name()))
    };
    if let Some(url) = rules.url {
        if rules.fips || rules.dual_stack {
            let why = "a custom address cannot be combined with FIPS or dual stack; set one of the two";
            return Err(wrong(why.to_owned()));
        }
        return Ok(check_url(url)
            .map_err(|why| wrong(format!("the configured endpoint is wrong, {why}")))?
            .base);
    }
    let region = rules.region;
    if !is_label(region) {
        let region = region.escape_default();
        return Err(wrong(format!("'{region}' cannot be a region; write one such as eu-west-1")));
    }
    let variant = Variant { fips: rules.fips, dual_stack: rules.dual_stack };
    let model = match service {
        Service::Portal => "sso",
        Service::Oidc => "sso-oidc",
        Service::SignIn => "signin",
        Service::Cognito => "cognito-identity",
        Service::RolesAnywhere => "rolesanywhere",
    };
    let found = partition::locate_or_aws(model, region, variant).map_err(|why| wrong(why.to_string()))?;
    Ok(format!("https://{}", found.host))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "a test is a host: it reads its cases")]
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_portal_is_where_botocores_cases_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/endpoints/sso-endpoint-tests.json");
        let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut seen = 0;
        for case in cases["testCases"].as_array().unwrap() {
            let params = &case["params"];
            let flag = |name: &str| params[name].as_bool().unwrap_or(false);
            // Without a region no profile asks for the portal.
            let Some(region) = params["Region"].as_str() else { continue };
            let url = params["Endpoint"].as_str();
            let rules = Rules { region, url, fips: flag("UseFIPS"), dual_stack: flag("UseDualStack") };
            let found = address(Service::Portal, &rules);
            match case["expect"]["endpoint"]["url"].as_str() {
                Some(expected) => assert_eq!(found.as_deref(), Ok(expected), "{params}"),
                None if params["Endpoint"].is_null() && partition::of(region).is_some() => {
                    // A partition whose description there lacks FIPS or dual stack; newer ones have both.
                    assert!(case["expect"]["error"].as_str().unwrap().contains("partition"), "{params}");
                }
                None => assert!(found.is_err(), "{params}"),
            }
            seen += 1;
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn sign_in_has_a_host_in_each_partition() {
        let at = |region, fips, dual_stack| {
            address(Service::SignIn, &Rules { region, url: None, fips, dual_stack }).unwrap()
        };
        for (region, fips, dual_stack, host) in [
            ("us-east-1", false, false, "us-east-1.signin.aws.amazon.com"),
            ("cn-north-1", false, false, "cn-north-1.signin.amazonaws.cn"),
            ("us-gov-east-1", false, false, "us-gov-east-1.signin.amazonaws-us-gov.com"),
            ("eusc-de-east-1", false, false, "eusc-de-east-1.signin.amazonaws-eusc.eu"),
            ("us-gov-west-1", true, false, "signin-fips.amazonaws-us-gov.com"),
            ("us-gov-east-1", true, false, "us-gov-east-1.signin-fips.amazonaws-us-gov.com"),
            ("us-west-2", true, false, "signin-fips.us-west-2.amazonaws.com"),
            ("us-west-2", false, true, "signin.us-west-2.api.aws"),
            ("us-west-2", true, true, "signin-fips.us-west-2.api.aws"),
        ] {
            assert_eq!(at(region, fips, dual_stack), format!("https://{host}"));
        }
        let evil = Rules { region: "x.evil.example/", ..Rules::default() };
        assert!(address(Service::SignIn, &evil).is_err());
        let oidc = Rules { region: "eu-west-1", fips: true, ..Rules::default() };
        assert_eq!(address(Service::Oidc, &oidc).unwrap(), "https://oidc-fips.eu-west-1.amazonaws.com");
    }
}
