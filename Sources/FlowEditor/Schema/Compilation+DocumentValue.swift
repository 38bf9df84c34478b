// SPDX-License-Identifier: Apache-2.0

public import FlowCore
public import FlowEngine
import YAML

extension Compilation {
    /// The text as JSON, read by YAML 1.2; nil when it could not be read. Aliases stand for what they name.
    public var documentValue: JSONValue? { document.map { $0.json($0.root) } }
}
