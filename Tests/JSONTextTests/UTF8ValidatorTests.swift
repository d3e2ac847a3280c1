import JSONText
import Testing

@Suite struct UTF8ValidatorTests {
    private func firstInvalid(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { UTF8Validator.firstInvalid(in: $0) }
    }

    @Test("Every Unicode scalar is valid, and no part of one")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(Character(scalar).utf8)
            #expect(firstInvalid(bytes) == nil)
            if bytes.count > 1 { #expect(firstInvalid(bytes.dropLast()) == bytes.count - 1) }
        }
    }

    @Test("Two and three bytes by themselves are judged as the standard library judges them")
    func shortSequences() {
        for pair in 0...UInt16.max {
            for tail in [[], [0x80], [0xBF, 0x80]] as [[UInt8]] {
                let bytes = [UInt8(pair >> 8), UInt8(pair & 0xFF)] + tail
                #expect((firstInvalid(bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
            }
        }
    }

    @Test("The first wrong byte is named wherever it stands in a long text", arguments: 0..<40)
    func offsets(_ index: Int) {
        var bytes = [UInt8](repeating: 0x61, count: 40)
        bytes[index] = 0xFF
        #expect(firstInvalid(bytes) == index)
        bytes[index] = 0xC3
        #expect(firstInvalid(bytes) == index + 1)
    }
}
