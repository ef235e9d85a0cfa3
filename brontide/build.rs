//! Says in one word, `has_assembly`, whether the assembly-backed AEAD is wanted and to be had, so that the sources
//! do not repeat the condition, which is that of the dependency in `Cargo.toml`.

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(has_assembly)");
    println!("cargo::rerun-if-changed=build.rs");
    let is = |key, values: &[&str]| {
        env::var(key).is_ok_and(|v| v.split(',').any(|v| values.contains(&v)))
    };
    let wanted = env::var_os("CARGO_FEATURE_AWS_LC").is_some();
    if wanted
        && is("CARGO_CFG_TARGET_ARCH", &["x86_64", "aarch64"])
        && is(
            "CARGO_CFG_TARGET_OS",
            &["linux", "macos", "windows", "android", "ios", "freebsd"],
        )
    {
        println!("cargo::rustc-cfg=has_assembly");
    }
}
