// SPDX-License-Identifier: Apache-2.0

import FlowCore
import HTTPClient

/// `http_get`: the text at an address of the public internet.
///
/// The address comes from a model. So nothing of this machine and its network is ever asked, and a redirect is not
/// followed but told: the model may ask for the new address, and the permissions look at it again.
struct HTTPGetTool: AgentTool {
    private static let largestAnswer = 2 << 20
    private static let largestText = 64 << 10

    let client: HTTPClient
    /// For tests, whose servers are on this machine.
    var allowsPrivateAddresses = false
    let reference = BuiltinTool.httpGet.rawValue

    var spec: ToolSpec {
        ToolSpec(
            name: reference, description: "Gets the text at an address of the internet by HTTP GET.",
            parameters: ToolSchema.object(
                [("url", ToolSchema.string("The address, beginning with https:// or http://."))], required: ["url"]))
    }

    func subject(of arguments: JSONObject) -> ToolSubject {
        let url = arguments["url"]?.stringValue ?? ""
        return ToolSubject(.address, (try? Address(url))?.text ?? url, arguments)
    }

    func run(_ arguments: JSONObject, _ site: ToolSite) async -> ToolResult {
        let address: Address
        do throws(Address.Problem) {
            address = try Address(arguments["url"]?.stringValue ?? "")
        } catch {
            return .failed(error.message)
        }
        var request = HTTPRequest(url: address.text)
        request.headers = [(name: "Accept", value: "text/*, application/json, */*;q=0.1")]
        request.timeout = .seconds(60)
        request.maxResponseBytes = Self.largestAnswer
        request.allowsPrivateAddresses = allowsPrivateAddresses
        request.allowsLinkLocalAddresses = false
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await client.send(request)
        } catch {
            return .failed(error.description)
        }
        let head = "status \(response.status)"
        if (300..<400).contains(response.status), let target = response.header("Location") {
            return ToolResult("\(head): the server sends on to \(target)", isError: true)
        }
        let type = response.header("Content-Type") ?? "no type"
        let isError = !(200..<300).contains(response.status)
        guard let text = String(validating: response.body, as: UTF8.self), !text.utf8.contains(0) else {
            return ToolResult("\(head), \(type), \(response.body.count) bytes that are no text", isError: true)
        }
        let cut = String(decoding: text.utf8.prefix(Self.largestText), as: UTF8.self)
        let note = text.utf8.count > Self.largestText ? "\n[cut after \(Self.largestText) bytes]" : ""
        return ToolResult("\(head), \(type)\n\n\(cut)\(note)", isError: isError)
    }

    /// An address in the one form that patterns are matched with.
    struct Address {
        struct Problem: Error { var message: String }

        var text: String

        init(_ url: String) throws(Problem) {
            guard url.utf8.count <= 4096, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
            else { throw Problem(message: "the address has signs that no address has") }
            guard let mark = url.firstRange(of: "://") else { throw Problem(message: "`\(url)` is no address") }
            let scheme = url[..<mark.lowerBound].lowercased()
            guard scheme == "http" || scheme == "https" else {
                throw Problem(message: "only http:// and https:// can be asked for")
            }
            let rest = url[mark.upperBound...]
            let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
            var server = rest[..<end].lowercased()
            guard !server.contains("@") else { throw Problem(message: "an address with a name or password is refused") }
            let usual = scheme == "http" ? ":80" : ":443"
            if server.hasSuffix(usual) { server.removeLast(usual.count) }
            guard !server.isEmpty, !server.hasSuffix("."), !server.contains("%") else {
                throw Problem(message: "`\(url)` names no server")
            }
            let path = rest[end...]
            let plain = path.prefix { $0 != "?" && $0 != "#" }
            let parts = plain.lowercased().split(separator: "/")
            let dots: Set<String> = [".", "..", "%2e", "%2e%2e", ".%2e", "%2e."]
            guard !parts.contains(where: { dots.contains(String($0)) }) else {
                throw Problem(message: "write the address without `.` and `..` in its path")
            }
            text = "\(scheme)://\(server)\(path.isEmpty || path.first == "/" ? "" : "/")\(path)"
            if path.isEmpty { text += "/" }
        }
    }
}
