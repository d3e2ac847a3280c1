/// First in, first out, in constant time each.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        defer { compact() }
        head += 1
        return elements[head - 1]
    }

    mutating func removeAll() { (elements, head) = ([], 0) }

    /// Gives back what was taken once it is half of what is held.
    private mutating func compact() {
        guard head * 2 >= elements.count else { return }
        elements.removeFirst(head)
        head = 0
    }
}
