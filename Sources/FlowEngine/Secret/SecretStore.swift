// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Sodium

/// The secrets of a user, encrypted in one file. The key lies beside it in a file that only the user may read, or comes
/// from `FLOW_SECRET_KEY`.
public struct SecretStore: Sendable {
    /// Why secrets cannot be read or kept.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        /// What was being done, and why it failed. No secret is in it.
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// The variable that holds the key as 64 hexadecimal digits, where there is no file for it.
    public static let keyVariable = "FLOW_SECRET_KEY"
    /// The longest value.
    public static let largestValue = 64 << 10
    private static let most = 1000
    private static let header = Array("flow secrets 1\n".utf8)

    private let folder: String
    private let environment: [String: String]

    private var boxFile: String { FilePath.join(folder, "secrets.box") }
    private var keyFile: String { FilePath.join(folder, "secrets.key") }

    /// The store of a user; nothing is read yet.
    public init(environment: [String: String]) {
        folder = FlowHome.path(environment)
        self.environment = environment
    }

    /// Whether a text can be the name of a secret: a letter or `_`, then letters, digits and `_`; at most 64.
    public static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
            default: false
            }
        }
    }

    /// The names, in alphabetical order.
    public func names() throws(Fault) -> [String] { try read(from: box()).keys.sorted() }

    /// The value of a name; nil when there is none.
    public func value(_ name: String) throws(Fault) -> String? { try read(from: box())[name] }

    /// Keeps a value under a name.
    public func set(_ name: String, to value: String) throws(Fault) {
        guard Self.isName(name) else {
            throw Fault("`\(name)` is not a name: letters, digits and `_`, at most 64")
        }
        guard !value.isEmpty else { throw Fault("a secret cannot be empty") }
        guard value.utf8.count <= Self.largestValue else {
            throw Fault("a secret has at most \(ByteCount(Int64(Self.largestValue)).description)")
        }
        try change { (secrets: inout [String: String]) throws(Fault) in
            secrets[name] = value
            if secrets.count > Self.most { throw Fault("there are \(Self.most) secrets already") }
        }
    }

    /// Forgets a name; false when there is none.
    @discardableResult
    public func remove(_ name: String) throws(Fault) -> Bool {
        guard try names().contains(name) else { return false }
        try change { (secrets: inout [String: String]) throws(Fault) in secrets[name] = nil }
        return true
    }

    // MARK: The file

    private func change(_ body: (inout [String: String]) throws(Fault) -> Void) throws(Fault) {
        let box = try box()
        let lock: FileLock?
        do {
            try File.createDirectory(folder)
            lock = try FileLock(FilePath.join(folder, "secrets.lock"))
        } catch {
            throw Fault("the folder of the secrets cannot be written: \(error.description)")
        }
        guard let lock else { throw Fault("another process is just writing the secrets") }
        defer { lock.release() }
        var secrets = try read(from: box)
        try body(&secrets)
        let object = JSONObject(
            secrets.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: .string($0.value)) })
        let sealed = box.seal(JSONValue.object(object).jsonBytes(), key: try key(makes: box))
        do {
            try File.writeDurably(Self.header + sealed, to: boxFile, mode: 0o600)
        } catch {
            throw Fault("the secrets cannot be written: \(error.description)")
        }
    }

    private func box() throws(Fault) -> SecretBox {
        do { return try SecretBox() } catch {
            throw Fault("secrets cannot be kept: \(error.description) (Debian: libsodium23)")
        }
    }

    private func read(from box: SecretBox) throws(Fault) -> [String: String] {
        guard File.exists(boxFile) else { return [:] }
        let bytes: [UInt8]
        do {
            bytes = try File.read(boxFile, limit: 128 << 20)
        } catch {
            throw Fault("the secrets cannot be read: \(error.description)")
        }
        guard bytes.starts(with: Self.header) else {
            throw Fault("\(boxFile) is not a file of secrets that this version of flow knows")
        }
        let sealed = Array(bytes.dropFirst(Self.header.count))
        guard let text = box.open(sealed, key: try key(makes: nil)),
            case .object(let object)? = try? JSONValue.parse(text)
        else {
            throw Fault("the secrets in \(boxFile) cannot be opened: the key is another one, or the file was changed")
        }
        return Dictionary(
            object.compactMap { member in member.value.stringValue.map { (member.key, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The key, which is made by the first who keeps a secret.
    private func key(makes box: SecretBox?) throws(Fault) -> [UInt8] {
        if let text = environment[Self.keyVariable], !text.isEmpty {
            guard let key = Digest(hex: text)?.bytes else {
                throw Fault("\(Self.keyVariable) is a key of 64 hexadecimal digits")
            }
            return key
        }
        do {
            if File.exists(keyFile) {
                let status = try File.status(of: keyFile)
                guard status.permissions & 0o077 == 0 else {
                    throw Fault("others may read the key \(keyFile): run `chmod 600 \(keyFile)`")
                }
                let key = try File.read(keyFile, limit: 1024)
                guard key.count == SecretBox.keyBytes else { throw Fault("the key \(keyFile) is damaged") }
                return key
            }
            guard let box else {
                throw Fault("the key \(keyFile) is missing; without it the secrets cannot be opened")
            }
            // A new key would make what is there unreadable.
            guard !File.exists(boxFile) else {
                throw Fault("the key \(keyFile) is missing; remove \(boxFile) to begin anew")
            }
            let key = box.randomBytes(SecretBox.keyBytes)
            try File.writeDurably(key, to: keyFile, mode: 0o600)
            return key
        } catch let error as Fault {
            throw error
        } catch {
            throw Fault("the key \(keyFile) cannot be read or written: \(error)")
        }
    }
}
