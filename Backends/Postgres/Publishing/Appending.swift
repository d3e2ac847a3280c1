import BrokerCore
import BrokerSupport

/// Carries calls to the server: over the prompt links, or the patient ones.
struct Appending: Sendable {
    /// Bytes a second that any network between us and the server carries: a large call is given the time that it takes.
    private static let slowestNetwork = 4 << 20

    let functions: Functions
    let links: BrokerLinks
    /// How long the server may be silent.
    let timeout: Duration
    let faults: FaultLog

    func send(_ call: PublishCall, _ completion: @escaping @Sendable (PublishOutcome) -> Void) {
        let query = functions.append(call.publications, patience: call.patience)
        let pool = call.isPatient ? links.patient : links.prompt
        let transfer = Duration.seconds(1) * call.bytes / Self.slowestNetwork
        pool.submit(query, timeout: timeout + call.patience + transfer) { completion(outcome(of: $0, call)) }
    }

    private func outcome(of result: Result<Rows, PostgresError>, _ call: PublishCall) -> PublishOutcome {
        switch result {
        case .success(let rows):
            if let answers = Functions.answers(rows, count: call.count) { return .answered(answers) }
            return .failed(.unavailable(reason: "the function append answered what Telltale does not write"))
        case .failure(let error):
            guard error.refusal == .request else { return .failed(BrokerError(error)) }
            if call.count == 1 { faults.note(error.words, on: call.parts[0].channel) }
            return .rolledBack(BrokerError(error))
        }
    }
}
