// SPDX-License-Identifier: Apache-2.0
import CCurl

/// One easy handle of libcurl, set up for one transfer at a time.
///
/// It is used on the loop's thread only, and belongs to the loop.
struct EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let functions: UnsafePointer<flow_curl>
    private var headers: UnsafeMutablePointer<curl_slist>?

    init?(library: CurlLibrary) {
        functions = library.functions
        guard let pointer = functions.pointee.easy_init() else { return nil }
        self.pointer = pointer
    }

    /// Sets all options for a transfer, which must outlive the exchange. False when memory ran out.
    mutating func prepare(for transfer: Transfer, userAgent: String) -> Bool {
        let request = transfer.request
        let context = UnsafeRawPointer(Unmanaged.passUnretained(transfer).toOpaque())
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_URL, transfer.address.text)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TIMEOUT_MS, request.timeout.inMilliseconds)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.inMilliseconds)
        set(CURLOPT_USERAGENT, userAgent)
        if request.allowsPrivateAddresses {
            set(CURLOPT_NOPROXY, CurlLibrary.directHosts)
        } else {
            set(CURLOPT_PROXY, "")
        }
        let isCompressible =
            transfer.onChunk == nil && !request.headers.contains { $0.name.lowercased() == "accept-encoding" }
        if isCompressible { set(CURLOPT_ACCEPT_ENCODING, "") }
        setBody(request)

        flow_curl_set_pointer(functions, pointer, CURLOPT_WRITEDATA, context)
        flow_curl_set_pointer(functions, pointer, CURLOPT_HEADERDATA, context)
        flow_curl_set_pointer(functions, pointer, CURLOPT_OPENSOCKETDATA, context)
        flow_curl_set_pointer(functions, pointer, CURLOPT_PREREQDATA, context)
        flow_curl_set_write(functions, pointer, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
            // libcurl reads any other number than the one it gave as "stop here".
            return transferBehind(context).takeBody(bytes) ? bytes.count : bytes.count + 1
        }
        flow_curl_set_write(functions, pointer, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return transferBehind(context).takeHeader(Array(bytes)) ? bytes.count : bytes.count + 1
        }
        flow_curl_set_open_socket(functions, pointer) { context, _, address in
            guard let address else { return -1 }
            return transferBehind(context).openSocket(address)
        }
        flow_curl_set_prerequest(functions, pointer) { context, peer, _, _, _ in
            let peer = peer.map { String(cString: $0) } ?? ""
            return transferBehind(context).beginRequest(peer: peer) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        return setHeaders(request.headers)
    }

    /// Frees what belongs to the last transfer; connections and caches stay.
    mutating func reset() {
        functions.pointee.easy_reset(pointer)
        functions.pointee.slist_free_all(headers)
        headers = nil
    }

    /// Frees the handle, which must not be part of a multi handle any more.
    mutating func close() {
        reset()
        functions.pointee.easy_cleanup(pointer)
    }

    /// How many bytes of the request's body were sent.
    var uploaded: Int64 {
        var value: curl_off_t = 0
        flow_curl_get_offset(functions, pointer, CURLINFO_SIZE_UPLOAD_T, &value)
        return Int64(value)
    }

    var timings: HTTPTimings {
        func time(_ info: CURLINFO) -> Duration {
            var value: curl_off_t = 0
            flow_curl_get_offset(functions, pointer, info, &value)
            return .microseconds(Int64(value))
        }
        return HTTPTimings(
            nameLookup: time(CURLINFO_NAMELOOKUP_TIME_T),
            connect: time(CURLINFO_CONNECT_TIME_T),
            tls: time(CURLINFO_APPCONNECT_TIME_T),
            firstByte: time(CURLINFO_STARTTRANSFER_TIME_T),
            total: time(CURLINFO_TOTAL_TIME_T)
        )
    }

    private func setBody(_ request: HTTPRequest) {
        switch (request.method, request.body) {
        case ("GET", nil):
            set(CURLOPT_HTTPGET, 1)
        case ("HEAD", nil):
            set(CURLOPT_NOBODY, 1)
        case ("POST", _), ("PUT", _), ("PATCH", _), (_, .some):
            let body = request.body ?? []
            set(CURLOPT_POST, 1)
            flow_curl_set_offset(functions, pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            // The size must be set first: "COPYPOSTFIELDS" copies that many bytes, zeros included.
            body.withUnsafeBytes { bytes in
                // An empty array may have no address, which libcurl would read as "take the body from a callback".
                if let base = bytes.baseAddress {
                    flow_curl_set_pointer(functions, pointer, CURLOPT_COPYPOSTFIELDS, base)
                } else {
                    set(CURLOPT_COPYPOSTFIELDS, "")
                }
            }
            if request.method != "POST" { set(CURLOPT_CUSTOMREQUEST, request.method) }
        default:
            set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private mutating func setHeaders(_ given: [(name: String, value: String)]) -> Bool {
        // No waiting for "100 Continue", and no form type for a body whose type the caller did not name.
        var lines = ["Expect:"]
        if !given.contains(where: { $0.name.lowercased() == "content-type" }) { lines.append("Content-Type:") }
        // "Name;" is libcurl's way to send a header without value; "Name:" would remove it.
        lines += given.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for line in lines {
            guard let longer = functions.pointee.slist_append(headers, line) else { return false }
            headers = longer
        }
        flow_curl_set_pointer(functions, pointer, CURLOPT_HTTPHEADER, headers)
        return true
    }

    private func set(_ option: CURLoption, _ value: Int) {
        flow_curl_set_long(functions, pointer, option, value)
    }

    private func set(_ option: CURLoption, _ value: String) {
        // libcurl copies strings.
        value.withCString { _ = flow_curl_set_pointer(functions, pointer, option, $0) }
    }
}

/// The transfer that a callback belongs to; the loop holds it while its handle is in use.
private func transferBehind(_ context: UnsafeMutableRawPointer?) -> Transfer {
    guard let context else { preconditionFailure("a callback of libcurl without its transfer") }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

extension Duration {
    /// In whole milliseconds, from 1 to a few weeks, as timers of libcurl take it.
    var inMilliseconds: Int {
        let limit: Int64 = 2_000_000_000
        let (seconds, attoseconds) = components
        guard seconds < limit / 1000 else { return Int(limit) }
        guard seconds >= 0 else { return 1 }
        return Int(max(1, seconds * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
