// SPDX-License-Identifier: Apache-2.0
import CCurl
import Glibc

/// libcurl, loaded when it is first asked for and never unloaded.
struct CurlLibrary: Sendable {
    /// The functions of libcurl.
    ///
    /// Invariant: filled once before it is published, never written again, never freed.
    nonisolated(unsafe) let functions: UnsafePointer<flow_curl>

    /// The library, or a text that says what is missing.
    static let loaded: Result<CurlLibrary, Missing> = {
        let table = UnsafeMutablePointer<flow_curl>.allocate(capacity: 1)
        table.initialize(to: flow_curl())
        if let problem = flow_curl_load(table) {
            table.deallocate()
            return .failure(Missing(message: String(cString: problem)))
        }
        return .success(CurlLibrary(functions: UnsafePointer(table)))
    }()

    struct Missing: Error {
        let message: String
    }

    /// Hosts that are reached without a proxy: those of the environment, and always this machine.
    static let directHosts: String = {
        let inherited = (getenv("no_proxy") ?? getenv("NO_PROXY")).map { String(cString: $0) } ?? ""
        // A single star means "no proxy at all", but only alone.
        return inherited == "*" ? "*" : inherited + ",localhost,127.0.0.1,::1,169.254.0.0/16"
    }()

    func describe(_ code: CURLcode) -> String {
        functions.pointee.easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue) of libcurl"
    }
}
