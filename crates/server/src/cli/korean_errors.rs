//! What went wrong on this machine, in Korean. The error itself follows in brackets: it has the names and the causes.

use store::{CopyError, OpenError};

/// Books that cannot be opened.
pub(super) fn opening(error: &OpenError) -> &'static str {
    match error {
        OpenError::InUse { .. } => "다른 프로세스가 장부를 쓰고 있어요.",
        OpenError::Missing { .. } => "여기에는 장부가 없어요.",
        OpenError::DataDir { .. } => "데이터 디렉터리를 쓸 수 없어요.",
        OpenError::Database { .. } => "장부를 열 수 없어요.",
        OpenError::Foreign { .. } => "이 프로그램의 장부가 아니에요.",
        OpenError::ChangedMigration { .. } => "장부의 스키마가 이 프로그램이 아는 것과 달라요.",
        OpenError::Corrupt { .. } => "장부가 손상됐어요.",
        OpenError::Newer { .. } => "더 새로운 버전의 장부예요.",
        OpenError::Older { .. } => "더 오래된 버전의 장부예요.",
        OpenError::SqliteTooOld { .. } => "SQLite가 너무 오래됐어요.",
    }
}

/// A copy that was not taken or not brought back.
pub(super) fn copying(error: &CopyError) -> &'static str {
    match error {
        CopyError::Open(error) => opening(error),
        CopyError::Taken { .. } => "그 자리에 이미 있어요.",
        CopyError::File { .. } => "파일을 쓰거나 옮길 수 없어요.",
        CopyError::Damaged { .. } => "사본이 손상됐어요.",
        CopyError::Mixed { .. } => "사본을 제자리에 두었지만 거기서 손상됐어요.",
        CopyError::Store(_) => "장부에 쓸 수 없어요.",
    }
}

/// MariaDB, or what is in it.
#[cfg(feature = "mariadb")]
pub(super) fn mariadb(error: &store::MariadbError) -> &'static str {
    use store::MariadbError;
    match error {
        MariadbError::Connect { .. } => "MariaDB에 연결할 수 없어요.",
        MariadbError::ServerTooOld { .. } => "MariaDB가 너무 오래됐어요.",
        MariadbError::Empty { .. } => "데이터베이스가 비어 있어요.",
        MariadbError::Older { .. } => "더 오래된 버전의 장부예요.",
        MariadbError::Newer { .. } => "더 새로운 버전의 장부예요.",
        MariadbError::ChangedMigration { .. } => "장부의 스키마가 이 프로그램이 아는 것과 달라요.",
        MariadbError::Busy { .. } => "다른 프로세스가 스키마를 바꾸고 있어요.",
        MariadbError::InUse { .. } => "데이터베이스에 연결된 곳이 있어요.",
        MariadbError::Authority { .. } => "MariaDB의 인증 기관 파일을 읽을 수 없어요.",
        MariadbError::Setting(_) => "MariaDB 설정이 맞지 않아요.",
        MariadbError::Database { .. } => "데이터베이스를 쓸 수 없어요.",
    }
}
