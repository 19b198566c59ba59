//! Size budgets as a ratchet: what is too large today is listed with its size, and the list may only shrink.
//!
//! A listed offender may not grow. When it shrinks, the list must follow at once, so that it cannot grow back unseen.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{FILE_LINES_MAX, FUNCTION_LINES_MAX, Fault, PARAMETERS_MAX};

/// Where the list is kept.
pub(crate) const PATH: &str = "xtask/tidy-ratchet.toml";

const HEADER: &str = "# What is over its size budget. An entry may only shrink or go; a new one is not accepted in review.\n\
                      # `cargo xtask tidy --shrink` lowers it to what the tree needs and never adds to it.\n\n";

/// The three things that have a budget.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Budget {
    /// Lines of a file.
    FileLines,
    /// Lines of a function.
    FunctionLines,
    /// Parameters of a function.
    Parameters,
}

impl Budget {
    fn limit(self) -> usize {
        match self {
            Self::FileLines => FILE_LINES_MAX,
            Self::FunctionLines => FUNCTION_LINES_MAX,
            Self::Parameters => PARAMETERS_MAX,
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::FileLines | Self::FunctionLines => "lines",
            Self::Parameters => "parameters",
        }
    }
}

/// The size of everything over budget, by its place (`path` or `path::function`).
pub(crate) type Sizes = BTreeMap<(Budget, String), usize>;

/// The committed list.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Ratchet {
    file_lines: BTreeMap<String, usize>,
    function_lines: BTreeMap<String, usize>,
    parameters: BTreeMap<String, usize>,
}

impl Ratchet {
    /// Reads the list.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("read {PATH}"))?;
        toml::from_str(&text).with_context(|| format!("parse {PATH}"))
    }

    /// Writes the list.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, format!("{HEADER}{}", toml::to_string(self)?))
            .with_context(|| format!("write {PATH}"))
    }

    /// What is over budget and not listed, has grown, or is listed too generously.
    pub(crate) fn check(&self, sizes: &Sizes) -> Vec<Fault> {
        let mut faults = Vec::new();
        for ((budget, place), &size) in sizes {
            let (max, unit) = (budget.limit(), budget.unit());
            match self.of(*budget).get(place) {
                None => faults.push(Fault::new(place, format!("{size} {unit}, the budget is {max}"))),
                Some(&listed) if size > listed => {
                    faults.push(Fault::new(
                        place,
                        format!("grew from {listed} to {size} {unit}, the budget is {max}"),
                    ));
                }
                Some(_) => {}
            }
        }
        faults.extend(self.slack(sizes));
        faults
    }

    /// The list without anything the tree no longer needs. Never adds.
    pub(crate) fn shrunk(&self, sizes: &Sizes) -> Self {
        let keep = |budget: Budget| {
            let listed = self.of(budget).iter();
            let needed = listed.filter_map(|(place, &listed)| {
                let size = *sizes.get(&(budget, place.clone()))?;
                Some((place.clone(), listed.min(size)))
            });
            needed.collect()
        };
        Self {
            file_lines: keep(Budget::FileLines),
            function_lines: keep(Budget::FunctionLines),
            parameters: keep(Budget::Parameters),
        }
    }

    fn slack(&self, sizes: &Sizes) -> Vec<Fault> {
        let mut faults = Vec::new();
        for budget in [Budget::FileLines, Budget::FunctionLines, Budget::Parameters] {
            for (place, &listed) in self.of(budget) {
                let size = sizes.get(&(budget, place.clone())).copied().unwrap_or(0);
                if size < listed {
                    let message = format!(
                        "{place} is listed with {listed} {}: run `cargo xtask tidy --shrink`",
                        budget.unit()
                    );
                    faults.push(Fault::new(PATH, message));
                }
            }
        }
        faults
    }

    fn of(&self, budget: Budget) -> &BTreeMap<String, usize> {
        match budget {
            Budget::FileLines => &self.file_lines,
            Budget::FunctionLines => &self.function_lines,
            Budget::Parameters => &self.parameters,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(size: usize) -> Sizes {
        Sizes::from([((Budget::FunctionLines, "a.rs::f".to_owned()), size)])
    }

    fn listing(size: usize) -> Ratchet {
        Ratchet { function_lines: BTreeMap::from([("a.rs::f".to_owned(), size)]), ..Ratchet::default() }
    }

    #[test]
    fn a_listed_offender_may_stay_but_not_grow() {
        assert_eq!(listing(80).check(&sizes(80)), Vec::new());
        assert!(listing(80).check(&sizes(81))[0].message.contains("grew from 80 to 81"));
    }

    #[test]
    fn an_entry_that_is_too_generous_is_a_fault_until_it_is_lowered() {
        assert!(listing(80).check(&sizes(75))[0].message.contains("--shrink"));
        assert_eq!(listing(80).shrunk(&sizes(75)), listing(75));
        assert_eq!(listing(80).shrunk(&Sizes::new()), Ratchet::default());
    }

    #[test]
    fn shrinking_never_adds_and_never_raises() {
        assert_eq!(Ratchet::default().shrunk(&sizes(80)), Ratchet::default());
        assert_eq!(listing(80).shrunk(&sizes(90)), listing(80));
    }

    #[test]
    fn the_written_list_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ratchet.toml");
        listing(80).write(&path).unwrap();
        assert_eq!(Ratchet::read(&path).unwrap(), listing(80));
    }
}
