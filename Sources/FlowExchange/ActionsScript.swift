// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Makes one `run` node of the steps of a job. Each step runs in a shell of its own, in the same folder.
struct ActionsScript {
    private let job: ActionsImporter.Job
    private let steps: [ForeignValue]
    private let scope: ActionsScope
    private let defaults: ForeignValue?

    private var values = JSONObject()
    private var valueNames = NameTable()
    private var known: [String: String] = [:]
    /// Outputs of steps that something asks for.
    private var asked: Set<String> = []
    /// Whether steps write the node's outputs themselves.
    private var isDirect = false

    init(job: ActionsImporter.Job, steps: [ForeignValue], scope: ActionsScope, defaults: ForeignValue?) {
        self.job = job
        self.steps = steps
        self.scope = scope
        self.defaults = defaults
    }

    /// Whether there is anything to run.
    mutating func fill(_ node: inout ImportedNode, _ importer: inout ActionsImporter) -> Bool {
        isDirect = outputsAreDirect()
        let outlives = steps.contains { step in
            let calls = ActionsScope.statusCalls(in: ActionsImporter.unwrapped(step["if"]?.text ?? ""))
            return step["continue-on-error"]?.json == true || calls.contains("always") || calls.contains("failure")
        }
        var parts: [String] = []
        var runs = 0
        for (place, step) in steps.enumerated() {
            if let uses = step["uses"] {
                importer.notes.leftOut(
                    "the action `\(uses.text ?? "")` has no equivalent and is left out", at: uses.span)
                parts.append("# uses \(Self.oneLine(uses.text ?? "")): left out\n")
            } else if step["run"] != nil {
                runs += 1
                parts.append(part(step, place, outlives: outlives, &importer))
            } else {
                importer.notes.fault("a step needs `run` or `uses`", at: step.head)
            }
        }
        let outputs = self.outputs(&importer)
        guard runs > 0 else { return false }
        var script = asked.isEmpty ? "" : Self.reader
        if outlives { script += "failed=0\n" }
        script += parts.joined()
        if outlives { script += "[ \"$failed\" -eq 0 ] || exit \"$failed\"\n" }
        script += outputs.lines
        if !script.dropLast().contains("\n") { script = script.trimmed }
        if !values.isEmpty { node.keys["with"] = .object(values) }
        node.keys["run"] = .string(script.asLiteral)
        if !outputs.declared.isEmpty { node.keys["outputs"] = .object(outputs.declared) }
        return true
    }

    private static func oneLine(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) })
    }

    // MARK: Steps

    private mutating func part(
        _ step: ForeignValue, _ place: Int, outlives: Bool, _ importer: inout ActionsImporter
    ) -> String {
        for (key, _) in step.pairs where !Self.keys.contains(key.name) {
            importer.notes.leftOut("`\(key.name)` of a step has no equivalent and is left out", at: key.span)
        }
        var scope = scope
        var before: [String] = []
        for (key, value) in step["env"]?.pairs ?? [] {
            let text = self.text(value, scope, &before, &importer)
            scope.env[key.name] = importer.text(value, scope)
            before.append("export \(Self.variable(key.name))=\(text)")
        }
        if let folder = step["working-directory"] ?? defaults?["working-directory"] {
            let text = self.text(folder, scope, &before, &importer)
            before.append("mkdir -p \(text) && cd \(text)")
        }
        let source = step["run"]
        let body = body(source?.text ?? "", step, scope, &before, &importer)
        if body.contains("GITHUB_OUTPUT") || body.contains("GITHUB_ENV") || body.contains("GITHUB_STEP_SUMMARY") {
            let id = step["id"]?.text.map { NameTable.plain($0) } ?? "\(place)"
            before.insert(
                "export GITHUB_OUTPUT=\"$FLOW_OUTPUT.\(id)\" GITHUB_ENV=/dev/null GITHUB_STEP_SUMMARY=/dev/null", at: 0)
        }
        for name in ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] where body.contains(name) {
            importer.notes.leftOutOnce(
                "what is written to `\(name)` has no equivalent", at: source?.span ?? step.head)
        }
        let title = step["name"]?.text.map { "# \(Self.oneLine($0))\n" } ?? ""
        let inner = before.map { $0 + "\n" }.joined() + (body.hasSuffix("\n") ? body : body + "\n")
        let isBare = !outlives && steps.count { $0["run"] != nil } == 1 && before.isEmpty
        let guarded = condition(step, scope, outlives: outlives, &importer)
        var text = isBare && guarded == nil ? inner : "(\n\(inner))\n"
        if outlives {
            let keeps = step["continue-on-error"]?.json == true
            text =
                "set +e\n(\nset -eo pipefail\n\(inner))\ncode=$?\nset -e\n"
                + (keeps ? "" : "[ \"$code\" -eq 0 ] || failed=$code\n")
        }
        if let guarded { text = "if \(guarded); then\n\(text)fi\n" }
        return title + text
    }

    private static let keys: Set<String> = [
        "name", "id", "run", "env", "if", "shell", "working-directory", "continue-on-error",
    ]

    private static func variable(_ name: String) -> String {
        name.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || $0 == "_")
        }
            ? name : NameTable.plain(name).uppercased()
    }

    private mutating func condition(
        _ step: ForeignValue, _ scope: ActionsScope, outlives: Bool, _ importer: inout ActionsImporter
    ) -> String? {
        var tests: [String] = []
        let written = step["if"].map { ActionsImporter.unwrapped($0.text ?? $0.name) }
        let calls = written.map { ActionsScope.statusCalls(in: $0) } ?? []
        if outlives {
            if calls.contains("failure") {
                tests.append("[ \"$failed\" -ne 0 ]")
            } else if !calls.contains("always"), !calls.contains("cancelled") {
                tests.append("[ \"$failed\" -eq 0 ]")
            }
        }
        if let condition = step["if"], let written {
            if written.contains("steps.") {
                importer.notes.leftOut("a condition on a step's outputs is left out", at: condition.span)
            } else if let text = importer.condition(written, scope, [], at: condition.span), text != "true",
                !calls.contains("failure")
            {
                let name = valueNames.unique("if_\(step["id"]?.text ?? step["name"]?.text ?? "step")")
                values[name] = .string("${{ \(FlowText.unwrapped(text)) }}")
                tests.append("[ \"$FLOW_WITH_\(name.uppercased())\" = true ]")
            }
        }
        return tests.isEmpty ? nil : tests.joined(separator: " && ")
    }

    private mutating func body(
        _ written: String, _ step: ForeignValue, _ scope: ActionsScope, _ before: inout [String],
        _ importer: inout ActionsImporter
    ) -> String {
        var found: [String: String] = [:]
        for piece in ScriptText.tags(written, open: "${{", close: "}}") where piece.isTag {
            found[piece.text] = variable(of: piece.text, scope, &before, at: step["run"]?.span ?? step.head, &importer)
        }
        let shell = (step["shell"] ?? defaults?["shell"])?.text ?? "bash"
        let program = shell.split(separator: " ").first.map(String.init) ?? "bash"
        switch program {
        case "bash", "sh":
            var (text, isHidden) = ScriptText.shell(written, open: "${{", close: "}}") { found[$0] ?? "NOTHING" }
            if isHidden {
                importer.notes.approximated(
                    "a value stands in a quoted here-document, where the shell does not put it in",
                    at: step["run"]?.span ?? step.head)
            }
            if isDirect { text = text.replacing("GITHUB_OUTPUT", with: "FLOW_OUTPUT") }
            return text
        case "python":
            let text = ScriptText.program(
                written, open: "${{", close: "}}",
                alone: { "__import__(\"json\").loads(__import__(\"os\").environ[\"\(found[$0] ?? "NOTHING")\"])" },
                inText: { "__import__(\"os\").environ[\"\(found[$0] ?? "NOTHING")\"]" })
            return "python3 - <<'END_OF_PROGRAM'\n\(text.hasSuffix("\n") ? text : text + "\n")END_OF_PROGRAM\n"
        default:
            importer.notes.leftOut(
                "the shell `\(program)` has no equivalent: the step is left out", at: (step["shell"] ?? step).head)
            return ":\n"
        }
    }

    // MARK: Values

    /// A value as a word of the shell.
    private mutating func text(
        _ value: ForeignValue, _ scope: ActionsScope, _ before: inout [String], _ importer: inout ActionsImporter
    ) -> String {
        let written = value.text ?? (value.isNull ? "" : value.json.jsonText())
        var word = ""
        for piece in ScriptText.tags(written, open: "${{", close: "}}") {
            if !piece.isTag {
                word += ArgoScript.word(piece.text)
            } else if let name = variable(of: piece.text, scope, &before, at: value.span, &importer) {
                word += "\"${\(name)}\""
            }
        }
        return word.isEmpty ? "''" : word
    }

    /// The variable that holds what an expression gives; nil, and reported, when it has no equivalent.
    private mutating func variable(
        of tag: String, _ scope: ActionsScope, _ before: inout [String], at span: SourceSpan,
        _ importer: inout ActionsImporter
    ) -> String? {
        if tag == "github.workspace" { return "PWD" }
        let path = tag.split(separator: ".").map(String.init)
        if path.count == 4, path[0] == "steps", path[2] == "outputs" {
            asked.insert("\(path[1]).\(path[3])")
            let name = "STEP_" + NameTable.plain("\(path[1])_\(path[3])").uppercased()
            let line = "\(name)=$(step_output \(NameTable.plain(path[1])) \(ArgoScript.word(path[3])))"
            if !before.contains(line) { before.insert(line, at: 0) }
            return name
        }
        // Steps may give one name different values.
        if let known = known[tag], !tag.hasPrefix("env.") { return known }
        guard let value = importer.value(of: tag, scope) else {
            importer.notes.leftOut("`\(tag)` has no equivalent and is empty", at: span)
            return nil
        }
        let isPath = tag.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "._-".unicodeScalars.contains($0)
        }
        let wanted =
            isPath
            ? (path.count > 2 && path[0] == "needs" ? "\(path[1])_\(path[path.count - 1])" : path.last ?? tag) : "value"
        let name = valueNames.unique(wanted)
        values[name] = value.template
        known[tag] = "FLOW_WITH_\(name.uppercased())"
        return "FLOW_WITH_\(name.uppercased())"
    }

    // MARK: Outputs

    /// Whether each output of the job is one of a step by the same name, and nothing else asks for steps' outputs.
    private func outputsAreDirect() -> Bool {
        var byStep: [String: Int] = [:]
        for (key, value) in job.value["outputs"]?.pairs ?? [] {
            let path = ActionsImporter.unwrapped(value.text ?? "").split(separator: ".").map(String.init)
            guard path.count == 4, path[0] == "steps", path[2] == "outputs", path[3] == key.name,
                NameTable.plain(key.name) == key.name
            else { return false }
            byStep[path[1], default: 0] += 1
        }
        for step in steps {
            let text = step["run"]?.text ?? ""
            let mentions = text.split(separator: "GITHUB_OUTPUT", omittingEmptySubsequences: false).count - 1
            guard mentions == byStep[step["id"]?.text ?? "", default: 0] else { return false }
            let all = [text, step["if"]?.text ?? ""] + (step["env"]?.pairs.map { $0.value.text ?? "" } ?? [])
            if all.contains(where: { $0.contains("steps.") }) { return false }
        }
        return !byStep.isEmpty
    }

    private mutating func outputs(_ importer: inout ActionsImporter) -> (declared: JSONObject, lines: String) {
        var declared = JSONObject()
        var lines = ""
        for (key, value) in job.value["outputs"]?.pairs ?? [] {
            let name = NameTable.plain(key.name)
            declared[name] = "string"
            if isDirect { continue }
            var before: [String] = []
            let word = text(value, scope, &before, &importer)
            lines += before.map { $0 + "\n" }.joined()
            lines += "printf '\(name)<<END_OF_VALUE\\n%s\\nEND_OF_VALUE\\n' \(word) >> \"$FLOW_OUTPUT\"\n"
        }
        return (declared, lines)
    }

    /// Reads an output that a step has written: the last line `name=value`, or block `name<<END`.
    private static let reader = OutputReader.function(
        "step_output", name: "$2", file: "$FLOW_OUTPUT.$1", first: "  touch \"$FLOW_OUTPUT.$1\"\n")
}
