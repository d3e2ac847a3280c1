import Testing

@testable import GatewayClient

@Suite struct StreamNoticeTests {
    @Test func `a gap and an end are told in one line`() {
        let gap = ServerSentEvent(
            event: "stream-gap", data: #"{"channel":"b","asked":"k:3","have_from":41,"epoch":"k","reason":"trimmed"}"#,
            lastEventID: "")
        #expect(StreamNotice(gap).gap == "gap: messages after k:3 are missing (trimmed); going on from k:41")
        let end = ServerSentEvent(event: "stream-end", data: #"{"channel":"b","reason":"closed"}"#, lastEventID: "")
        #expect(StreamNotice(end).end == "the channel has ended: closed")
    }
}
