// SPDX-License-Identifier: Apache-2.0

import FlowEngine

/// Values on a command line: `NAME=VALUE`, where `with.NAME` stands for a member of `with`.
enum ValueArguments {
    /// The values of all arguments. What reads as JSON other than text is a value of that type.
    static func values(_ arguments: [String]) throws(CommandFailure) -> JSONObject {
        var values = JSONObject()
        for argument in arguments {
            guard let sign = argument.firstIndex(of: "="), sign > argument.startIndex else {
                throw CommandFailure(.usage, "`\(argument)` is not NAME=VALUE")
            }
            let name = String(argument[..<sign])
            let value = value(String(argument[argument.index(after: sign)...]))
            if name.hasPrefix("with."), name.count > 5 {
                var with = values["with"]?.objectValue ?? JSONObject()
                with[String(name.dropFirst(5))] = value
                values["with"] = .object(with)
            } else {
                values[name] = value
            }
        }
        return values
    }

    private static func value(_ text: String) -> JSONValue {
        guard let json = try? JSONValue.parse(text), json.stringValue == nil else { return .string(text) }
        return json
    }
}
