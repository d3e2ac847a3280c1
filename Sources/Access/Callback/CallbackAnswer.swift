import JSONText

/// What the application's answer comes to.
enum CallbackAnswer: Sendable {
    /// - `seconds`: how long the answer holds, if the application says it.
    case allowed(seconds: UInt64?)
    /// 401: it does not know who that is.
    case unknown
    /// 403
    case refused
    /// Anything else; nobody may then.
    case failed(String)

    /// The longest time that an answer is kept, in seconds.
    private static let longest: UInt64 = 3600

    init(_ answer: AccessHTTP.Answer) {
        switch answer.status {
        case 200..<300: self = .allowed(seconds: Self.seconds(answer.body))
        case 401: self = .unknown
        case 403: self = .refused
        default: self = .failed("status \(answer.status)")
        }
    }

    func result(_ action: AccessAction, _ identity: Identity) -> Result<Void, AccessRefusal> {
        switch self {
        case .allowed: .success(())
        case .unknown: .failure(.lacking(action, identity))
        case .refused: .failure(.forbidden(detail: "The application does not allow to \(action.rawValue) here."))
        case .failed: .failure(.withoutApplication)
        }
    }

    /// `expires_in` of a body that is a JSON object, other bodies say nothing. What is no number of seconds is 0.
    private static func seconds(_ body: [UInt8]) -> UInt64? {
        body.withUnsafeBytes { bytes in
            guard let member = (try? JSONObject(bytes))?["expires_in"] else { return nil }
            return min((try? member.integer()) ?? 0, longest)
        }
    }
}
