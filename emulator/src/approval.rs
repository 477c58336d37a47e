//! What a person does in a browser, for tests and demonstrations that have none.

use crate::emulator::Emulator;
use crate::encoding::form_pairs;
use crate::sso;

impl Emulator {
    /// Approves an authorization URL, as the user would who followed it: the address that the browser is sent to, with
    /// the code. The user is a name in IAM Identity Center. `None` if the URL asks for nothing that can be given, or
    /// there is no such user.
    #[must_use]
    pub fn approve(&self, url: &str, user: &str) -> Option<String> {
        let (_, query) = url.split_once('?')?;
        let state = self.state();
        sso::approve(state, &form_pairs(query.as_bytes()), user, state.clock.now())
    }

    /// Approves a device by the code that it shows, for a user of IAM Identity Center. False if no device shows that
    /// code, or there is no such user.
    #[must_use]
    pub fn approve_device(&self, user_code: &str, user: &str) -> bool {
        sso::decide(self.state(), user_code, Some(user), self.now())
    }

    /// Denies a device by the code that it shows. False if no device shows that code.
    #[must_use]
    pub fn deny_device(&self, user_code: &str) -> bool {
        sso::decide(self.state(), user_code, None, self.now())
    }

    /// An access token for the portal, as a user of the instance with that start URL gets who signs in. `None` if
    /// there is no such instance or user.
    #[must_use]
    pub fn sso_token(&self, start_url: &str, user: &str) -> Option<String> {
        sso::token_for(self.state(), start_url, user, self.now())
    }
}
