//! What holds for every text: no path of somebody's machine, one `#` title a document, both READMEs in step.

use std::path::Path;

use super::{Fault, tree::TextFile};

/// Folders that exist on one machine only, without their slashes so that this file passes its own rule.
const MACHINE_FOLDERS: [&str; 4] = ["home", "root", "work", "Users"];

/// The README and its translation.
const READMES: (&str, &str) = ("README.md", "README.en.md");

/// Faults of all texts.
pub(crate) fn check(root: &Path, texts: &[TextFile]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let root = root.to_string_lossy();
    for text in texts {
        for (index, line) in text.text.lines().enumerate() {
            if line.contains(&*root) || MACHINE_FOLDERS.iter().any(|folder| holds_path(line, folder)) {
                let place = format!("{}:{}", text.path, index + 1);
                faults.push(Fault::new(place, "holds an absolute path of one machine"));
            }
        }
        if text.path.ends_with(".md") {
            faults.extend(titles(text));
        }
    }
    faults.extend(readmes_in_step(texts));
    faults
}

/// Whether `line` holds `/folder/…` as the start of a path, not as part of a longer one or of an address.
fn holds_path(line: &str, folder: &str) -> bool {
    let needle = format!("/{folder}/");
    line.match_indices(&needle).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| {
            !before.is_alphanumeric() && !matches!(before, '.' | '_' | '-' | '/' | '}' | '*')
        })
    })
}

fn titles(text: &TextFile) -> Option<Fault> {
    let count = headings(&text.text).into_iter().filter(|heading| heading.level == 1).count();
    // The fragments of the changelog are joined under a title of their own.
    let wanted = usize::from(!text.path.starts_with("changelog/"));
    (count != wanted).then(|| Fault::new(&text.path, format!("has {count} `# ` titles, must have {wanted}")))
}

fn readmes_in_step(texts: &[TextFile]) -> Option<Fault> {
    let anchors = |path: &str| {
        let text = texts.iter().find(|text| text.path == path)?;
        let headings = headings(&text.text).into_iter();
        Some(headings.map(|heading| (heading.level, heading.anchor)).collect::<Vec<_>>())
    };
    let (Some(first), Some(second)) = (anchors(READMES.0), anchors(READMES.1)) else {
        return Some(Fault::new(READMES.0, "must exist, with its translation beside it"));
    };
    if first.iter().any(|(level, anchor)| *level > 1 && anchor.is_none()) {
        return Some(Fault::new(
            READMES.0,
            "every heading needs `<a id=\"…\"></a>` in front, so that both can be compared",
        ));
    }
    let differs = first.iter().zip(&second).position(|(a, b)| a != b);
    let differs = differs.or_else(|| (first.len() != second.len()).then(|| first.len().min(second.len())));
    let at = differs?;
    Some(Fault::new(READMES.1, format!("heading {} is not in step with {}", at + 1, READMES.0)))
}

struct Heading {
    level: usize,
    anchor: Option<String>,
}

/// The headings of a document, code blocks left out, each with the anchor that stands right before it.
fn headings(text: &str) -> Vec<Heading> {
    let mut headings = Vec::new();
    let (mut in_code, mut anchor) = (false, None);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if in_code || line.is_empty() {
        } else if let Some(id) = line.strip_prefix("<a id=\"").and_then(|rest| rest.strip_suffix("\"></a>")) {
            anchor = Some(id.to_owned());
        } else {
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            if level > 0 && line.as_bytes().get(level) == Some(&b' ') {
                headings.push(Heading { level, anchor: anchor.take() });
            }
            anchor = None;
        }
    }
    headings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    fn readmes(korean: &str, english: &str) -> Vec<Fault> {
        check(Path::new("/no/such/tree"), &[text("README.md", korean), text("README.en.md", english)])
    }

    #[test]
    fn a_machine_path_is_found_and_an_address_is_not() {
        let planted = format!("see /{}/someone/x and \"/{}/y\"", "home", "Users");
        let texts = [text("README.md", "# T"), text("README.en.md", "# T"), text("a.sh", &planted)];
        assert_eq!(check(Path::new("/no/such/tree"), &texts).len(), 1);
        assert!(!holds_path("https://example.com/work/x ./work/x", "work"));
        assert!(holds_path(&format!("cd /{}/x", "work"), "work"));
    }

    #[test]
    fn the_root_of_this_very_tree_is_a_machine_path() {
        let texts = [text("README.md", "# T"), text("README.en.md", "# T"), text("a.txt", "in /srv/tree/x")];
        assert_eq!(check(Path::new("/srv/tree"), &texts).len(), 1);
    }

    #[test]
    fn readmes_in_step_pass_and_a_missing_or_moved_heading_is_found() {
        let korean = "# 이름\n\n<a id=\"run\"></a>\n## 실행\n\n<a id=\"limits\"></a>\n## 한계\n";
        let english = "# Name\n\n<a id=\"run\"></a>\n## Run it\n\n<a id=\"limits\"></a>\n## Limits\n";
        assert_eq!(readmes(korean, english), Vec::new());
        assert_eq!(readmes(korean, "# Name\n\n<a id=\"run\"></a>\n## Run it\n").len(), 1);
        assert_eq!(readmes(korean, &english.replace("limits", "end")).len(), 1);
        assert_eq!(readmes("# 이름\n\n## 실행\n", "# Name\n\n## Run it\n").len(), 1);
    }

    #[test]
    fn a_second_title_is_found_and_a_comment_in_a_code_block_is_not() {
        let texts =
            |body: &str| [text("README.md", "# T"), text("README.en.md", "# T"), text("docs/A.md", body)];
        assert_eq!(check(Path::new("/none"), &texts("# A\n```sh\n# comment\n```\n")), Vec::new());
        assert_eq!(check(Path::new("/none"), &texts("# A\n# B\n")).len(), 1);
    }
}
