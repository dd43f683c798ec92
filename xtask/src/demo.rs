//! `cargo xtask demo`: from a clone to a page that one can write on.

use crate::{binary, install, web};
use anyhow::{Result, bail};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Builds the pages and the server, then becomes `guichet serve --demo`.
///
/// # Errors
/// The arguments are not understood, or a build fails.
pub fn run(arguments: &[&str]) -> Result<()> {
    let port = port(arguments)?;
    install::ensure(&[install::NODE])?;
    web::build()?;
    let mut guichet = Command::new(binary::build(binary::Variant::Plain)?);
    guichet.args(["serve", "--demo"]);
    // The server refuses settings it does not know, and these are ours.
    for variable in [binary::Variant::Plain.variable(), binary::Variant::Faulty.variable(), "GUICHET_CHROMIUM"] {
        guichet.env_remove(variable);
    }
    if let Some(port) = port {
        guichet.env("GUICHET_LISTEN", format!("127.0.0.1:{port}"));
    }
    // The server takes this process's place, so that Ctrl-C and SIGTERM reach it and nothing else.
    Err(guichet.exec().into())
}

fn port(arguments: &[&str]) -> Result<Option<u16>> {
    match arguments {
        [] => Ok(None),
        ["--port", port] => port.parse().map(Some).map_err(|_| anyhow::anyhow!("{port:?} is no port")),
        _ => bail!("demo takes `--port N` and nothing else"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_a_number_or_absent() {
        assert_eq!(port(&[]).unwrap(), None);
        assert_eq!(port(&["--port", "8100"]).unwrap(), Some(8100));
        assert!(port(&["--port", "many"]).is_err());
        assert!(port(&["--fast"]).is_err());
    }
}
