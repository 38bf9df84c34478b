// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// The texts that fuzzing starts from.
struct FuzzCorpus {
    let target: FuzzTarget
    var seeds: [[UInt8]]

    /// The workflows, agents, documents' examples and fixtures below a folder.
    init(target: FuzzTarget, root: String) {
        self.target = target
        var files: [[UInt8]] = []
        for folder in [
            "workflows", "agents", "samples", "Tests/FlowEngineTests/Fixtures/Diagnostics",
            "Tests/FlowEngineTests/Fixtures/Planted", "Tests/FlowEngineTests/Fixtures/Plans",
        ] {
            let folder = FilePath.join(root, folder)
            for name in ((try? File.list(folder)) ?? []).map(\.name).sorted()
            where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
                if let bytes = try? File.read(FilePath.join(folder, name), limit: 64 << 10) { files.append(bytes) }
            }
        }
        if target == .expressions {
            var texts: [[UInt8]] = ExpressionFunction.all.map { Array("${{ \($0.example) }}".utf8) }
            for file in files { texts += Self.templates(in: file) }
            seeds = texts
        } else {
            seeds = files
        }
        if seeds.isEmpty { seeds = [Array("flow: 1\nname: a\nnodes: {a: {run: \"true\"}}\n".utf8)] }
    }

    /// The lines of a file that have an expression, from it on.
    private static func templates(in file: [UInt8]) -> [[UInt8]] {
        String(decoding: file, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard let start = line.utf8.firstIndex(of: UInt8(ascii: "$")) else { return nil }
            return Array(line.utf8[start...])
        }
    }
}
