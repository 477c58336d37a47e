//! The targets, which the tests of core run too, for libFuzzer.

#[path = "../../core/tests/fuzz/mod.rs"]
mod fuzz;

pub use fuzz::run;
pub use libfuzzer_sys::fuzz_target;

/// Writes the seeds of a target into the folder that `FUZZ_SEEDS` names, before the fuzzer reads it.
///
/// # Panics
/// If they cannot be written.
pub fn plant(target: &str) {
    let Some(folder) = std::env::var_os("FUZZ_SEEDS") else { return };
    let folder = std::path::PathBuf::from(folder);
    std::fs::create_dir_all(&folder).expect("the folder of the seeds");
    for (nth, seed) in fuzz::seed::seeds(target).iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{nth:03}")), seed).expect("a seed");
    }
}

/// One target as a program: `fuzz!(head);`
#[macro_export]
macro_rules! fuzz {
    ($name:ident) => {
        $crate::fuzz_target!(
            init: $crate::plant(stringify!($name)),
            |data: &[u8]| $crate::run(stringify!($name), data)
        );
    };
}
