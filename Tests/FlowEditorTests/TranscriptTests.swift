// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEditor
import FlowEngine
import Testing

/// Whole sessions, message by message: `>` is what the client sends, `<` what the server answers, `#` a comment.
struct TranscriptTests {
    static let folder = FilePath.normalise(FilePath.join(#filePath, "../Transcripts"))

    static var files: [String] {
        ((try? File.list(folder)) ?? []).map(\.name).filter { $0.hasSuffix(".txt") }.sorted()
    }

    /// `FLOW_UPDATE_SNAPSHOTS=1` writes the answers anew.
    @Test(arguments: files) func answersAsRecorded(file: String) throws {
        let path = FilePath.join(Self.folder, file)
        let recorded = try File.readText(path, limit: 1 << 20)
        var session = Session(initialized: false)
        var played = ""
        for line in recorded.split(separator: "\n", omittingEmptySubsequences: false) where !line.hasPrefix("<") {
            played += line + "\n"
            guard line.hasPrefix("> ") else { continue }
            for answer in session.server.receive(Array(line.dropFirst(2).utf8)) {
                played += "< \(answer.jsonText())\n"
            }
        }
        played.removeLast()
        if ProcessEnvironment.get("FLOW_UPDATE_SNAPSHOTS") == "1" {
            try File.write(played, to: path)
            return
        }
        let pairs = zip(played.split(separator: "\n"), recorded.split(separator: "\n"))
        for (new, old) in pairs where new != old { Issue.record("\(file):\n  is  \(new)\n  was \(old)") }
        #expect(played.utf8.count == recorded.utf8.count)
    }

    @Test func thereAreTranscripts() { #expect(Self.files.count >= 2) }
}
