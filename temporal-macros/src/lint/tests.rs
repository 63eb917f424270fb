//! What the walk reports, what it lets pass, and what it is known not to see.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{fields, function, rules::RULES};
use crate::diagnostics::Diagnostics;
use crate::parse::item::{Function, Item};

fn parsed(body: TokenStream) -> Function {
    match syn::parse2(quote!(async fn f() { #body })) {
        Ok(Item::Function(function)) => function,
        _ => panic!("expected a function"),
    }
}

fn reported(body: TokenStream) -> Vec<String> {
    let mut diagnostics = Diagnostics::default();
    function(&mut parsed(body), false, &mut diagnostics);
    diagnostics.into_messages()
}

fn silent(body: TokenStream) {
    let text = body.to_string();
    assert_eq!(reported(body), Vec::<String>::new(), "{text}");
}

#[test]
fn every_path_of_every_rule_is_found() {
    for path in RULES.iter().flat_map(|rule| rule.paths) {
        let path = path.replace('*', "anything");
        let call: TokenStream = format!("{path}(1)").parse().expect("a call");
        let found = reported(quote!(let x = #call;));
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        let shown = format!("`{path}` in a workflow ");
        assert!(found[0].contains(&shown), "{path}: {found:?}");
    }
}

#[test]
fn paths_are_seen_wherever_they_stand() {
    for body in [
        quote!(let t = std::time::Instant::now();),
        quote!(assert!(Instant::now() > self.0)),
        quote!(let f = Instant::now;),
        quote!(wf.map(|x| (x, [Instant::now()]))),
        quote!(let x = ; Instant::now(),,),
        quote!(format!("{:?}", Instant::now())),
        quote!(fastrand::choose::<u8>(x)),
        quote!(HashMap::<u8, Vec<fn() -> u8>>::new()),
        quote!(thread_local!(
            static X: u8 = 1;
        )),
        quote!(loop {
            if x {
                Instant::now()
            }
        }),
    ] {
        let text = body.to_string();
        assert_eq!(reported(body).len(), 1, "{text}");
    }
}

#[test]
fn what_is_deterministic_is_silent() {
    silent(quote!(wf.sleep(Duration::from_secs(1)).await?; wf.now(); wf.random(); wf.uuid4()));
    silent(
        quote!(let r = futures::join!(a, b); tokio::join!(a, b); futures::select_biased! { x = a => x }),
    );
    silent(quote!(tokio::select! { biased; x = a => x }));
    silent(quote!(tracing::info!("x"); info!("x"); write!(f, "x")));
    silent(
        quote!(let d: tokio::time::Duration = std::time::Duration::ZERO; let e: tokio::time::error::Elapsed;),
    );
    silent(
        quote!(let ip: std::net::IpAddr = "::1".parse()?; let p = std::path::Path::new("x"); fs::File;),
    );
    silent(quote!(Vec::<u8>::new(); size_of::<HashMap<u8, u8>>(); a < b; c::<D>(e)));
    silent(quote!(let m = BTreeMap::new(); let s: HashMap<u8, u8> = x; IndexMap::new()));
    silent(
        quote!(let s: &'static str = "Instant::now()"; // Instant::now()
        ),
    );
    silent(quote!(handle.spawn(x); self.random.rng(); wf.env.var; now(); wf.uuid4().to_string()));
    silent(quote!(
        use std::thread::sleep;
        use tokio::time::{sleep, timeout};
    ));
    silent(
        quote!(#[doc = "Instant::now()"] let x = 1; reqwest::Url::parse("x")?; Uuid::from_u128(1);),
    );
    silent(quote!(let seeded = StdRng::seed_from_u64(1); rand::seq::index::sample(x, 1, 1);));
}

#[test]
fn a_mark_excuses_one_statement_or_block() {
    silent(quote!(#[nondeterministic] let t = Instant::now();));
    silent(quote!(
        #[nondeterministic]
        {
            Instant::now();
            Utc::now()
        }
    ));
    silent(quote!(
        #[nondeterministic]
        if a { Instant::now() } else { Utc::now() }
    ));
    silent(quote!(#[nondeterministic] #[allow(x)] let t = match x { _ => Instant::now() };));
    silent(quote!(#[nondeterministic] match x { _ => Instant::now() }.elapsed();));
    silent(quote!(loop {
        #[nondeterministic]
        Instant::now()
    }));
    for body in [
        quote!(#[nondeterministic] let t = Instant::now(); Instant::now()),
        quote!(#[nondeterministic] { Instant::now() } Instant::now()),
        quote!(#[nondeterministic] if a { Instant::now() } else { Utc::now() } Instant::now()),
        quote!(
            #[nondeterministic(x)]
            Instant::now()
        ),
    ] {
        let text = body.to_string();
        assert_eq!(reported(body).len(), 1, "{text}");
    }
}

#[test]
fn marks_are_gone_and_all_else_is_as_it_was() {
    let mut marked = parsed(quote! {
        #[nondeterministic] let t = f(|| { #[nondeterministic] { g(#[x] 1) } });
        #[allow(y)] h[0]
    });
    function(&mut marked, false, &mut Diagnostics::default());
    let clean = parsed(quote! {
        let t = f(|| { { g(#[x] 1) } });
        #[allow(y)] h[0]
    });
    assert_eq!(
        marked.to_token_stream().to_string(),
        clean.to_token_stream().to_string()
    );
}

#[test]
fn a_whole_function_may_be_marked_or_allowed() {
    let Ok(Item::Function(mut marked)) = syn::parse2(quote!(
        #[doc = "x"]
        #[nondeterministic]
        async fn f() {
            Instant::now()
        }
    )) else {
        panic!("expected a function")
    };
    let mut diagnostics = Diagnostics::default();
    function(&mut marked, false, &mut diagnostics);
    assert_eq!(marked.attrs.len(), 1);
    function(&mut parsed(quote!(Instant::now())), true, &mut diagnostics);
    assert_eq!(diagnostics.into_messages(), Vec::<String>::new());
}

#[test]
fn fields_without_an_order_are_a_warning() {
    let item = quote! {
        #[derive(Default)]
        pub struct W<T> where T: Fn(HashMap) {
            a: std::collections::HashMap<String, Vec<HashSet<u8>>>,
            #[nondeterministic] b: HashMap<u8, u8>,
            c: IndexMap<u8, u8>,
            HashMap: u8,
        }
    };
    let mut diagnostics = Diagnostics::default();
    let clean = fields(item, false, &mut diagnostics);
    assert!(!clean.to_string().contains("nondeterministic"));
    let messages = diagnostics.into_messages();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].starts_with("warning: `HashMap` iterates in a different order"));
    assert!(messages[1].contains("use `BTreeSet` (or `IndexSet`)"));
}

/// Today's limits. A walk that sees one of these should come with a change of this test and of the guide.
#[test]
fn what_the_walk_does_not_see() {
    silent(quote!(use std::time::Instant as Clock;, Clock::now()));
    silent(quote!(use std::thread::sleep;, sleep(d)));
    silent(quote!(started.elapsed(); rng.next_u64(); path.exists()));
    silent(quote!(helper_that_reads_the_clock()));
    silent(quote!(for (k, v) in pairs.collect::<HashMap<_, _>>() {}));
    silent(quote!(<Instant as Clock>::now(); COUNTER.fetch_add(1, Ordering::Relaxed);));
    // and a type of the user's own that is called like one of those
    assert_eq!(reported(quote!(my::Instant::now())).len(), 1);
}
