import BrokerCore
import Testing

@testable import Gateway

@Suite struct BrokerReasonTests {
    @Test(arguments: [
        "127.0.0.1:6379: connection refused", "redis.internal:6379 does not answer", "[fd00::1]:6379 is gone",
        "connection to server at \"db.internal\" (10.1.2.3), port 5432 failed: refused", "no route to 10.1.2.3",
    ])
    func `clients are not told where the broker stands`(reason: String) {
        let detail = Problem(BrokerError.unavailable(reason: reason)).detail
        for part in ["127.0.0.1", "internal", "fd00", "10.1.2.3", "6379", "5432"] { #expect(!detail.contains(part)) }
    }

    @Test(arguments: [
        "the memory broker is full: it holds 1048000 of at most 1048576 bytes",
        "it has not answered a ping within 3.0 seconds",
        "Redis answered OOM command not allowed when used memory > 'maxmemory'",
        "the key of channel build:42 does not hold what Telltale writes",
    ])
    func `and the rest they are`(reason: String) {
        #expect(Problem(BrokerError.unavailable(reason: reason)).detail == "the broker is not available: \(reason)")
    }
}
