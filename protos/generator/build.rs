//! Hands the path of the official descriptor on to the generator.

fn main() {
    let path = std::env::var("DEP_TEMPORALIO_PROTOS_DESCRIPTOR_PATH")
        .expect("temporalio-protos is a normal dependency and announces its descriptor");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={path}");
    println!("cargo::rustc-env=OFFICIAL_DESCRIPTOR={path}");
}
