//! What only the kernel can do about a client that does not read.

use std::{io, net::TcpListener, time::Duration};

/// How long what was written may stay unread before the kernel gives the client up: longer than a session
/// lets frames wait (30 s from the moment at which the kernel takes no more, seen at a tick of a second), so that a
/// client that reads again at the last moment is told 4010.
pub const UNREAD_WITHIN: Duration = Duration::from_secs(40);

/// How much the kernel takes of what the client has no room for yet.
const UNSENT: u32 = 64 * 1024;

/// Lets the kernel hold little for a client that reads slowly, on each connection that this listener accepts from now
/// on. Left to itself it takes some MiB before a session feels anything; what waits is then neither bounded by the
/// contract's 512 KiB nor can be given up. What is under way to the client does not count, so a long line is no
/// slower. Accepted sockets inherit the option from the listener (`TCP_NOTSENT_LOWAT`, tcp(7)).
///
/// # Errors
/// When the option cannot be set.
pub fn limit_unsent(listener: &TcpListener) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return socket2::SockRef::from(listener).set_tcp_notsent_lowat(UNSENT);
    #[cfg(not(target_os = "linux"))]
    {
        let (_, _) = (listener, UNSENT);
        Ok(())
    }
}

/// Lets the kernel end each connection that this listener accepts from now on, once what was written to it
/// has made no way for so long: whether the client is gone or merely keeps its window shut. actix offers no
/// way to end a response that cannot be written, so without this such a socket would stay for good.
/// Accepted sockets inherit the option from the listener (`TCP_USER_TIMEOUT`, RFC 5482), below TLS too.
/// Other systems than Linux do not have it; there, the limit of connections per person bounds the harm.
///
/// # Errors
/// When the option cannot be set.
pub fn give_up_unread(listener: &TcpListener, within: Duration) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return socket2::SockRef::from(listener).set_tcp_user_timeout(Some(within));
    #[cfg(not(target_os = "linux"))]
    {
        let (_, _) = (listener, within);
        Ok(())
    }
}

#[cfg(all(test, target_os = "linux"))]
#[expect(clippy::unwrap_used, reason = "what cannot be done fails the test")]
mod tests {
    use std::{io::Write, net::TcpStream};

    use super::*;

    /// What the kernel takes for a client that reads nothing.
    fn taken(listener: &TcpListener) -> usize {
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        accepted.set_nonblocking(true).unwrap();
        let mut taken = 0;
        while let Ok(more) = accepted.write(&[0; 4096]) {
            taken += more;
        }
        taken
    }

    #[test]
    fn the_kernel_takes_little_for_a_client_that_reads_nothing() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let bounded = TcpListener::bind("127.0.0.1:0").unwrap();
        limit_unsent(&bounded).unwrap();
        let (free, bounded) = (taken(&free), taken(&bounded));
        assert!(bounded < 512 * 1024 && bounded < free / 2, "{bounded} bytes, {free} without the bound");
    }
}
