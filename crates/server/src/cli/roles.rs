//! `swelite ingest` and `swelite worker`: roles that need components this build does not have. Refused, not imitated.

use clap::Args;

use super::{Context, Exit, failure::Failure};

/// A role by itself.
#[derive(Debug, Args)]
pub(super) struct Role {}

impl Role {
    pub(super) fn run(self, context: &Context, name: &str) -> Result<(), Failure> {
        let output = &context.output;
        let sentence = match output.lang {
            super::Lang::Ko => {
                format!(
                    "`swelite {name}` 만 따로 띄우려면 MariaDB 와 Kafka 가 필요한데, 이 빌드에는 아직 없어요."
                )
            }
            super::Lang::En => {
                format!("`swelite {name}` by itself needs MariaDB and Kafka, which are not built in yet")
            }
        };
        let next = output.pick(
            "`swelite up` 이 모든 역할을 한 프로세스에서 실행해요.",
            "`swelite up` runs every role in one process",
        );
        Err(Failure::new(Exit::Usage, sentence).then(next))
    }
}
