import BrokerCore
import Testing

@testable import PostgresBroker

@Suite struct RefusalTests {
    @Test(arguments: [
        ("23514", Refusal.request), ("22003", .request), ("40P01", .request), ("XX001", .request),
        ("P0001", .request), ("55P03", .locked), ("53100", .server), ("25006", .server), ("57P01", .server),
        ("42501", .server), ("54000", .server),
    ])
    func `An error is of the server, or of what was asked`(_ sqlState: String, _ refusal: Refusal) {
        #expect(PostgresError.server(ServerError(sqlState: sqlState, message: "")).refusal == refusal)
    }

    @Test(arguments: [
        ("54000", "too many notifications in the NOTIFY queue", "notification queue is full"),
        ("53100", "could not extend file: No space left on device", "the disk of Postgres is full"),
        ("25006", "cannot execute INSERT in a read-only transaction", "read-only"),
        ("42501", "permission denied for table message", "Postgres answered permission denied"),
    ])
    func `The reason says what is wrong with the server`(_ sqlState: String, _ message: String, _ words: String) {
        let error = BrokerError(.server(ServerError(sqlState: sqlState, message: message)))
        guard case .unavailable(let reason) = error else { return #expect(Bool(false), "\(error)") }
        #expect(reason.contains(words), "\(reason)")
    }

    @Test func `Where there is no server there is no refusal, and the reason is told as it is`() {
        let error = PostgresError.unreachable(reason: "gone")
        #expect(error.refusal == nil && !error.isOfStandby)
        #expect(BrokerError(error) == .unavailable(reason: "gone"))
    }
}
