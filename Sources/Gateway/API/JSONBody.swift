import HTTPTypes
import JSONText

/// A message's data that is said to be JSON.
enum JSONBody {
    /// - Throws: ``Problem`` when it is not one valid JSON value.
    static func validate(_ data: String) throws(Problem) {
        var data = data
        do {
            try data.withUTF8 { try JSONScanner.validate(UnsafeRawBufferPointer($0)) }
        } catch let error as JSONError {
            throw Problem.invalidJSON(error)
        } catch {
            throw Problem(.badRequest, "invalid_json", "\(error)")
        }
    }
}
