//! What one Rust file must keep: a module comment first, sizes within budget, no `#[allow]`, no panicking shortcut in the core.

use std::path::Path;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{
    Attribute, ExprMethodCall, ImplItemFn, ItemFn, ItemImpl, ItemMod, Signature, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{
    FILE_LINES_MAX, FUNCTION_LINES_MAX, Fault, PARAMETERS_MAX,
    ratchet::{Budget, Sizes},
    tree::TextFile,
};

/// Where an unexpected `None` must be an answer and never a crash.
const CORE: [&str; 2] = ["crates/domain/src/", "crates/engine/src/"];

/// A parsed Rust file.
pub(crate) struct SourceFile {
    /// Path from the root.
    pub(crate) path: String,
    /// How many lines it has.
    pub(crate) lines: usize,
    /// Its functions, closures not counted.
    pub(crate) functions: Vec<Function>,
    /// Its syntax.
    pub(crate) syntax: syn::File,
    /// Whether it is only ever compiled for tests.
    pub(crate) is_test: bool,
    first_line: String,
    tokens: TokenStream,
}

/// One function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Function {
    /// Its name, with its type's where it has one.
    pub(crate) name: String,
    /// From its signature to its closing brace.
    pub(crate) lines: usize,
    /// `self` included; 0 where a trait imposes the signature.
    pub(crate) parameters: usize,
    /// Calls of the assert family in it.
    pub(crate) assertions: usize,
    /// Whether it is part of a test.
    pub(crate) is_test: bool,
}

impl SourceFile {
    /// Parses `file`.
    pub(crate) fn parse(file: &TextFile) -> Result<Self> {
        let tokens: TokenStream = file.text.parse().map_err(|error| anyhow!("{error}"))?;
        let syntax = syn::parse_file(&file.text)?;
        let is_test = is_test_path(&file.path);
        let mut collector =
            Collector { owner: None, imposed: false, in_test: is_test, functions: Vec::new() };
        collector.visit_file(&syntax);
        Ok(Self {
            path: file.path.clone(),
            lines: file.text.lines().count(),
            functions: collector.functions,
            syntax,
            is_test,
            first_line: file.text.lines().next().unwrap_or_default().to_owned(),
            tokens,
        })
    }
}

/// Whether a path holds nothing but tests: `tests/`, `tests.rs`, `benches/`, or the crate that exists for tests.
fn is_test_path(path: &str) -> bool {
    let parts = Path::new(path).iter().filter_map(|part| part.to_str());
    path.starts_with("crates/testkit/")
        || parts.into_iter().any(|part| matches!(part, "tests" | "tests.rs" | "benches"))
}

/// Marks the files that a `#[cfg(test)] mod x;` somewhere else makes test-only.
pub(crate) fn mark_test_modules(files: &mut [SourceFile]) {
    let stems: Vec<String> = files.iter().flat_map(test_module_stems).collect();
    for file in files {
        let below =
            |stem: &String| file.path == format!("{stem}.rs") || file.path.starts_with(&format!("{stem}/"));
        file.is_test |= stems.iter().any(below);
    }
}

/// The paths, without `.rs`, of the modules a file declares for tests only.
fn test_module_stems(file: &SourceFile) -> Vec<String> {
    let modules = file.syntax.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() && is_test_only(&module.attrs) => {
            Some(&module.ident)
        }
        _ => None,
    });
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let folder = match name {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        name => format!("{folder}/{}", name.trim_end_matches(".rs")),
    };
    modules.map(|module| format!("{folder}/{module}")).collect()
}

/// Faults of one file, sizes apart.
pub(crate) fn check(file: &SourceFile) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !file.first_line.starts_with("//!") {
        faults
            .push(Fault::new(&file.path, "must begin with `//!`: what it is for and what it refuses to do"));
    }
    for line in allows(file.tokens.clone()) {
        let message = "`allow` hides a lint for ever: use `#[expect(…, reason = \"…\")]`";
        faults.push(Fault::new(format!("{}:{line}", file.path), message));
    }
    if CORE.iter().any(|core| file.path.starts_with(core)) && !file.is_test {
        let mut shortcuts = Shortcuts::default();
        shortcuts.visit_file(&file.syntax);
        for (line, name) in shortcuts.found {
            let message = format!("`{name}` outside tests: the core answers, it does not crash");
            faults.push(Fault::new(format!("{}:{line}", file.path), message));
        }
    }
    faults
}

/// Everything over its budget in `files`.
pub(crate) fn oversized(files: &[SourceFile]) -> Sizes {
    let mut sizes = Sizes::new();
    for file in files {
        let mut note = |budget, place: String, size: usize, max: usize| {
            if size > max {
                let largest = sizes.entry((budget, place)).or_insert(size);
                *largest = size.max(*largest);
            }
        };
        note(Budget::FileLines, file.path.clone(), file.lines, FILE_LINES_MAX);
        for function in &file.functions {
            let place = format!("{}::{}", file.path, function.name);
            note(Budget::FunctionLines, place.clone(), function.lines, FUNCTION_LINES_MAX);
            note(Budget::Parameters, place, function.parameters, PARAMETERS_MAX);
        }
    }
    sizes
}

/// Whether an item is only compiled for tests.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        let named_test = path.segments.last().is_some_and(|segment| segment.ident == "test");
        let cfg_test = path.is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| has_ident(list.tokens.clone(), "test"));
        named_test || cfg_test
    })
}

fn has_ident(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => has_ident(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Lines of attributes that hold `allow(…)`. Read from tokens, so macros are seen and strings are not.
fn allows(tokens: TokenStream) -> Vec<usize> {
    let mut lines = Vec::new();
    let mut after_hash = false;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) => {
                after_hash = punct.as_char() == '#' || (after_hash && punct.as_char() == '!')
            }
            TokenTree::Group(group) => {
                let attribute = after_hash && group.delimiter() == Delimiter::Bracket;
                if attribute && has_ident(without_literals(group.stream()), "allow") {
                    lines.push(group.span_open().start().line);
                } else {
                    lines.extend(allows(group.stream()));
                }
                after_hash = false;
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => after_hash = false,
        }
    }
    lines
}

/// An attribute's own words; the text of a doc comment is none of them.
fn without_literals(tokens: TokenStream) -> TokenStream {
    tokens.into_iter().filter(|token| !matches!(token, TokenTree::Literal(_))).collect()
}

/// Finds `.unwrap()` and `.expect(…)` outside tests.
#[derive(Default)]
struct Shortcuts {
    found: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Shortcuts {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_test_only(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "unwrap" || call.method == "expect" {
            self.found.push((call.method.span().start().line, call.method.to_string()));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.scan(item.tokens.clone());
    }
}

impl Shortcuts {
    /// A macro's arguments are only tokens: look for a dot followed by the name.
    fn scan(&mut self, tokens: TokenStream) {
        let mut after_dot = false;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if after_dot && (ident == "unwrap" || ident == "expect") => {
                    self.found.push((ident.span().start().line, ident.to_string()));
                }
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Punct(punct) => {
                    after_dot = punct.as_char() == '.';
                    continue;
                }
                TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            }
            after_dot = false;
        }
    }
}

/// Collects functions with their sizes.
struct Collector {
    owner: Option<String>,
    imposed: bool,
    in_test: bool,
    functions: Vec<Function>,
}

impl Collector {
    fn add(
        &mut self,
        signature: &Signature,
        whole: &impl Spanned,
        body: &syn::Block,
        attributes: &[Attribute],
    ) {
        let span = whole.span();
        let first = signature.span().start().line;
        let name = match &self.owner {
            Some(owner) => format!("{owner}::{}", signature.ident),
            None => signature.ident.to_string(),
        };
        let mut assertions = Assertions(0);
        assertions.visit_block(body);
        self.functions.push(Function {
            name,
            lines: span.end().line + 1 - first,
            parameters: if self.imposed { 0 } else { signature.inputs.len() },
            assertions: assertions.0,
            is_test: self.in_test || is_test_only(attributes),
        });
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let before = self.in_test;
        self.in_test |= is_test_only(&item.attrs);
        visit::visit_item_mod(self, item);
        self.in_test = before;
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let (owner, imposed) = (self.owner.take(), self.imposed);
        self.owner = type_name(&item.self_ty);
        self.imposed = item.trait_.is_some();
        visit::visit_item_impl(self, item);
        (self.owner, self.imposed) = (owner, imposed);
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.add(&item.sig, item, &item.block, &item.attrs);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.sig, item, &item.block, &item.attrs);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let empty = syn::Block { brace_token: syn::token::Brace::default(), stmts: Vec::new() };
        self.add(&item.sig, item, item.default.as_ref().unwrap_or(&empty), &item.attrs);
        visit::visit_trait_item_fn(self, item);
    }
}

fn type_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        syn::Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

struct Assertions(usize);

impl<'ast> Visit<'ast> for Assertions {
    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let name = item.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if name.starts_with("assert") || name.starts_with("debug_assert") || name.starts_with("prop_assert") {
            self.0 += 1;
        }
    }
}
