import Testing

@testable import GatewayConfig

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("histroy", "history", 1), ("Drain", "drain", 0),
    ])
    func distanceCountsEditsAndSwaps(left: String, right: String, distance: Int) {
        #expect(Suggestion.distance(left, right) == distance)
        #expect(Suggestion.distance(right, left) == distance)
    }

    @Test func aNameFarFromAllHasNoSuggestion() {
        #expect(Suggestion.nearest(to: "auth", among: ["listen", "broker", "log"]) == nil)
        #expect(Suggestion.nearest(to: "brokr", among: ["listen", "broker", "log"]) == "broker")
        #expect(Suggestion.nearest(to: "x", among: []) == nil)
    }
}
