//! Everything that the emulator holds while it runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::anywhere;
use crate::blob::Budget;
use crate::clock::Clock;
use crate::cognito::Identities;
use crate::container;
use crate::dynamodb::Tables;
use crate::fault::Faults;
use crate::imds::Metadata;
use crate::jws::random_pem;
use crate::keyring::{Identity, Key, Keyring, Session, random_id, stable_id};
use crate::record::Log;
use crate::rotation::Rotation;
use crate::s3::Store;
use crate::signin::Logins;
use crate::sso::Desk;
use crate::totp;
use crate::world::{AccessKey, Role, User, World};

/// Everything that the emulator holds while it runs.
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) keyring: Keyring,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) budget: Arc<Budget>,
    pub(crate) metadata: Metadata,
    pub(crate) store: Store,
    pub(crate) tables: Tables,
    /// What IAM Identity Center gave out.
    pub(crate) desk: Desk,
    /// What the console's sign-in gave out.
    pub(crate) logins: Logins,
    /// The identities of Cognito's pools.
    pub(crate) identities: Identities,
    /// The key that the emulator's own services sign tokens with, in PEM.
    pub(crate) issuer_key: String,
    /// The credentials of each container.
    pub(crate) containers: Vec<Rotation>,
    role_ids: HashMap<String, String>,
    /// The last time step whose code was taken, by device: a code works once.
    used_codes: Mutex<HashMap<String, i64>>,
}

/// What a running emulator is limited to.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) stored_bytes: u64,
    pub(crate) requests_kept: usize,
    pub(crate) imds_v1: bool,
    pub(crate) instance_session_seconds: Option<u32>,
}

impl State {
    pub(crate) fn new(mut world: World, limits: Limits) -> Self {
        let home = world.home_region().to_owned();
        for center in world.identity_centers.iter_mut().filter(|center| center.region.is_empty()) {
            center.region.clone_from(&home);
        }
        for provider in &mut world.oidc_providers {
            if provider.signing_key.is_empty() {
                provider.signing_key = random_pem();
            }
        }
        for provider in world.saml_providers.iter_mut().filter(|provider| provider.signing_key.is_empty()) {
            provider.signing_key = random_pem();
        }
        let role_ids: HashMap<_, _> =
            world.roles.iter().map(|role| (role.arn(), random_id("AROA"))).collect();
        let keyring = Keyring::default();
        container::complete(&mut world, &keyring);
        anywhere::complete(&mut world, &keyring);
        let issuer_key = random_pem();
        keyring.note(&issuer_key);
        world.oidc_providers.iter().for_each(|provider| keyring.note(&provider.signing_key));
        world.saml_providers.iter().for_each(|provider| keyring.note(&provider.signing_key));
        let add = |keys: &[AccessKey], identity: &Identity| {
            for key in keys {
                keyring.add(Key {
                    id: key.access_key_id.clone(),
                    secret: key.secret_access_key.clone(),
                    token: None,
                    expires_at: None,
                    identity: identity.clone(),
                    session: Session::default(),
                });
            }
        };
        for root in &world.roots {
            add(&root.access_keys, &Identity::Root { account: root.account.clone() });
        }
        for user in &world.users {
            let identity = Identity::User {
                account: user.account.clone(),
                name: user.name.clone(),
                path: user.path.clone(),
                id: random_id("AIDA"),
            };
            add(&user.access_keys, &identity);
        }
        let instance = world.instance.clone();
        let role_id = instance
            .as_ref()
            .and_then(|instance| {
                let name = instance.role.as_ref()?;
                let role =
                    world.roles.iter().find(|role| role.account == instance.account && role.name == *name)?;
                role_ids.get(&role.arn()).cloned()
            })
            .unwrap_or_else(|| random_id("AROA"));
        let metadata = Metadata::new(instance, role_id, limits.imds_v1, limits.instance_session_seconds);
        let clock = Clock::default();
        let (store, tables) = (Store::new(&world, clock.now()), Tables::new(&world, clock.now()));
        Self {
            clock,
            keyring,
            faults: Faults::default(),
            log: Log::new(limits.requests_kept),
            budget: Budget::new(limits.stored_bytes),
            metadata,
            store,
            tables,
            desk: Desk::default(),
            logins: Logins::default(),
            identities: Identities::default(),
            issuer_key,
            containers: container::rotations(&world),
            role_ids,
            used_codes: Mutex::default(),
            world,
        }
    }

    /// A role and its unique id.
    pub(crate) fn role(&self, arn: &str) -> Option<(&Role, &str)> {
        let role = self.world.roles.iter().find(|role| role.arn() == arn)?;
        Some((role, self.role_ids.get(arn)?))
    }

    /// A session of a role by its name, also of one that the world does not have.
    pub(crate) fn role_session(&self, account: &str, name: &str, session: &str) -> Identity {
        let role = self.world.roles.iter().find(|role| role.account == account && role.name == name);
        let arn = role.map_or_else(|| format!("arn:aws:iam::{account}:role/{name}"), Role::arn);
        Identity::Role {
            account: account.to_owned(),
            name: name.to_owned(),
            path: role.map_or("/", |role| &role.path).to_owned(),
            id: self.role_ids.get(&arn).cloned().unwrap_or_else(|| stable_id("AROA", &arn)),
            session: session.to_owned(),
        }
    }

    /// The user behind an identity.
    pub(crate) fn user(&self, identity: &Identity) -> Option<&User> {
        let arn = identity.arn();
        self.world.users.iter().find(|user| user.arn() == arn)
    }

    /// Whether the code is right for the user's device now, or was a step ago. A code is taken once.
    pub(crate) fn take_code(&self, user: &User, serial: &str, code: &str, now: i64) -> bool {
        let Some(mfa) = user.mfa.as_ref().filter(|mfa| mfa.serial == serial) else { return false };
        let current = totp::step(now);
        let mut used = crate::lock(&self.used_codes);
        let after = used.get(serial).copied().unwrap_or(i64::MIN);
        let step = (current - 1..=current + 1)
            .find(|step| *step > after && totp::code(&mfa.seed, *step).as_deref() == Some(code));
        match step {
            Some(step) => {
                used.insert(serial.to_owned(), step);
                true
            }
            None => false,
        }
    }
}
