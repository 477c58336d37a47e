//! A plan as JSON, and as a graph for Graphviz.

use serde_json::{Value, json};

use super::{Base, Hop, Plan};

impl Plan {
    /// The plan as a JSON object: `profile`, `steps` (the first credentials, then each role), `prompts`,
    /// `may_need_sign_in`, `lasts_seconds`, `longest_seconds`, `warnings`. External ids are masked; keys are told by
    /// their id, a program not at all.
    ///
    /// ```
    /// # use awsaccess::{chain::plan, profile::{Profiles, Selected}};
    /// let config = b"[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = hush";
    /// let profiles = Profiles::parse(Some(config), None).unwrap();
    /// let plan = plan(&profiles, &Selected::choose(None, &Default::default())).unwrap();
    /// assert!(plan.json().contains(r#""kind":"keys","access_key_id":"AKIDEXAMPLE","long_lived":true"#));
    /// ```
    #[must_use]
    pub fn json(&self) -> String {
        let steps: Vec<Value> = std::iter::once(self.first()).chain(self.roles.iter().map(role)).collect();
        json!({
            "profile": self.profile,
            "steps": steps,
            "prompts": self.prompts().collect::<Vec<_>>(),
            "may_need_sign_in": self.may_need_sign_in(),
            "lasts_seconds": self.lasts().map(|lasts| lasts.as_secs()),
            "longest_seconds": self.longest().map(|longest| longest.as_secs()),
            "warnings": self.warnings,
        })
        .to_string()
    }

    fn first(&self) -> Value {
        let mut step = match &self.base {
            Base::Keys(keys) => json!({ "kind": "keys", "access_key_id": keys.access_key_id() }),
            Base::Environment => json!({ "kind": "environment" }),
            Base::Imds => json!({ "kind": "imds" }),
            Base::Container => json!({ "kind": "container" }),
            Base::WebIdentity { role_arn, token_file, session_name } => json!({
                "kind": "web-identity", "role_arn": role_arn, "token_file": token_file, "session_name": session_name,
            }),
            Base::Sso(sso) => json!({
                "kind": "sso", "session": sso.session, "region": sso.region, "start_url": sso.start_url,
                "account_id": sso.role.as_ref().map(|(account, _)| account),
                "role_name": sso.role.as_ref().map(|(_, role)| role),
            }),
            Base::Login(session) => json!({ "kind": "login", "session": session }),
            Base::Process { account_id, .. } => json!({ "kind": "process", "account_id": account_id }),
        };
        if let Some(step) = step.as_object_mut() {
            step.insert("long_lived".to_owned(), self.base.is_long_lived().into());
            step.insert("profile".to_owned(), self.base_profile.as_str().into());
        }
        step
    }

    /// The plan as a graph in Graphviz's language: a box for each identity, an arrow for each step, warnings as
    /// notes. `dot -Tsvg` draws it.
    #[must_use]
    pub fn graph(&self) -> String {
        let mut text = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
        let kept = match self.base.is_long_lived() {
            Some(true) => "\nlong-lived",
            _ => "",
        };
        let base = format!("{}\nprofile {}{kept}", self.base, self.base_profile);
        text.push_str(&format!("  n0 [label={}];\n", quoted(&base)));
        for (at, hop) in self.roles.iter().enumerate() {
            let node = at + 1;
            let cap = if hop.one_hour_cap { "\none hour at most" } else { "" };
            let role = format!("{}\nprofile {}{cap}", hop.role.role_arn, hop.profile);
            text.push_str(&format!("  n{node} [label={}];\n", quoted(&role)));
            let asks = [
                hop.role.external_id.as_ref().map(|_| "external id ***".to_owned()),
                hop.role.mfa_serial.as_ref().map(|serial| format!("mfa {serial}")),
            ];
            let how: Vec<_> =
                std::iter::once("AssumeRole".to_owned()).chain(asks.into_iter().flatten()).collect();
            text.push_str(&format!("  n{at} -> n{node} [label={}];\n", quoted(&how.join("\n"))));
        }
        let last = self.roles.len();
        for (at, warning) in self.warnings.iter().enumerate() {
            text.push_str(&format!("  w{at} [shape=note, label={}];\n", quoted(warning)));
            text.push_str(&format!("  w{at} -> n{last} [style=dotted, arrowhead=none];\n"));
        }
        text.push_str("}\n");
        text
    }
}

fn role(hop: &Hop) -> Value {
    let role = &hop.role;
    json!({
        "kind": "assume-role",
        "role_arn": role.role_arn,
        "external_id": role.external_id.as_ref().map(|_| "***"),
        "mfa_serial": role.mfa_serial,
        "session_name": role.session_name,
        "duration_seconds": role.duration.map(|duration| duration.as_secs()),
        "region": role.region,
        "one_hour_cap": hop.one_hour_cap,
        "long_lived": false,
        "profile": hop.profile,
    })
}

/// A string of Graphviz: in it a quote and a backslash are escaped, and a line feed is `\n`.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
