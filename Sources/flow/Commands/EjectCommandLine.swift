// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine
import FlowExchange

/// `flow eject`: the workflow of a run with what was decided while it ran.
enum EjectCommandLine {
    static let spec = CommandSpec(
        name: "eject", summary: "Write the workflow of a run out, with its lists, plans and inputs", arguments: "RUN",
        options: [.option("output", short: "o", "FILE", "The file to write; by default the standard output.")],
        discussion: """
            Lists that a fan-out had found and nodes that were planned while the run went on stand in the file, and the
            run's inputs are the defaults. So it gives the same without them. Agents, sub-workflows and other files are
            written beside FILE, unless they are there already.
            """,
        examples: [("flow eject @latest -o workflows/fixed.yaml", "a workflow to edit and to run")],
        run: { invocation in
            let workplace = try Workplace(invocation)
            let run = try await workplace.openRun(invocation.argument(0))
            let made = try await WorkflowEjection.make(of: run.summary, reader: run.reader, loader: workplace.loader)
            guard let target = invocation.value("output"), target != "-" else {
                try Output.text(made.text)
                for note in made.notes { Talk().say(note) }
                for file in made.files { Talk().say("needs beside it: \(file.path) (written with -o)") }
                return .done
            }
            do throws(FileError) {
                try write(made, to: target)
            } catch {
                throw CommandFailure(.cannotCreate, error.description)
            }
            for note in made.notes { Talk().say(note) }
            return .done
        })

    private static func write(_ made: WorkflowEjection, to target: String) throws(FileError) {
        let folder = FilePath.dirname(target)
        try File.createDirectory(folder)
        try File.write(made.text, to: target)
        Talk().say("wrote \(target)")
        for file in made.files {
            let path = FilePath.join(folder, file.path)
            if File.exists(path) {
                let isSame = (try? File.read(path, limit: 64 << 20)) == file.bytes
                if !isSame { Talk().say("kept \(path), which is there already and is another one") }
                continue
            }
            try File.createDirectory(FilePath.dirname(path))
            try File.write(file.bytes, to: path)
            Talk().say("wrote \(path)")
        }
    }
}
