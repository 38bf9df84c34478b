// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The files by which a program and the engine talk: `$FLOW_INPUT`, `$FLOW_OUTPUT` and the script. They stand beside
/// the attempt's folder and are removed after it, since values of `with` may be secrets.
struct ControlFiles {
    static let suffix = ".control"

    /// `work/<node>/<n>.control-`; what follows says which file it is.
    private let stem: String
    private let folder: String

    init(beside directory: String) {
        stem = directory + Self.suffix + "-"
        folder = FilePath.dirname(directory)
    }

    /// Where the program writes its outputs. The file is made by whoever writes first.
    var output: String { stem + "output" }

    private var inputFile: String { stem + "input.json" }
    private var scriptFile: String { stem + "script" }

    /// The files of this attempt that a program reads beside its values.
    var scripts: [String] { [scriptFile] }

    /// Makes the file for the outputs before the program does.
    func makeOutput() throws(FileError) { try File.write([UInt8](), to: output) }

    /// What the program wrote; nothing if it wrote none.
    func written(limit: Int) throws(FileError) -> [UInt8] {
        do throws(FileError) {
            return try File.read(output, limit: limit)
        } catch {
            guard error.isNotFound else { throw error }
            return []
        }
    }

    /// Writes the values as JSON, and gives the path. Without values it is one file of all nodes of the run, which is
    /// made once and cannot be written to.
    func input(_ values: JSONObject) throws(FileError) -> String {
        guard values.isEmpty else {
            try File.write(JSONValue.object(values).jsonBytes(.pretty), to: inputFile)
            return inputFile
        }
        let shared = FilePath.join(FilePath.dirname(FilePath.dirname(folder)), "empty.json")
        if !File.exists(shared) {
            // Of two who make it at once each writes all of it.
            let own = stem + "empty"
            try File.write(Array("{}".utf8), to: own, mode: 0o444)
            try File.rename(own, to: shared)
        }
        return shared
    }

    /// Writes a script, and gives its path.
    func script(_ text: String) throws(FileError) -> String {
        try File.write(text, to: scriptFile)
        return scriptFile
    }

    /// Removes the files of this attempt.
    func remove() {
        for path in [output, inputFile, scriptFile] {
            do throws(FileError) {
                try File.remove(path)
            } catch {
                // A program may have made a folder of it.
                if !error.isNotFound { try? File.removeTree(path) }
            }
        }
    }

    /// Removes what attempts left that a crash cut off; attempts of one node never overlap.
    func removeLeftovers() {
        for entry in (try? File.list(folder)) ?? [] where entry.name.contains(Self.suffix) {
            try? File.removeTree(FilePath.join(folder, entry.name))
        }
    }
}
