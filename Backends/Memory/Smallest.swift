import HeapModule

/// The `count` smallest elements, in order: O(n log count), where sorting all would be O(n log n).
func smallest<Element: Comparable>(_ count: Int, of elements: some Sequence<Element>) -> [Element] {
    guard count > 0 else { return [] }
    var kept = Heap<Element>()
    for element in elements {
        if kept.count < count {
            kept.insert(element)
        } else if let largest = kept.max, element < largest {
            kept.replaceMax(with: element)
        }
    }
    return kept.unordered.sorted()
}
