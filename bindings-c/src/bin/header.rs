//! Writes `include/awsaccess.h` to standard output: the exported functions of this crate, with their doc comments.

use std::path::Path;

use cbindgen::{Builder, Config, DocumentationStyle, ItemType, Language, Style};

/// The sources in the order in which the header speaks of them.
const SOURCES: [&str; 24] = [
    "status",
    "clock",
    "text",
    "error",
    "credentials",
    "delegate",
    "request",
    "sign",
    "policy",
    "claim",
    "verified",
    "body",
    "presigned",
    "diagnose",
    "redact",
    "source",
    "options",
    "question",
    "step",
    "answer",
    "task",
    "resolve",
    "cached",
    "profile",
];

fn main() -> Result<(), cbindgen::Error> {
    let mut config = Config {
        language: Language::C,
        cpp_compat: true,
        include_guard: Some("AWSACCESS_H".to_owned()),
        header: Some(include_str!("conventions.txt").trim_end().to_owned()),
        no_includes: true,
        sys_includes: ["stdbool.h", "stddef.h", "stdint.h"].map(str::to_owned).to_vec(),
        after_includes: Some(macros()),
        style: Style::Both,
        usize_is_size_t: true,
        documentation_style: DocumentationStyle::Doxy,
        line_length: 100,
        ..Config::default()
    };
    // Named by no function, so that it would be left out.
    config.export.item_types = vec![
        ItemType::Constants,
        ItemType::Structs,
        ItemType::Unions,
        ItemType::Typedefs,
        ItemType::OpaqueItems,
        ItemType::Functions,
    ];
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let builder = SOURCES.iter().fold(Builder::new().with_config(config), |builder, name| {
        builder.with_src(src.join(format!("{name}.rs")))
    });
    builder.generate()?.write(std::io::stdout());
    Ok(())
}

/// What Rust has no word for.
fn macros() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let (major, minor, patch) =
        (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH"));
    format!(
        r#"
/** The version of this header; `awsaccess_version()` is that of the library. */
#define AWSACCESS_VERSION "{version}"
#define AWSACCESS_VERSION_MAJOR {major}
#define AWSACCESS_VERSION_MINOR {minor}
#define AWSACCESS_VERSION_PATCH {patch}
/** To compare: `#if AWSACCESS_VERSION_NUMBER >= 0x000200` is 0.2.0 or later. */
#define AWSACCESS_VERSION_NUMBER \
    ((AWSACCESS_VERSION_MAJOR << 16) | (AWSACCESS_VERSION_MINOR << 8) | AWSACCESS_VERSION_PATCH)

/** Initialises an `awsaccess_text` with a string literal. */
#define AWSACCESS_TEXT(literal) {{ (literal), sizeof(literal) - 1 }}
/** Initialises an `awsaccess_header` with two string literals. */
#define AWSACCESS_HEADER(name, value) {{ (name), sizeof(name) - 1, (value), sizeof(value) - 1 }}
"#
    )
}
