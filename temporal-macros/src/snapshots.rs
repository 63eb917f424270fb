//! What the macros write, beside what they were given: `snapshots/<name>.in.rs` and `.out.rs`.
//!
//! `UPDATE=1 cargo test -p temporal-macros` rewrites the outputs; a reviewer reads the difference.

use std::path::Path;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::diagnostics::Diagnostics;

#[test]
fn expansions_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the snapshots are there")
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .to_str()?
                .strip_suffix(".in.rs")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    assert!(names.len() >= 10, "{names:?}");
    let mut changed = Vec::new();
    for name in names {
        let read = |kind: &str| std::fs::read_to_string(folder.join(format!("{name}.{kind}.rs")));
        let input = read("in").expect("it was listed");
        let written = expand(input.parse().expect("the input is Rust"));
        if read("out").ok().as_deref() != Some(&written) {
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(folder.join(format!("{name}.out.rs")), written)
                    .expect("the folder is ours");
            } else {
                changed.push((name, written));
            }
        }
    }
    for (name, written) in &changed {
        eprintln!("==== {name}\n{written}");
    }
    let names: Vec<&String> = changed.iter().map(|(name, _)| name).collect();
    assert!(
        names.is_empty(),
        "{names:?} expand differently: read the difference, then run with UPDATE=1"
    );
}

/// Half-typed code: whatever token is missing, the macro ends, and keeps the item or says what is wrong.
#[test]
fn any_token_may_be_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut tried = 0;
    for entry in std::fs::read_dir(&folder)
        .expect("the snapshots are there")
        .flatten()
    {
        if !entry.file_name().to_string_lossy().ends_with(".in.rs") {
            continue;
        }
        let source = std::fs::read_to_string(entry.path()).expect("it was listed");
        let tokens: TokenStream = source.parse().expect("the input is Rust");
        let (attribute, item): (Vec<TokenTree>, Vec<TokenTree>) = (
            tokens.clone().into_iter().take(2).collect(),
            tokens.into_iter().skip(2).collect(),
        );
        for place in 0.. {
            let mut left = place;
            let Some(item) = without(item.iter().cloned(), &mut left) else {
                break;
            };
            let written = expand(attribute.iter().cloned().chain(item).collect());
            assert!(
                !written.trim().is_empty(),
                "{:?}, token {place}",
                entry.file_name()
            );
            tried += 1;
        }
    }
    assert!(tried > 500, "{tried}");
}

/// The tokens but for the one at `place`, counted through all groups; nothing if there is none.
fn without(tokens: impl Iterator<Item = TokenTree>, place: &mut usize) -> Option<TokenStream> {
    let mut kept = Vec::new();
    let mut removed = false;
    for token in tokens {
        if !removed && *place == 0 {
            removed = true;
            continue;
        }
        if removed {
            kept.push(token);
            continue;
        }
        *place -= 1;
        match token {
            TokenTree::Group(group) => match without(group.stream().into_iter(), place) {
                Some(rest) => {
                    removed = true;
                    kept.push(TokenTree::Group(proc_macro2::Group::new(
                        group.delimiter(),
                        rest,
                    )));
                }
                None => kept.push(TokenTree::Group(group)),
            },
            token => kept.push(token),
        }
    }
    removed.then(|| kept.into_iter().collect())
}

/// Expands the first attribute of a source text.
fn expand(source: TokenStream) -> String {
    let mut tokens = source.into_iter();
    let (Some(_), Some(TokenTree::Group(attribute))) = (tokens.next(), tokens.next()) else {
        panic!("an input begins with its attribute");
    };
    let (mut name, mut arguments) = (String::new(), TokenStream::new());
    for token in attribute.stream() {
        match token {
            TokenTree::Ident(ident) => name = ident.to_string(),
            TokenTree::Group(group) => arguments = group.stream(),
            _ => {}
        }
    }
    let item: TokenStream = tokens.collect();
    let (output, diagnostics): (TokenStream, Diagnostics) = match name.as_str() {
        "workflow" => crate::workflow::expand(arguments, item),
        "activity" => crate::activity::expand(arguments, item),
        "main" => crate::entry::main::expand(arguments, item),
        "test" => crate::entry::test::expand(arguments, item),
        role => crate::role::stray(role, item),
    };
    let mut printer = Printer::default();
    printer.stream(output);
    printer.end_line();
    let messages = diagnostics.into_messages();
    messages
        .into_iter()
        .for_each(|message| printer.text.push_str(&format!("// error: {message}\n")));
    printer.text
}

/// A line for each statement and item, indented by its braces. Not rustfmt's layout, but stable and readable.
#[derive(Default)]
struct Printer {
    text: String,
    line: String,
    depth: usize,
    /// No blank goes before the next token.
    glued: bool,
}

impl Printer {
    fn stream(&mut self, stream: TokenStream) {
        let mut tokens = stream.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace && !group.stream().is_empty() =>
                {
                    self.word("{");
                    self.end_line();
                    self.depth += 1;
                    self.stream(group.stream());
                    self.end_line();
                    self.depth -= 1;
                    self.word("}");
                    match tokens.peek() {
                        Some(TokenTree::Punct(punct)) if ",;.?".contains(punct.as_char()) => {
                            self.glued = true
                        }
                        Some(_) => self.end_line(),
                        None => {}
                    }
                }
                TokenTree::Group(group) => {
                    self.group(&group);
                    let item_ends = group.delimiter() == Delimiter::Brace
                        && matches!(tokens.peek(), Some(TokenTree::Ident(_)));
                    if item_ends {
                        self.end_line();
                    }
                }
                TokenTree::Punct(punct) => self.punct(punct.as_char(), punct.spacing()),
                token => self.word(&token.to_string()),
            }
        }
    }

    fn group(&mut self, group: &proc_macro2::Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::None => ("", ""),
        };
        let attribute = self.line.ends_with('#');
        // A list follows its head without a blank; a tuple or an array follows other things with one.
        let head = self
            .line
            .ends_with(|c: char| c.is_alphanumeric() || "_>!#)(&*<".contains(c));
        self.glued |= head && group.delimiter() != Delimiter::Brace && !self.line.ends_with("->");
        self.word(open);
        self.glued = true;
        self.stream(group.stream());
        self.glued = true;
        self.word(close);
        if attribute && self.line.trim_start().starts_with("#[") {
            self.end_line();
        }
    }

    fn punct(&mut self, c: char, spacing: Spacing) {
        let after = |ends: &[&str]| ends.iter().any(|end| self.line.ends_with(end));
        let starts_path = c == ':' && spacing == Spacing::Joint && !self.line.ends_with("::");
        let closes_closure = c == '|' && self.line.matches('|').count() % 2 == 1;
        self.glued |= match c {
            // `impl ::path` and `-> ::path`, but `name::path` and `<T>::path`.
            ':' if starts_path => {
                self.line
                    .ends_with(|c: char| c.is_alphanumeric() || "_>".contains(c))
                    && !after(&["->", "=>", "impl", "use", "for", "as", "dyn"])
            }
            '<' => !after(&[",", "=", "(", ":"]) || after(&["::"]),
            ',' | ';' | '.' | '?' | ':' | '!' => !after(&[","]),
            '>' => !after(&["="]),
            '|' => closes_closure,
            _ => false,
        };
        let path = starts_path || self.line.ends_with(':');
        self.word(&c.to_string());
        let opens = "<&!.*'#".contains(c) || (c == '|' && !closes_closure);
        self.glued = spacing == Spacing::Joint || opens || (c == ':' && path);
        if c == ';' {
            self.end_line();
        }
    }

    fn word(&mut self, word: &str) {
        if !self.line.is_empty() && !self.glued {
            self.line.push(' ');
        }
        self.line.push_str(word);
        self.glued = false;
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.text.push_str(&"    ".repeat(self.depth));
            self.text.push_str(self.line.trim_end());
            self.text.push('\n');
            self.line.clear();
        }
        self.glued = true;
    }
}
