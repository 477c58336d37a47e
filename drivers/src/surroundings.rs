//! What this process knows without asking: its environment, and randomness.

use awsaccess::env::Env;
use awsaccess::error::{Error, ErrorKind};

/// The environment of this process, with the home directory that the system knows if no variable names one.
///
/// # Errors
/// [`ErrorKind::Config`] if a variable of AWS's holds bytes that are no text; others of that kind are left out.
pub fn environment() -> Result<Env, Error> {
    let mut env = Env::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => env.set(name, value),
            Err(_) if name.starts_with("AWS_") => {
                return Err(Error::new(
                    ErrorKind::Config,
                    format!("{name} holds bytes that are no text; set it anew"),
                ));
            }
            Err(_) => {}
        }
    }
    let homeless = env.get("HOME").is_none() && env.get("USERPROFILE").is_none();
    if let Some(home) =
        std::env::home_dir().filter(|_| homeless).and_then(|home| home.into_os_string().into_string().ok())
    {
        env.set("HOME", home);
    }
    Ok(env)
}

/// 32 fresh bytes from the system's cryptographic generator.
///
/// # Errors
/// [`ErrorKind::Internal`] if the system has none to give.
pub fn seed() -> Result<[u8; 32], Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|_| Error::new(ErrorKind::Internal, "the system gives no random bytes"))?;
    Ok(seed)
}
