// SPDX-License-Identifier: Apache-2.0

import YAML

extension Compilation {
    /// The located tree as text, one line a node; nil when the text could not be read as YAML.
    public var documentText: String? { document?.dump() }
}
