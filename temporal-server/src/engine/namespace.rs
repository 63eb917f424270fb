//! Namespaces: their names, ids, settings and search attributes. Ids come in as arguments, and
//! nothing here knows of runs: who deletes a namespace forgets its runs too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use temporal_protos::enums::NamespaceState;

use super::namespace_change::{BadBinariesByChecksum, NamespaceChange};
use super::refusal::Refusal;
use super::surroundings::Namespace;
use super::time::Time;
use super::visibility::{Attributes, ValueType, is_given, is_reserved};

/// The longest name.
const MAX_NAME_BYTES: usize = 1000;

/// Namespaces one service holds.
const MAX_NAMESPACES: usize = 10_000;

/// Custom search attributes of one namespace.
const MAX_ATTRIBUTES: usize = 10_000;

/// The shortest time that closed runs are kept.
pub(crate) const MIN_RETENTION: Duration = Duration::from_secs(3600);

/// What can be changed of a namespace, besides its search attributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Settings {
    /// For people.
    pub(crate) description: String,
    /// For people.
    pub(crate) owner_email: String,
    /// For people and tools.
    pub(crate) data: BTreeMap<String, String>,
    /// How long closed runs are kept.
    pub(crate) retention: Duration,
    /// Whether it takes work.
    pub(crate) life: Life,
    /// Builds of workers that somebody has marked; nothing follows from it.
    pub(crate) bad_binaries: BadBinariesByChecksum,
}

/// How far the life of a namespace is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Life {
    /// It takes work.
    #[default]
    Registered,
    /// No workflow may be started in it, by itself or with a signal, as in the real service.
    Deprecated,
    /// Nothing may be done in it.
    Deleted,
}

impl Life {
    pub(crate) const fn state(self) -> NamespaceState {
        match self {
            Self::Registered => NamespaceState::Registered,
            Self::Deprecated => NamespaceState::Deprecated,
            Self::Deleted => NamespaceState::Deleted,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Registered => "Registered",
            Self::Deprecated => "Deprecated",
            Self::Deleted => "Deleted",
        }
    }
}

/// One namespace.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What runs know of it.
    pub(crate) identity: Arc<Namespace>,
    /// What can be changed.
    pub(crate) settings: Settings,
    /// Its search attributes.
    pub(crate) attributes: Attributes,
}

/// All namespaces of a service, by name; and their names by id.
#[derive(Debug, Default)]
pub(crate) struct Namespaces {
    by_name: BTreeMap<String, Entry>,
    names: BTreeMap<String, String>,
    /// Ids of those that may have changed since somebody last asked.
    touched: BTreeSet<String>,
}

impl Namespaces {
    /// Adds a namespace.
    pub(crate) fn register(
        &mut self,
        name: &str,
        id: String,
        settings: Settings,
    ) -> Result<Arc<Namespace>, Refusal> {
        check_name(name, "Namespace not set on request.")?;
        check_retention(settings.retention)?;
        if self.by_name.contains_key(name) {
            return Err(Refusal::NamespaceAlreadyExists(format!(
                "Namespace {name:?} already exists"
            )));
        }
        if self.by_name.len() == MAX_NAMESPACES {
            return Err(Refusal::invalid(format!(
                "a service holds {MAX_NAMESPACES} namespaces, delete one first"
            )));
        }
        let identity = Arc::new(Namespace {
            id,
            name: name.to_owned(),
        });
        let entry = Entry {
            identity: identity.clone(),
            settings,
            attributes: Attributes::default(),
        };
        self.touched.insert(identity.id.clone());
        self.insert(entry);
        Ok(identity)
    }

    /// Adds a namespace that was stored.
    pub(crate) fn insert(&mut self, entry: Entry) {
        let Namespace { id, name } = &*entry.identity;
        self.names.insert(id.clone(), name.clone());
        self.by_name.insert(name.clone(), entry);
    }

    /// The ids of those that may have changed, or are gone, since the last call.
    pub(crate) fn take_touched(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.touched)
    }

    /// The namespace of this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Entry> {
        self.by_name.get(self.names.get(id)?)
    }

    /// The namespace of this name, for a call that works in it.
    pub(crate) fn resolve(&self, name: &str) -> Result<&Entry, Refusal> {
        check_name(name, "Namespace is empty.")?;
        let entry = self.by_name.get(name).ok_or_else(|| unknown(name))?;
        entry.check_life(&[Life::Registered, Life::Deprecated])?;
        Ok(entry)
    }

    /// The same, for a call that starts a workflow.
    pub(crate) fn resolve_for_start(&self, name: &str) -> Result<&Entry, Refusal> {
        check_name(name, "Namespace is empty.")?;
        let entry = self.by_name.get(name).ok_or_else(|| unknown(name))?;
        entry.check_life(&[Life::Registered])?;
        Ok(entry)
    }

    /// The namespace of this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name)
    }

    /// The namespace of this name, or of this id if there is no name.
    pub(crate) fn describe(&self, name: &str, id: &str) -> Result<&Entry, Refusal> {
        if !name.is_empty() && !id.is_empty() {
            return Err(Refusal::invalid(
                "GetNamespace operation failed. Both ID and Name specified in request.",
            ));
        }
        if !id.is_empty() {
            return self.by_id(id).ok_or_else(|| unknown(id));
        }
        check_name(name, "Namespace not set on request.")?;
        self.by_name.get(name).ok_or_else(|| unknown(name))
    }

    /// Namespaces in the order of their names, from the first one after `after`.
    pub(crate) fn list<'a>(&'a self, after: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.by_name
            .range(after.to_owned()..)
            .map(|(_, entry)| entry)
            .filter(move |entry| entry.identity.name != after)
    }

    /// Changes the settings of a namespace; returns it as it is shown then.
    pub(crate) fn update(
        &mut self,
        name: &str,
        now: Time,
        change: NamespaceChange,
    ) -> Result<Entry, Refusal> {
        check_name(name, "Namespace not set on request.")?;
        let entry = self.by_name.get_mut(name).ok_or_else(|| unknown(name))?;
        let (settings, is_kept) = entry.settings.changed(name, now, change)?;
        let shown = Entry {
            settings,
            ..entry.clone()
        };
        if is_kept {
            entry.settings = shown.settings.clone();
            self.touched.insert(entry.identity.id.clone());
        }
        Ok(shown)
    }

    /// Removes a namespace.
    pub(crate) fn delete(&mut self, name: &str, id: &str) -> Result<Entry, Refusal> {
        if !name.is_empty() && !id.is_empty() {
            return Err(Refusal::invalid(
                "Only one of namespace name or Id should be set on request.",
            ));
        }
        let name = self.describe(name, id)?.identity.name.clone();
        let deleted = self.by_name.remove(&name).ok_or_else(|| unknown(&name))?;
        self.names.remove(&deleted.identity.id);
        self.touched.insert(deleted.identity.id.clone());
        Ok(deleted)
    }

    /// Defines search attributes of a namespace; numbers are types on the wire. All or none are added.
    pub(crate) fn add_attributes(
        &mut self,
        namespace: &str,
        wanted: &BTreeMap<String, i32>,
    ) -> Result<&Entry, Refusal> {
        check_set(!wanted.is_empty())?;
        let mut legal = Vec::new();
        for (name, number) in wanted {
            if is_reserved(name) {
                return Err(Refusal::invalid(format!(
                    "Search attribute {name} is reserved by system."
                )));
            }
            check_attribute_name(name)?;
            if !(0..=7).contains(number) {
                return Err(Refusal::invalid(format!(
                    "Unknown search attribute type: {number}."
                )));
            }
            legal.push((name, ValueType::from_number(*number)));
        }
        let entry = self.operated_read(namespace)?;
        if entry.attributes.custom().len() + legal.len() > MAX_ATTRIBUTES {
            return Err(unable(&format!(
                "cannot have more than {MAX_ATTRIBUTES} search attributes."
            )));
        }
        if legal.iter().any(|(_, kind)| kind.is_none()) {
            return Err(unable(
                "cannot have more than 0 search attribute of type Unspecified.",
            ));
        }
        let entry = self.operated(namespace)?;
        for (name, kind) in legal
            .into_iter()
            .filter_map(|(name, kind)| Some((name, kind?)))
        {
            entry.attributes.add(name, kind);
        }
        Ok(entry)
    }

    /// Removes search attributes from a namespace; unknown ones are already gone.
    pub(crate) fn remove_attributes(
        &mut self,
        namespace: &str,
        names: &[String],
    ) -> Result<&Entry, Refusal> {
        check_set(!names.is_empty())?;
        if let Some(given) = names.iter().find(|name| is_given(name)) {
            return Err(Refusal::invalid(format!(
                "Unable to remove non-custom search attributes: {given}."
            )));
        }
        let entry = self.operated(namespace)?;
        for name in names {
            entry.attributes.remove(name);
        }
        Ok(entry)
    }

    /// The namespace of an operator's request, which is about to be changed.
    fn operated(&mut self, name: &str) -> Result<&mut Entry, Refusal> {
        check_operated(name)?;
        let entry = self.by_name.get_mut(name).ok_or_else(|| unknown(name))?;
        self.touched.insert(entry.identity.id.clone());
        Ok(entry)
    }

    /// The namespace of an operator's request, to read.
    pub(crate) fn operated_read(&self, name: &str) -> Result<&Entry, Refusal> {
        check_operated(name)?;
        self.by_name.get(name).ok_or_else(|| unknown(name))
    }
}

impl Entry {
    /// Refuses what the namespace no longer takes.
    fn check_life(&self, allowed: &[Life]) -> Result<(), Refusal> {
        let life = self.settings.life;
        if allowed.contains(&life) {
            return Ok(());
        }
        Err(Refusal::NamespaceInvalidState {
            namespace: self.identity.name.clone(),
            life,
            allowed: allowed.to_vec(),
        })
    }
}

fn check_name(name: &str, if_empty: &str) -> Result<(), Refusal> {
    match name.len() {
        0 => Err(Refusal::invalid(if_empty)),
        length if length > MAX_NAME_BYTES => {
            Err(Refusal::invalid("Namespace length exceeds limit."))
        }
        _ => Ok(()),
    }
}

fn check_operated(name: &str) -> Result<(), Refusal> {
    check_name(name, "Namespace is not set on request.")
}

pub(super) fn check_retention(retention: Duration) -> Result<(), Refusal> {
    if retention < MIN_RETENTION {
        return Err(Refusal::invalid(
            "A valid retention period is not set on request.",
        ));
    }
    Ok(())
}

fn check_set(set: bool) -> Result<(), Refusal> {
    if set {
        Ok(())
    } else {
        Err(Refusal::invalid("SearchAttributes are not set on request."))
    }
}

fn check_attribute_name(name: &str) -> Result<(), Refusal> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains('`') {
        return Err(Refusal::invalid(
            "a search attribute needs a name of 1 to 1000 bytes without backquotes",
        ));
    }
    Ok(())
}

fn unable(why: &str) -> Refusal {
    Refusal::invalid(format!("Unable to create search attributes: {why}"))
}

fn unknown(namespace: &str) -> Refusal {
    Refusal::NamespaceNotFound {
        namespace: namespace.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use temporal_protos::namespace::{NamespaceConfig, UpdateNamespaceInfo};

    use super::*;

    fn settings() -> Settings {
        Settings {
            retention: Duration::from_secs(86_400),
            ..Settings::default()
        }
    }

    fn namespaces() -> Namespaces {
        let mut namespaces = Namespaces::default();
        for name in ["default", "other", "third"] {
            namespaces
                .register(name, format!("id of {name}"), settings())
                .unwrap();
        }
        namespaces
    }

    fn text(refusal: Refusal) -> String {
        match refusal {
            Refusal::InvalidArgument(text) | Refusal::NamespaceAlreadyExists(text) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_is_refused_leaves_nothing_to_be_stored() {
        let mut namespaces = namespaces();
        namespaces.take_touched();
        let add = |namespaces: &mut Namespaces, kind: i32| {
            let wanted = BTreeMap::from([("Color".to_owned(), kind)]);
            namespaces.add_attributes("other", &wanted).is_ok()
        };
        assert!(!add(&mut namespaces, 0));
        assert!(namespaces.take_touched().is_empty());
        assert!(add(&mut namespaces, 2));
        assert_eq!(namespaces.take_touched(), ["id of other".to_owned()].into());
    }

    #[test]
    fn registering_is_refused_as_recorded() {
        let mut namespaces = namespaces();
        let mut refused = |name: &str, settings| {
            text(
                namespaces
                    .register(name, String::new(), settings)
                    .unwrap_err(),
            )
        };
        assert_eq!(
            refused("default", settings()),
            "Namespace \"default\" already exists"
        );
        assert_eq!(refused("", settings()), "Namespace not set on request.");
        assert_eq!(
            refused(&"x".repeat(1001), settings()),
            "Namespace length exceeds limit."
        );
        assert_eq!(
            refused("new", Settings::default()),
            "A valid retention period is not set on request."
        );
    }

    #[test]
    fn a_namespace_is_found_by_name_or_id() {
        let namespaces = namespaces();
        assert_eq!(
            namespaces
                .describe("", "id of other")
                .unwrap()
                .identity
                .name,
            "other"
        );
        assert_eq!(
            namespaces.describe("", "none").unwrap_err(),
            unknown("none")
        );
        assert_eq!(
            text(namespaces.describe("", "").unwrap_err()),
            "Namespace not set on request."
        );
        assert_eq!(
            text(namespaces.resolve("").unwrap_err()),
            "Namespace is empty."
        );
        let after: Vec<_> = namespaces
            .list("default")
            .map(|entry| entry.identity.name.as_str())
            .collect();
        assert_eq!(after, ["other", "third"]);
    }

    #[test]
    fn a_refused_change_changes_nothing() {
        let mut namespaces = namespaces();
        let change = NamespaceChange {
            info: Some(UpdateNamespaceInfo {
                description: "new".into(),
                ..UpdateNamespaceInfo::default()
            }),
            config: Some(NamespaceConfig {
                workflow_execution_retention_ttl: Some(prost_types::Duration::default()),
                ..NamespaceConfig::default()
            }),
            ..NamespaceChange::default()
        };
        let refused = namespaces.update("default", Time::from_nanos(0), change);
        assert!(refused.is_err());
        assert_eq!(
            namespaces.resolve("default").unwrap().settings.description,
            ""
        );
        let wanted = BTreeMap::from([("A".to_owned(), 2), ("TemporalB".to_owned(), 2)]);
        assert!(namespaces.add_attributes("default", &wanted).is_err());
        assert!(
            namespaces
                .resolve("default")
                .unwrap()
                .attributes
                .custom()
                .is_empty()
        );
    }

    #[test]
    fn attributes_are_refused_as_recorded() {
        let mut namespaces = namespaces();
        let mut add = |namespace: &str, name: &str, number| {
            text(
                namespaces
                    .add_attributes(namespace, &BTreeMap::from([(name.to_owned(), number)]))
                    .unwrap_err(),
            )
        };
        assert_eq!(
            add("default", "BuildIds", 7),
            "Search attribute BuildIds is reserved by system."
        );
        assert_eq!(
            add("default", "Probe", 99),
            "Unknown search attribute type: 99."
        );
        assert_eq!(
            add("default", "Probe", 0),
            "Unable to create search attributes: cannot have more than 0 search attribute of type Unspecified."
        );
        assert_eq!(add("", "Probe", 2), "Namespace is not set on request.");
        let refused = namespaces
            .remove_attributes("default", &["WorkflowId".to_owned()])
            .unwrap_err();
        assert_eq!(
            text(refused),
            "Unable to remove non-custom search attributes: WorkflowId."
        );
        assert!(
            namespaces
                .remove_attributes("default", &["Unknown".to_owned()])
                .is_ok()
        );
    }
}
