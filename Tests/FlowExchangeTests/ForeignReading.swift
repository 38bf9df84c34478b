// SPDX-License-Identifier: Apache-2.0

import FlowEngine
import YAML

@testable import FlowExchange

/// Reads YAML as the importers do.
enum ForeignReading {
    static func json(_ text: String) -> JSONValue? {
        let (document, problems) = YAMLDocument.parse(Array(text.utf8))
        guard let document, problems.isEmpty else { return nil }
        return ForeignValue(document: document, node: document.root).json
    }
}
