//! Sockets that send at once.

/// Has this process's sockets that lead to `port` of a server send what there is at once, instead of waiting until the server has
/// confirmed what came before (Nagle's algorithm, RFC 896): a long statement over TLS is sent in pieces, and the last one would wait 40
/// milliseconds on Linux. sqlx does so from the release behind 0.9.0 on (its pull request 4336); it does not hand its sockets out, so they
/// are found among the open files. Elsewhere than on Linux, and where a sandbox forbids `pidfd_getfd`, as that of Docker does unless told otherwise, nothing changes.
pub fn send_at_once(port: u16) {
    #[cfg(target_os = "linux")]
    linux::send_at_once(port);
    #[cfg(not(target_os = "linux"))]
    let _ = port;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{read_dir, read_link};
    use std::net::SocketAddr;
    use std::os::fd::{OwnedFd, RawFd};

    use rustix::net::getpeername;
    use rustix::net::sockopt::set_tcp_nodelay;
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    pub(super) fn send_at_once(port: u16) {
        let Ok(this) = pidfd_open(getpid(), PidfdFlags::empty()) else { return };
        let Ok(files) = read_dir("/proc/self/fd") else { return };
        let is_socket = |link: std::path::PathBuf| link.to_string_lossy().starts_with("socket:");
        for file in files.flatten().filter(|file| read_link(file.path()).is_ok_and(is_socket)) {
            let Some(number) = file.file_name().to_str().and_then(|name| name.parse::<RawFd>().ok()) else { continue };
            // A file of its own, of the same socket: the number may be another file's by now.
            let socket = pidfd_getfd(&this, number, PidfdGetfdFlags::empty());
            if let Some(socket) = socket.ok().filter(|socket| leads_to(socket, port)) {
                // If it stays as it was, it is only slower.
                let _ = set_tcp_nodelay(&socket, true);
            }
        }
    }

    fn leads_to(socket: &OwnedFd, port: u16) -> bool {
        let peer = getpeername(socket).ok().flatten();
        peer.and_then(|peer| SocketAddr::try_from(peer).ok()).is_some_and(|peer| peer.port() == port)
    }
}
