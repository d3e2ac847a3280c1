import BrokerCore
import Testing

@testable import PostgresBroker

@Suite struct AppendAnswerTests {
    @Test func `Each line of an answer is what became of one publication`() throws {
        let text = """
            k3f9 1
            duplicate k3f9 1
            closed 7
            fenced 3
            conflict 0
            toolarge 70000 65536
            expectwithoutkey
            busy
            0a 9007199254740991
            """
        let epoch = try #require(Epoch("k3f9"))
        let first = Position(epoch: epoch, offset: 1)
        #expect(
            Functions.answers(text, count: 9) == [
                .settled(.success(Receipt(position: first))),
                .settled(.success(Receipt(position: first, duplicate: true))),
                .settled(.failure(.closed(top: 7))),
                .settled(.failure(.fenced(highest: 3))),
                .settled(.failure(.conflict(current: 0))),
                .settled(.failure(.tooLarge(bytes: 70_000, limit: 65_536))),
                .settled(.failure(.expectWithoutKey)),
                .busy,
                .settled(
                    .success(
                        Receipt(
                            position: Position(
                                epoch: try #require(Epoch("0a")), offset: Position.maximumOffset)))),
            ])
    }

    @Test(arguments: [
        "", "k3f9", "k3f9 0", "k3f9 -1", "k3f9 x", "k3f9 9007199254740992", "k-9 1", "busy 1", "closed x",
        "toolarge 1", "duplicate 1", "k3f9 1 2", "conflict 18446744073709551616", "k3f9 1\nk3f9 2",
    ])
    func `What is no answer is not taken for one`(_ text: String) {
        #expect(Functions.answers(text, count: 1) == nil)
    }
}
