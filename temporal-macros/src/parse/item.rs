//! The item under an attribute: its shape and its signatures. Bodies stay unread (see `bodies`).

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Generics, Ident, Signature, Token, Type, Visibility, token};

use super::trait_item::TraitItem;
use crate::bodies::{Body, skip_item};

/// What an attribute may stand on.
pub(crate) enum Item {
    /// A struct or an enum.
    Type(TypeItem),
    Impl(ImplItem),
    Function(Function),
    Trait(TraitItem),
    /// Anything else, by the name a user knows it by.
    Other {
        kind: &'static str,
        head: Span,
    },
}

/// A struct or an enum. Its fields are not looked at.
pub(crate) struct TypeItem {
    pub(crate) kind: &'static str,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
}

/// A function or method, with a body or ended by `;`.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Option<Body>,
}

/// An impl block.
pub(crate) struct ImplItem {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    pub(crate) of_trait: Option<(Type, Token![for])>,
    pub(crate) self_ty: Type,
    pub(crate) brace: token::Brace,
    pub(crate) members: Vec<Member>,
}

/// The conditions of an item, for everything that is made of it.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

/// Something inside an impl block.
pub(crate) enum Member {
    Function(Box<Function>),
    /// A constant, a type or a macro call.
    Other(TokenStream),
}

impl ImplItem {
    /// Leaves out the functions that have no body.
    pub(crate) fn keep_implemented(&mut self) {
        let has_body = |member: &Member| match member {
            Member::Function(function) => function.body.is_some(),
            Member::Other(_) => true,
        };
        self.members.retain(has_body);
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.members.iter().filter_map(|member| match member {
            Member::Function(function) => Some(&**function),
            Member::Other(_) => None,
        })
    }

    pub(crate) fn functions_mut(&mut self) -> impl Iterator<Item = &mut Function> {
        self.members.iter_mut().filter_map(|member| match member {
            Member::Function(function) => Some(&mut **function),
            Member::Other(_) => None,
        })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        if starts_function(input) {
            return function(attrs, vis, input).map(Item::Function);
        }
        if input.peek(Token![impl]) || (input.peek(Token![unsafe]) && input.peek2(Token![impl])) {
            return block(attrs, input).map(Item::Impl);
        }
        if input.peek(Token![trait]) {
            return TraitItem::read(attrs, vis, input).map(Self::Trait);
        }
        if input.peek(Token![struct]) || input.peek(Token![enum]) {
            let kind = if input.peek(Token![struct]) {
                "a struct"
            } else {
                "an enum"
            };
            input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
            let (ident, generics) = (input.parse()?, input.parse()?);
            input.parse::<TokenStream>()?;
            return Ok(Self::Type(TypeItem {
                kind,
                attrs,
                vis,
                ident,
                generics,
            }));
        }
        other(input)
    }
}

fn other(input: ParseStream<'_>) -> syn::Result<Item> {
    let kind = match () {
        () if input.peek(Token![mod]) => "a module",
        () if input.peek(Token![const]) || input.peek(Token![static]) => "a constant",
        () if input.peek(Token![type]) => "a type alias",
        () if input.peek(Token![union]) => "a union",
        () if input.peek(Token![use]) => "an import",
        () if input.peek(Token![macro]) || input.peek2(Token![!]) => "a macro",
        () => "this item",
    };
    let keyword = input.span();
    let named = matches!(kind, "a module" | "a constant" | "a type alias" | "a union");
    if named {
        input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
    }
    let head = if named { input.span() } else { keyword };
    input.parse::<TokenStream>()?;
    Ok(Item::Other { kind, head })
}

/// `fn`, behind any of its qualifiers; `const NAME: ..` and `unsafe impl` are none.
fn starts_function(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let qualifier = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(syn::Lit);
        if !qualifier || ahead.parse::<proc_macro2::TokenTree>().is_err() {
            return false;
        }
    }
}

fn function(
    attrs: Vec<Attribute>,
    vis: Visibility,
    input: ParseStream<'_>,
) -> syn::Result<Function> {
    let sig = input.parse()?;
    let body = if input.parse::<Option<Token![;]>>()?.is_some() {
        None
    } else {
        Some(input.parse()?)
    };
    Ok(Function {
        attrs,
        vis,
        sig,
        body,
    })
}

fn block(attrs: Vec<Attribute>, input: ParseStream<'_>) -> syn::Result<ImplItem> {
    let unsafety = input.parse()?;
    let impl_token = input.parse()?;
    let mut generics: Generics = if input.peek(Token![<]) {
        input.parse()?
    } else {
        Generics::default()
    };
    input.parse::<Option<Token![!]>>()?;
    let first: Type = input.parse()?;
    let (of_trait, self_ty) = match input.parse::<Option<Token![for]>>()? {
        Some(for_token) => (Some((first, for_token)), input.parse()?),
        None => (None, first),
    };
    generics.where_clause = input.parse()?;
    let (brace, members) = members(input)?;
    Ok(ImplItem {
        attrs,
        unsafety,
        impl_token,
        generics,
        of_trait,
        self_ty,
        brace,
        members,
    })
}

/// What stands between the braces of a block or a trait.
pub(super) fn members(input: ParseStream<'_>) -> syn::Result<(token::Brace, Vec<Member>)> {
    let content;
    let brace = syn::braced!(content in input);
    let mut members = Vec::new();
    while !content.is_empty() {
        members.push(member(&content)?);
    }
    Ok((brace, members))
}

fn member(input: ParseStream<'_>) -> syn::Result<Member> {
    let ahead = input.fork();
    ahead.call(Attribute::parse_outer)?;
    ahead.parse::<Visibility>()?;
    if !starts_function(&ahead) {
        return skip_item(input).map(Member::Other);
    }
    let (attrs, vis) = (input.call(Attribute::parse_outer)?, input.parse()?);
    function(attrs, vis, input).map(|function| Member::Function(Box::new(function)))
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            sig,
            body,
        } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig));
        match body {
            Some(body) => body.to_tokens(tokens),
            None => Token![;](sig.span()).to_tokens(tokens),
        }
    }
}

impl ToTokens for ImplItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            unsafety,
            impl_token,
            generics,
            of_trait,
            self_ty,
            brace,
            members,
        } = self;
        let of_trait = of_trait
            .as_ref()
            .map(|(path, for_token)| quote!(#path #for_token));
        let bounds = &generics.where_clause;
        tokens
            .extend(quote!(#(#attrs)* #unsafety #impl_token #generics #of_trait #self_ty #bounds));
        brace.surround(tokens, |inside| {
            members.iter().for_each(|member| member.to_tokens(inside));
        });
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Function(function) => function.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(tokens: TokenStream) -> Vec<String> {
        match syn::parse2(tokens) {
            Ok(Item::Impl(block)) => block.functions().map(|f| f.sig.ident.to_string()).collect(),
            _ => panic!("expected an impl block"),
        }
    }

    #[test]
    fn bodies_are_not_parsed() {
        let tokens = quote! {
            impl A {
                const X: Foo = Foo { a: 1 };
                fn a(&self) -> Foo<{ N }> where Bar<{ M }>: Copy { let x = ; }
                generate! { fn not_ours() {} }
                pub(crate) const unsafe extern "C" fn b() { 1 + }
                type T = u8;
                async fn c();
            }
        };
        assert_eq!(functions(tokens), ["a", "b", "c"]);
    }

    #[test]
    fn what_was_read_is_written_again() {
        let tokens = quote! {
            #[doc = "x"] impl<T> Tr for A<T> where T: Copy {
                const X: Foo = Foo { a: 1 };
                #[inline] pub fn a(&self) { let x = ; }
                fn b();
            }
        };
        let Ok(Item::Impl(block)) = syn::parse2(tokens.clone()) else {
            panic!("expected an impl block")
        };
        assert_eq!(block.to_token_stream().to_string(), tokens.to_string());
    }

    #[test]
    fn kinds_have_names() {
        for (tokens, expected) in [
            (
                quote!(
                    mod m {
                        fn f() {}
                    }
                ),
                "a module",
            ),
            (
                quote!(
                    const X: u8 = 1;
                ),
                "a constant",
            ),
            (
                quote!(
                    use a::b;
                ),
                "an import",
            ),
            (
                quote!(
                    type X = u8;
                ),
                "a type alias",
            ),
        ] {
            match syn::parse2(tokens) {
                Ok(Item::Other { kind, .. }) => assert_eq!(kind, expected),
                _ => panic!("expected {expected}"),
            }
        }
    }
}
