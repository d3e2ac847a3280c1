import BrokerCore
import NIOCore

extension ClusterTopology {
    private struct Flight: Sendable {
        let call: Call
        let slot: Int
        let completion: @Sendable (Result<Reply, RedisError>) -> Void
    }

    func send(_ call: Call, completion: @escaping @Sendable (Result<Reply, RedisError>) -> Void) {
        attempt(Flight(call: call, slot: HashSlot.of(call.key ?? ""), completion: completion), Route())
    }

    /// Sends the call to the node that has the slot.
    private func attempt(_ flight: Flight, _ route: Route) {
        guard let node = state.withLock({ $0.node(of: flight.slot) }) else {
            return wait(flight, route, because: "the key's slot is served by no node of the Redis cluster")
        }
        send(flight, route, to: node, asking: false)
    }

    private func send(_ flight: Flight, _ route: Route, to node: ClusterNode, asking: Bool) {
        node.commands.send([flight.call], asking: asking) { answers in
            var route = route
            self.take(route.answered(answers[0], by: node.endpoint), flight, route)
        }
    }

    private func take(_ step: Route.Step, _ flight: Flight, _ route: Route) {
        switch step {
        case .finish(let result):
            if case .failure(.unreachable) = result { requestRefresh() }
            flight.completion(result)
        case .send(let target, let asking):
            let node = state.withLock { state in
                if asking { state.welcome(target) } else { state.learn(flight.slot, is: target) }
                return state.nodes[target]
            }
            requestRefresh()
            // A node that came to be just now is not connected at once; nothing was sent to it, so the call can wait
            // for it.
            guard let node, node.isUp else { return wait(flight, route, because: "\(target) is not connected yet") }
            send(flight, route, to: node, asking: asking)
        case .pause(let pause):
            requestRefresh()
            group.any().scheduleTask(in: TimeAmount(pause)) { self.attempt(flight, route) }
        }
    }

    private func wait(_ flight: Flight, _ route: Route, because reason: String) {
        var route = route
        take(route.wait(because: reason), flight, route)
    }
}
