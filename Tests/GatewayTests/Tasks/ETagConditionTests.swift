import BrokerCore
import Testing

@testable import Gateway

@Suite struct ETagConditionTests {
    private let position: Position

    init() throws {
        position = try Position("k3f9:117")
    }

    @Test(arguments: [
        #""k3f9:117""#, #"W/"k3f9:117""#, "*", #""a:1", "k3f9:117""#, #" "k3f9:117" "#, #""a:1",W/"k3f9:117""#,
    ])
    func `a reader that has the tag has the snapshot`(header: String) {
        #expect(ETagCondition(header).matches(position))
    }

    @Test(arguments: [nil, "", "k3f9:117", #""k3f9:118""#, #""k3f9:11""#, #""k4f9:117""#])
    func `another tag is another snapshot`(header: String?) {
        #expect(!ETagCondition(header).matches(position))
    }

    @Test func `what has no position matches nothing`() {
        #expect(!ETagCondition("*").matches(nil))
    }

    @Test func `without the header nothing is known`() {
        #expect(ETagCondition(nil).isEmpty)
        #expect(!ETagCondition(#""a:1""#).isEmpty)
    }
}
