// SPDX-License-Identifier: Apache-2.0

package import FlowCore

/// What the file `engine.yaml` of an engine says: how its program is started, and what it can do.
package struct EngineManifest: Sendable {
    /// A value that an action takes or gives.
    package struct Field: Sendable, Hashable {
        package var name: String
        package var type: OutputType
        package var required = false
        package var fallback: JSONValue?
        package var choices: [JSONValue] = []
        package var description: String?
    }

    /// Something that an engine does.
    package struct Action: Sendable, Hashable {
        package var name: String
        package var description: String?
        package var inputs: [Field] = []
        package var outputs: [Field] = []
        /// The names of files that it leaves when it succeeds.
        package var artifacts: [String] = []
    }

    /// The Python that an engine needs in a private environment.
    package struct Python: Sendable, Hashable {
        /// Versions that will do, such as `3.12`, the preferred one first.
        package var versions: [String]
        /// The file of requirements in the engine's folder, with every version pinned.
        package var requirements: String
        /// Modules that are imported to see whether the environment works.
        package var imports: [String]
    }

    /// What the conformance test has the engine do.
    package struct Example: Sendable, Hashable {
        package var action: String
        package var with: JSONObject
    }

    package var name: String
    package var version = "0"
    package var title: String?
    package var description: String?
    /// The program with its arguments, as the file says them.
    package var command: [String] = []
    package var python: Python?
    /// Whether the program stays for further nodes.
    package var isWarm = false
    /// Whether it may ask models through the gateway.
    package var usesGateway = true
    /// How long the program may take until it is ready.
    package var startTimeout = Milliseconds(60_000)
    /// Variables of the program, as they are written.
    package var environment: [String: String] = [:]
    package var actions: [Action] = []
    package var example: Example?
    /// The engine's folder.
    package var folder: String
    /// The digest of the file.
    package var digest: Digest

    /// The action of a name, or the only one.
    package func action(_ name: String?) -> Action? {
        guard let name else { return actions.count == 1 ? actions[0] : nil }
        return actions.first { $0.name == name }
    }
}

extension EngineManifest.Field {
    /// What is wrong with a value; nil when it fits.
    func problem(with value: JSONValue) -> String? {
        guard type.accepts(value) else { return "takes \(type.rawValue), not \(value.typeName)" }
        if !choices.isEmpty, !choices.contains(value) {
            return "is one of \(choices.map(\.plainText).joined(separator: ", ")), not `\(value.plainText)`"
        }
        return nil
    }
}

extension EngineManifest.Action {
    /// The inputs with what stands for missing ones, or what is wrong with them.
    func bound(_ given: JSONObject) -> (inputs: JSONObject, problems: [String]) {
        var values = JSONObject()
        var problems: [String] = []
        for member in given where !inputs.contains(where: { $0.name == member.key }) {
            let near = Spelling.nearest(to: member.key, among: inputs.map(\.name)).map { "; did you mean `\($0)`?" }
            problems.append("`\(name)` takes no `\(member.key)`" + (near ?? ""))
        }
        for input in inputs {
            guard let value = given[input.name], !value.isNull else {
                if let fallback = input.fallback { values[input.name] = fallback }
                if input.required, input.fallback == nil { problems.append("`\(input.name)` is missing") }
                continue
            }
            values[input.name] = value
            if let problem = input.problem(with: value) { problems.append("`\(input.name)` \(problem)") }
        }
        return (values, problems)
    }
}
