import Testing

@testable import Gateway

@Suite struct PermessageDeflateTests {
    private static let accepted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    @Test(arguments: [
        ("permessage-deflate", ""),
        ("permessage-deflate; client_max_window_bits", ""),
        ("permessage-deflate; client_max_window_bits=8", ""),
        ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", ""),
        ("permessage-deflate; server_max_window_bits=10", "; server_max_window_bits=10"),
        ("permessage-deflate;server_max_window_bits=\"9\"", "; server_max_window_bits=9"),
        ("Permessage-Deflate ; Server_Max_Window_Bits = 15", "; server_max_window_bits=15"),
        ("x-other, permessage-deflate", ""),
        (", ,permessage-deflate", ""),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", ""),
        ("permessage-deflate; other, permessage-deflate; server_max_window_bits=12", "; server_max_window_bits=12"),
    ])
    func `the first offer that can be is accepted, and neither side keeps a context`(header: String, limit: String) {
        #expect(PermessageDeflate(accepting: header)?.response == Self.accepted + limit)
    }

    @Test(arguments: [
        nil, "", "x-webkit-deflate-frame", "permessage-deflate; unknown", "permessage-deflate; unknown=1",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=1e1", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=", "permessage-deflate; client_max_window_bits=\"10",
        "permessage-deflate;", "permessage deflate", "permessage-deflate, ;", "permessage-deflate; =1",
    ])
    func `an offer that can't be accepted is declined`(header: String?) {
        #expect(PermessageDeflate(accepting: header) == nil)
    }

    @Test(arguments: Int32(9)...15)
    func `a message inflates to what it was, whatever the window`(bits: Int32) throws {
        let deflate = try #require(PermessageDeflate(accepting: "permessage-deflate; server_max_window_bits=\(bits)"))
        let message = Samples.text(bytes: 40_000)
        let (header, payload) = frame(message, deflate)
        #expect(header & 0xF0 == 0xC0, "final, and RSV1")
        #expect(payload.count < message.count / 2)
        #expect(Samples.inflated(payload + [0, 0, 0xFF, 0xFF], windowBits: bits) == message)
    }

    @Test(arguments: [0, 1, 125, DeflatedPiece.minimumBytes - 1])
    func `a small message goes as it is`(bytes: Int) throws {
        let deflate = try #require(PermessageDeflate(accepting: "permessage-deflate"))
        let message = Samples.text(bytes: bytes)
        let (header, payload) = frame(message, deflate)
        #expect(header == 0x81)
        #expect(payload == message)
    }

    @Test func `what would not be smaller goes as it is`() throws {
        let deflate = try #require(PermessageDeflate(accepting: "permessage-deflate"))
        let noise = Samples.noise(bytes: 5_000)
        let (header, payload) = frame(noise, deflate)
        #expect(header == 0x81)
        #expect(payload == noise)
    }

    /// The first byte of the message's frame, and its payload.
    private func frame(_ message: [UInt8], _ deflate: PermessageDeflate) -> (UInt8, [UInt8]) {
        var parts: [[UInt8]] = []
        message.withUnsafeBytes { bytes in
            WebSocketEncoder.emitMessage(.text, bytes, deflate) { parts.append(Array($0)) }
        }
        return (parts[0][0], parts[1])
    }
}
