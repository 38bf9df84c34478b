// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Glibc
import Synchronization

/// Commands from other processes to the engine that owns a store: a file each, in a folder beside the database, so
/// that only the owner writes the database. The answer comes back as a file of the same name.
final class CommandInbox: Sendable {
    private let folder: String
    private let watch: DirectoryWatch
    private let isClosed = Atomic<Bool>(false)

    /// Watches the folder on a thread of its own and hands each command over once, in order of posting. The
    /// handler's text goes back to the sender: nil for done.
    init(folder: String, handler: @escaping @Sendable (RunCommand) async -> String?) throws(FileError) {
        try File.createDirectory(folder)
        self.folder = folder
        Self.removeOldAnswers(in: folder)
        watch = try DirectoryWatch(folder)
        let watch = watch
        let isClosed = ClosedFlag(inbox: self)
        Task.detached {
            await onOwnThread {
                while !isClosed.value {
                    for command in Self.takeAll(in: folder) {
                        // Answers are written when the command is durable; the next one need not wait for that.
                        Task.detached { Self.answer(command.name, in: folder, await handler(command.command)) }
                    }
                    _ = watch.wait(timeoutMilliseconds: 2000)
                }
            }
        }
    }

    func close() {
        isClosed.store(true, ordering: .releasing)
        watch.wake()
    }

    private final class ClosedFlag: Sendable {
        private weak let inbox: CommandInbox?
        init(inbox: CommandInbox) { self.inbox = inbox }
        var value: Bool { inbox?.isClosed.load(ordering: .acquiring) ?? true }
    }

    private static func takeAll(in folder: String) -> [(name: String, command: RunCommand)] {
        guard let entries = try? File.list(folder) else { return [] }
        var commands: [(String, RunCommand)] = []
        for entry in entries where entry.kind == .file && entry.name.hasSuffix(".command") {
            let path = FilePath.join(folder, entry.name)
            let bytes = try? File.read(path, limit: 1 << 20)
            try? File.remove(path)
            let json = bytes.flatMap { try? JSONValue.parse($0) }
            if let command = json.flatMap(RunCommand.init(json:)) {
                commands.append((entry.name, command))
            } else {
                answer(entry.name, in: folder, "the command cannot be read")
            }
        }
        return commands
    }

    /// Removes answers that nobody has fetched for an hour: who asked has gone.
    private static func removeOldAnswers(in folder: String) {
        let now = WallClock.now.milliseconds / 1000
        for entry in (try? File.list(folder)) ?? [] where entry.kind == .file && entry.name.hasSuffix(".answer") {
            let path = FilePath.join(folder, entry.name)
            guard let changed = try? File.modificationTime(of: path) else { continue }
            if now - changed.components.seconds > 3600 { try? File.remove(path) }
        }
    }

    private static func answer(_ name: String, in folder: String, _ problem: String?) {
        var object = JSONObject()
        object["problem"] = problem.map { .string($0) }
        let path = FilePath.join(folder, "\(name).answer")
        try? File.writeDurably(JSONValue.object(object).jsonBytes(.compact), to: path)
    }

    /// Puts a command into the inbox of a store and waits for the owner's answer: nil for done, a text for a refusal.
    /// Throws when the command could not be put there, or nobody answered in time.
    static func post(_ command: RunCommand, folder: String, patience: Duration) async throws(StoreError) -> String? {
        let name = "\(WallClock.now.milliseconds)-\(UInt32.random(in: 0 ... .max)).command"
        let path = FilePath.join(folder, name)
        do throws(FileError) {
            try File.createDirectory(folder)
            try File.writeDurably(command.json.jsonBytes(.compact), to: path)
        } catch {
            throw StoreError(error.isNoSpace ? .diskFull : .inputOutput, "posting the command: \(error)")
        }
        let clock = ContinuousClock()
        let deadline = clock.now.advanced(by: patience)
        let answer = "\(path).answer"
        while clock.now < deadline {
            if let bytes = try? File.read(answer, limit: 1 << 20), let json = try? JSONValue.parse(bytes) {
                try? File.remove(answer)
                return json["problem"]?.stringValue
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        try? File.remove(path)
        throw StoreError(.busy, "the engine that owns the store did not answer")
    }
}
