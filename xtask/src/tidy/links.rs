//! What holds for the documents together: a link leads somewhere, and every decision is in their list.
//!
//! Addresses on the network are not called: a check that needs the network is red for other people's reasons.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{Fault, tree::TextFile};

/// Where decisions are, and the list of them.
const DECISIONS: &str = "docs/decisions/";
const DECISION_LIST: &str = "docs/decisions/README.md";

/// Faults of all links between documents.
pub(crate) fn check(root: &Path, texts: &[TextFile]) -> Vec<Fault> {
    let documents = texts.iter().filter(|text| text.path.ends_with(".md"));
    let documents: BTreeMap<&str, &TextFile> = documents.map(|text| (text.path.as_str(), text)).collect();
    let mut faults: Vec<Fault> = documents.values().flat_map(|text| dead(root, &documents, text)).collect();
    if let Some(list) = documents.get(DECISION_LIST) {
        let listed: BTreeSet<String> = links(&list.text).map(|link| target(DECISION_LIST, link).0).collect();
        let decisions = documents.keys().filter(|path| path.starts_with(DECISIONS));
        let missing = decisions.filter(|path| **path != DECISION_LIST && !listed.contains(**path));
        faults.extend(missing.map(|path| Fault::new(*path, format!("is not in {DECISION_LIST}"))));
    }
    faults
}

/// The links of a document that lead nowhere.
fn dead(root: &Path, documents: &BTreeMap<&str, &TextFile>, text: &TextFile) -> Vec<Fault> {
    let here = links(&text.text).filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
    let leads_nowhere = |link: &&str| {
        let (path, anchor) = target(&text.path, link);
        match (documents.get(path.as_str()), anchor) {
            (Some(document), Some(anchor)) => !anchors(&document.text).contains(anchor),
            _ => !root.join(&path).exists() && !documents.contains_key(path.as_str()),
        }
    };
    let dead = here.filter(leads_nowhere);
    dead.map(|link| Fault::new(&text.path, format!("the link `{link}` leads nowhere"))).collect()
}

/// Every `](…)`, code blocks left out.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| line.split("](").skip(1).filter_map(|rest| rest.split(')').next()))
}

/// The file a link of the document `from` leads to, and the place in it.
fn target<'a>(from: &str, link: &'a str) -> (String, Option<&'a str>) {
    let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    if path.is_empty() {
        return (from.to_owned(), anchor);
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    (parts.join("/"), anchor)
}

/// What a link can name in a document: its headings, and the anchors that were set.
fn anchors(text: &str) -> BTreeSet<String> {
    let set = prose(text).filter_map(|line| line.strip_prefix("<a id=\"")?.strip_suffix("\"></a>"));
    let headings = prose(text).filter(|line| line.starts_with('#')).map(|line| {
        let words = line.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_'));
        kept.map(|char| if char == ' ' { '-' } else { char }).collect()
    });
    set.map(str::to_owned).chain(headings).collect()
}

fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(texts: &[(&str, &str)]) -> Vec<String> {
        let texts: Vec<TextFile> = texts
            .iter()
            .map(|(path, text)| TextFile { path: (*path).into(), text: (*text).into() })
            .collect();
        check(Path::new("/no/such/tree"), &texts).into_iter().map(|fault| fault.to_string()).collect()
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let a = "# A\n[b](docs/B.md) [two](docs/B.md#two-words) [set](docs/B.md#set) [net](https://x.example/y)\n\
                 ```sh\n[none](none.md)\n```\n";
        let b = "# B\n## Two `words`\n<a id=\"set\"></a>\n[up](../A.md), [here](#b)\n";
        assert_eq!(faults(&[("A.md", a), ("docs/B.md", b)]), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_gone_and_a_heading_that_was_renamed_are_found() {
        let found = faults(&[("docs/A.md", "# A\n[b](B.md)\n[c](#c) [d](../E.md#d)\n"), ("E.md", "# E\n")]);
        assert_eq!(
            found,
            [
                "docs/A.md: the link `B.md` leads nowhere",
                "docs/A.md: the link `#c` leads nowhere",
                "docs/A.md: the link `../E.md#d` leads nowhere"
            ]
        );
    }

    #[test]
    fn a_decision_that_is_not_in_the_list_is_found() {
        let one = ("docs/decisions/2026-11-22-one.md", "# One");
        let listed = "# Decisions\n[one](2026-11-22-one.md)\n";
        assert_eq!(faults(&[one, (DECISION_LIST, listed)]), Vec::<String>::new());
        let found = faults(&[one, (DECISION_LIST, "# Decisions\n")]);
        assert_eq!(found, ["docs/decisions/2026-11-22-one.md: is not in docs/decisions/README.md"]);
    }
}
