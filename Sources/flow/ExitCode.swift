// SPDX-License-Identifier: Apache-2.0

/// What the program says to the shell. The numbers are part of the interface.
struct ExitCode: RawRepresentable, Hashable, Error {
    var rawValue: Int32

    static let done = ExitCode(rawValue: 0)
    static let runFailed = ExitCode(rawValue: 1)
    static let runCancelled = ExitCode(rawValue: 2)
    static let waiting = ExitCode(rawValue: 3)
    static let usage = ExitCode(rawValue: 64)
    static let invalidWorkflow = ExitCode(rawValue: 65)
    static let badInput = ExitCode(rawValue: 66)
    static let unavailable = ExitCode(rawValue: 69)
    static let internalFault = ExitCode(rawValue: 70)
    static let cannotCreate = ExitCode(rawValue: 73)
    static let inputOutput = ExitCode(rawValue: 74)
    static let storeInUse = ExitCode(rawValue: 75)
    static let permission = ExitCode(rawValue: 77)
    static let configuration = ExitCode(rawValue: 78)
    static let interrupted = ExitCode(rawValue: 130)
    static let terminated = ExitCode(rawValue: 143)

    /// All codes with their meaning, for `flow help exit-codes`.
    static let table: [(ExitCode, String)] = [
        (.done, "done; the run succeeded"),
        (.runFailed, "the run failed"),
        (.runCancelled, "the run was cancelled"),
        (.waiting, "the run waits for a person, is paused, or is in quarantine"),
        (.usage, "the command line is wrong"),
        (.invalidWorkflow, "the workflow has faults"),
        (.badInput, "an input is missing or wrong, or a file or run does not exist"),
        (.unavailable, "a program, a model or a secret that is needed is not there"),
        (.internalFault, "a fault of flow itself"),
        (.cannotCreate, "a file or folder cannot be made"),
        (.inputOutput, "reading or writing failed, the disk is full, or the store is damaged"),
        (.storeInUse, "another flow process owns the store"),
        (.permission, "permission denied"),
        (.configuration, "the installation is incomplete"),
        (ExitCode(rawValue: 129), "ended because the terminal is gone; the run can be resumed"),
        (.interrupted, "ended by Ctrl-C; the run can be resumed"),
        (.terminated, "ended by SIGTERM; the run can be resumed"),
    ]
}

/// A failure that ends the command: what to say, and the exit code.
struct CommandFailure: Error {
    var code: ExitCode
    var message: String
    var help: [String] = []

    init(_ code: ExitCode, _ message: String, help: [String] = []) {
        self.code = code
        self.message = message
        self.help = help
    }
}
