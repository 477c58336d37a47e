//! A program in our place: it has our terminal, our standard streams and our process group, is told what we are told, and
//! how it ends is how we end.

use std::io::ErrorKind;
use std::process::{Command, ExitStatus};

use crate::output::Failure;

/// What a shell gives for a program that is not there, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUNNABLE: u8 = 126;

/// Prepares, and runs the program beside us until it ends; what was prepared for it goes then. A signal ends the
/// program and not us, from the beginning on, so that nothing is left lying about.
///
/// # Errors
/// With the program's own exit code, or 128 and the number of the signal that ended it, and nothing more to say; or that
/// it cannot be run.
pub(crate) fn beside<T>(prepare: impl FnOnce() -> Result<(Command, T), Failure>) -> Result<(), Failure> {
    let relay = relay::Relay::begin()?;
    let (mut command, prepared) = prepare()?;
    let mut child = command.spawn().map_err(|error| cannot(&command, &error))?;
    let status = relay.until_end(&mut child)?;
    drop(prepared);
    ended(status)
}

/// Becomes the program. Where a process cannot become another, as [`beside`].
pub(crate) fn instead(
    #[cfg_attr(not(unix), expect(unused_mut, reason = "it is passed on"))] mut command: Command,
) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(&mut command);
        Err(cannot(&command, &error))
    }
    #[cfg(not(unix))]
    {
        beside(|| Ok((command, ())))
    }
}

fn ended(status: ExitStatus) -> Result<(), Failure> {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or_else(|| signal.map(|signal: i32| 128 + signal)).unwrap_or(1);
    match code {
        0 => Ok(()),
        // Windows has greater ones: whatever is not nought stays so.
        code => Err(Failure::silent(u8::try_from(code).unwrap_or(1))),
    }
}

fn cannot(command: &Command, error: &std::io::Error) -> Failure {
    let name = command.get_program().to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => Failure {
            message: format!("{name} is not there; install it, or put its folder on the PATH"),
            code: NOT_FOUND,
        },
        _ => Failure { message: format!("{name} cannot be run: {error}"), code: NOT_RUNNABLE },
    }
}

#[cfg(unix)]
mod relay {
    //! Signals that were sent to us, sent on.
    //!
    //! What the terminal sends (an interrupt from the keyboard, a hang-up) goes to the whole foreground process group, in
    //! which the program is as well: that is not sent on, since a second interrupt means something else to many programs.
    //! Stopping and continuing is left to the terminal and the shell, who speak to the group.

    use std::io;
    use std::process::{Child, ExitStatus};
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithOrigin;
    use signal_hook::low_level::siginfo::{Cause, Origin};

    const SENT_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

    pub(super) struct Relay(SignalsInfo<WithOrigin>);

    impl Relay {
        /// From now on signals do not end this process; those that come before the program does are kept for it.
        pub(super) fn begin() -> io::Result<Self> {
            let ignored = ignored();
            // What was ignored when we began is ignored by the program too, as by one that `nohup` starts.
            let heard = SENT_ON.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
            Ok(Self(SignalsInfo::new(heard)?))
        }

        pub(super) fn until_end(self, child: &mut Child) -> io::Result<ExitStatus> {
            let Self(mut signals) = self;
            let handle = signals.handle();
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let alive = Arc::new(Mutex::new(pid));
            let there = Arc::clone(&alive);
            let sender = std::thread::spawn(move || {
                for origin in &mut signals {
                    if !is_for_the_group(&origin) {
                        let there = there.lock().unwrap_or_else(PoisonError::into_inner);
                        if let (Some(pid), Some(signal)) = (*there, Signal::from_named_raw(origin.signal)) {
                            let _ = kill_process(pid, signal);
                        }
                    }
                }
            });
            // Its number is its own until its end has been taken note of; so none is signalled that came after it.
            if let Some(pid) = pid {
                let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
            }
            *alive.lock().unwrap_or_else(PoisonError::into_inner) = None;
            let status = child.wait()?;
            handle.close();
            let _ = sender.join();
            Ok(status)
        }
    }

    /// Whether the program got it as well.
    fn is_for_the_group(origin: &Origin) -> bool {
        match origin.cause {
            Cause::Sent(_) => false,
            Cause::Kernel => true,
            // A system that does not say: only the keyboard's own are taken for the terminal's.
            _ => matches!(origin.signal, SIGINT | SIGQUIT),
        }
    }

    /// The signals that are ignored, a bit each.
    #[cfg(target_os = "linux")]
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
    }

    #[cfg(not(target_os = "linux"))]
    fn ignored() -> u64 {
        0
    }
}

#[cfg(not(unix))]
mod relay {
    //! On Windows the console tells all its programs of an interrupt; ours only must not end by it.

    use std::io;
    use std::process::{Child, ExitStatus};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    pub(super) struct Relay;

    impl Relay {
        pub(super) fn begin() -> io::Result<Self> {
            signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::new(AtomicBool::new(false)))?;
            Ok(Self)
        }

        pub(super) fn until_end(self, child: &mut Child) -> io::Result<ExitStatus> {
            child.wait()
        }
    }
}
