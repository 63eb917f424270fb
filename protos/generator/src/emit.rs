//! From the kept descriptors to the text of the generated files. Touches no disk.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use prost::Message;
use prost_build::{Config, Module};
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

use crate::conversions::{KINDS, conversions};
use crate::services::Services;
use crate::spoken;

/// What each generated Rust file says before prost's own line.
pub(crate) const HEADER: &str = "\
// Generated from the protocol definitions in the crate temporalio-protos: see NOTICE.
// Do not edit: `cargo run --manifest-path protos/generator/Cargo.toml` writes this file.
";

/// File name to content.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Everything that belongs into `src/generated`.
pub(crate) fn emit(descriptors: &FileDescriptorSet) -> io::Result<Files> {
    let mut files = Files::new();
    files.insert("descriptor.bin".to_owned(), descriptors.encode_to_vec());

    let mut tree = Tree::default();
    let spoken = requests(descriptors).map_err(io::Error::other)?;
    for (module, code) in config().generate(spoken)? {
        let name = module.to_file_name_or("unpackaged");
        tree.insert(module.parts(), &name);
        // Nobody hashes a message, and two traits more for each cost every build.
        let code = code.replace("PartialEq, Eq, Hash, ::prost::", "PartialEq, ::prost::");
        files.insert(name, format!("{HEADER}{code}").into_bytes());
    }
    let conversions = format!("{HEADER}{}", conversions(descriptors)?);
    files.insert("conversions.rs".to_owned(), conversions.into_bytes());
    files.insert("mod.rs".to_owned(), tree.render().into_bytes());
    Ok(files)
}

fn config() -> Config {
    let services = tonic_prost_build::configure()
        .build_client(true)
        .build_server(true)
        // The caller brings the channel; a `connect` here would switch tonic's transport on.
        .build_transport(false)
        // An RPC that a server does not implement answers UNIMPLEMENTED by itself.
        .generate_default_stubs(true)
        .client_mod_attribute(".", "#[cfg(feature = \"client\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"server\")]")
        .service_generator();
    let mut config = Config::new();
    config
        .service_generator(Box::new(Services::new(services)))
        // Payload data is shared, not copied.
        .bytes(["."])
        // One message encodes to the same bytes in every run.
        .btree_map(["."])
        // `Any::from_msg` needs the names, and Go resolves no type url without this domain.
        .enable_type_names()
        .type_name_domain(["."], "type.googleapis.com");
    for kind in &KINDS {
        // The largest attributes take 1616 bytes; inline, every event and command would pay that.
        config.boxed(kind.oneof);
    }
    config
}

fn requests(descriptors: &FileDescriptorSet) -> Result<Vec<(Module, FileDescriptorProto)>, String> {
    let mut requests = Vec::new();
    let mut files = descriptors.file.clone();
    spoken::retain(&mut files)?;
    for mut file in files {
        if file.message_type.is_empty() && file.enum_type.is_empty() && file.service.is_empty() {
            continue;
        }
        // Servers and workers must read the old fields that old peers send; a lint at each such
        // place would say nothing new. The stored descriptor keeps the marks.
        file.message_type.iter_mut().for_each(forget_deprecation);
        let methods = file
            .service
            .iter_mut()
            .flat_map(|service| &mut service.method);
        methods.for_each(|method| method.options = None);
        file.enum_type.iter_mut().for_each(forget_enum_deprecation);
        requests.push((Module::from_protobuf_package_name(file.package()), file));
    }
    Ok(requests)
}

fn forget_deprecation(message: &mut DescriptorProto) {
    for options in message
        .field
        .iter_mut()
        .filter_map(|field| field.options.as_mut())
    {
        options.deprecated = None;
    }
    if let Some(options) = &mut message.options {
        options.deprecated = None;
    }
    message
        .enum_type
        .iter_mut()
        .for_each(forget_enum_deprecation);
    message.nested_type.iter_mut().for_each(forget_deprecation);
}

fn forget_enum_deprecation(item: &mut EnumDescriptorProto) {
    item.options = None;
    item.value.iter_mut().for_each(|value| value.options = None);
}

/// Packages as nested modules: prost's code finds its neighbours by `super::`.
#[derive(Default)]
struct Tree {
    file: Option<String>,
    children: BTreeMap<String, Self>,
}

impl Tree {
    fn insert<'a>(&mut self, parts: impl Iterator<Item = &'a str>, file: &str) {
        let mut node = self;
        for part in parts {
            node = node.children.entry(part.to_owned()).or_default();
        }
        node.file = Some(file.to_owned());
    }

    fn render(&self) -> String {
        let mut text = HEADER.to_owned();
        text.push_str("\nmod conversions;\n\n");
        self.render_into(&mut text, 0);
        text
    }

    fn render_into(&self, text: &mut String, depth: usize) {
        let indent = "    ".repeat(depth);
        if let Some(file) = &self.file {
            writeln!(text, "{indent}include!(\"{file}\");").expect("a String takes every write");
        }
        for (name, child) in &self.children {
            writeln!(text, "{indent}pub mod {name} {{").expect("a String takes every write");
            child.render_into(text, depth + 1);
            writeln!(text, "{indent}}}").expect("a String takes every write");
        }
    }
}
