//! Names the shared library by its ABI, so that programs linked against one find it, and only it, when they run.

/// Raised with every change after which a program has to be compiled again.
const ABI: u32 = 0;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libawsaccess.{ABI}.dylib");
        }
        // A DLL has no such name; its file name is all there is.
        Ok("windows") => {}
        _ => println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libawsaccess.so.{ABI}"),
    }
}
