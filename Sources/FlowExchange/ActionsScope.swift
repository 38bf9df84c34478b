// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// What the contexts of an expression stand for in a job.
struct ActionsScope {
    var job = ""
    var needs: [String] = []
    var env: [String: FlowText] = [:]
    /// The job's matrix, if it has one.
    var matrix: Matrix?

    /// The keys of a matrix.
    struct Matrix {
        /// The name of a combination in flow's expressions.
        var root: String
        var axes: Set<String> = []
        /// Keys that `include` gives to some combinations.
        var more: Set<String> = []
    }

    /// The functions in an expression that ask how other jobs or steps ended.
    static func statusCalls(in text: String) -> Set<String> {
        guard let expression = try? ForeignExpressionParser.parse(text) else { return [] }
        func names(_ expression: ForeignExpression) -> [String] {
            switch expression {
            case .call(let name, let arguments): [name.lowercased()] + arguments.flatMap(names)
            case .not(let operand): names(operand)
            case .binary(_, let left, let right): names(left) + names(right)
            default: []
            }
        }
        return Set(names(expression)).intersection(["always", "failure", "cancelled", "success"])
    }

    /// A function in flow's terms.
    static func call(_ name: String, _ arguments: [FlowText]) -> FlowText? {
        let texts = arguments.map(\.expression)
        switch (name.lowercased(), arguments.count) {
        case ("contains", 2):
            let isList = arguments[0].single.map { $0.kind == .any || $0.kind == .list } ?? false
            let first = isList ? arguments[0].single?.text ?? "" : texts[0]
            return FlowText(expression: "contains(\(first), \(texts[1]))", .boolean)
        case ("startswith", 2): return FlowText(expression: "starts_with(\(texts[0]), \(texts[1]))", .boolean)
        case ("endswith", 2): return FlowText(expression: "ends_with(\(texts[0]), \(texts[1]))", .boolean)
        case ("fromjson", 1): return FlowText(expression: "from_json(\(texts[0]))", .any)
        case ("tojson", 1): return FlowText(expression: "to_json(\(arguments[0].single?.text ?? texts[0]))")
        case ("join", 1...2):
            guard let list = arguments[0].single else { return nil }
            return FlowText(expression: "join(\(list.text), \(texts.count > 1 ? texts[1] : "','"))")
        case ("format", 1...):
            guard let form = arguments[0].constant else { return nil }
            var result = FlowText()
            for piece in ScriptText.tags(form, open: "{", close: "}") {
                if !piece.isTag {
                    result += FlowText(piece.text)
                } else if let place = Int(piece.text), place >= 0, place + 1 < arguments.count {
                    result += arguments[place + 1]
                } else {
                    return nil
                }
            }
            return result
        default: return nil
        }
    }
}

extension ActionsImporter {
    /// A text with `${{ }}` in flow's terms. What has no equivalent becomes empty, and is reported.
    mutating func text(_ value: ForeignValue, _ scope: ActionsScope) -> FlowText {
        guard let written = value.text else { return FlowText(value.isNull ? "" : value.json.jsonText()) }
        var result = FlowText()
        for piece in ScriptText.tags(written, open: "${{", close: "}}") {
            if !piece.isTag {
                result += FlowText(piece.text)
            } else if let value = self.value(of: piece.text, scope) {
                result += value
            } else {
                notes.leftOut("`\(piece.text)` has no equivalent and is empty", at: value.span)
            }
        }
        return result
    }

    /// What an expression stands for.
    mutating func value(of text: String, _ scope: ActionsScope) -> FlowText? {
        guard let expression = try? ForeignExpressionParser.parse(text) else { return nil }
        let values = values(in: expression, scope)
        return try? ForeignCondition(name: { values[$0] }, call: { ActionsScope.call($0, $1) }).value(expression)
    }

    mutating func values(in expression: ForeignExpression, _ scope: ActionsScope) -> [[String]: FlowText] {
        var values: [[String]: FlowText] = [:]
        for name in expression.names { values[name] = value(at: name, scope) }
        return values
    }

    private mutating func value(at path: [String], _ scope: ActionsScope) -> FlowText? {
        switch (path[0], path.count) {
        case ("inputs", 2): return input(path[1])
        case ("github", 4) where path[1] == "event" && path[2] == "inputs": return input(path[3])
        case ("github", 2...): return github(Array(path.dropFirst()), scope)
        case ("vars", 2):
            let name = NameTable.plain("vars_\(path[1])")
            workflow.add(
                input: name, JSONObject([.init(key: "type", value: "string"), .init(key: "default", value: "")]))
            notes.approximatedOnce(
                "`vars.\(path[1])` becomes the input `\(name)`", at: workflow.nodes.last?.span ?? .none)
            return FlowText(expression: "inputs.\(name)")
        case ("secrets", 2):
            addSecret(path[1])
            return FlowText(expression: "secrets.\(path[1])")
        case ("env", 2):
            return scope.env[path[1]] ?? (variables.contains(path[1]) ? FlowText(expression: "env.\(path[1])") : nil)
        case ("matrix", 2):
            guard let matrix = scope.matrix else { return nil }
            let key = NameTable.plain(path[1])
            let name = "\(matrix.root).\(key)"
            if matrix.root == "item" || matrix.axes.contains(key) { return FlowText(expression: name, .any) }
            // Not every combination has it.
            return matrix.more.contains(key) ? FlowText(expression: "(\(name) ?? '')", .any) : nil
        case ("strategy", 2) where path[1] == "job-index": return FlowText(expression: "item_index", .number)
        case ("needs", 3...): return result(path, scope)
        case ("runner", 2) where path[1] == "os": return FlowText("Linux")
        default: return nil
        }
    }

    private func input(_ name: String) -> FlowText? {
        let plain = NameTable.plain(name)
        guard let input = workflow.inputs.first(where: { $0.name == plain }) else { return nil }
        let kind: FlowText.Kind =
            switch input.keys["type"]?.stringValue {
            case "boolean": .boolean
            case "number": .number
            default: .text
            }
        return FlowText(expression: "inputs.\(plain)", kind)
    }

    private mutating func github(_ path: [String], _ scope: ActionsScope) -> FlowText? {
        switch path {
        case ["run_id"]: return FlowText(expression: "run.id")
        case ["workflow"]: return FlowText(expression: "workflow.name")
        case ["run_attempt"]: return FlowText(expression: "attempt", .number)
        case ["job"]: return FlowText(scope.job)
        case ["workspace"], ["token"]: return nil
        default: break
        }
        let name = NameTable.plain("github_" + path.joined(separator: "_"))
        workflow.add(
            input: name,
            JSONObject([
                .init(key: "type", value: "string"), .init(key: "default", value: ""),
                .init(key: "help", value: .string("What github.\(path.joined(separator: ".")) was")),
            ]))
        notes.approximatedOnce(
            "`github.\(path.joined(separator: "."))` becomes the input `\(name)`", at: jobs[scope.job]?.span ?? .none)
        return FlowText(expression: "inputs.\(name)")
    }

    private func result(_ path: [String], _ scope: ActionsScope) -> FlowText? {
        guard let job = jobs[path[1]], scope.needs.contains(path[1]) else { return nil }
        if path.count == 3, path[2] == "result" {
            return FlowText(
                expression: "(nodes.\(job.id).status == 'succeeded' ? 'success' : nodes.\(job.id).status == 'failed' ? "
                    + "'failure' : nodes.\(job.id).status == 'cancelled' ? 'cancelled' : 'skipped')")
        }
        guard path.count == 4, path[2] == "outputs", job.value["outputs"]?[path[3]] != nil else { return nil }
        let reference = FlowText.Reference.output(NameTable.plain(path[3]), of: job.id)
        // Of the jobs of a matrix the last one counts.
        if job.value["strategy"]?["matrix"] != nil { return FlowText(expression: "last(\(reference))", .any) }
        return FlowText(expression: reference)
    }

    // MARK: The matrix

    mutating func addMatrix(_ job: ForeignValue, _ scope: inout ActionsScope, to node: inout ImportedNode) {
        guard let strategy = job["strategy"], let matrix = strategy["matrix"] else { return }
        var keys = JSONObject()
        if matrix.isScalar {
            guard let single = text(matrix, scope).single else {
                notes.leftOut("this matrix has no equivalent", at: matrix.span)
                return
            }
            notes.approximated("of a matrix that is worked out, the list `include` is taken", at: matrix.span)
            keys["items"] = .string("${{ \(single.text).include }}")
            scope.matrix = ActionsScope.Matrix(root: "item")
        } else {
            var found = ActionsScope.Matrix(root: "matrix")
            for (key, value) in matrix.pairs {
                let name = NameTable.plain(key.name)
                if key.name == "include" || key.name == "exclude" {
                    guard value.isSequence else {
                        notes.leftOut("`\(key.name)` that is worked out is left out", at: value.span)
                        continue
                    }
                    keys[name] = .array(value.elements.map { combination($0, &found, isMore: key.name == "include") })
                } else if value.isScalar {
                    keys[name] = text(value, scope).template
                    found.axes.insert(name)
                } else {
                    keys[name] = Self.literal(value.json)
                    found.axes.insert(name)
                }
            }
            scope.matrix = found
        }
        if let most = strategy["max-parallel"]?.json.integerValue, most > 0 { keys["max_parallel"] = .integer(most) }
        if strategy["fail-fast"]?.json == false { keys["on_failure"] = "all_or_nothing" }
        node.keys[matrix.isScalar ? "foreach" : "matrix"] = .object(keys)
    }

    private func combination(
        _ value: ForeignValue, _ found: inout ActionsScope.Matrix, isMore: Bool
    ) -> JSONValue {
        var object = JSONObject()
        for (key, value) in value.pairs {
            let name = NameTable.plain(key.name)
            object[name] = Self.literal(value.json)
            if isMore { found.more.insert(name) }
        }
        return .object(object)
    }

    private static func literal(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(text.asLiteral)
        case .array(let items): return .array(items.map { literal($0) })
        case .object(let object):
            return .object(JSONObject(object.map { .init(key: $0.key, value: literal($0.value)) }))
        default: return value
        }
    }
}
