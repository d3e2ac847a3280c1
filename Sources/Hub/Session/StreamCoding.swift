/// How what one reader gets is coded as a whole, from a place of its stream on: compressed, say. It may have a state for each
/// reader, belongs to one session, and lives on its shard's thread.
///
/// What it hands out ends wherever it was called: nothing waits in it for more to come.
package protocol StreamCoding: AnyObject {
    /// What stands before everything.
    func begin() -> SharedBytes

    /// Bytes of this reader's own.
    func encode(_ own: SharedBytes) -> Segment

    /// Messages of a run. What is the same for all readers is shared, in ``EncodedRun/companion(_:)``.
    func encode(_ run: EncodedRun, _ indices: Range<Int>) -> [Segment]

    /// What stands behind everything.
    func end() -> SharedBytes
}
