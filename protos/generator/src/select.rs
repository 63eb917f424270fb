//! Which files of the official descriptor we keep. Knows descriptors only, writes no Rust.
//!
//! The official set also holds the cloud API, the private protocol of the official SDK core, and
//! annotations for gateways. A file stays when a root names one of its types, not when it is
//! merely imported: annotations are imported nearly everywhere and used by no message.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
};

/// The files we ask for; all that their types need comes along.
const ROOTS: &[&str] = &[
    "temporal/api/workflowservice/v1/service.proto",
    "temporal/api/operatorservice/v1/service.proto",
    "temporal/api/testservice/v1/service.proto",
    "health/v1/health.proto",
    // Named by no RPC: they travel inside `google.protobuf.Any`, or as JSON inside a payload.
    "google/rpc/status.proto",
    "temporal/api/errordetails/v1/message.proto",
    "temporal/api/protocol/v1/message.proto",
    "temporal/api/update/v1/message.proto",
];

/// Every file below these folders is a root too.
const ROOT_FOLDERS: &[&str] = &["temporal/api/sdk/v1/"];

/// The kept files in the order of their names, without comments and without dangling imports.
pub(crate) fn slim(official: FileDescriptorSet) -> Result<FileDescriptorSet, String> {
    let files: BTreeMap<String, FileDescriptorProto> = official
        .file
        .into_iter()
        .map(|file| (file.name().to_owned(), file))
        .collect();
    let homes = homes(&files);

    let mut kept = BTreeMap::new();
    let mut todo = roots(&files)?;
    while let Some(name) = todo.pop_first() {
        if kept.contains_key(&name) {
            continue;
        }
        let file = files
            .get(&name)
            .ok_or_else(|| format!("the official descriptor has no file `{name}`"))?;
        let needs = needs(file, &homes)?;
        todo.extend(needs.iter().cloned());
        kept.insert(name, trim(file.clone(), &needs));
    }
    Ok(FileDescriptorSet {
        file: kept.into_values().collect(),
    })
}

fn roots(files: &BTreeMap<String, FileDescriptorProto>) -> Result<BTreeSet<String>, String> {
    let mut roots: BTreeSet<String> = ROOTS.iter().map(|root| (*root).to_owned()).collect();
    for folder in ROOT_FOLDERS {
        let before = roots.len();
        roots.extend(
            files
                .keys()
                .filter(|name| name.starts_with(folder))
                .cloned(),
        );
        if roots.len() == before {
            return Err(format!(
                "the official descriptor has no file below `{folder}`"
            ));
        }
    }
    Ok(roots)
}

/// Fully qualified type name, with its leading dot, to the file that declares it.
fn homes(files: &BTreeMap<String, FileDescriptorProto>) -> BTreeMap<String, String> {
    let mut homes = BTreeMap::new();
    for (name, file) in files {
        let scope = match file.package() {
            "" => String::new(),
            package => format!(".{package}"),
        };
        add_types(
            &mut homes,
            name,
            &scope,
            &file.message_type,
            &file.enum_type,
        );
    }
    homes
}

fn add_types(
    homes: &mut BTreeMap<String, String>,
    file: &str,
    scope: &str,
    messages: &[DescriptorProto],
    enums: &[EnumDescriptorProto],
) {
    for item in enums {
        homes.insert(format!("{scope}.{}", item.name()), file.to_owned());
    }
    for message in messages {
        let inner = format!("{scope}.{}", message.name());
        add_types(
            homes,
            file,
            &inner,
            &message.nested_type,
            &message.enum_type,
        );
        homes.insert(inner, file.to_owned());
    }
}

/// The other files whose types this file's messages and methods name.
fn needs(
    file: &FileDescriptorProto,
    homes: &BTreeMap<String, String>,
) -> Result<BTreeSet<String>, String> {
    let mut types = Vec::new();
    for message in &file.message_type {
        named_types(message, &mut types);
    }
    for method in file.service.iter().flat_map(|service| &service.method) {
        types.push(method.input_type());
        types.push(method.output_type());
    }
    let mut needs = BTreeSet::new();
    for name in types {
        let home = homes
            .get(name)
            .ok_or_else(|| format!("`{}` names the unknown type `{name}`", file.name()))?;
        if home != file.name() {
            needs.insert(home.clone());
        }
    }
    Ok(needs)
}

fn named_types<'a>(message: &'a DescriptorProto, types: &mut Vec<&'a str>) {
    let fields = message.field.iter().map(FieldDescriptorProto::type_name);
    types.extend(fields.filter(|name| !name.is_empty()));
    for nested in &message.nested_type {
        named_types(nested, types);
    }
}

/// Drops what neither Rust code, JSON nor reflection needs.
fn trim(mut file: FileDescriptorProto, needs: &BTreeSet<String>) -> FileDescriptorProto {
    file.source_code_info = None;
    // Names of Java, Go, Ruby and C# packages.
    file.options = None;
    // Extensions only describe annotations, whose values the official crate has already lost.
    file.extension.clear();
    file.dependency = needs.iter().cloned().collect();
    file.public_dependency.clear();
    file.weak_dependency.clear();
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn official() -> FileDescriptorSet {
        use prost::Message;
        let bytes = std::fs::read(env!("OFFICIAL_DESCRIPTOR")).expect("the build script names it");
        FileDescriptorSet::decode(bytes.as_slice()).expect("the official crate wrote it")
    }

    fn names(set: &FileDescriptorSet) -> Vec<&str> {
        set.file.iter().map(FileDescriptorProto::name).collect()
    }

    #[test]
    fn annotations_and_the_cloud_api_are_left_out() {
        let slim = slim(official()).expect("all roots are there");
        let unwanted = [
            "google/api/",
            "protoc-gen-openapiv2/",
            "temporal/api/cloud/",
            "temporal/sdk/",
        ];
        for name in names(&slim) {
            assert!(
                !unwanted.iter().any(|prefix| name.starts_with(prefix)),
                "{name} was kept"
            );
        }
        assert!(names(&slim).contains(&"temporal/api/common/v1/message.proto"));
    }

    #[test]
    fn the_order_of_the_official_files_does_not_matter() {
        let mut reversed = official();
        reversed.file.reverse();
        assert_eq!(slim(reversed), slim(official()));
    }

    #[test]
    fn a_missing_root_is_named() {
        let mut set = official();
        set.file
            .retain(|file| file.name() != "google/rpc/status.proto");
        let error = slim(set).expect_err("a root is missing");
        assert_eq!(
            error,
            "the official descriptor has no file `google/rpc/status.proto`"
        );
    }
}
