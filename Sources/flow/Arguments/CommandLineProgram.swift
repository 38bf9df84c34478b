// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import Glibc

/// The program: finds the command, runs it, and says what went wrong.
struct CommandLineProgram {
    var commands: [CommandSpec]

    func run(_ words: [String]) async -> ExitCode {
        do {
            return try await dispatch(words)
        } catch let failure as CommandFailure {
            report(failure)
            return failure.code
        } catch let code as ExitCode {
            return code
        } catch let error as EngineError {
            let failure = CommandFailure(error)
            report(failure)
            return failure.code
        } catch let error as FileError where error.isBrokenPipe {
            return .done
        } catch let error as FileError {
            let failure = CommandFailure(error)
            report(failure)
            return failure.code
        } catch {
            report(CommandFailure(.internalFault, "\(error)"))
            return .internalFault
        }
    }

    private func report(_ failure: CommandFailure) {
        let talk = Talk()
        talk.say("\(talk.style(.error, "error")): \(failure.message)")
        for line in failure.help { talk.say("  \(talk.style(.help, "help")): \(line)") }
    }

    private func dispatch(_ words: [String]) async throws -> ExitCode {
        guard let first = words.first else {
            try Help.overview(commands)
            return .usage
        }
        if ["-h", "--help"].contains(first) || words == ["help"] {
            try Help.overview(commands)
            return .done
        }
        if first == "help" { return try help(on: Array(words.dropFirst())) }
        if first == "--version" { return try await dispatch(["version"] + words.dropFirst()) }
        guard let (command, rest) = match(words) else { throw unknown(words) }
        let invocation = try ArgumentParser(command: command).parse(rest)
        if invocation.flag("help") {
            try Help.command(command)
            return .done
        }
        if invocation.flag("no-color") { Talk.forbidColour() }
        return try await command.run(invocation)
    }

    /// The command whose words begin the line; the longest name wins.
    private func match(_ words: [String]) -> (CommandSpec, [String])? {
        let candidates = commands.filter { command in
            let name = command.name.split(separator: " ").map(String.init)
            return words.count >= name.count && Array(words.prefix(name.count)) == name
        }
        guard let command = candidates.max(by: { $0.name.count < $1.name.count }) else { return nil }
        return (command, Array(words.dropFirst(command.name.split(separator: " ").count)))
    }

    private func unknown(_ words: [String]) -> CommandFailure {
        let first = words[0]
        let family = commands.filter { $0.name.hasPrefix("\(first) ") }
        if !family.isEmpty {
            let names = family.map { String($0.name.dropFirst(first.count + 1)) }
            let given = words.count > 1 ? "unknown `flow \(first) \(words[1])`" : "`flow \(first)` needs one word more"
            return CommandFailure(.usage, given, help: ["one of: \(names.joined(separator: ", "))"])
        }
        let near = Spelling.nearest(to: first, among: commands.map(\.name) + ["help"])
        return CommandFailure(
            .usage, "unknown command `\(first)`",
            help: near.map { ["did you mean `flow \($0)`?"] } ?? ["`flow help` lists the commands"])
    }

    private func help(on words: [String]) throws -> ExitCode {
        if words == ["exit-codes"] {
            try Help.exitCodes()
            return .done
        }
        switch words {
        case ["language"]:
            try StandardStream.output.write(ReferenceText.language)
            return .done
        case ["kinds"]:
            try StandardStream.output.write(ReferenceText.kinds(BuiltinKinds.forCompiling(environment: [:])))
            return .done
        case ["functions"]:
            try StandardStream.output.write(ReferenceText.functions)
            return .done
        default: break
        }
        if words == ["environment"] {
            try Help.environment()
            return .done
        }
        guard let (command, _) = match(words) else { throw unknown(words) }
        try Help.command(command)
        return .done
    }
}

extension CommandFailure {
    init(_ error: EngineError) {
        switch (error.code, error.store?.code) {
        case (_, .busy?): self.init(.storeInUse, error.description)
        case (_, .readOnly?): self.init(.permission, error.description)
        // Runs that do not exist have a code of their own: here the store's folder cannot be made.
        case (_, .missing?): self.init(.cannotCreate, error.description)
        case (_, .newerVersion?): self.init(.configuration, error.description)
        case (.store, _): self.init(.inputOutput, error.description)
        case (.noSuchRun, _), (.noSuchNode, _), (.invalidInput, _):
            self.init(.badInput, error.description, help: ["`flow list` shows the runs"])
        case (.invalidWorkflow, _): self.init(.invalidWorkflow, error.description)
        case (.missingSecret, _): self.init(.unavailable, error.description)
        case (.refused, _): self.init(.usage, error.description)
        case (.quarantined, _): self.init(.waiting, error.description)
        case (.inputOutput, _): self.init(.inputOutput, error.description)
        }
    }

    init(_ error: FileError) {
        let code: ExitCode =
            if error.isNotFound || error.isTooLarge || error.isNoFile {
                .badInput
            } else if error.isPermission || error.isReadOnly { .permission } else { .inputOutput }
        self.init(code, error.description)
    }
}

extension FileError {
    /// The path leads to something that cannot be read as a file.
    fileprivate var isNoFile: Bool { [EISDIR, ENOTDIR, ELOOP, ENAMETOOLONG].contains(code) }
}
