import BrokerCore
import JSONText
import Testing

@testable import Gateway

@Suite struct PublicationFieldsTests {
    private func read(_ text: String, others: [String] = []) throws -> Publication {
        try Array(text.utf8).withUnsafeBytes { try Publication(try JSONObject($0), others: others) }
    }

    private func code(_ text: String) -> String? {
        do {
            _ = try read(text)
            return nil
        } catch { return (error as? Problem)?.code }
    }

    @Test func `a string is text, and any other value JSON as it was written`() throws {
        #expect(try read(#"{"channel":"a","data":"x\n"}"#) == Publication(channel: ChannelName("a"), data: "x\n"))
        for value in ["1", "null", "true", "[1, 2]", #"{"a" : 1.0}"#] {
            let publication = try read(#"{"channel":"a","data":\#(value)}"#)
            #expect(publication.data == value && publication.format == .json)
        }
    }

    @Test func `every field has its place`() throws {
        let text = #"""
            {"channel":"build:42","data":"x","event":"progress","retain":"p","conflate":true,"expect":7,"fence":0,
             "close":true,"idempotency_key":"k-1"}
            """#
        #expect(
            try read(text)
                == Publication(
                    channel: ChannelName("build:42"), event: EventName("progress"), data: "x",
                    keeping: .conflated(RetainKey("p")), expect: 7, fence: 0, closes: true,
                    idempotencyKey: IdempotencyKey("k-1")))
        #expect(try read(#"{"channel":"a","data":"x","retain":"s"}"#).keeping == .loggedAndRetained(RetainKey("s")))
    }

    @Test func `further keys are allowed only where they are named`() throws {
        let text = #"{"channel":"a","data":"x","type":"publish"}"#
        #expect(code(text) == "invalid_field")
        #expect(try read(text, others: ["type"]).data == "x")
    }

    @Test(arguments: [
        (#"{"data":"x"}"#, "invalid_channel"), (#"{"channel":"","data":"x"}"#, "invalid_channel"),
        (#"{"channel":"a b","data":"x"}"#, "invalid_channel"), (#"{"channel":"a"}"#, "invalid_field"),
        (#"{"channel":1,"data":"x"}"#, "invalid_field"), (#"{"channel":"a","data":"x","conflate":1}"#, "invalid_field"),
        (#"{"channel":"a","data":"x","expect":-1}"#, "invalid_field"),
        (#"{"channel":"a","data":"x","expect":"7"}"#, "invalid_field"),
        (#"{"channel":"a","data":"x","fence":9007199254740992}"#, "invalid_field"),
        (#"{"channel":"a","data":"x","event":"stream-end"}"#, "invalid_event"),
        (#"{"channel":"a","data":"x","event":"a\u0000b"}"#, "invalid_event"),
        (#"{"channel":"a","data":"x","retain":""}"#, "invalid_retain"),
        (#"{"channel":"a","data":"x","conflate":true}"#, "invalid_conflate"),
        (#"{"channel":"a","data":"x","idempotency_key":"a b"}"#, "invalid_idempotency_key"),
        (#"{"channel":"a","data":"\ud800"}"#, "invalid_field"),
    ])
    func `what is wrong is refused with its code`(text: String, expected: String) {
        #expect(code(text) == expected)
    }
}
