// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// `flow init`: the first files of a project.
enum InitCommandLine {
    static let spec = CommandSpec(
        name: "init", summary: "Make the first files of a project", arguments: "[DIR]",
        discussion: "Makes workflows/hello.yaml, agents/README.md and a line in .gitignore. Nothing is overwritten.",
        examples: [
            ("flow init", "here"), ("flow init new && cd new && flow run hello", "in a new folder, and run it"),
        ],
        run: { invocation in
            let folder = invocation.optionalArgument(0) ?? "."
            let files = [("workflows/hello.yaml", workflow), ("agents/README.md", agents)]
            for (name, _) in files where File.exists(FilePath.join(folder, name)) {
                throw CommandFailure(
                    .cannotCreate, "`\(FilePath.join(folder, name))` exists already, and nothing is overwritten")
            }
            var made: [String] = []
            do throws(FileError) {
                for (name, text) in files {
                    let path = FilePath.join(folder, name)
                    try File.createDirectory(FilePath.dirname(path))
                    try File.write(text, to: path)
                    made.append(path)
                }
                if let path = try ignore(in: folder) { made.append(path) }
            } catch {
                throw CommandFailure(.cannotCreate, error.description)
            }
            let talk = Talk()
            for path in made { talk.say("made \(FilePath.normalise(path))") }
            let go = folder == "." ? "" : "cd \(ShellWord.quoted(folder)) && "
            talk.say("\(talk.style(.help, "next")): \(go)flow run hello -i name=you")
            if invocation.flag("json") {
                var object = JSONObject()
                object["made"] = .array(made.map { .string(FilePath.normalise($0)) })
                try Output.json(object)
            }
            return .done
        })

    /// Adds the store's folder to what git leaves out; nil when it is there already.
    private static func ignore(in folder: String) throws(FileError) -> String? {
        let path = FilePath.join(folder, ".gitignore")
        let text = File.exists(path) ? try File.readText(path, limit: 1 << 20) : ""
        let lines = text.split(separator: "\n").map { $0.trimming { $0 == " " || $0 == "\r" } }
        if lines.contains(where: { [".flow", ".flow/", "/.flow", "/.flow/"].contains($0) }) { return nil }
        try File.append((text.isEmpty || text.hasSuffix("\n") ? "" : "\n") + ".flow/\n", to: path)
        return path
    }

    private static let workflow = """
        flow: 1
        name: hello
        title: A first workflow
        description: Two programs at the same time, and one that joins what they found.
        mode: {category: examples}
        inputs:
          name: {type: string, default: world, label: Whom to greet}
        outputs:
          greeting: {type: text, value: "${{ nodes.greet.outputs.text }}"}
        nodes:
          system:
            run: echo "system=$(uname -s)" >> "$FLOW_OUTPUT"
            outputs: {system: string}
          files:
            run: echo "count=$(ls / | wc -l)" >> "$FLOW_OUTPUT"
            outputs: {count: integer}
          greet:
            needs: [system, files]
            with:
              name: ${{ inputs.name }}
              system: ${{ nodes.system.outputs.system }}
              count: ${{ nodes.files.outputs.count }}
            run: |
              echo "text=Hello $FLOW_WITH_NAME, from $FLOW_WITH_SYSTEM with $FLOW_WITH_COUNT names in /" >> "$FLOW_OUTPUT"
            outputs: {text: string}

        """

    private static let agents = """
        # Agents

        One file an agent, such as `analyst.yaml`. A node `agent: analyst` uses it.

        ```yaml
        agent: 1
        name: analyst
        role: Reads tables and says what stands out.
        instructions: |
          You are a careful analyst. Use only numbers that you were given.
        ```

        """
}

extension StringProtocol {
    /// The text without the characters at both ends that `isDropped` names.
    func trimming(_ isDropped: (Character) -> Bool) -> String {
        var text = Substring(self)
        while let first = text.first, isDropped(first) { text.removeFirst() }
        while let last = text.last, isDropped(last) { text.removeLast() }
        return String(text)
    }
}
