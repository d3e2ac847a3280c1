import JWTKit

@testable import Access

/// Keys of nobody, for tests alone.
enum TestKeys {
    static let secret = "a-secret-of-at-least-thirty-two-bytes"
    static let es256 = ES256PrivateKey()
    static func edDSA() throws -> EdDSA.PrivateKey { try EdDSA.PrivateKey(pem: edDSAPEM) }

    static let edDSAPEM = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEICE1QwjgnMZkIe2X6OsXDPQM1kOttxcYnqsTQWcSxfDE
        -----END PRIVATE KEY-----
        """

    static let rsaPEM = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCqfZUx2miuMrU9
        ZjaTsHASxM+isUE8cmw7uNdbK0ZL1bTHHMfmIoZBuO/XkUCwiEkEDRao9P2JFLoo
        DyLjQNulc/5N/gHyV9s8PtedgnjRiUhb1K5BFRN53kKfcNV47fpJa5ZHZUKqvrJ7
        aOlCyxVImCBL6p0Mgtoct1a6AcB8Si0pxsArkwDgWPJxr6w9pL6VTlgjd7Z+bp5p
        fIZxz7a+MQ5YBIlNVtlIzIyJdgZW368ZGMPi0mmjRG3zjQ0OwFpf1GsUVEIxNgrh
        7/l/1kShht+InK6gmsPVeN8NyhdUWyS65pwjLnZu9NTe3EuDnZxR66MnqiZ66sQ6
        Ufy4ApmpAgMBAAECggEAQALSp1sXfn/vaFQeHalbCtD2HGFs2uMjG/E0ejhvNj3Q
        mAmITDGeMsLa2hbhMOaac3jujxUctAEiO7QjJyvMy/wW+PVria/O0nnNvoekERf4
        IPJjUnA1VcZLQU29+J9xH2vTio7MTws2O/uRyNAy94SWa6p0uKPQfIOhfkj2GjOp
        pWx3vRX2P1fBPesxst90LMZWqVaSEV9UOXXoeZ41XJII4Vaes9uSQY/Y9M4QfkP1
        P1C+BguAT0HuseQRo4gwc8EvklxWmilKjK0AOH0L9YOsTUFy5dd9ek7l2DodN1iA
        tyWi/EBr9nOXBsu2WVoystBCl75BLpK+t8WspbmIeQKBgQDokO2WKhy03dTXsGnx
        IGZzLGLR448443KvFhn7Werv1oovt8CHsO31cARNqQUq2WK/DNcCE2NPDDeBQlKU
        2sr+elfw8uvtF+8OrcVWT/h7eooC6dDFscJzGjSK/wZAGMPDvfkXe5xprK/JzUAG
        sz0nhBfmoTc2xGRbXSG4YiNkSwKBgQC7q2hk0EZ3Zs9sU1GYbTzjuLaNo8tS+HWq
        XCoc5kJ3A9+pArE/XSvr7eaz+htyuAQccFKDq2ugEKZHj/go2H0Rh4rMyMmZd+my
        ILyTMOTAcuDLNxemMELWl06Qc48ehsCj7kZ91KrfGOCBNlQoS8hu16jGM2qf1/F+
        n60cNAP5WwKBgH1NSJT1j43rTzf+trXRzSEUsxF+17XA5hNrhwgjxC8AmmdnS3ZQ
        X4Uzmz30aPJTOZ7R3i4iIAmA/Y7JGxFUaLZ/WE5bs72Efaqc+YutfqWYui8jpvY8
        9hVp8xFIoid6sE8QVdrPINDW18eUrIBvpe1agD4kckkxuxh2rypWxdbNAoGAHHmt
        pV5U0tkur+kUgGRS0Nq+GE+6EiTQ9cB2Q1xMyXI1BZf6/PpOJ8Y5MyXH9Ggnd4kz
        e/cOpYLhOAqIROpUT8yZKulsbXTcaMK+2jaY/vpvUWZSmEzKV3Ut3o0qMh+QK0+E
        MqOKKb/EkNaFfnfBOdBPM4Opsgc6BVSFF7psv/ECgYEA6ATileq/W8f/iozgNZ9+
        ie4lLLvt6ec15M16b6a/RQtM9SM61mi9UykQ6Tb4gEoIitZnNMbSi2c+LmB5r5aO
        hk9rA2ohDWdWhOLXXjpf68pRaz15YleiEnmxO8X60leK92lEejQ/k/iTOTOQ9I6d
        v+11+nkxcOFFhGtcwPSwO9s=
        -----END PRIVATE KEY-----
        """

    static let rsaPublicPEM = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqn2VMdporjK1PWY2k7Bw
        EsTPorFBPHJsO7jXWytGS9W0xxzH5iKGQbjv15FAsIhJBA0WqPT9iRS6KA8i40Db
        pXP+Tf4B8lfbPD7XnYJ40YlIW9SuQRUTed5Cn3DVeO36SWuWR2VCqr6ye2jpQssV
        SJggS+qdDILaHLdWugHAfEotKcbAK5MA4Fjyca+sPaS+lU5YI3e2fm6eaXyGcc+2
        vjEOWASJTVbZSMyMiXYGVt+vGRjD4tJpo0Rt840NDsBaX9RrFFRCMTYK4e/5f9ZE
        oYbfiJyuoJrD1XjfDcoXVFskuuacIy52bvTU3txLg52cUeujJ6omeurEOlH8uAKZ
        qQIDAQAB
        -----END PUBLIC KEY-----
        """

    static let weakRSAPublicPEM = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCjtIYb7vA0WoSdq7ndj/K3Yz5s
        gA1z/X+THolatoiztJ4jIwo5zh9rmZc2oMUx7RmlPJxuLOeW1QKk/+ad1eXWSVlg
        +AqUXJMJjupWRcBkrul5odSyw8YusMYj6CDhPn0X9vd4fjZ2FUwbpH9Ahxgr6U4C
        7PmlieGcyE6bBXWjKwIDAQAB
        -----END PUBLIC KEY-----
        """

    /// One that signs, of each algorithm.
    static func signing(_ algorithm: KeyAlgorithm, id: String? = nil) async throws -> SigningKey {
        let key =
            switch algorithm {
            case .hs256: await SigningKey(secret: secret, id: id)
            case .rs256: await SigningKey(pem: rsaPEM, id: id)
            case .es256: await SigningKey(pem: es256.pemRepresentation, id: id)
            case .edDSA: await SigningKey(pem: edDSAPEM, id: id)
            }
        guard let key else { throw Missing() }
        return key
    }

    /// The public ones as PEM, one after the other.
    static func publicPEMs() throws -> String {
        [rsaPublicPEM, es256.publicKey.pemRepresentation, try edDSA().publicKey.pemRepresentation]
            .joined(separator: "\n") + "\n"
    }

    /// The public ones as JWKs, each with its algorithm's name for id.
    static func jwks() throws -> [String] {
        let rsa = try Insecure.RSA.PublicKey(pem: rsaPublicPEM).getKeyPrimitives()
        return [
            #"{"kty":"RSA","kid":"RS256","use":"sig","n":"\#(Base64URL.encode(rsa.modulus))","#
                + #""e":"\#(Base64URL.encode(rsa.publicExponent))"}"#,
            jwk(es256.publicKey, id: "ES256"),
            #"{"kty":"OKP","crv":"Ed25519","kid":"EdDSA","x":"\#(Base64URL.encode(try edDSA().publicKey.rawRepresentation))"}"#,
        ]
    }

    static func jwk(_ key: ES256PublicKey, id: String) -> String {
        let (x, y) = key.parameters ?? ("", "")
        return #"{"kty":"EC","crv":"P-256","kid":"\#(id)","alg":"ES256","x":"\#(urlSafe(x))","y":"\#(urlSafe(y))"}"#
    }

    /// A JWK set.
    static func set(_ keys: [String]) -> String { #"{"keys":[\#(keys.joined(separator: ","))]}"# }

    /// JWTKit gives them in plain base64.
    private static func urlSafe(_ text: String) -> String {
        text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    struct Missing: Error {}
}
