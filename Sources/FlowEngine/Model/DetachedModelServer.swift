// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowCore
import Glibc
import HTTPClient

/// Starts a model server in a session of its own, which stays when this process ends.
enum DetachedModelServer {
    static func start(
        _ choice: LocalModelChoice, _ settings: LocalModelServer.Settings, client: HTTPClient
    ) async throws(ModelError) -> LocalModelEndpoint {
        let key = LocalModelEndpoint.randomKey()
        let output = settings.folder.file("server.out")
        let log = settings.folder.file("server.log")
        let process = try spawn(
            [settings.folder.python] + settings.arguments(choice),
            environment: settings.childEnvironment(key: key), output: output, errors: log)
        do throws(ModelError) {
            let address = try await address(in: output, of: process, log: log)
            let endpoint = LocalModelEndpoint(address: address, key: key, process: process, model: choice.path)
            guard await endpoint.waitUntilHealthy(client) else {
                throw ModelError(.unavailable, "the local model did not become ready; \(log) may say why")
            }
            return endpoint
        } catch {
            await stop(process)
            throw error
        }
    }

    /// Ends a server by its process and start time, so that a number given to another process harms nobody.
    static func stop(_ process: ChildIdentity) async {
        for signal in [SIGTERM, SIGKILL] {
            guard ProcessTable.signal(process, signal) else { break }
            for _ in 0..<60 where ProcessTable.isAlive(process) {
                // It is no child of this process in general, so nobody tells of its end.
                try? await Task.sleep(for: .milliseconds(50))
            }
        }
        // Takes the exit status, if it was started here.
        waitpid(process.pid, nil, WNOHANG)
    }

    private static func address(
        in path: String, of process: ChildIdentity, log: String
    ) async throws(ModelError) -> String {
        while true {
            let isAlive = ProcessTable.isAlive(process)
            let bytes = (try? File.read(path, limit: 65536)) ?? []
            if let end = bytes.firstIndex(of: 0x0A) { return try FirstLine.read(bytes[..<end]).get() }
            guard isAlive, !Task.isCancelled else {
                throw ModelError(.unavailable, "the local model server ended at once; \(log) may say why")
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], output: String, errors: String
    ) throws(ModelError) -> ChildIdentity {
        func refusal(_ code: Int32) -> ModelError {
            ModelError(.unavailable, "the local model server cannot be started: \(String(cString: strerror(code)))")
        }
        // The server ends at the end of its input. Its own descriptor 3 is the other end, so that never comes.
        var lifeline: [Int32] = [-1, -1]
        guard pipe(&lifeline) == 0 else { throw refusal(errno) }
        defer { for descriptor in lifeline { close(descriptor) } }
        for descriptor in lifeline { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { throw refusal(ENOMEM) }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { throw refusal(ENOMEM) }
        defer { posix_spawnattr_destroy(&attributes) }
        // Both ends are moved to numbers above those that are set below, so that none overwrites another.
        let ends = lifeline.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
        defer { for descriptor in ends where descriptor >= 0 { close(descriptor) } }
        guard ends.allSatisfy({ $0 >= 0 }) else { throw refusal(errno) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 3)
        let create = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, create, 0o600)
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSID, which the module does not show: a session of its own, away from the terminal.
        let newSession: Int32 = 0x80
        let flags = newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        posix_spawnattr_setflags(&attributes, Int16(flags))

        // What an earlier server has written must not be taken for this one's address.
        try? File.remove(output)
        // The shell only leaves the folder, so that no file system is kept busy, and becomes the server.
        let shell = ["/bin/sh", "-c", #"cd / && exec "$@""#, "sh"]
        var words = (shell + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, shell[0], &actions, &attributes, &words, &variables)
        guard code == 0 else { throw refusal(code) }
        // A process that is gone already has no start time; its end is seen with the next look.
        return ChildIdentity(pid: pid, startTime: ProcessTable.startTime(of: pid) ?? 0)
    }
}
