// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The owner's side of the guardian. Belongs to the thread of `ChildLoop`.
struct GuardianProcess {
    private let arguments: [String]
    private var pid: Int32 = 0
    private var pidfd: Int32 = -1
    private var pipe: Int32 = -1
    /// A guardian that cannot be started or does not stay is not tried for ever.
    private var attemptsLeft = 3
    private var ledger = Ledger()

    init(arguments: [String]) {
        self.arguments = arguments
    }

    /// Starts the guardian if none runs. Without one, children still die with us, only their descendants may stay.
    mutating func start(null: Int32, epoll: Int32, key: UInt64) {
        guard pid == 0, attemptsLeft > 0 else { return }
        attemptsLeft -= 1
        // It gets no marker, or it would kill itself, and none of an outer owner, so that it outlives us in any case.
        var environment: [String: String] = [:]
        if let path = getenv("LD_LIBRARY_PATH") { environment["LD_LIBRARY_PATH"] = String(cString: path) }
        let command = ChildCommand(executable: "/proc/self/exe", arguments: arguments, environment: environment)
        guard var strings = try? SpawnArguments(command, markers: []) else { return }
        var readEnd: Int32 = -1
        var writeEnd: Int32 = -1
        guard flow_pipe(&readEnd, &writeEnd) == 0 else { return }
        var spawn = flow_spawn()
        ResourceLimits().apply(to: &spawn)
        // The guardian prints nothing: its standard output is the ledger.
        spawn.stdio = (readEnd, ledger?.descriptor ?? null, null)
        let error = strings.spawn(&spawn)
        close(readEnd)
        guard error == 0 else {
            close(writeEnd)
            return
        }
        pid = spawn.pid
        pidfd = spawn.pidfd
        pipe = writeEnd
        _ = flow_epoll_add(epoll, pidfd, FLOW_WAIT_READ, key)
    }

    /// Takes down who has to go if we die.
    mutating func record(_ identity: ChildIdentity) { ledger?.insert(identity) }

    /// Strikes out who is gone.
    mutating func forget(_ identity: ChildIdentity) { ledger?.remove(identity) }

    /// Takes note that the guardian has ended; the next child starts another one.
    mutating func reap() {
        var exit = flow_exit()
        guard pid != 0, flow_reap(pid, &exit) != 0 else { return }
        close(pidfd)
        close(pipe)
        pid = 0
        pidfd = -1
        pipe = -1
    }

    /// Says farewell and waits for its end, which takes no longer than a read and an exit.
    mutating func dismiss() {
        ledger?.close()
        ledger = nil
        guard pid != 0 else { return }
        var byte = Guardian.farewell
        write(pipe, &byte, 1)
        close(pipe)
        pipe = -1
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        close(pidfd)
        pid = 0
        pidfd = -1
    }
}
