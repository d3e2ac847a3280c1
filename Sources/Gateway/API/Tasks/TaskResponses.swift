import HTTPTypes
import Hummingbird
import NIOCore
import Tasks

extension Response {
    /// A task as it is.
    /// - Parameter location: say where the task is found.
    static func task(
        _ snapshot: TaskSnapshot, status: HTTPResponse.Status = .ok, location: Bool = false
    ) -> Response {
        var headers = jsonHeaders
        headers[.eTag] = snapshot.position.map(ETagCondition.tag)
        if location { headers[.location] = TaskPath.location(of: snapshot.id) }
        var bytes: [UInt8] = []
        snapshot.write(json: &bytes)
        bytes.append(0x0A)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The reader has the task as it is.
    static func notModified(_ snapshot: TaskSnapshot) -> Response {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.eTag] = snapshot.position.map(ETagCondition.tag)
        return Response(status: .notModified, headers: headers)
    }
}
