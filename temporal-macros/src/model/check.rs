//! Rules that hold for every function that the service calls: concrete, safe, owned arguments, and a
//! result that can fail. Types are judged by traits in the generated code; by spelling only where rustc
//! could say less than we know.

use quote::{ToTokens, quote};
use syn::visit::Visit;
use syn::{Ident, Lifetime, Path, PathArguments, ReturnType, Safety, Signature, Type};

use super::options::Options;
use crate::diagnostics::Diagnostics;
use crate::parse::signature::{Parameter, Parameters, without_groups};

/// For workflow code that asks for what only activities have.
pub(crate) const ONLY_IN_ACTIVITIES: &str =
    "an `ActivityContext` exists only in activities; a workflow has `wf: &mut Wf<Self>`";

/// For activities that ask for what only workflow code has.
pub(crate) const NO_WORKFLOW_HANDLE: &str = "an activity has no workflow handle: it runs outside the workflow; pass what it needs as arguments";

/// More arguments than this belong into one struct.
const MAX_ARGUMENTS: usize = 6;

/// Types that are certainly no `Result`: saying so here spares the user what the traits would say.
const PLAIN_TYPES: &[&str] = &[
    "BTreeMap", "BTreeSet", "Box", "Duration", "HashMap", "HashSet", "Option", "String", "Vec",
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32",
    "u64", "u8", "usize",
];

/// What the signature may not be, whatever it is used for.
pub(crate) fn signature(what: &str, sig: &Signature, diagnostics: &mut Diagnostics) {
    if let Some(parameter) = sig.generics.params.first() {
        let message = format!(
            "{what} cannot be generic: it is registered once, under one name, with concrete types"
        );
        diagnostics.error(parameter, message);
    }
    if let Safety::Unsafe(token) = &sig.safety {
        diagnostics.error(token, format!("{what} cannot be `unsafe`"));
    }
    if let Some(abi) = &sig.abi {
        diagnostics.error(abi, format!("{what} cannot be `extern`"));
    }
    if let Some(token) = &sig.constness {
        diagnostics.error(token, format!("{what} cannot be `const`"));
    }
    if let Some(variadic) = &sig.variadic {
        diagnostics.error(variadic, format!("{what} needs a fixed list of arguments"));
    }
}

/// The parameters that travel: owned, concrete, few.
pub(crate) fn arguments(what: &str, parameters: &Parameters, diagnostics: &mut Diagnostics) {
    for parameter in &parameters.list {
        match parameter {
            Parameter::Borrowed { ty, written, .. } => {
                if let Some(owned) = owned_form(ty) {
                    diagnostics.error(
                        written,
                        must_be_owned(
                            what,
                            &format!("use `{owned}` instead of `{}`", shown(written)),
                        ),
                    );
                }
            }
            Parameter::Owned {
                ty: Type::ImplTrait(ty),
                ..
            } => {
                diagnostics.error(ty, format!("{what} needs concrete argument types: the server's payload is decoded into them"));
            }
            Parameter::Owned { ty, .. } => {
                if let Some((part, advice)) = borrowed_part(ty) {
                    diagnostics.error(part, must_be_owned(what, &advice));
                }
            }
        }
    }
    if let Some((name, _)) = parameters.owned().nth(MAX_ARGUMENTS) {
        let advice = "put them into one struct (it also makes later changes compatible)";
        diagnostics.error(
            name,
            format!("{what} takes at most {MAX_ARGUMENTS} arguments; {advice}"),
        );
    }
}

/// A context that is taken by value. True if there is one.
pub(crate) fn owned_context(
    parameters: &Parameters,
    in_workflow: bool,
    diagnostics: &mut Diagnostics,
) -> bool {
    let mut found = false;
    for (_, ty) in parameters.owned() {
        let name = type_name(ty).map(ToString::to_string).unwrap_or_default();
        let message = match (name.as_str(), in_workflow) {
            ("ActivityContext", false) => {
                "the context belongs to the attempt: take it as `&ActivityContext`".to_owned()
            }
            ("ActivityContext", true) => ONLY_IN_ACTIVITIES.to_owned(),
            ("Wf", false) => NO_WORKFLOW_HANDLE.to_owned(),
            ("Wf", true) => format!(
                "the `Wf` belongs to the run: take it as `&mut {}`",
                shown(ty)
            ),
            _ => continue,
        };
        diagnostics.error(ty, message);
        found = true;
    }
    found
}

/// The advice for an argument that is borrowed.
pub(crate) fn must_be_owned(what: &str, advice: &str) -> String {
    format!("the arguments of {what} are decoded from the server, so they must be owned: {advice}")
}

/// A result that cannot outlive its function; a legal one otherwise.
pub(crate) fn owned_result(what: &str, sig: &Signature, diagnostics: &mut Diagnostics) {
    let ReturnType::Type(_, written) = &sig.output else {
        return;
    };
    // The error type does not travel as it is, so it may hold what it likes.
    let success = written_success(written);
    let ty = success.as_ref().unwrap_or(written);
    if let Type::ImplTrait(ty) = without_groups(ty) {
        let message =
            format!("{what} needs a concrete result type: the result is encoded for its caller");
        diagnostics.error(ty, message);
    } else if is_result(written) && success.is_none() {
        // An alias: what it hides is for the traits to judge.
    } else if let Some((part, advice)) = borrowed_part(ty) {
        let message = format!(
            "the result of {what} is encoded for its caller, so it must be owned: {advice}"
        );
        diagnostics.error(part, message);
    }
}

/// What takes every name has none of its own.
pub(crate) fn no_name(options: &Options, what: &str, diagnostics: &mut Diagnostics) {
    if let Some(name) = &options.name {
        let message =
            format!("a dynamic {what} has no name of its own; remove `name` or `dynamic`");
        diagnostics.error(name, message);
    }
}

/// What takes every name takes it, and values of which nothing is known.
pub(crate) fn dynamic_arguments(
    what: &str,
    sig: &Signature,
    parameters: &Parameters,
    diagnostics: &mut Diagnostics,
) {
    // `Raw..` is left to the traits; what is certainly something else is said here
    let named = |ty: &Type, name: &str| type_name(ty).is_none_or(|found| found == name);
    let arguments: Vec<_> = parameters.owned().collect();
    if let [(_, name), (_, args)] = arguments.as_slice()
        && named(name, "String")
        && named(args, "Vec")
    {
        return;
    }
    let message = format!("a dynamic {what} takes `(name: String, args: Vec<RawValue>)`");
    if sig.inputs.is_empty() {
        diagnostics.error(&sig.ident, message);
    } else {
        diagnostics.error(&sig.inputs, message);
    }
}

/// A return type that is certainly no `Result`, with the fix.
pub(crate) fn returns_result(what: &str, sig: &Signature, diagnostics: &mut Diagnostics) {
    let ReturnType::Type(_, ty) = &sig.output else {
        return;
    };
    if is_plain(ty) {
        let shown = shown(ty);
        diagnostics.error(
            ty,
            format!("{what} must return `Result<..>` (or nothing): make this `Result<{shown}>`"),
        );
    }
}

/// A type that is certainly no `Result`.
pub(crate) fn is_plain(ty: &Type) -> bool {
    match without_groups(ty) {
        Type::Path(path) => last_segment(&path.path)
            .is_some_and(|name| PLAIN_TYPES.contains(&name.to_string().as_str())),
        Type::Tuple(tuple) => !tuple.elems.is_empty(),
        Type::Array(_) => true,
        _ => false,
    }
}

/// `()`
pub(crate) fn is_nothing(ty: &Type) -> bool {
    matches!(without_groups(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// A type that cannot be named outside of its signature.
pub(crate) fn is_borrowed(ty: &Type) -> bool {
    matches!(without_groups(ty), Type::ImplTrait(_)) || borrowed_part(ty).is_some()
}

/// `str` or a slice behind a `&`: an argument that somebody borrowed, and no state.
pub(crate) fn is_borrowed_data(referent: &Type) -> bool {
    owned_form(referent).is_some()
}

/// What to write instead of a reference that cannot travel.
fn owned_form(referent: &Type) -> Option<String> {
    match without_groups(referent) {
        Type::Slice(slice) => Some(format!("Vec<{}>", shown(&slice.elem))),
        Type::Path(path) if path.path.is_ident("str") => Some("String".to_owned()),
        _ => None,
    }
}

/// `Result<..>`, `io::Result<..>`, `anyhow::Result<..>`, `MyResult<..>`
pub(crate) fn is_result(ty: &Type) -> bool {
    match without_groups(ty) {
        Type::Path(path) => {
            last_segment(&path.path).is_some_and(|name| name.to_string().ends_with("Result"))
        }
        _ => false,
    }
}

/// `T` of a type that is written `..Result<T, ..>`.
pub(crate) fn written_success(ty: &Type) -> Option<Type> {
    let Type::Path(path) = without_groups(ty) else {
        return None;
    };
    let segment = path
        .path
        .segments
        .last()
        .filter(|segment| segment.ident.to_string().ends_with("Result"))?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(syn::GenericArgument::Type(ty)) => Some(ty.clone()),
        _ => None,
    }
}

/// The last name of a type that is a path.
pub(crate) fn type_name(ty: &Type) -> Option<&Ident> {
    match without_groups(ty) {
        Type::Path(path) => last_segment(&path.path),
        _ => None,
    }
}

fn last_segment(path: &Path) -> Option<&Ident> {
    path.segments.last().map(|segment| &segment.ident)
}

/// A type as its user would write it.
pub(crate) fn shown(ty: impl ToTokens) -> String {
    let spaced = quote!(#ty).to_string();
    let mut text = String::with_capacity(spaced.len());
    let mut letters = spaced.chars().peekable();
    while let Some(letter) = letters.next() {
        // A blank separates words (`&mut T`, `dyn Trait`), follows a comma, and is noise elsewhere.
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let wanted = match text.chars().last() {
            Some(',' | ';' | '+' | '=') => true,
            last => {
                word(last)
                    && (word(letters.peek().copied()) || matches!(letters.peek(), Some('+' | '=')))
            }
        };
        if letter != ' ' || wanted {
            text.push(letter);
        }
    }
    text
}

/// The first part of a type that is borrowed, and what to write instead.
fn borrowed_part(ty: &Type) -> Option<(&Type, String)> {
    struct Finder<'ast> {
        reference: Option<&'ast Type>,
        lifetime: bool,
    }
    impl<'ast> Visit<'ast> for Finder<'ast> {
        fn visit_type(&mut self, ty: &'ast Type) {
            if let (Type::Reference(_), None) = (ty, self.reference) {
                self.reference = Some(ty);
            }
            syn::visit::visit_type(self, ty);
        }
        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            self.lifetime |= lifetime.ident != "static";
        }
    }
    let mut finder = Finder {
        reference: None,
        lifetime: false,
    };
    finder.visit_type(ty);
    if let Some(part @ Type::Reference(reference)) = finder.reference {
        let owned = owned_form(&reference.elem).unwrap_or_else(|| shown(&reference.elem));
        return Some((part, format!("use `{owned}` instead of `{}`", shown(part))));
    }
    finder
        .lifetime
        .then(|| (ty, "this type has a lifetime".to_owned()))
}

/// "500ms", "30s", "5m", "2h", "1d" or "1.5h", in milliseconds.
pub(crate) fn duration_millis(text: &str) -> Result<u64, String> {
    let bad = || {
        format!(
            "`{text}` is not a duration; write a number and a unit, like \"500ms\", \"30s\", \"5m\", \"2h\" or \"1d\""
        )
    };
    let digits = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .ok_or_else(bad)?;
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let factor = match unit.trim() {
        "ms" => 1.0,
        "s" => 1_000.0,
        "m" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return Err(bad()),
    };
    let millis = number * factor;
    // Temporal keeps durations as protobuf ones: 10,000 years of 365.25 days.
    if millis > 315_576_000_000_000.0 {
        return Err(format!("`{text}` is longer than 10,000 years"));
    }
    if millis < 1.0 {
        return Err(
            "a timeout of zero would mean \"none\"; leave it out or give it a length".to_owned(),
        );
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded above"
    )]
    Ok(millis.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1.5h", 5_400_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(duration_millis(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5 sec",
            "-1s",
            "1..5s",
            "5S",
            "1h30m",
            "0s",
            "99999999999d",
        ] {
            assert!(duration_millis(text).is_err(), "{text}");
        }
    }

    #[test]
    fn types_are_shown_as_written() {
        for text in [
            "Result<String>",
            "&mut Wf<Self>",
            "Vec<(u8, u8)>",
            "&dyn Mailer",
            "[u8; 4]",
            "a::B<C, D>",
        ] {
            let ty: Type = syn::parse_str(text).expect("a type");
            assert_eq!(shown(&ty), text);
        }
    }

    #[test]
    fn the_success_type_is_read_where_it_is_written() {
        let success = |text| written_success(&syn::parse_str(text).expect("a type")).map(shown);
        assert_eq!(success("Result<u8>").as_deref(), Some("u8"));
        assert_eq!(
            success("anyhow::Result<Vec<u8>, E>").as_deref(),
            Some("Vec<u8>")
        );
        assert_eq!(success("MyResult"), None);
        assert_eq!(success("Outcome<u8>"), None);
    }
}
