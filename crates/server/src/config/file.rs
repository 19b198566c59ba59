//! `swelite.toml`: tables of plain values. Anything it holds that no setting asks for is an error, not a typo in silence.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{
    fault::{Fault, wrong},
    setting::Setting,
};

/// The values of a file, by variable, as text.
pub(super) fn values(
    text: &str,
    path: &str,
    settings: &[Setting],
) -> (BTreeMap<&'static str, String>, Vec<Fault>) {
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            let sentence = error.message().trim_end_matches('.').to_owned();
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            let why = wrong(
                format!("is not valid TOML: line {line}: {sentence}"),
                format!("올바른 TOML이 아니에요. {line}번째 줄: {sentence}"),
            );
            return (BTreeMap::new(), vec![Fault::new(path, why)]);
        }
    };
    let mut found = BTreeMap::new();
    let mut faults = Vec::new();
    for (section, value) in table {
        let Value::Table(keys) = value else {
            let why = wrong(
                format!("holds `{section}` outside a table"),
                format!("`{section}` 항목이 테이블 밖에 있어요"),
            );
            faults.push(Fault::new(path, why));
            continue;
        };
        for (key, value) in keys {
            let setting = settings.iter().find(|setting| setting.section == section && setting.key == key);
            match (setting, plain(&value)) {
                (Some(setting), Some(text)) => drop(found.insert(setting.variable, text)),
                (Some(setting), None) => {
                    let why = wrong(
                        format!("(`{section}.{key}` in {path}) must be a plain value"),
                        format!("({path}의 `{section}.{key}`) 단순한 값이어야 해요"),
                    );
                    faults.push(Fault::new(setting.variable, why));
                }
                (None, _) => {
                    let why = wrong(
                        format!("holds `{section}.{key}`, which is no setting"),
                        format!("`{section}.{key}`라는 설정은 없어요"),
                    );
                    faults.push(Fault::new(path, why));
                }
            }
        }
    }
    (found, faults)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(switch) => Some(switch.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(plain).collect();
            items.map(|items| items.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::Table(_) => None,
    }
}
