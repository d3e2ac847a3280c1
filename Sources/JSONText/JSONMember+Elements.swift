/// What stands in an array.
extension JSONMember {
    /// The elements of the member's array, each under the member's own key, so that errors name it. They look into the
    /// input as the member does.
    package func elements(atMost maximum: Int) throws(JSONMemberError) -> [JSONMember] {
        let allowed = "an array of at most \(maximum) elements"
        guard kind == .array else {
            throw JSONMemberError(key: key, found: kind.description, allowed: allowed)
        }
        do throws(JSONError) {
            let (elements, isWhole) = try readElements(atMost: maximum)
            if isWhole { return elements }
        } catch {
            throw JSONMemberError(key: key, found: "\(error)", allowed: allowed)
        }
        throw JSONMemberError(key: key, found: "a longer one", allowed: allowed)
    }

    private func readElements(atMost maximum: Int) throws(JSONError) -> ([JSONMember], isWhole: Bool) {
        var scanner = try JSONScanner(value)
        var elements: [JSONMember] = []
        try scanner.expect("[", "'['")
        scanner.skipSpace()
        if scanner.skip("]") { return (elements, true) }
        repeat {
            guard elements.count < maximum else { return (elements, false) }
            scanner.skipSpace()
            let start = scanner.offset
            let kind = try scanner.skipValue()
            let element = UnsafeRawBufferPointer(rebasing: value[start..<scanner.offset])
            elements.append(JSONMember(key: key, kind: kind, value: element))
            scanner.skipSpace()
        } while scanner.skip(",")
        try scanner.expect("]", "',' or ']'")
        return (elements, true)
    }
}
