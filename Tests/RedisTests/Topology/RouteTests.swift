import Testing

@testable import RedisBroker

@Suite struct RouteTests {
    private let one = Endpoint.host("10.0.0.1", port: 1)
    private let two = Endpoint.host("10.0.0.2", port: 2)

    @Test func `Answers and errors that are no redirections end the way`() {
        var route = Route()
        for answer in [
            .success(.integer(1)), .failure(.refused("OOM command not allowed")),
            .failure(.unreachable(reason: "the connection broke")),
        ] as [Result<Reply, RedisError>] {
            let step = route.answered(answer, by: one)
            #expect(step == .finish(answer))
        }
    }

    @Test func `MOVED is followed without ASKING and ASK with it`() {
        var route = Route()
        let moved = route.answered(.failure(.refused("MOVED 5 10.0.0.2:2")), by: one)
        #expect(moved == .send(to: two, asking: false))
        let asked = route.answered(.failure(.refused("ASK 5 10.0.0.1:1")), by: two)
        #expect(asked == .send(to: one, asking: true))
    }

    @Test func `Nodes that point at one another end the way`() {
        var route = Route()
        for _ in 0..<Route.maximumRedirections {
            guard case .send = route.answered(.failure(.refused("MOVED 5 10.0.0.2:2")), by: one) else {
                Issue.record("a redirection within the bound is not followed")
                return
            }
        }
        guard case .finish(.failure(.unreachable)) = route.answered(.failure(.refused("MOVED 5 10.0.0.2:2")), by: one)
        else {
            Issue.record("a redirection above the bound is followed")
            return
        }
    }

    @Test func `A cluster that is down is waited for, within a bound`() {
        var route = Route()
        for pause in Route.pauses {
            let step = route.answered(.failure(.refused("CLUSTERDOWN The cluster is down")), by: one)
            #expect(step == .pause(pause))
        }
        guard
            case .finish(.failure(.unreachable(let reason))) =
                route.answered(.failure(.refused("CLUSTERDOWN The cluster is down")), by: one)
        else {
            Issue.record("waits without end")
            return
        }
        #expect(reason == "the Redis cluster is down: The cluster is down")
    }

    @Test func `Waiting for a connection has the same bound`() {
        var route = Route()
        let steps = (0...Route.pauses.count).map { _ in route.wait(because: "no") }
        #expect(steps == Route.pauses.map { .pause($0) } + [.finish(.failure(.unreachable(reason: "no")))])
    }
}
