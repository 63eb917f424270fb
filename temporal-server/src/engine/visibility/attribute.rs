//! Search attributes: their types, the ones every namespace has, and the ones it defined. Never
//! looks at a row or a query.

use std::collections::BTreeMap;

/// The type of a search attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Words to search in.
    Text,
    /// A string compared as a whole.
    Keyword,
    /// A 64-bit integer.
    Int,
    /// A floating-point number.
    Double,
    /// True or false.
    Bool,
    /// A point in time.
    Datetime,
    /// Several keywords.
    KeywordList,
}

impl ValueType {
    const ALL: [Self; 7] = [
        Self::Text,
        Self::Keyword,
        Self::Int,
        Self::Double,
        Self::Bool,
        Self::Datetime,
        Self::KeywordList,
    ];

    /// The name of the type, as the wire and the command line spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Keyword => "Keyword",
            Self::Int => "Int",
            Self::Double => "Double",
            Self::Bool => "Bool",
            Self::Datetime => "Datetime",
            Self::KeywordList => "KeywordList",
        }
    }

    /// The type of this name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The number of the type on the wire.
    pub(crate) fn number(self) -> i32 {
        self as i32 + 1
    }

    /// The type of this number on the wire.
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What a query can ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    WorkflowId,
    RunId,
    WorkflowType,
    StartTime,
    ExecutionTime,
    CloseTime,
    ExecutionStatus,
    TaskQueue,
    HistoryLength,
    HistorySizeBytes,
    ExecutionDuration,
    StateTransitionCount,
    ParentWorkflowId,
    ParentRunId,
    RootWorkflowId,
    RootRunId,
    ExternalPayloadCount,
    ExternalPayloadSizeBytes,
    /// A value which the execution carries under this name: a custom or predefined attribute.
    Carried(String),
}

/// The attribute which hides rows of system features from queries that do not name it.
pub(super) const DIVISION: &str = "TemporalNamespaceDivision";

/// Attributes the service sets from the execution itself; nobody may write them.
static SYSTEM: [(&str, ValueType, Field); 18] = [
    ("CloseTime", ValueType::Datetime, Field::CloseTime),
    (
        "ExecutionDuration",
        ValueType::Int,
        Field::ExecutionDuration,
    ),
    (
        "ExecutionStatus",
        ValueType::Keyword,
        Field::ExecutionStatus,
    ),
    ("ExecutionTime", ValueType::Datetime, Field::ExecutionTime),
    ("HistoryLength", ValueType::Int, Field::HistoryLength),
    ("HistorySizeBytes", ValueType::Int, Field::HistorySizeBytes),
    ("ParentRunId", ValueType::Keyword, Field::ParentRunId),
    (
        "ParentWorkflowId",
        ValueType::Keyword,
        Field::ParentWorkflowId,
    ),
    ("RootRunId", ValueType::Keyword, Field::RootRunId),
    ("RootWorkflowId", ValueType::Keyword, Field::RootWorkflowId),
    ("RunId", ValueType::Keyword, Field::RunId),
    ("StartTime", ValueType::Datetime, Field::StartTime),
    (
        "StateTransitionCount",
        ValueType::Int,
        Field::StateTransitionCount,
    ),
    ("TaskQueue", ValueType::Keyword, Field::TaskQueue),
    (
        "TemporalExternalPayloadCount",
        ValueType::Int,
        Field::ExternalPayloadCount,
    ),
    (
        "TemporalExternalPayloadSizeBytes",
        ValueType::Int,
        Field::ExternalPayloadSizeBytes,
    ),
    ("WorkflowId", ValueType::Keyword, Field::WorkflowId),
    ("WorkflowType", ValueType::Keyword, Field::WorkflowType),
];

/// Attributes every namespace has, which executions carry; the flag says whether clients may write them.
static PREDEFINED: [(&str, ValueType, bool); 15] = [
    ("BatcherNamespace", ValueType::Keyword, true),
    ("BatcherUser", ValueType::Keyword, true),
    ("BinaryChecksums", ValueType::KeywordList, true),
    ("BuildIds", ValueType::KeywordList, true),
    ("TemporalChangeVersion", ValueType::KeywordList, true),
    (DIVISION, ValueType::Keyword, true),
    ("TemporalPauseInfo", ValueType::KeywordList, true),
    ("TemporalReportedProblems", ValueType::KeywordList, true),
    ("TemporalSchedulePaused", ValueType::Bool, true),
    ("TemporalScheduledById", ValueType::Keyword, true),
    ("TemporalScheduledStartTime", ValueType::Datetime, true),
    (
        "TemporalUsedWorkerDeploymentVersions",
        ValueType::KeywordList,
        false,
    ),
    ("TemporalWorkerDeployment", ValueType::Keyword, false),
    ("TemporalWorkerDeploymentVersion", ValueType::Keyword, false),
    (
        "TemporalWorkflowVersioningBehavior",
        ValueType::Keyword,
        false,
    ),
];

/// Whether clients may set an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writable {
    Yes(ValueType),
    /// The service alone sets it.
    No,
    /// No attribute has this name.
    Undefined,
}

/// All search attributes of one namespace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    custom: BTreeMap<String, ValueType>,
}

impl Attributes {
    /// Defines an attribute; an existing one keeps its type. Check [`is_reserved`] before.
    pub(crate) fn add(&mut self, name: &str, kind: ValueType) {
        self.custom.entry(name.to_owned()).or_insert(kind);
    }

    /// Removes a custom attribute, if it is defined.
    pub(crate) fn remove(&mut self, name: &str) {
        self.custom.remove(name);
    }

    /// The attributes which the namespace defined.
    pub(crate) fn custom(&self) -> &BTreeMap<String, ValueType> {
        &self.custom
    }

    /// Whether clients may write the attribute of exactly this name.
    pub(super) fn writable(&self, name: &str) -> Writable {
        if SYSTEM.iter().any(|(system, ..)| *system == name) {
            return Writable::No;
        }
        match PREDEFINED
            .iter()
            .find(|(predefined, ..)| *predefined == name)
        {
            Some((_, kind, true)) => Writable::Yes(*kind),
            Some(_) => Writable::No,
            None => self
                .custom
                .get(name)
                .map_or(Writable::Undefined, |kind| Writable::Yes(*kind)),
        }
    }

    /// The type of a value which an execution carries, whoever set it.
    pub(super) fn carried(&self, name: &str) -> Option<ValueType> {
        let predefined = PREDEFINED
            .iter()
            .find(|(predefined, ..)| *predefined == name)
            .map(|(_, kind, _)| *kind);
        predefined.or_else(|| self.custom.get(name).copied())
    }

    /// What a name in a query means: a custom attribute, a system one, or the same with `Temporal` added or removed.
    pub(super) fn resolve(&self, name: &str) -> Option<(Field, ValueType)> {
        if let Some(kind) = self.custom.get(name) {
            return Some((Field::Carried(name.to_owned()), *kind));
        }
        given(name).or_else(|| match name.strip_prefix(RESERVED_PREFIX) {
            Some("ScheduleId") => given("WorkflowId"),
            Some(short) => given(short),
            None if name == "ScheduleId" => given("WorkflowId"),
            None => given(&format!("{RESERVED_PREFIX}{name}")),
        })
    }
}

/// Names that start so belong to the service.
const RESERVED_PREFIX: &str = "Temporal";

/// Whether a namespace may not define an attribute of this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    given(name).is_some() || name.starts_with(RESERVED_PREFIX)
}

/// Whether the service itself defines an attribute of this name.
pub(crate) fn is_given(name: &str) -> bool {
    given(name).is_some()
}

/// The names and types of the attributes which every namespace has.
pub(crate) fn all_given() -> impl Iterator<Item = (&'static str, ValueType)> {
    let system = SYSTEM.iter().map(|(name, kind, _)| (*name, *kind));
    system.chain(PREDEFINED.iter().map(|(name, kind, _)| (*name, *kind)))
}

fn given(name: &str) -> Option<(Field, ValueType)> {
    let system = SYSTEM.iter().find(|(system, ..)| *system == name);
    system
        .map(|(_, kind, field)| (field.clone(), *kind))
        .or_else(|| {
            let predefined = PREDEFINED
                .iter()
                .find(|(predefined, ..)| *predefined == name);
            predefined.map(|(_, kind, _)| (Field::Carried(name.to_owned()), *kind))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_numbers_are_those_of_the_wire() {
        let numbers = ValueType::ALL.map(ValueType::number);
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(ValueType::from_number(0), None);
        assert_eq!(
            ValueType::from_name("keywordlist"),
            Some(ValueType::KeywordList)
        );
    }

    #[test]
    fn the_prefix_may_be_left_out_or_added() {
        let attributes = Attributes::default();
        let field = |name| attributes.resolve(name).map(|(field, _)| field);
        assert_eq!(field("TemporalWorkflowId"), Some(Field::WorkflowId));
        assert_eq!(field("ScheduleId"), Some(Field::WorkflowId));
        assert_eq!(field("TemporalScheduleId"), Some(Field::WorkflowId));
        assert_eq!(
            field("ChangeVersion"),
            Some(Field::Carried("TemporalChangeVersion".into()))
        );
        assert_eq!(field("workflowid"), None);
        assert_eq!(field("VisibilityTime"), None);
    }

    #[test]
    fn an_attribute_keeps_its_first_type() {
        let mut attributes = Attributes::default();
        attributes.add("Color", ValueType::Keyword);
        attributes.add("Color", ValueType::Int);
        assert_eq!(
            attributes.writable("Color"),
            Writable::Yes(ValueType::Keyword)
        );
        attributes.remove("Color");
        assert_eq!(attributes.writable("Color"), Writable::Undefined);
        assert!(
            is_reserved("TemporalAnything") && is_reserved("BuildIds") && !is_reserved("Color")
        );
    }
}
