import Testing

@testable import Gateway

@Suite struct AcceptEncodingTests {
    @Test(arguments: [
        "gzip", "gzip, deflate, br", "GZIP", "x-gzip", "*", "gzip;q=0.5", "deflate, gzip;q=1.0, *;q=0.5",
        "gzip ; q=0.001", "br;q=1, gzip;q=0.1", "identity;q=0.5, gzip;q=0.5", ",gzip", "*;q=0, gzip",
    ])
    func `gzip is for those who ask for it`(header: String) {
        #expect(AcceptEncoding.prefersGzip(header))
    }

    @Test(arguments: [
        nil, "", "identity", "br, deflate", "gzip;q=0", "gzip;q=0.000", "*;q=0", "identity, gzip;q=0.5",
        "gzip;q=2", "gzip;q=x", "gzip;level=9", "gzipped", "gzip;q=0, *", "gzip;q=nan",
    ])
    func `and for nobody else`(header: String?) {
        #expect(!AcceptEncoding.prefersGzip(header))
    }
}
