// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A socket on loopback at which somebody could connect.
enum ListeningSocket {
    struct Failure: Error {}

    static func open() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure() }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isOpen else { throw Failure() }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    static func close(_ descriptor: Int32) { Glibc.close(descriptor) }
}
