//! Columns of a row, as the domains' values.

use std::str::FromStr;

use kernel::{PortError, Timestamp};
use sea_orm::{QueryResult, TryGetable};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error;

/// Reads columns; a column that is missing or of another type is a defect, told as `Corrupt`.
pub(crate) trait Columns {
    fn get<T: TryGetable>(&self, column: &str) -> Result<T, PortError>;
    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, PortError>;

    fn uuid(&self, column: &str) -> Result<Uuid, PortError> {
        self.get(column)
    }
    fn maybe_uuid(&self, column: &str) -> Result<Option<Uuid>, PortError> {
        self.get(column)
    }
    fn text(&self, column: &str) -> Result<String, PortError> {
        self.get(column)
    }
    fn maybe_text(&self, column: &str) -> Result<Option<String>, PortError> {
        self.get(column)
    }
    fn int(&self, column: &str) -> Result<i64, PortError> {
        self.get(column)
    }
    /// A number that is never below zero.
    fn count(&self, column: &str) -> Result<u64, PortError> {
        u64::try_from(self.int(column)?).map_err(PortError::corrupt)
    }
    fn time(&self, column: &str) -> Result<Timestamp, PortError> {
        self.maybe_time(column)?.ok_or_else(|| error::corrupt(format!("no time in {column}")))
    }
    /// A word of an enumeration.
    fn word<T: FromStr>(&self, column: &str) -> Result<T, PortError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| error::corrupt(format!("unknown word {text} in {column}")))
    }
    /// A number of an enumeration.
    fn number<T>(&self, column: &str, from: impl Fn(i16) -> Option<T>) -> Result<T, PortError> {
        let number = self.get::<i16>(column)?;
        from(number).ok_or_else(|| error::corrupt(format!("unknown number {number} in {column}")))
    }
    fn json(&self, column: &str) -> Result<serde_json::Value, PortError> {
        self.get(column)
    }
}

impl Columns for QueryResult {
    fn get<T: TryGetable>(&self, column: &str) -> Result<T, PortError> {
        self.try_get("", column).map_err(PortError::corrupt)
    }

    fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, PortError> {
        if self.try_as_sqlite_row().is_some() {
            Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_micros))
        } else {
            Ok(self.get::<Option<OffsetDateTime>>(column)?.map(Timestamp::from_datetime))
        }
    }
}
