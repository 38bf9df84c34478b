// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Makes a `run` node of a container or script template.
struct ArgoScript {
    private static let shells: Set<String> = ["sh", "bash", "ash", "dash", "zsh", "ksh"]
    private static let heredoc = "END_OF_PROGRAM"

    let template: ForeignValue
    let body: ForeignValue
    let scope: ArgoScope
    let wantsResult: Bool

    /// Output names by the names of parameters, and the output that holds what was printed.
    private(set) var outputs: [(String, String)] = []
    private(set) var artifacts: [(String, String)] = []
    private(set) var result: String?

    private var values = JSONObject()
    private var valueNames = NameTable()
    private var variables: [String: String] = [:]
    /// Paths of the container, and where their files lie in the work folder.
    private var places: [(path: String, local: String)] = []
    private var before: [String] = []
    private var after: [String] = []

    init(template: ForeignValue, body: ForeignValue, scope: ArgoScope, wantsResult: Bool) {
        self.template = template
        self.body = body
        self.scope = scope
        self.wantsResult = wantsResult
    }

    mutating func fill(_ node: inout ImportedNode, _ importer: inout ArgoImporter) {
        reportBody(&importer)
        readFiles(&importer)
        let outputs = readOutputs(&importer)
        if places.contains(where: { $0.path.hasPrefix("/") }) {
            importer.notes.approximatedOnce(
                "files of containers lie in the node's own folder: `/a/b` is `a/b` there",
                at: body.head)
        }
        let command = words(body["command"])
        let arguments = words(body["args"])
        var shell: String?
        let run: JSONValue
        if let source = body["source"] {
            (run, shell) = script(source, interpreter: command + arguments, &importer)
        } else if let (script, extra) = Self.inlineScript(command + arguments) {
            if let first = extra.first {
                importer.notes.approximated("words after the script are left out", at: first.span)
            }
            (run, shell) = self.script(script, interpreter: [command.first ?? script], &importer)
        } else if command.isEmpty {
            importer.notes.leftOut(
                "the command of the image is not known: a placeholder takes its place", at: body.head)
            node.keys["set"] = .object(placeholder(&importer))
            return
        } else {
            run = program(command + arguments, &importer)
        }
        readEnvironment(&node, &importer)
        if !values.isEmpty { node.keys["with"] = .object(values) }
        node.keys["run"] = run
        if let shell { node.keys["shell"] = .string(shell) }
        if !outputs.isEmpty { node.keys["outputs"] = .object(outputs) }
        for (artifact, path, isOptional) in files {
            node.add(artifact, isOptional ? ["path": .string(path), "optional": true] : .string(path), to: "artifacts")
        }
        if node.keys["artifacts"]?.objectValue?.contains(where: { $0.value.objectValue != nil }) == true {
            let list = files.map { file -> JSONValue in
                file.isOptional
                    ? ["name": .string(file.name), "path": .string(file.path), "optional": true]
                    : ["name": .string(file.name), "path": .string(file.path)]
            }
            node.keys["artifacts"] = .array(list)
        }
    }

    private var files: [(name: String, path: String, isOptional: Bool)] = []

    private func reportBody(_ importer: inout ArgoImporter) {
        if let image = body["image"] {
            importer.notes.leftOutOnce(
                "the image `\(image.text ?? "")` has no equivalent: the command runs on this machine", at: image.span)
        }
        importer.reportKeys(
            body, known: ["image", "command", "args", "source", "env", "name", "workingDir", "imagePullPolicy"],
            of: "a container")
        if let folder = body["workingDir"] {
            importer.notes.leftOut("`workingDir` is left out: a node has a folder of its own", at: folder.span)
        }
    }

    private func words(_ list: ForeignValue?) -> [ForeignValue] { list?.oneOrMore ?? [] }

    /// The script of `sh -c …`, and the words after it.
    private static func inlineScript(_ words: [ForeignValue]) -> (ForeignValue, ArraySlice<ForeignValue>)? {
        guard words.count >= 3, shells.contains(base(words[0].text ?? "")) else { return nil }
        guard let flags = words[1].text, flags.hasPrefix("-"), flags.hasSuffix("c") else { return nil }
        return (words[2], words[3...])
    }

    private static func base(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    // MARK: Files and outputs

    private mutating func readFiles(_ importer: inout ArgoImporter) {
        for artifact in template["inputs"]?["artifacts"]?.elements ?? [] {
            guard let name = artifact["name"]?.text else { continue }
            let local = place(artifact["path"]?.text ?? "/inputs/\(name)")
            guard let value = scope.artifacts[name] else {
                if artifact["optional"]?.json != true {
                    importer.notes.leftOut("the file `\(name)` comes from nowhere and is left out", at: artifact.head)
                }
                continue
            }
            if case .text(let text)? = value.pieces.first, text.hasPrefix("raw:") {
                var data = value
                data.pieces[0] = .text(String(text.dropFirst(4)))
                let variable = variable(data, named: name)
                before.append("printf '%s' \"$\(variable)\" > \(Self.word(local))")
            } else {
                let variable = variable(value, named: name)
                before.append("cp -r \"$\(variable)\" \(Self.word(local))")
            }
        }
    }

    private mutating func readOutputs(_ importer: inout ArgoImporter) -> JSONObject {
        var declared = JSONObject()
        var names = NameTable()
        for parameter in template["outputs"]?["parameters"]?.elements ?? [] {
            guard let name = parameter["name"]?.text else { continue }
            guard let path = parameter["valueFrom"]?["path"]?.text else {
                importer.notes.leftOut("the output `\(name)` is left out: it is in no file", at: parameter.head)
                continue
            }
            let output = names.unique(name)
            let local = place(path)
            declared[output] = "string"
            outputs.append((name, output))
            let file = Self.word(local)
            var read = "$(cat \(file))"
            if let fallback = parameter["valueFrom"]?["default"]?.text {
                read = "$(cat \(file) 2>/dev/null || printf '%s' \(Self.word(fallback)))"
            }
            after.append("printf '\(output)<<END_OF_VALUE\\n%s\\nEND_OF_VALUE\\n' \"\(read)\" >> \"$FLOW_OUTPUT\"")
        }
        if wantsResult {
            let output = names.unique("result")
            result = output
            declared[output] = "string"
            after.append(
                "printf '\(output)<<END_OF_VALUE\\n%s\\nEND_OF_VALUE\\n' \"$(cat .printed)\" >> \"$FLOW_OUTPUT\"")
        }
        var artifactNames = NameTable()
        for artifact in template["outputs"]?["artifacts"]?.elements ?? [] {
            guard let name = artifact["name"]?.text, let path = artifact["path"]?.text else { continue }
            let local = place(path)
            let known = artifactNames.unique(name)
            artifacts.append((name, known))
            files.append((known, local, artifact["optional"]?.json == true))
            importer.reportKeys(
                artifact, known: ["name", "path", "optional", "archive", "mode"], of: "an artifact")
        }
        return declared
    }

    /// A path of the container as one in the work folder.
    private mutating func place(_ path: String) -> String {
        if let known = places.first(where: { $0.path == path }) { return known.local }
        let parts = path.split(separator: "/").filter { $0 != "." && $0 != ".." }
        let local = parts.isEmpty ? "file" : parts.joined(separator: "/")
        places.append((path, local))
        if parts.count > 1 {
            let folder = "mkdir -p \(Self.word(parts.dropLast().joined(separator: "/")))"
            if !before.contains(folder) { before.append(folder) }
        }
        return local
    }

    /// The text with the container's paths as those of the work folder.
    private func localised(_ text: String) -> String {
        var result = text
        for (path, local) in (places + folders).sorted(by: { $0.path.count > $1.path.count })
        where path.hasPrefix("/") {
            var rest = result[...]
            var done = ""
            while let range = rest.firstRange(of: path) {
                let isStart = !Self.isOfName(
                    done.isEmpty && range.lowerBound == rest.startIndex
                        ? nil : (done + rest[..<range.lowerBound]).unicodeScalars.last, "_-./}")
                let isEnd = !Self.isOfName(rest[range.upperBound...].unicodeScalars.first, "_-.")
                done += rest[..<range.lowerBound] + (isStart && isEnd ? local : path)
                rest = rest[range.upperBound...]
            }
            result = done + rest
        }
        return result
    }

    private static func isOfName(_ scalar: Unicode.Scalar?, _ more: String) -> Bool {
        guard let scalar else { return false }
        return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || more.unicodeScalars.contains(scalar)
    }

    /// The outermost folders of the places: what else a script keeps there goes with them.
    private var folders: [(path: String, local: String)] {
        let system: Set<Substring> = ["bin", "dev", "etc", "lib", "opt", "proc", "root", "sbin", "sys", "usr", "var"]
        let heads = places.compactMap { place -> Substring? in
            let parts = place.local.split(separator: "/")
            return parts.count > 1 ? parts.first : nil
        }
        return Set(heads).subtracting(system).sorted().map { ("/\($0)", String($0)) }
    }

    // MARK: Values

    private mutating func variable(_ value: FlowText, named wanted: String) -> String {
        let name = valueNames.unique(wanted)
        values[name] = value.template
        return "FLOW_WITH_\(name.uppercased())"
    }

    /// The variable for a tag; nil, and reported, when it has no equivalent.
    private mutating func variable(of tag: String, _ importer: inout ArgoImporter) -> String? {
        if let known = variables[tag] { return known }
        guard let value = importer.value(of: tag, scope) else {
            importer.notes.leftOutOnce("`{{\(tag)}}` has no equivalent", at: body.head)
            return nil
        }
        let path = tag.split(separator: ".")
        let name: String =
            switch path.first {
            case "item": path.count > 1 ? path.dropFirst().joined(separator: "_") : "item_value"
            case "tasks", "steps": path.count > 1 ? "\(path[1])_\(path.last ?? "")" : tag
            default: path.last.map(String.init) ?? tag
            }
        let made = variable(value, named: name)
        variables[tag] = made
        return made
    }

    /// The paths that tags such as `{{outputs.artifacts.x.path}}` stand for, written out.
    private mutating func withPaths(_ text: String) -> String {
        var result = ""
        for piece in ScriptText.tags(text, open: "{{", close: "}}") {
            let path = piece.text.split(separator: ".")
            guard piece.isTag, path.count == 4, path[3] == "path", path[0] == "inputs" || path[0] == "outputs" else {
                result += piece.isTag ? "{{\(piece.text)}}" : piece.text
                continue
            }
            let list = template[String(path[0])]?[String(path[1])]?.elements ?? []
            let entry = list.first { $0["name"]?.text == String(path[2]) }
            result += entry?["path"]?.text ?? entry?["valueFrom"]?["path"]?.text ?? "/\(path[0])/\(path[2])"
        }
        return result
    }

    // MARK: Bodies

    private mutating func script(
        _ source: ForeignValue, interpreter: [ForeignValue], _ importer: inout ArgoImporter
    ) -> (JSONValue, String?) {
        let text = localised(withPaths(source.text ?? ""))
        let name = Self.base(interpreter.first?.text ?? "sh")
        if interpreter.isEmpty || Self.shells.contains(name) {
            let (rewritten, isHidden) = shellText(text, &importer)
            if isHidden {
                importer.notes.approximated(
                    "a value stands in a quoted here-document, where the shell does not put it in", at: source.span)
            }
            let stops = interpreter.dropFirst().contains { ($0.text ?? "").hasPrefix("-e") } || text.contains("set -e")
            let body = rewritten.hasSuffix("\n") ? rewritten : rewritten + "\n"
            let isLong = body.dropLast().contains("\n") || body.contains(";")
            return wrapped(isLong && !stops ? "set +e\n\(body)" : body, shell: name == "bash" ? nil : "sh")
        }
        let isPython = name.hasPrefix("python")
        let known = ["node", "nodejs"].contains(name) || isPython
        var found: [String: String] = [:]
        for piece in ScriptText.tags(text, open: "{{", close: "}}") where piece.isTag {
            found[piece.text] = variable(of: piece.text, &importer)
        }
        func access(_ tag: String) -> String? {
            found[tag].map { isPython ? "__import__(\"os\").environ[\"\($0)\"]" : "process.env.\($0)" }
        }
        let program = ScriptText.program(
            text, open: "{{", close: "}}",
            alone: { tag in
                access(tag).map { isPython ? "__import__(\"json\").loads(\($0))" : "JSON.parse(\($0))" }
            }, inText: access)
        if !found.isEmpty, !known {
            importer.notes.leftOut(
                "values in a program of `\(name)` have no equivalent: read them from its environment", at: source.span)
        }
        let line = interpreter.map { Self.word($0.text ?? "") }.joined(separator: " ")
        let end = program.hasSuffix("\n") ? "" : "\n"
        return wrapped("\(line) - <<'\(Self.heredoc)'\n\(known ? program : text)\(end)\(Self.heredoc)\n", shell: nil)
    }

    private mutating func shellText(_ text: String, _ importer: inout ArgoImporter) -> (String, Bool) {
        var found: [String: String] = [:]
        for piece in ScriptText.tags(text, open: "{{", close: "}}") where piece.isTag {
            found[piece.text] = variable(of: piece.text, &importer)
        }
        let (rewritten, isHidden) = ScriptText.shell(text, open: "{{", close: "}}") { found[$0] }
        return (rewritten, isHidden)
    }

    private mutating func program(_ words: [ForeignValue], _ importer: inout ArgoImporter) -> JSONValue {
        let texts = words.map { localised(withPaths($0.text ?? "")) }
        if before.isEmpty, after.isEmpty {
            // No expression may stand in the words of a program: values go the way of the environment.
            let values = zip(words, texts).map { importer.text($1, scope, at: $0.span).constant }
            if !values.contains(nil) { return .array(values.compactMap(\.self).map { .string($0.asLiteral) }) }
        }
        var line: [String] = []
        for text in texts {
            var word = ""
            for piece in ScriptText.tags(text, open: "{{", close: "}}") {
                if piece.isTag, let variable = variable(of: piece.text, &importer) {
                    word += "\"${\(variable)}\""
                } else {
                    word += Self.word(piece.isTag ? "{{\(piece.text)}}" : piece.text)
                }
            }
            line.append(word.isEmpty ? "''" : word)
        }
        return wrapped(line.joined(separator: " ") + "\n", shell: nil).0
    }

    /// The body between what it needs before and what it leaves behind.
    private func wrapped(_ body: String, shell: String?) -> (JSONValue, String?) {
        var text = before.map { $0 + "\n" }.joined()
        if text.isEmpty, after.isEmpty, !body.dropLast().contains("\n") {
            text = body.trimmed
        } else if after.isEmpty {
            text += body
        } else {
            // A script with a file of its own in this place must not write flow's.
            let ownsOutput = self.body["env"]?.elements.contains { $0["name"]?.text == "FLOW_OUTPUT" } ?? false
            let head = ownsOutput ? "export FLOW_OUTPUT=\"$PWD/.flow-output\"\n" : ""
            text += "(\n\(head)\(body))\(result == nil ? "" : " | tee .printed")\n" + after.map { $0 + "\n" }.joined()
        }
        // A pipe hides the failure of its first part from sh.
        return (.string(text.asLiteral), result == nil ? shell : nil)
    }

    private mutating func placeholder(_ importer: inout ArgoImporter) -> JSONObject {
        var keys = JSONObject()
        keys["image"] = .string((body["image"]?.text ?? "").asLiteral)
        for (_, output) in outputs { keys[output] = "" }
        if let result { keys[result] = "" }
        return keys
    }

    private mutating func readEnvironment(_ node: inout ImportedNode, _ importer: inout ArgoImporter) {
        for entry in body["env"]?.elements ?? [] {
            guard let name = entry["name"]?.text else { continue }
            if name.hasPrefix("FLOW_") {
                // Flow sets these itself; those of `with` go back there.
                let plain = name.dropFirst("FLOW_WITH_".count).lowercased()
                if name.hasPrefix("FLOW_WITH_"), let value = entry["value"], NameTable.plain(plain) == plain {
                    let written = value.text ?? value.json.jsonText()
                    let isFile = places.contains { $0.path == written }
                    values[plain] = importer.text(isFile ? localised(written) : written, scope, at: value.span).template
                }
            } else if let value = entry["value"] {
                node.add(
                    name, importer.text(value.text ?? value.json.jsonText(), scope, at: value.span).template, to: "env")
            } else if let secret = entry["valueFrom"]?["secretKeyRef"] {
                let variable = NameTable.plain("\(secret["name"]?.text ?? "secret")_\(secret["key"]?.text ?? "")")
                    .uppercased()
                if !importer.graph.workflow.secrets.contains(variable) {
                    importer.graph.workflow.secrets.append(variable)
                }
                node.add(name, .string("${{ secrets.\(variable) }}"), to: "env")
                importer.notes.approximated(
                    "a secret of the cluster becomes the environment variable `\(variable)`", at: secret.head)
            } else {
                importer.notes.leftOut("the variable `\(name)` comes from the cluster and is left out", at: entry.head)
            }
        }
    }

    /// A text as one word of a shell.
    static func word(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
                || "_-./:=,@%+".unicodeScalars.contains($0)
        }
        return isPlain && !text.isEmpty ? text : "'\(text.replacing("'", with: "'\\''"))'"
    }
}
