// SPDX-License-Identifier: Apache-2.0
import CCurl

/// An absolute address as libcurl reads it, so that checks and connection cannot disagree about the host.
struct WebAddress: Sendable, Equatable {
    /// The whole address.
    let text: String
    /// Scheme, host and port; two addresses with one origin are the same server.
    let origin: String

    /// Reads an address, relative to `base` when there is one.
    ///
    /// Returns the reason in words when it is malformed or its scheme is not allowed.
    static func parse(
        _ text: String,
        relativeTo base: WebAddress? = nil,
        schemes: [String],
        library: CurlLibrary
    ) -> Result<WebAddress, Malformed> {
        let functions = library.functions.pointee
        guard text.utf8.count <= 65536 else { return .failure(Malformed(message: "the address is too long")) }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            return .failure(Malformed(message: "the address has a space or a control character"))
        }
        guard let url = functions.url() else { return .failure(Malformed(message: "out of memory")) }
        defer { functions.url_cleanup(url) }
        for part in [base?.text, text].compactMap({ $0 }) {
            let code = functions.url_set(url, CURLUPART_URL, part, UInt32(CURLU_NON_SUPPORT_SCHEME))
            guard code == CURLUE_OK else {
                let reason = functions.url_strerror(code).map { String(cString: $0) } ?? "malformed"
                return .failure(Malformed(message: "the address is not valid: \(reason)"))
            }
        }
        func part(_ name: CURLUPart, _ flags: Int32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard functions.url_get(url, name, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
            defer { functions.free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), schemes.contains(scheme) else {
            let allowed = schemes.joined(separator: ", ")
            return .failure(Malformed(message: "the address must begin with one of: \(allowed)"))
        }
        guard let host = part(CURLUPART_HOST)?.lowercased(), !host.isEmpty, let whole = part(CURLUPART_URL) else {
            return .failure(Malformed(message: "the address names no host"))
        }
        let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT) ?? ""
        return .success(WebAddress(text: whole, origin: "\(scheme)://\(host):\(port)"))
    }

    struct Malformed: Error {
        let message: String
    }
}
