//! A trait under an attribute: its head, and its functions with their bodies unread.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Generics, Ident, Token, TypeParamBound, Visibility, token};

use super::item::{Function, Member, members};

/// A trait.
pub(crate) struct TraitItem {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    trait_token: Token![trait],
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) supertraits: Punctuated<TypeParamBound, Token![+]>,
    brace: token::Brace,
    members: Vec<Member>,
}

impl TraitItem {
    pub(super) fn read(
        attrs: Vec<Attribute>,
        vis: Visibility,
        input: ParseStream<'_>,
    ) -> syn::Result<Self> {
        let (trait_token, ident) = (input.parse()?, input.parse()?);
        let mut generics: Generics = input.parse()?;
        let mut supertraits = Punctuated::new();
        if input.parse::<Option<Token![:]>>()?.is_some() {
            while !input.peek(token::Brace) && !input.peek(Token![where]) {
                supertraits.push_value(input.parse()?);
                if !input.peek(Token![+]) {
                    break;
                }
                supertraits.push_punct(input.parse()?);
            }
        }
        generics.where_clause = input.parse()?;
        let (brace, members) = members(input)?;
        Ok(Self {
            attrs,
            vis,
            trait_token,
            ident,
            generics,
            supertraits,
            brace,
            members,
        })
    }

    pub(crate) fn functions_mut(&mut self) -> impl Iterator<Item = &mut Function> {
        self.members.iter_mut().filter_map(|member| match member {
            Member::Function(function) => Some(&mut **function),
            Member::Other(_) => None,
        })
    }
}

impl ToTokens for TraitItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self {
            attrs,
            vis,
            trait_token,
            ident,
            generics,
            supertraits,
            brace,
            members,
        } = self;
        let colon = (!supertraits.is_empty()).then(|| quote!(:));
        let bounds = &generics.where_clause;
        tokens.extend(
            quote!(#(#attrs)* #vis #trait_token #ident #generics #colon #supertraits #bounds),
        );
        brace.surround(tokens, |inside| {
            members.iter().for_each(|member| member.to_tokens(inside));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::item::Item;

    #[test]
    fn what_was_read_is_written_again() {
        let tokens = quote! {
            #[doc = "x"] pub(crate) trait A<T>: B<T> + Send where T: Copy {
                const X: u8;
                type Y;
                #[inline] fn a(&self) { let x = ; }
                async fn b(wf: &mut Wf<Self>) -> Result<()>;
            }
        };
        let Ok(Item::Trait(mut read)) = syn::parse2(tokens.clone()) else {
            panic!("expected a trait");
        };
        assert_eq!(read.to_token_stream().to_string(), tokens.to_string());
        let names: Vec<String> = read
            .functions_mut()
            .map(|f| f.sig.ident.to_string())
            .collect();
        assert_eq!(names, ["a", "b"]);
    }
}
