// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The folder that holds the model runtime and the models of a user.
public struct LocalModelFolder: Sendable, Hashable {
    /// The absolute path.
    public let path: String

    /// A folder at an absolute path.
    public init(path: String) { self.path = path }

    /// The folder `model` in `FLOW_HOME`, or in `.local/share/flow` of the user's home.
    public init(environment: [String: String]) {
        path = FilePath.join(FlowHome.path(environment), "model")
    }

    /// The Python of the runtime.
    var python: String { file("venv/bin/python") }
    /// What the server that later runs share is known by.
    var sharedRecord: String { file("server.json") }

    func file(_ name: String) -> String { FilePath.join(path, name) }

    /// The file of a model of the catalogue.
    public func modelFile(_ id: String) -> String { file("\(id).gguf") }

    /// Whether the runtime is there.
    public var hasRuntime: Bool { File.isExecutable(python) }

    /// Whether the model is there in full. The content was checked when it was installed.
    public func has(_ model: ModelCatalog.Entry) -> Bool {
        (try? File.size(of: modelFile(model.id))) == model.bytes
    }

    /// Puts a program that the engine ships into the folder, so that Python can name it in its messages.
    func place(_ name: String, _ bytes: [UInt8]) throws(ModelError) -> String {
        let path = file(name)
        if (try? File.read(path, limit: 1 << 20)) == bytes { return path }
        do {
            try File.createDirectory(self.path)
            try File.writeDurably(bytes, to: path)
            return path
        } catch {
            throw ModelError(.unavailable, "the model folder cannot be written: \(error.description)")
        }
    }
}
