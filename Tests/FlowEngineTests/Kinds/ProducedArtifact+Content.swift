// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// What is in a produced artifact, wherever it is.
extension ProducedArtifact {
    var bytes: [UInt8] {
        get throws {
            switch content {
            case .file(let path): try File.read(path, limit: 1 << 24)
            case .bytes(let bytes, _): bytes
            }
        }
    }

    var text: String { get throws { String(decoding: try bytes, as: UTF8.self) } }

    var fileName: String {
        switch content {
        case .file(let path): FilePath.basename(path)
        case .bytes(_, let name): name
        }
    }
}
