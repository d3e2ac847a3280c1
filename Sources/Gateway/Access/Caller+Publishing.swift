import Access
import BrokerCore

extension Caller {
    /// Publishes what may be published, in order; the others are answered with what is against them. Each message is asked
    /// about as it comes: what an application has said is remembered by who asks it, for as long as that holds.
    func publish(_ publications: [Publication], to broker: any Broker) async -> [Result<Receipt, Problem>] {
        var refusals: [Int: Problem] = [:]
        for (index, publication) in publications.enumerated() {
            do throws(Problem) { try await require(.publish, publication.channel) } catch {
                refusals[index] = error
            }
        }
        let allowed = publications.indices.filter { refusals[$0] == nil }.map { publications[$0] }
        var results: ArraySlice<Result<Receipt, BrokerError>> = []
        if !allowed.isEmpty { results = await broker.publish(allowed)[...] }
        return publications.indices.map { index in
            if let refusal = refusals[index] { return .failure(refusal) }
            return (results.popFirst() ?? .failure(.unavailable(reason: "it did not answer"))).mapError { Problem($0) }
        }
    }
}
