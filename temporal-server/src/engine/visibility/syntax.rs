//! What a List Filter says, as a tree, before anything is known of attributes and their types.
//! Keeps also what no filter may contain (functions, sub-selects), because the refusal names it.

/// A whole query.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Statement {
    /// The conditions, if there are any.
    pub(super) filter: Option<Expr>,
    /// The expressions of `GROUP BY`.
    pub(super) group_by: Vec<Expr>,
    /// The expressions of `ORDER BY`, without their direction.
    pub(super) order_by: Vec<Expr>,
    /// Whether there is a `LIMIT`.
    pub(super) limit: bool,
}

/// An expression of the dialect.
#[derive(Debug, PartialEq)]
pub(crate) enum Expr {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Paren(Box<Self>),
    /// A comparison with its operator in the dialect's spelling: `=`, `not in`, `starts_with`.
    Compare {
        operator: &'static str,
        left: Box<Self>,
        right: Box<Self>,
    },
    Range {
        negated: bool,
        left: Box<Self>,
        from: Box<Self>,
        to: Box<Self>,
    },
    /// `IS …`; `null` is `Some(true)` for NULL, `Some(false)` for NOT NULL and `None` for TRUE and FALSE.
    Is {
        left: Box<Self>,
        null: Option<bool>,
    },
    /// A name, without backquotes.
    Column(String),
    Literal(Literal),
    Bool(bool),
    Null,
    Tuple(Vec<Self>),
    /// A unary operator which could not be folded into a number.
    Unary {
        operator: &'static str,
        operand: Box<Self>,
    },
    Function,
    Subquery,
    Exists,
    /// Arithmetic.
    Binary,
}

/// A literal value as written.
#[derive(Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Integer(String),
    Float(String),
    Exotic(String),
}

impl Expr {
    /// The kind of this expression in the words of the reference service, which its refusals contain.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::And(_) => "*sqlparser.AndExpr",
            Self::Or(_) => "*sqlparser.OrExpr",
            Self::Not(_) => "*sqlparser.NotExpr",
            Self::Paren(_) => "*sqlparser.ParenExpr",
            Self::Compare { .. } => "*sqlparser.ComparisonExpr",
            Self::Range { .. } => "*sqlparser.RangeCond",
            Self::Is { .. } => "*sqlparser.IsExpr",
            Self::Column(_) => "*sqlparser.ColName",
            Self::Literal(_) => "*sqlparser.SQLVal",
            Self::Bool(_) => "sqlparser.BoolVal",
            Self::Null => "*sqlparser.NullVal",
            Self::Tuple(_) => "sqlparser.ValTuple",
            Self::Unary { .. } => "*sqlparser.UnaryExpr",
            Self::Function => "*sqlparser.FuncExpr",
            Self::Subquery => "*sqlparser.Subquery",
            Self::Exists => "*sqlparser.ExistsExpr",
            Self::Binary => "*sqlparser.BinaryExpr",
        }
    }
}
