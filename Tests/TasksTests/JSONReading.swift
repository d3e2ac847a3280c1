import JSONText
import Tasks

/// Reads a request's body as the gateway does.
func read<Value>(_ json: String, _ body: (JSONObject) throws -> Value) throws -> Value {
    var text = json
    return try text.withUTF8 { try body(try JSONObject(UnsafeRawBufferPointer($0))) }
}

func change(_ json: String) throws -> TaskChange { try read(json) { try TaskChange($0) } }

/// The code with which a change is refused; `nil` if it is not.
func refusal(of json: String) -> String? {
    do { _ = try change(json) } catch { return (error as? TaskError)?.code ?? "\(error)" }
    return nil
}
