//! Each connection is an open file, and shells and service managers often allow a thousand at first.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process open as many files as it may without more rights. When even that is refused, the limit stays
/// and is logged.
pub(crate) fn allow_all() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, limit = current, "the limit of open files stays: so many connections at most");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_files_may_be_opened_as_the_system_allows() {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let half = maximum.or(current).map(|limit| limit / 2);
        setrlimit(Resource::Nofile, Rlimit { current: half, maximum }).unwrap();
        allow_all();
        assert_eq!(getrlimit(Resource::Nofile).current, maximum);
    }
}
