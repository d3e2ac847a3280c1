/// First in, first out, in constant time each.
package struct FIFO<Element> {
    private var elements: [Element] = []
    private var head = 0

    /// An empty one.
    package init() {}

    /// How many wait.
    package var count: Int { elements.count - head }
    /// Whether none waits.
    package var isEmpty: Bool { head == elements.count }
    /// The one that waits longest.
    package var first: Element? { isEmpty ? nil : elements[head] }

    /// Puts one behind the others.
    package mutating func append(_ element: Element) { elements.append(element) }

    /// Takes the one that waits longest.
    package mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        defer { compact() }
        head += 1
        return elements[head - 1]
    }

    /// Takes all.
    package mutating func removeAll() { (elements, head) = ([], 0) }

    /// Gives back what was taken once it is half of what is held.
    private mutating func compact() {
        guard head * 2 >= elements.count else { return }
        elements.removeFirst(head)
        head = 0
    }
}
