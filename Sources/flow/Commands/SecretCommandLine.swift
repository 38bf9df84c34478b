// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc

/// `flow secret …`: keys and passwords of the user, encrypted. A value is never an argument, and never shown.
enum SecretCommandLine {
    static let all: [CommandSpec] = [set, list, remove]

    private static let set = CommandSpec(
        name: "secret set", summary: "Keep a secret", arguments: "NAME",
        discussion: """
            The value is read from the standard input, without the line break at its end; on a terminal it is asked for
            and not shown. It is kept encrypted in FLOW_HOME, with a key that only you may read, or with FLOW_SECRET_KEY.
            """,
        examples: [
            ("flow secret set OPENAI_KEY", "asks for the value"),
            ("flow secret set OPENAI_KEY < key.txt", "from a file"),
        ],
        run: { invocation in
            let name = invocation.argument(0)
            guard SecretStore.isName(name) else {
                throw CommandFailure(.usage, "`\(name)` is not a name: letters, digits and `_`, at most 64")
            }
            let value = try value(for: name)
            let store = try store(invocation)
            try failing { () throws(SecretStore.Fault) in try store.set(name, to: value) }
            Talk().say("kept \(name)")
            return .done
        })

    private static let list = CommandSpec(
        name: "secret list", summary: "List the names of the secrets",
        examples: [("flow secret list", "one name a line; no values")],
        run: { invocation in
            let store = try store(invocation)
            let names = try failing { () throws(SecretStore.Fault) in try store.names() }
            if invocation.flag("json") {
                var object = JSONObject()
                object["secrets"] = .array(names.map { .string($0) })
                try Output.json(object)
            } else {
                try Output.text(names.map { $0 + "\n" }.joined())
            }
            return .done
        })

    private static let remove = CommandSpec(
        name: "secret remove", summary: "Forget a secret", arguments: "NAME",
        examples: [("flow secret remove OPENAI_KEY", "it cannot be brought back")],
        run: { invocation in
            let name = invocation.argument(0)
            let store = try store(invocation)
            guard try failing({ () throws(SecretStore.Fault) in try store.remove(name) }) else {
                throw CommandFailure(
                    .badInput, "there is no secret `\(name)`", help: ["`flow secret list` shows their names"])
            }
            Talk().say("removed \(name)")
            return .done
        })

    private static func store(_ invocation: Invocation) throws -> SecretStore {
        SecretStore(environment: try Workplace(invocation).environment)
    }

    private static func failing<Value>(_ body: () throws(SecretStore.Fault) -> Value) throws(CommandFailure) -> Value {
        do throws(SecretStore.Fault) { return try body() } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }

    private static func value(for name: String) throws -> String {
        let limit = SecretStore.largestValue + 2
        var bytes: [UInt8]
        if isatty(0) == 1 {
            try? StandardStream.error.write("value of \(name): ")
            bytes = readHidden(limit: limit)
            try? StandardStream.error.write("\n")
        } else {
            bytes = try StandardStream.input.readAll(limit: limit)
        }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard let value = String(validating: bytes, as: UTF8.self), !value.isEmpty else {
            throw CommandFailure(.badInput, "the value is empty or not UTF-8")
        }
        return value
    }

    /// A line of the terminal, which is not shown while it is typed.
    private static func readHidden(limit: Int) -> [UInt8] {
        var shown = termios()
        let isKnown = tcgetattr(0, &shown) == 0
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        if isKnown { tcsetattr(0, TCSAFLUSH, &hidden) }
        defer { if isKnown { tcsetattr(0, TCSAFLUSH, &shown) } }
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < limit, read(0, &byte, 1) == 1, byte != 0x0A { bytes.append(byte) }
        return bytes
    }
}
