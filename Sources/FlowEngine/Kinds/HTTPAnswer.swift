// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import HTTPClient

/// What a node puts out of an answer.
struct HTTPAnswer {
    private let response: HTTPResponse
    /// Without parameters, in lower case.
    private let mediaType: String

    init(_ response: HTTPResponse) {
        self.response = response
        let type = response.header("Content-Type") ?? ""
        mediaType = String(type.prefix { $0 != ";" }).lowercased().filter { $0 != " " }
    }

    /// The outputs, and the body as a file when it is large or not text.
    func result(in folder: String) throws(FileError) -> NodeResult {
        var result = NodeResult()
        result.outputs["status"] = .integer(Int64(response.status))
        result.outputs["headers"] = .object(headers)
        let text = String(validating: response.body, as: UTF8.self)
        let isSmall = response.body.count <= HTTPKind.largestValue
        if let text, isSmall, !text.utf8.contains(0) {
            result.outputs["body"] = .string(text)
        } else {
            result.outputs["body"] = .null
            let path = FilePath.join(folder, "body")
            try File.write(response.body, to: path)
            result.artifacts = [
                ProducedArtifact(name: "body", path: path, mediaType: mediaType.isEmpty ? nil : mediaType)
            ]
        }
        let isJSON = mediaType == "application/json" || mediaType.hasSuffix("+json")
        let json = isJSON && isSmall ? try? JSONValue.parse(response.body) : nil
        result.outputs["json"] = json ?? .null
        return result
    }

    /// The headers by their names in lower case; repeated ones are joined by commas, as HTTP has it.
    private var headers: JSONObject {
        var headers = JSONObject()
        for header in response.headers {
            let name = header.name.lowercased()
            if let earlier = headers[name]?.stringValue {
                headers[name] = .string(earlier + ", " + header.value)
            } else {
                headers[name] = .string(header.value)
            }
        }
        return headers
    }
}
