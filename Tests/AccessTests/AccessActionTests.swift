import Access
import Testing

@Suite struct AccessActionTests {
    @Test func `the claims are named as the actions`() {
        #expect(AccessAction.allCases.map(\.rawValue) == ["subscribe", "publish", "cancel"])
    }
}
