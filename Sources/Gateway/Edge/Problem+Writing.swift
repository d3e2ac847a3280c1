import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

extension Channel {
    /// Answers a request with a problem, by the handlers of HTTP/1.1 or HTTP/2.
    func write(_ problem: Problem) {
        write(HTTPResponsePart.head(problem.response().head), promise: nil)
        write(HTTPResponsePart.body(problem.document), promise: nil)
        writeAndFlush(HTTPResponsePart.end(nil), promise: nil)
    }
}

extension ByteBuffer {
    /// The whole answer of HTTP/1.1 to a peer that is let go with it.
    init(refusal problem: Problem) {
        self.init()
        writeAnswer(problem.status, problem.fields, problem.document, closes: true)
    }
}
