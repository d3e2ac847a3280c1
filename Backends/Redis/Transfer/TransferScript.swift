import BrokerCore
import Crypto

/// One of the scripts that copying runs, under the name by which a server keeps it until it is restarted.
struct TransferScript: Sendable {
    let text: String
    let digest: String

    static let export = TransferScript(PackageResources.export_lua)
    static let restore = TransferScript(PackageResources.restore_lua)
    static let registryExport = TransferScript(PackageResources.registry_export_lua)
    static let registryImport = TransferScript(PackageResources.registry_import_lua)
    /// What a server has to have.
    static let all = [export, restore, registryExport, registryImport]

    private init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        digest = Insecure.SHA1.hash(data: bytes).hexadecimal
    }

    var load: Command { Command("SCRIPT", "LOAD", text) }

    func command(keys: [String], _ arguments: [String]) -> Command {
        Command(["EVALSHA", digest, String(keys.count)] + keys + arguments)
    }
}

extension Library {
    /// Where a channel is written before it is whole: in the slot of its key, and no key of a channel. The token keeps two
    /// copies that run at once apart.
    func stagingKey(of channel: ChannelName, token: Epoch) -> String { "\(key(of: channel))~copy-\(token)" }
}
