// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowTesting
import Testing

struct SecretStoreTests {
    private static func message(_ body: () throws(SecretStore.Fault) -> Void) -> String {
        do throws(SecretStore.Fault) {
            try body()
            return "no error"
        } catch {
            return error.description
        }
    }

    @Test func whatIsKeptIsFoundAgainAndNotReadable() throws {
        let folder = try TemporaryDirectory()
        let environment = ["FLOW_HOME": folder.path + "/home"]
        let store = SecretStore(environment: environment)
        #expect(try store.names() == [])
        #expect(try store.value("A") == nil)
        try store.set("B", to: "second value")
        try store.set("A", to: "first value")
        try store.set("A", to: "first value, changed")
        #expect(try SecretStore(environment: environment).names() == ["A", "B"])
        #expect(try SecretStore(environment: environment).value("A") == "first value, changed")
        let box = try File.read(folder.path + "/home/secrets.box", limit: 1 << 20)
        #expect(String(decoding: box, as: UTF8.self).contains("value") == false)
        for name in ["secrets.box", "secrets.key"] {
            #expect(try File.status(of: folder.path + "/home/" + name).permissions == 0o600)
        }
        #expect(try store.remove("A"))
        #expect(try !store.remove("A"))
        #expect(try store.names() == ["B"])
    }

    @Test func aKeyOfTheEnvironmentLeavesNoFile() throws {
        let folder = try TemporaryDirectory()
        var environment = ["FLOW_HOME": folder.path, "FLOW_SECRET_KEY": String(repeating: "0f", count: 32)]
        try SecretStore(environment: environment).set("A", to: "x")
        #expect(try SecretStore(environment: environment).value("A") == "x")
        #expect(!File.exists(folder.path + "/secrets.key"))
        environment["FLOW_SECRET_KEY"] = String(repeating: "0e", count: 32)
        #expect(
            Self.message { () throws(SecretStore.Fault) in _ = try SecretStore(environment: environment).names() }
                == "the secrets in \(folder.path)/secrets.box cannot be opened: the key is another one, or the file was "
                + "changed")
        environment["FLOW_SECRET_KEY"] = "secret"
        let message = Self.message { () throws(SecretStore.Fault) in
            _ = try SecretStore(environment: environment).names()
        }
        #expect(message == "FLOW_SECRET_KEY is a key of 64 hexadecimal digits")
    }

    @Test func aChangedFileAndAKeyThatOthersReadAreRefused() throws {
        let folder = try TemporaryDirectory()
        let store = SecretStore(environment: ["FLOW_HOME": folder.path])
        try store.set("A", to: "x")
        let path = folder.path + "/secrets.box"
        var box = try File.read(path, limit: 1 << 20)
        box[box.count - 1] ^= 1
        try File.write(box, to: path)
        #expect(Self.message { () throws(SecretStore.Fault) in _ = try store.value("A") }.contains("was changed"))
        try File.setPermissions(0o644, of: folder.path + "/secrets.key")
        #expect(Self.message { () throws(SecretStore.Fault) in _ = try store.value("A") }.contains("chmod 600"))
        try File.remove(folder.path + "/secrets.key")
        // A new key would make what is there unreadable for good.
        #expect(Self.message { () throws(SecretStore.Fault) in try store.set("B", to: "y") }.contains("is missing"))
    }

    @Test func namesAndValuesHaveTheirBounds() throws {
        let store = SecretStore(environment: ["FLOW_HOME": try TemporaryDirectory().path + "/x"])
        for name in ["", "1A", "A-B", "A B", String(repeating: "A", count: 65)] {
            #expect(!SecretStore.isName(name))
            #expect(
                Self.message { () throws(SecretStore.Fault) in try store.set(name, to: "x") }.contains("not a name"))
        }
        #expect(SecretStore.isName("_a1"))
        #expect(Self.message { () throws(SecretStore.Fault) in try store.set("A", to: "") }.contains("empty"))
        let long = String(repeating: "x", count: SecretStore.largestValue + 1)
        #expect(Self.message { () throws(SecretStore.Fault) in try store.set("A", to: long) }.contains("at most"))
    }
}
