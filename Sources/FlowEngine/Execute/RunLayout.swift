// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// Where the files of runs lie below the store's folder.
///
///     flow.db  objects/  owner.lock  inbox/
///     sources/<digest>/            the workflow's files as runs keep them, shared by runs of the same source
///     runs/<id>/inputs/<name>/     input files under their own names
///     runs/<id>/work/<node>/<n>/   the private folder of attempt n, with files `<n>.control-…` beside it
///     runs/<id>/empty.json         what nodes without values are given as `$FLOW_INPUT`
///     runs/<id>/artifacts/<node>/  kept files under their own names
///     runs/<id>/logs/<node>.<n>.log
public struct RunLayout: Sendable {
    /// The store's folder, such as `/project/.flow`.
    public let folder: String

    /// The layout below a folder.
    public init(folder: String) { self.folder = folder }

    /// Commands from other processes to the engine that owns the store.
    public var inbox: String { FilePath.join(folder, "inbox") }

    /// The folder of a kept source.
    public func source(_ digest: String) -> String { FilePath.join(folder, "sources/\(digest)") }

    /// The folders that hold those of the sources and of the runs.
    var holders: [String] { [FilePath.join(folder, "sources"), runs] }

    /// The folder that holds those of the runs.
    var runs: String { FilePath.join(folder, "runs") }

    /// The folder of a run.
    public func run(_ id: String) -> String { FilePath.join(folder, "runs/\(id)") }

    /// The folder of a run's input files.
    func inputs(of run: String) -> String { FilePath.join(self.run(run), "inputs") }

    /// The folder of all that a run's nodes keep.
    func artifacts(of run: String) -> String { FilePath.join(self.run(run), "artifacts") }

    /// The folder of an input file.
    public func input(_ name: String, of run: String) -> String {
        FilePath.join(self.run(run), "inputs/\(Self.fileName(name))")
    }

    /// The private folder of an attempt.
    public func work(_ node: String, attempt: Int, of run: String) -> String {
        FilePath.join(self.run(run), "work/\(Self.fileName(node))/\(attempt)")
    }

    /// The folder of a node's kept files.
    public func artifacts(_ node: String, of run: String) -> String {
        FilePath.join(self.run(run), "artifacts/\(Self.fileName(node))")
    }

    /// The folder of a run's logs.
    public func logs(of run: String) -> String { FilePath.join(self.run(run), "logs") }

    /// The log of an attempt.
    public func log(_ node: String, attempt: Int, of run: String) -> String {
        FilePath.join(logs(of: run), "\(Self.fileName(node)).\(attempt).log")
    }

    /// A file name that is safe for any node or item name, different for different names, and readable for the
    /// usual ones: other bytes than letters, digits, `_`, `-`, `[`, `]` are written as `%XX`; a long name is cut
    /// and ends in its digest.
    public static func fileName(_ name: String) -> String {
        var safe = ""
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D, 0x5B, 0x5D: safe.unicodeScalars.append(.init(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                safe += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }
        guard safe.utf8.count > 120 else { return safe }
        return "\(safe.prefix(80))~\(Digest(of: Array(name.utf8)).hex.prefix(32))"
    }
}
