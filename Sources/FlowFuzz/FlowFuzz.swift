// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Glibc

/// Gives one of the readers very many texts that are nearly right.
///
///     FlowFuzz yaml|expressions|validate [--minutes N] [--count N] [--seed N] [--root FOLDER] [--progress FILE]
///     FlowFuzz TARGET --seed N --show INDEX      writes that input
///     FlowFuzz TARGET --file FILE                tries one input
///
/// Each input follows from the seed and its number alone. The number is kept in the file `--progress`, also when the
/// program is ended by a trap, so that the input can be made again. Ends with 1 for an input that is too slow, takes too
/// much memory or breaks a rule.
@main
struct FlowFuzz {
    static func main() {
        guard let options = FuzzOptions(CommandLine.arguments) else {
            complain("usage: FlowFuzz yaml|expressions|validate [--minutes N] [--seed N] [--root FOLDER]")
            exit(64)
        }
        if let path = options.file {
            guard let bytes = try? File.read(path, limit: 64 << 20) else {
                complain("cannot read \(path)")
                exit(66)
            }
            finish(FuzzRun.attempt(options.target, bytes).fault)
        }
        let corpus = FuzzCorpus(target: options.target, root: options.root)
        if let index = options.show {
            var source = FuzzSource(corpus: corpus, seed: options.seed, index: index)
            try? StandardStream.output.write(source.next())
            return
        }
        var run = FuzzRun(options: options, corpus: corpus)
        finish(run.run())
    }

    private static func finish(_ fault: String?) -> Never {
        if let fault { complain(fault) }
        exit(fault == nil ? 0 : 1)
    }

    private static func complain(_ text: String) { try? StandardStream.error.write("\(text)\n") }
}
