//! Errors of both databases, turned into port errors in one place.

use std::sync::Arc;

use kernel::{PortError, PortErrorKind};
use sea_orm::{DbErr, RuntimeErr};

/// What went wrong, as far as it matters for what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There was no connection, so nothing was sent.
    NoConnection,
    /// The connection broke, or the server is going down; what was sent may have been done.
    Lost,
    /// Given up or refused by the server; nothing was done, and later it may work.
    Refused,
    /// Another transaction was in the way; the same again may work.
    Contended,
    /// A unique value is taken.
    Taken,
    /// No room left on the disk.
    Full,
    /// The statement or its values are wrong.
    Wrong,
}

impl Trouble {
    pub(crate) fn kind(self) -> PortErrorKind {
        match self {
            Self::NoConnection | Self::Lost | Self::Refused => PortErrorKind::Unavailable,
            Self::Contended | Self::Taken => PortErrorKind::Conflict,
            Self::Full => PortErrorKind::Full,
            Self::Wrong => PortErrorKind::Corrupt,
        }
    }
}

/// Any error of a query.
pub(crate) fn port(error: DbErr) -> PortError {
    PortError::new(trouble(&error).kind(), error)
}

/// An error of a commit: when the connection broke, nobody knows whether it happened.
pub(crate) fn commit(error: DbErr) -> PortError {
    match trouble(&error) {
        Trouble::Lost => PortError::new(PortErrorKind::Unknown, error),
        other => PortError::new(other.kind(), error),
    }
}

/// The database did not answer in time.
pub(crate) fn too_slow() -> PortError {
    PortError::unavailable("the database did not answer in time")
}

/// What is stored cannot be read back.
pub(crate) fn corrupt(what: impl Into<String>) -> PortError {
    PortError::corrupt(what.into())
}

pub(crate) fn from_sqlx(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

pub(crate) fn trouble(error: &DbErr) -> Trouble {
    match error {
        // Never a broken one: this one was being made.
        DbErr::Conn(RuntimeErr::SqlxError(error)) if of_sqlx(error) == Trouble::Wrong => Trouble::Wrong,
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => Trouble::NoConnection,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => of_sqlx(error),
        _ => Trouble::Wrong,
    }
}

pub(crate) fn of_sqlx(error: &sqlx::Error) -> Trouble {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                of_postgres(&code)
            } else {
                of_sqlite(code.parse().unwrap_or(0))
            }
        }
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => Trouble::NoConnection,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            Trouble::Lost
        }
        _ => Trouble::Wrong,
    }
}

/// PostgreSQL, Appendix A: error codes.
fn of_postgres(code: &str) -> Trouble {
    match code {
        "23505" => Trouble::Taken,
        // Serialization failure, deadlock, a lock that was not had in time.
        "40001" | "40P01" | "55P03" => Trouble::Contended,
        "53100" => Trouble::Full,
        // Shut down or terminated while it was at it, or ended after idling in a transaction.
        "57P01" | "57P02" | "57P05" | "25P03" => Trouble::Lost,
        // Too slow, starting up, a standby.
        "57014" | "57P03" | "25006" => Trouble::Refused,
        _ if code.starts_with("08") => Trouble::Lost,
        // Too many connections, no memory; an error of the disk.
        _ if code.starts_with("53") || code.starts_with("58") => Trouble::Refused,
        _ => Trouble::Wrong,
    }
}

/// SQLite, "Result and Error Codes"; the lower byte is the sort, the rest tells more.
fn of_sqlite(code: i32) -> Trouble {
    const CONSTRAINT_UNIQUE: i32 = 2067;
    const CONSTRAINT_PRIMARYKEY: i32 = 1555;
    const IOERR_SHMSIZE: i32 = 4874;
    match (code, code & 0xff) {
        (CONSTRAINT_UNIQUE | CONSTRAINT_PRIMARYKEY, _) => Trouble::Taken,
        // The shared index of the WAL could not grow: there is no room for it.
        (IOERR_SHMSIZE, _) | (_, 13) => Trouble::Full,
        // Busy, locked.
        (_, 5 | 6) => Trouble::Contended,
        // A commit that met an error of the disk may have reached it.
        (_, 10) => Trouble::Lost,
        // Read-only, cannot open.
        (_, 8 | 14) => Trouble::Refused,
        _ => Trouble::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_on_both() {
        assert_eq!(of_postgres("53100").kind(), PortErrorKind::Full);
        assert_eq!(of_sqlite(13).kind(), PortErrorKind::Full);
        assert_eq!(of_sqlite(4874).kind(), PortErrorKind::Full);
    }

    #[test]
    fn a_nul_byte_that_got_through_is_a_defect_of_ours() {
        assert_eq!(of_postgres("22021").kind(), PortErrorKind::Corrupt);
    }

    #[test]
    fn what_may_work_later_is_told_apart_from_what_never_will() {
        for code in ["57P01", "57014", "53300", "08006", "58030"] {
            assert_eq!(of_postgres(code).kind(), PortErrorKind::Unavailable, "{code}");
        }
        for code in ["40001", "40P01", "55P03", "23505"] {
            assert_eq!(of_postgres(code).kind(), PortErrorKind::Conflict, "{code}");
        }
        assert_eq!(of_postgres("23503").kind(), PortErrorKind::Corrupt);
        assert_eq!(of_sqlite(5).kind(), PortErrorKind::Conflict);
        assert_eq!(of_sqlite(517).kind(), PortErrorKind::Conflict);
        assert_eq!(of_sqlite(787).kind(), PortErrorKind::Corrupt, "a foreign key");
    }

    #[test]
    fn only_a_commit_whose_connection_broke_has_an_unknown_outcome() {
        let lost = || from_sqlx(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into()));
        assert_eq!(commit(lost()).kind(), PortErrorKind::Unknown);
        assert_eq!(port(lost()).kind(), PortErrorKind::Unavailable);
        assert_eq!(commit(from_sqlx(sqlx::Error::PoolTimedOut)).kind(), PortErrorKind::Unavailable);
    }
}
