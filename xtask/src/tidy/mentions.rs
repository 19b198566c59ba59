//! Every path a file mentions, with its line: imports unfolded, expressions and types as they stand, and what macros hold.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    ItemMod, ItemUse, UseTree,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::source::is_test_only;

/// A path as written, e.g. `["crate", "payment", "Payment"]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Mention {
    /// Where.
    pub(crate) line: usize,
    /// Its parts.
    pub(crate) path: Vec<String>,
}

impl Mention {
    /// Whether `name` is one of its parts.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.path.iter().any(|part| part == name)
    }

    /// Whether it starts with `name`.
    pub(crate) fn starts_with(&self, name: &str) -> bool {
        self.path.first().is_some_and(|part| part == name)
    }
}

/// What a file mentions, and which modules it declares.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Mentions {
    /// The paths, tests left out.
    pub(crate) paths: BTreeSet<Mention>,
    /// `mod x;` and `mod x { … }`.
    pub(crate) modules: BTreeSet<String>,
}

/// Reads them from a file.
pub(crate) fn of(file: &syn::File) -> Mentions {
    let mut mentions = Mentions::default();
    mentions.visit_file(file);
    mentions
}

impl Mentions {
    fn add(&mut self, line: usize, path: Vec<String>) {
        if !path.is_empty() {
            self.paths.insert(Mention { line, path });
        }
    }

    fn unfold(&mut self, tree: &UseTree, before: &[String]) {
        let with = |name: &syn::Ident| {
            let mut path = before.to_vec();
            path.push(name.to_string());
            path
        };
        match tree {
            UseTree::Path(path) => self.unfold(&path.tree, &with(&path.ident)),
            UseTree::Name(name) => self.add(name.span().start().line, with(&name.ident)),
            UseTree::Rename(rename) => self.add(rename.span().start().line, with(&rename.ident)),
            UseTree::Glob(glob) => self.add(glob.span().start().line, before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.unfold(item, before)),
        }
    }

    /// Paths inside a macro call: names joined by `::`.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let (mut line, mut joined) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if !joined {
                        self.add(line, std::mem::take(&mut path));
                    }
                    line = ident.span().start().line;
                    path.push(ident.to_string());
                    joined = false;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => joined = true,
                TokenTree::Group(group) => {
                    self.add(line, std::mem::take(&mut path));
                    self.scan(group.stream());
                    joined = false;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.add(line, std::mem::take(&mut path));
                    joined = false;
                }
            }
        }
        self.add(line, path);
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if is_test_only(&item.attrs) {
            return;
        }
        self.modules.insert(item.ident.to_string());
        visit::visit_item_mod(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.unfold(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add(path.span().start().line, parts);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        visit::visit_macro(self, item);
        self.scan(item.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        of(&syn::parse_file(text).unwrap()).paths.into_iter().map(|mention| mention.path.join("::")).collect()
    }

    #[test]
    fn imports_are_unfolded_and_renames_keep_their_origin() {
        assert_eq!(
            paths("use a::{b::C, d::{self, E as F}, g::*};"),
            ["a::b::C", "a::d::E", "a::d::self", "a::g"]
        );
    }

    #[test]
    fn types_expressions_and_macros_are_seen_and_tests_are_not() {
        assert_eq!(paths("fn f(x: a::B) { c::d(); }"), ["a::B", "c::d"]);
        assert!(
            paths("fn f() { println!(\"{}\", std::env::args().count()); }")
                .contains(&"std::env::args".to_owned())
        );
        assert_eq!(paths("#[cfg(test)] mod tests { use a::B; }"), Vec::<String>::new());
    }
}
