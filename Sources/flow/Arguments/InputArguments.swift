// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowEngine

/// The inputs of a run as the command line gives them: texts, made into the values that the workflow's form asks for.
struct InputArguments {
    /// The largest file whose content becomes a value.
    private static let largestFile = 16 << 20

    var definitions: [InputDefinition]
    var directory: String

    /// The values of `--input-file` with those of `--input` over them. Types and names are checked by the binder.
    func values(_ invocation: Invocation) throws(CommandFailure) -> JSONObject {
        var values = JSONObject()
        for path in invocation.all("input-file") {
            for member in try object(in: path) { values[member.key] = try located(member.value, member.key) }
        }
        var lists: [String: [JSONValue]] = [:]
        for text in invocation.all("input") {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw CommandFailure(.usage, "--input takes NAME=VALUE, not `\(text)`")
            }
            let name = String(text[..<equals])
            let value = String(text[text.index(after: equals)...])
            let definition = definitions.first { $0.name == name }
            switch definition?.kind {
            case .files: lists[name, default: []].append(.string(try file(value, name)))
            case .array:
                if let whole = try parsed(value, name)?.arrayValue {
                    lists[name, default: []] += whole
                } else {
                    lists[name, default: []].append(try typed(value, nil, name))
                }
            case let kind:
                if values[name] != nil, invocation.all("input").filter({ $0.hasPrefix("\(name)=") }).count > 1 {
                    throw CommandFailure(.usage, "input `\(name)` is given twice")
                }
                values[name] = try typed(value, kind, name)
            }
        }
        for (name, list) in lists { values[name] = .array(list) }
        return values
    }

    private func object(in path: String) throws(CommandFailure) -> JSONObject {
        let bytes = try content(path, "--input-file")
        guard let json = try? JSONValue.parse(bytes) else {
            throw CommandFailure(.badInput, "`\(path)` is not JSON")
        }
        guard let object = json.objectValue else {
            throw CommandFailure(.badInput, "`\(path)` holds \(json.typeName), not an object of inputs")
        }
        return object
    }

    /// A value of a file of inputs: paths of file inputs are made absolute.
    private func located(_ value: JSONValue, _ name: String) throws(CommandFailure) -> JSONValue {
        switch (definitions.first { $0.name == name }?.kind, value) {
        case (.file, .string(let path)): return .string(try file(path, name))
        case (.files, .array(let paths)):
            var located: [JSONValue] = []
            for path in paths {
                if let text = path.stringValue {
                    located.append(.string(try file(text, name)))
                } else {
                    located.append(path)
                }
            }
            return .array(located)
        default: return value
        }
    }

    private func typed(
        _ text: String, _ kind: InputDefinition.Kind?, _ name: String
    ) throws(CommandFailure) -> JSONValue {
        if kind == .file { return .string(try file(text, name)) }
        return .string(try expanded(text, name))
    }

    private func parsed(_ text: String, _ name: String) throws(CommandFailure) -> JSONValue? {
        try? JSONValue.parse(Array(try expanded(text, name).utf8))
    }

    /// The content of a file for `@PATH`; any other text as it is.
    private func expanded(_ text: String, _ name: String) throws(CommandFailure) -> String {
        guard text.hasPrefix("@") else { return text }
        let path = String(text.dropFirst())
        let bytes = try content(path, "input `\(name)`")
        guard let content = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.badInput, "input `\(name)`: `\(path)` is not UTF-8 text")
        }
        return content
    }

    private func content(_ path: String, _ what: String) throws(CommandFailure) -> [UInt8] {
        do throws(FileError) {
            if path == "-" { return try StandardStream.input.readAll(limit: Self.largestFile) }
            return try File.read(FilePath.join(directory, path), limit: Self.largestFile)
        } catch {
            throw CommandFailure(.badInput, "\(what): \(error.description)")
        }
    }

    private func file(_ text: String, _ name: String) throws(CommandFailure) -> String {
        let path = FilePath.join(directory, text.hasPrefix("@") ? String(text.dropFirst()) : text)
        guard let kind = File.kind(of: path) else {
            throw CommandFailure(.badInput, "input `\(name)`: there is no file `\(path)`")
        }
        guard kind != .directory else {
            throw CommandFailure(.badInput, "input `\(name)`: `\(path)` is a folder, not a file")
        }
        return path
    }
}
