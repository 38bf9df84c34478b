// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow db …`: checks, copies and repairs the store.
enum StoreCommandLine {
    static let all: [CommandSpec] = [check, backup, restore, salvage]

    private static let check = CommandSpec(
        name: "db check", summary: "Compare all that the store holds with what was written",
        discussion: """
            Looks at the pages of the database, the chain of each run's events, the rows, and the digest of each value and
            file. Names the runs and nodes that are damaged. Reads only; a flow process may work meanwhile. Exit code 74
            when anything is damaged.
            """,
        examples: [("flow db check", "the store of this project"), ("flow db check --store backup", "a copy")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let report = try failing { () throws(StoreError) in try StoreCheck.run(folder: workplace.storeFolder) }
            return try show(report, JSONObject(), invocation)
        })

    private static let backup = CommandSpec(
        name: "db backup", summary: "Copy the store, also while runs go on", arguments: "FOLDER",
        discussion: """
            FOLDER must not be there yet; it appears when the copy is complete and checked. A run that goes on meanwhile
            stands in the copy as it was at one moment, and can be resumed there.
            """,
        examples: [("flow db backup ../flow-backup", "copy the store")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let target = FilePath.join(try File.currentDirectory(), invocation.argument(0))
            let result = try failing { () throws(StoreError) in
                try StoreBackup.make(of: workplace.storeFolder, in: target)
            }
            return try show(result, "copied to", invocation)
        })

    private static let restore = CommandSpec(
        name: "db restore", summary: "Put a copy in the place of the store", arguments: "FOLDER",
        options: [.flag("force", "Move a store that is there aside; it is kept under another name.")],
        discussion: "The copy is checked first. It stays where it is.",
        examples: [("flow db restore ../flow-backup --force", "go back to a copy")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let source = FilePath.join(try File.currentDirectory(), invocation.argument(0))
            let result = try failing { () throws(StoreError) in
                try StoreBackup.restore(source, to: workplace.storeFolder, force: invocation.flag("force"))
            }
            if let former = result.former { Talk().say("the store that was there: \(former)") }
            return try show(result, "restored to", invocation)
        })

    private static let salvage = CommandSpec(
        name: "db salvage", summary: "Take what is whole out of a damaged store", arguments: "FOLDER",
        discussion: """
            FOLDER becomes a new store with all runs whose events are whole. Of other runs the events that can be read are
            written to FOLDER/damaged/RUN.jsonl. The damaged store is not changed.
            """,
        examples: [("flow db salvage ../saved", "make a new store of what is whole")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let target = FilePath.join(try File.currentDirectory(), invocation.argument(0))
            let result = try failing { () throws(StoreError) in
                try StoreSalvage.run(workplace.storeFolder, to: target)
            }
            if invocation.flag("json") {
                var object = JSONObject()
                object["folder"] = .string(result.folder)
                object["runs"] = .array(result.runs.map { .string($0) })
                var damaged = JSONObject()
                for run in result.damaged.sorted(by: { $0.key < $1.key }) {
                    damaged[run.key] = .integer(Int64(run.value))
                }
                object["damaged"] = .object(damaged)
                object["values"] = .integer(Int64(result.values))
                object["files"] = .integer(Int64(result.files))
                object["problems"] = .array(result.report.problems.map(\.json))
                try Output.json(object)
            } else {
                for problem in result.report.problems { Talk().say(problem.description) }
                for run in result.damaged.sorted(by: { $0.key < $1.key }) {
                    Talk().say("run \(run.key) is damaged: \(run.value) events written out")
                }
                try Output.text("\(result.runs.count) runs saved to \(result.folder)\n")
            }
            return .done
        })

    // MARK: Printing

    private static func show(_ result: StoreBackup.Result, _ verb: String, _ invocation: Invocation) throws -> ExitCode
    {
        var object = JSONObject()
        object["folder"] = .string(result.folder)
        object["bytes"] = .integer(result.bytes)
        object["former"] = result.former.map { .string($0) }
        if !invocation.flag("json") {
            try Output.text("\(ByteCount(result.bytes).description) \(verb) \(result.folder)\n")
        }
        return try show(result.report, object, invocation)
    }

    private static func show(_ report: StoreReport, _ first: JSONObject, _ invocation: Invocation) throws -> ExitCode {
        if invocation.flag("json") {
            var object = first
            for member in report.json { object[member.key] = member.value }
            try Output.json(object)
        } else {
            let text = "\(report.runs) runs, \(report.events) events, \(report.values) values, \(report.files) files"
            if report.isWhole {
                try Output.text("\(text): all as they were written\n")
            } else {
                try Output.text("\(text): \(report.problems.count) problems\n")
                for problem in report.problems { try Output.text("\(problem.description)\n") }
                Talk().say("next: flow db restore BACKUP --force, or flow db salvage FOLDER")
            }
        }
        return report.isWhole ? .done : .inputOutput
    }

    static func failing<Value>(_ body: () throws(StoreError) -> Value) throws -> Value {
        do throws(StoreError) { return try body() } catch {
            switch error.code {
            case .conflict: throw CommandFailure(.cannotCreate, error.description)
            case .missing: throw CommandFailure(.badInput, error.description)
            default: throw CommandFailure(EngineError(error))
            }
        }
    }
}
