/// A file of the page, as the gateway serves it.
struct PageFile: Sendable {
    let path: String
    let type: String
    let content: [UInt8]

    static let all: [PageFile] = []
}
