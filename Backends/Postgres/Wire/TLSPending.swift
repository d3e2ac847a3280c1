import CLibpq
import Glibc

/// Whether the TLS library holds bytes that libpq has not read: poll(2) does not see them, and libpq's next read would
/// come with the server's next bytes only.
enum TLSPending {
    private typealias Pending = @convention(c) (UnsafeMutableRawPointer) -> Int32

    /// OpenSSL's `SSL_pending`, of the library that libpq is linked with.
    private static let pending: Pending? = dlsym(nil, "SSL_pending").map { unsafeBitCast($0, to: Pending.self) }

    static func isAny(_ connection: OpaquePointer) -> Bool {
        guard let pending, let tls = PQsslStruct(connection, "OpenSSL") else { return false }
        return pending(tls) > 0
    }
}
