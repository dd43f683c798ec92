//! Structured logs: one line an event, no content of messages, no secrets.

use std::io::IsTerminal;

use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::LogFormat;

/// Starts logging to standard error.
///
/// # Errors
/// When `log` is no filter, or logging was started before.
pub(crate) fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| format!("log = \"{filter}\" is not a filter"))?;
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => registry
            .with(
                fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal()).with_target(false),
            )
            .try_init()?,
        LogFormat::Json => registry.with(fmt::layer().with_writer(std::io::stderr).json()).try_init()?,
    }
    Ok(())
}
