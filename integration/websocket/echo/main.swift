import Foundation
import Glibc

// A WebSocket echo server over the gateway's own codec, for a conformance suite to talk to. It listens on a free port of
// the loopback, prints the port, and serves each connection on a thread of its own until it is killed.

/// A socket that listens on a free port of the loopback; `nil`, with the reason in `errno`, if there is none.
func listenOnLoopback() -> (descriptor: Int32, port: UInt16)? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout.size(ofValue: address))
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let listens = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, size) == 0 && listen(descriptor, SOMAXCONN) == 0
                && getsockname(descriptor, $0, &size) == 0
        }
    }
    return listens ? (descriptor, UInt16(bigEndian: address.sin_port)) : nil
}

signal(SIGPIPE, SIG_IGN)
guard let (listener, port) = listenOnLoopback() else {
    perror("websocket-echo")
    exit(1)
}
print(port)
fflush(nil)
while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
    Thread.detachNewThread { EchoConnection(descriptor: descriptor).run() }
}
perror("websocket-echo")
exit(1)
