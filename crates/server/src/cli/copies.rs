//! `swelite backup` and `swelite restore`: copies of the embedded books, taken while they are in use and brought back; and the step
//! after books of any kind have gone back in time.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::ports::Clock;
use serde_json::json;
use store::{Copy, CopyError, SqliteSettings};

use super::{
    Context, Exit, Lang, config::SettingsArgs, embedded_failure, failure::Failure, korean_errors,
    open_failure, output::grouped,
};
use crate::{
    config::{Flags, Settings},
    system::System,
    wiring::{self, TimelineError},
};

/// Copy the embedded books into a file, also while they are in use.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    settings: SettingsArgs,
    /// The new file
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

/// Bring a copy back, as another timeline: see docs/OPERATIONS.md before.
#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    settings: SettingsArgs,
    /// The copy
    #[arg(value_name = "FILE", required_unless_present = "timeline")]
    from: Option<PathBuf>,
    /// Take the place of books that are there; they are kept beside
    #[arg(long)]
    replace: bool,
    /// Only begin another timeline: the books were brought back by other means, or a failover may have lost commits
    #[arg(long, conflicts_with_all = ["from", "replace"])]
    timeline: bool,
    /// Why; kept in the audit log
    #[arg(long, value_name = "TEXT", requires = "timeline")]
    reason: Option<String>,
}

impl Backup {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        let how = context.output.pick(
            "`mariadb-dump`를 쓰세요: docs/OPERATIONS.md의 MariaDB 절차",
            "use `mariadb-dump`: the procedure for MariaDB in docs/OPERATIONS.md",
        );
        let books = embedded(context, &self.settings, how)?;
        let copy = store::backup(&books, &self.to).map_err(|error| failure(context, &error))?;
        show(context, &copy, &self.to, context.output.pick("복사했어요", "copied"));
        Ok(())
    }
}

impl Restore {
    pub(super) fn run(self, context: &Context) -> Result<(), Failure> {
        match &self.from {
            Some(from) => self.bring_back(context, from)?,
            None => self.begin_timeline(context)?,
        }
        context.output.say(context.output.pick(
            "잃은 시간의 결제는 장부에 없어요. 호출을 받기 전에 `swelite ledger verify`를 실행하고 가맹점의 기록과 맞춰 보세요.",
            "payments of the lost time are not in the books: run `swelite ledger verify` and compare with your merchants' records before taking calls",
        ));
        Ok(())
    }

    fn bring_back(&self, context: &Context, from: &Path) -> Result<(), Failure> {
        let how = context.output.pick(
            "docs/OPERATIONS.md의 MariaDB 절차를 따르세요: 데이터베이스의 도구로 되돌린 다음 `swelite restore --timeline`.",
            "follow the procedure for MariaDB in docs/OPERATIONS.md: its own tools, then `swelite restore --timeline`",
        );
        let books = embedded(context, &self.settings, how)?;
        let copy = store::restore(&books, from, self.replace, System::start().now());
        let copy = copy.map_err(|error| failure(context, &error))?;
        show(context, &copy, &books.data_dir, context.output.pick("되돌렸어요", "restored"));
        Ok(())
    }

    fn begin_timeline(&self, context: &Context) -> Result<(), Failure> {
        let settings: Settings = self.settings.load(context, Flags::new())?.settings;
        let output = &context.output;
        context.block_on(async {
            let begun = wiring::begin_timeline(&settings, self.reason.as_deref()).await;
            begun.map_err(|error| match error {
                TimelineError::Books(error) => open_failure(output.lang, &error),
                TimelineError::Copy(error) => failure(context, &error),
            })
        })?;
        let books = wiring::books_place(&settings);
        if output.json {
            output.json(&json!({"books": books, "timelineBegun": true}));
        } else {
            output.say(&format!(
                "✓ {}: {books}",
                output.pick("새 타임라인을 시작했어요", "began another timeline")
            ));
        }
        Ok(())
    }
}

/// Where the embedded books are; a configuration with other books is refused, not guessed about, and told `how` it is done there.
fn embedded(context: &Context, settings: &SettingsArgs, how: &str) -> Result<SqliteSettings, Failure> {
    let settings = settings.load(context, Flags::new())?.settings;
    if settings.mariadb.host.is_some() {
        let sentence = context.output.pick(
            "장부가 MariaDB에 있어요: 이 명령은 내장 저장소용이에요.",
            "the books are in MariaDB: this command is for the embedded store",
        );
        return Err(Failure::new(Exit::Usage, sentence).then(how));
    }
    Ok(SqliteSettings::new(&settings.store.data_dir))
}

fn show(context: &Context, copy: &Copy, place: &Path, what: &str) {
    let output = &context.output;
    let kept = copy.replaced.as_ref().map(|path| path.display().to_string());
    if output.json {
        output.json(&json!({
            "path": place.display().to_string(), "bytes": copy.bytes, "events": copy.events, "replaced": kept,
        }));
        return;
    }
    let [bytes, events] = [copy.bytes, copy.events].map(|count| grouped(&count.to_string()));
    let size = match output.lang {
        Lang::Ko => format!("{bytes}바이트, 이벤트 {events}건"),
        Lang::En => format!("{bytes} bytes, {events} events"),
    };
    output.say(&format!("✓ {what}: {} ({size})", place.display()));
    if let Some(kept) = kept {
        output.say(&format!("  {}: {kept}", output.pick("이전 장부", "the books before")));
    }
}

fn failure(context: &Context, error: &CopyError) -> Failure {
    let lang = context.output.lang;
    let failure = |exit| Failure::of_error(exit, error).in_korean(lang, korean_errors::copying(error));
    match error {
        CopyError::Open(error) => embedded_failure(lang, error),
        CopyError::Taken { .. } => failure(Exit::Refused).then(lang.pick(
            "다른 이름을 쓰세요. 장부를 바꾸려면 `restore --replace`를 쓰세요. 지금 것은 옆에 남아요.",
            "choose another name; to put a copy in the place of books use `restore --replace`, which keeps them beside",
        )),
        CopyError::Damaged { .. } => failure(Exit::Fault)
            .then(lang.pick("다른 사본을 쓰세요. 아무것도 바꾸지 않았어요.", "use another copy; nothing was changed")),
        CopyError::Mixed { path, replaced } => {
            failure(Exit::Fault).then(after_mixing(lang, path, replaced.as_deref()))
        }
        CopyError::File { .. } | CopyError::Store(_) => failure(Exit::Unexpected)
            .then(lang.pick("권한과 디스크 여유를 확인하세요.", "check permissions and the space on the disk")),
    }
}

/// What is where after a copy was damaged in its place, and what to do.
fn after_mixing(lang: Lang, path: &Path, replaced: Option<&Path>) -> String {
    let path = path.display();
    match (lang, replaced.map(Path::display)) {
        (Lang::Ko, Some(before)) => format!(
            "이전 장부는 `{before}`에 온전히 있어요. `{path}`를 쓰지 마세요. 그 폴더에 쓰는 프로그램을 모두 멈추고 `restore --replace`를 다시 하세요."
        ),
        (Lang::Ko, None) => format!(
            "`{path}`를 쓰지 마세요. 그 폴더에 쓰는 프로그램을 모두 멈추고 `restore --replace`를 다시 하세요."
        ),
        (Lang::En, Some(before)) => format!(
            "the books before are whole in `{before}`; do not use `{path}`: stop whatever writes into that folder and run `restore --replace` again"
        ),
        (Lang::En, None) => format!(
            "do not use `{path}`: stop whatever writes into that folder and run `restore --replace` again"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_not_said_to_be_as_it_was() {
        for lang in [Lang::Ko, Lang::En] {
            let told =
                after_mixing(lang, Path::new("d/swelite.db"), Some(Path::new("d/swelite.db.replaced-7")));
            assert!(told.contains("`d/swelite.db`") && told.contains("`d/swelite.db.replaced-7`"), "{told}");
            assert!(!told.contains("nothing was changed") && !told.contains("아무것도"), "{told}");
        }
    }
}
