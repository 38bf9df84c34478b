// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import YAML

/// Why an engine cannot be used.
package struct EngineProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package var message: String
    package var description: String { message }
}

/// Reads `engine.yaml`.
struct EngineManifestReader {
    static let file = "engine.yaml"
    private static let keys: Set<String> = [
        "engine", "name", "version", "title", "description", "command", "python", "warm", "gateway", "start_timeout",
        "env", "actions", "test", "license", "homepage",
    ]

    private let path: String
    private let folder: String

    /// Reads the engine of a folder.
    static func read(folder: String) throws(EngineProblem) -> EngineManifest {
        let path = FilePath.join(folder, file)
        let reader = EngineManifestReader(path: path, folder: folder)
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try File.read(path, limit: 1 << 20)
        } catch {
            throw EngineProblem(message: "\(path) cannot be read: \(error.reason)")
        }
        let (document, problems) = YAMLDocument.parse(bytes)
        guard let document, problems.isEmpty else {
            throw reader.problem("is no YAML" + (problems.first.map { ": \($0.message)" } ?? ""))
        }
        return try reader.manifest(document.json(document.root), Digest(of: bytes))
    }

    private func problem(_ text: String) -> EngineProblem { EngineProblem(message: "\(path): \(text)") }

    private func manifest(_ json: JSONValue, _ digest: Digest) throws(EngineProblem) -> EngineManifest {
        guard let object = json.objectValue else { throw problem("is a mapping of keys to values") }
        try check(object, Self.keys, "the manifest")
        guard object["engine"] == .integer(1) else { throw problem("`engine` is the version of the format: 1") }
        let name = FilePath.basename(folder)
        guard object["name"]?.stringValue == name else {
            throw problem("`name` is that of the folder, `\(name)`")
        }
        guard DocumentReader.isIdentifier(name) else { throw problem("`\(name)` is no name: `[a-z][a-z0-9_]*`") }
        var manifest = EngineManifest(name: name, folder: folder, digest: digest)
        manifest.version = object["version"]?.plainText ?? "0"
        manifest.title = object["title"]?.stringValue
        manifest.description = object["description"]?.stringValue
        let command = object["command"]?.arrayValue?.map(\.plainText) ?? []
        guard let program = command.first, !program.isEmpty else {
            throw problem("`command` is a list: the program and its arguments")
        }
        manifest.command = command
        manifest.python = try python(object["python"] ?? .null)
        manifest.isWarm = try flag(object, "warm") ?? false
        manifest.usesGateway = try flag(object, "gateway") ?? true
        if let text = object["start_timeout"]?.plainText {
            guard let time = Milliseconds(parsing: text), time > .zero else {
                throw problem("`start_timeout` is a duration such as `60s`, not `\(text)`")
            }
            manifest.startTimeout = time
        }
        for member in object["env"]?.objectValue ?? JSONObject() {
            manifest.environment[member.key] = member.value.plainText
        }
        guard let actions = object["actions"]?.objectValue, !actions.isEmpty else {
            throw problem("`actions` names what the engine does, at least one thing")
        }
        for member in actions { manifest.actions.append(try action(member.key, member.value)) }
        if let test = object["test"]?.objectValue {
            try check(test, ["action", "with"], "`test`")
            let action = test["action"]?.stringValue ?? manifest.actions[0].name
            guard manifest.action(action) != nil else { throw problem("`test` names no action: `\(action)`") }
            manifest.example = EngineManifest.Example(
                action: action, with: test["with"]?.objectValue ?? JSONObject())
        }
        return manifest
    }

    private func check(_ object: JSONObject, _ keys: Set<String>, _ what: String) throws(EngineProblem) {
        for key in object.keys where !keys.contains(key) {
            let near = Spelling.nearest(to: key, among: keys.sorted()).map { "; did you mean `\($0)`?" }
            throw problem("unknown key `\(key)` in \(what)" + (near ?? ""))
        }
    }

    private func flag(_ object: JSONObject, _ key: String) throws(EngineProblem) -> Bool? {
        guard let value = object[key], !value.isNull else { return nil }
        guard let flag = value.boolValue else { throw problem("`\(key)` takes true or false") }
        return flag
    }

    private func python(_ json: JSONValue) throws(EngineProblem) -> EngineManifest.Python? {
        guard !json.isNull else { return nil }
        guard let object = json.objectValue else { throw problem("`python` is a mapping") }
        try check(object, ["versions", "requirements", "imports"], "`python`")
        let versions = (object["versions"]?.arrayValue ?? []).map(\.plainText)
        guard !versions.isEmpty, let requirements = object["requirements"]?.stringValue else {
            throw problem("`python` has `versions`, a list such as [\"3.12\"], and `requirements`, a file")
        }
        return EngineManifest.Python(
            versions: versions, requirements: FilePath.normalise(FilePath.join(folder, requirements)),
            imports: (object["imports"]?.arrayValue ?? []).compactMap(\.stringValue))
    }

    private func action(_ name: String, _ json: JSONValue) throws(EngineProblem) -> EngineManifest.Action {
        guard DocumentReader.isIdentifier(name) else { throw problem("`\(name)` is no name: `[a-z][a-z0-9_]*`") }
        var action = EngineManifest.Action(name: name)
        guard !json.isNull else { return action }
        guard let object = json.objectValue else { throw problem("`actions.\(name)` is a mapping") }
        try check(object, ["description", "inputs", "outputs", "artifacts"], "`actions.\(name)`")
        action.description = object["description"]?.stringValue
        action.inputs = try fields(object["inputs"] ?? .null, "actions.\(name).inputs")
        action.outputs = try fields(object["outputs"] ?? .null, "actions.\(name).outputs")
        action.artifacts = (object["artifacts"]?.arrayValue ?? []).compactMap(\.stringValue)
        guard action.artifacts.allSatisfy(DocumentReader.isIdentifier) else {
            throw problem("`actions.\(name).artifacts` is a list of names")
        }
        return action
    }

    private func fields(_ json: JSONValue, _ place: String) throws(EngineProblem) -> [EngineManifest.Field] {
        guard !json.isNull else { return [] }
        guard let object = json.objectValue else { throw problem("`\(place)` maps names to types") }
        var fields: [EngineManifest.Field] = []
        for member in object {
            let here = "\(place).\(member.key)"
            guard DocumentReader.isIdentifier(member.key) else { throw problem("`\(member.key)` is no name") }
            let inner = member.value.objectValue
            let word = inner?["type"]?.stringValue ?? member.value.stringValue ?? ""
            guard let type = OutputType(rawValue: word) else {
                let known = OutputType.allCases.map(\.rawValue)
                throw problem("`\(here)` has no type; the types are \(known.joined(separator: ", "))")
            }
            var field = EngineManifest.Field(name: member.key, type: type)
            if let inner {
                try check(inner, ["type", "required", "default", "enum", "description"], "`\(here)`")
                field.required = try flag(inner, "required") ?? false
                field.fallback = inner["default"].flatMap { $0.isNull ? nil : $0 }
                field.choices = inner["enum"]?.arrayValue ?? []
                field.description = inner["description"]?.stringValue
                if let fallback = field.fallback, let fault = field.problem(with: fallback) {
                    throw problem("`\(here).default` \(fault)")
                }
            }
            fields.append(field)
        }
        return fields
    }
}
