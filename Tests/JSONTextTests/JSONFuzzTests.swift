import BrokerConformance
import JSONText
import Testing

@Suite struct JSONFuzzTests {
    private static func randomText(_ random: inout SplitMix64) -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\0", "é", "日", "🦉", "/", "u"]
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            text.append(scalars[Int.random(in: 0..<10, using: &random)])
        }
        return String(text)
    }

    private static func literal(_ text: String) -> String {
        var output: [UInt8] = []
        JSONWriter.appendString(text, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func randomValue(_ random: inout SplitMix64, depth: Int) -> String {
        func list(_ item: (inout SplitMix64) -> String) -> String {
            (0..<Int.random(in: 0...4, using: &random)).map { _ in item(&random) }.joined(separator: ", ")
        }
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return "null"
        case 1: return Bool.random(using: &random) ? "true" : "false"
        case 2: return "\(Int.random(in: -1000...1000, using: &random))"
        case 3: return "\(Int.random(in: -9...9, using: &random)).5e-\(Int.random(in: 0...30, using: &random))"
        case 4, 5: return literal(randomText(&random))
        case 6: return "[" + list { randomValue(&$0, depth: depth - 1) } + "]"
        default:
            return "{ " + list { literal(randomText(&$0)) + " : " + randomValue(&$0, depth: depth - 1) } + "}"
        }
    }

    private static func isValid(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in (try? JSONScanner.validate(bytes)) != nil }
    }

    @Test(
        "Random values are valid, no proper part of an array or object is, and a member keeps them verbatim",
        arguments: 0..<4)
    func values(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let value = Self.randomValue(&random, depth: 4)
            let bytes = Array("[\(value)]".utf8)
            #expect(Self.isValid(bytes))
            #expect(!Self.isValid(Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))))
            let object = Array("{\"data\": \(value) }".utf8)
            #expect(try object.withUnsafeBytes { try JSONObject($0)["data"]?.verbatim } == value)
        }
    }

    @Test(
        "Noise and damaged JSON never crash, an error lies within the input, and both readers agree", arguments: 0..<4)
    func damage(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("{}[]\",:\\u019aetrufalsn.-+eE \n\u{1}é".utf8)
        for round in 0..<3000 {
            var bytes = Array("{\"a\":\(Self.randomValue(&random, depth: 3))}".utf8)
            if round % 2 == 0 {
                bytes = bytes.map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            }
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = alphabet.randomElement(using: &random) ?? 0
            check(bytes)
        }
    }

    private func check(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { input in
            do throws(JSONError) {
                for member in try JSONObject(input).members { _ = try? member.string() }
                #expect(Self.isValid(bytes))
            } catch {
                #expect((0...bytes.count).contains(error.offset))
            }
        }
    }
}
