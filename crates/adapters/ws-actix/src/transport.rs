//! What only the kernel can do about a client that does not read.

use std::{io, net::TcpListener, time::Duration};

/// How long what was written may stay unread before the kernel gives the client up: as long as a session
/// lets frames wait.
pub const UNREAD_WITHIN: Duration = Duration::from_secs(30);

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
