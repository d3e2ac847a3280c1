/// IPv4 addresses as text, byte for byte: it is asked with each publication.
package enum IPv4Text {
    /// Whether it is written as one: four numbers of up to three digits.
    package static func isAddress(_ host: Substring.UTF8View) -> Bool {
        var (parts, digits) = (1, 0)
        for byte in host {
            switch byte {
            case 0x30...0x39 where digits < 3: digits += 1
            case UInt8(ascii: ".") where digits > 0: (parts, digits) = (parts + 1, 0)
            default: return false
            }
        }
        return parts == 4 && digits > 0
    }
}
