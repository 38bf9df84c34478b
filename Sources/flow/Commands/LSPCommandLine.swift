// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowEditor
import FlowEngine
import Glibc

/// `flow lsp`: the language server over the standard streams.
enum LSPCommandLine {
    static let spec = CommandSpec(
        name: "lsp", summary: "Serve an editor: the language server on the standard streams",
        options: [.flag("stdio", "Use the standard streams, as is done anyway; some editors ask for it.")],
        discussion: """
            Speaks the Language Server Protocol: faults while you type, completion, hover, definitions, references,
            rename, quick fixes, an outline, and the command flow.graph. Editors start it; docs/editors.md says how.
            """,
        examples: [("flow lsp", "what an editor is told to start")],
        run: run)

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        var server = LanguageServer(
            kinds: workplace.kindsForCompiling,
            surroundings: .machine { workplace.agentFolders(for: $0) }, version: Flow.version)
        var framer = MessageFramer()
        while let bytes = try read() {
            framer.append(bytes)
            var frame = framer.next()
            while let current = frame {
                frame = framer.next()
                switch current {
                case .message(let body):
                    try send(server.receive(body, moreWaiting: frame != nil || isInputWaiting))
                case .fault(let words): try send([LanguageServer.fault(words)])
                }
                if let code = server.exitCode { return ExitCode(rawValue: code) }
            }
        }
        // The client has gone without a word.
        return .done
    }

    private static func send(_ messages: [JSONValue]) throws(FileError) {
        for message in messages { try StandardStream.output.write(MessageFramer.framed(message.jsonBytes())) }
    }

    /// What is there to be read, at least one byte; nil at the end of the stream.
    private static func read() throws(FileError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(StandardStream.input.rawValue, &buffer, buffer.count)
            if count > 0 { return Array(buffer[..<count]) }
            if count == 0 { return nil }
            guard errno == EINTR else { throw FileError(operation: "read", path: "standard input", code: errno) }
        }
    }

    private static var isInputWaiting: Bool {
        var poll = pollfd(fd: StandardStream.input.rawValue, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && poll.revents & Int16(POLLIN) != 0
    }
}
