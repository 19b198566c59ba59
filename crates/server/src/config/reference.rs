//! The reference of all settings, from the same table that reads them: a page of documentation and a commented file.

use super::{Setting, sections};

/// `docs/CONFIG.md`.
pub fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for (name, doc, settings) in sections() {
        page.push_str(&format!("\n## `[{name}]`\n\n{}\n\n", doc.trim()));
        page.push_str("| variable | key | default | range | meaning |\n|---|---|---|---|---|\n");
        for setting in settings {
            page.push_str(&row(&setting));
        }
    }
    page
}

/// A `swelite.toml` that changes nothing: every setting, explained and commented out.
pub fn toml_template() -> String {
    let mut file =
        String::from("# Every setting with its default. Remove the `#` before a line to change it.\n");
    for (name, doc, settings) in sections() {
        file.push_str(&format!("\n# {}\n[{name}]\n", doc.trim()));
        for setting in settings {
            let range =
                setting.range.as_ref().map(|range| format!(" From {} to {}.", range.start(), range.end()));
            let range = range.unwrap_or_default();
            file.push_str(&format!("# {}{range} ({})\n", setting.doc.trim(), setting.variable));
            file.push_str(&format!("# {} = {}\n", setting.key, literal(&setting)));
        }
    }
    file
}

const INTRODUCTION: &str = "\
# Configuration

This page is generated from the code that reads the settings (`swelite config reference`); a test keeps it true.

Flags win over environment variables, those over `swelite.toml`, that over the defaults. `swelite.toml` is read from the
working directory, or from where `--config` or `SWELITE_CONFIG` says. An empty variable counts as unset. Switches are `on` or
`off`. All errors are reported together, each with the variable to change. Try `swelite config check` and
`swelite config print`; `swelite config template` prints a file to start from.

A setting marked *secret* is never shown, and can also be given as a file: `<VARIABLE>_FILE` names it.

The command line also knows `SWELITE_URL` (where the commands that talk to a server find it, `http://127.0.0.1:8080`),
`SWELITE_TOKEN` and `SWELITE_TOKEN_FILE` (the operator's token they call with, where operators must log in) and `NO_COLOR`.
";

fn row(setting: &Setting) -> String {
    let default =
        if setting.default.is_empty() { "unset".to_owned() } else { format!("`{}`", setting.default) };
    let range = setting.range.as_ref().map(|range| format!("{} to {}", range.start(), range.end()));
    let range = range.unwrap_or_default();
    let secret = if setting.secret { " *secret*" } else { "" };
    let (variable, key, doc) = (setting.variable, setting.key, setting.doc.trim());
    format!("| `{variable}` | `{key}` | {default} | {range} | {doc}{secret} |\n")
}

fn literal(setting: &Setting) -> String {
    let bare = setting.range.is_some();
    match setting.default {
        "on" => "true".to_owned(),
        "off" => "false".to_owned(),
        number if bare => number.to_owned(),
        text => format!("{text:?}"),
    }
}
