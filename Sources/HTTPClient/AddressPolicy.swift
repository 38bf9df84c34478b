// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Tells addresses of the public internet from those that only mean something on this machine or in its network.
enum AddressPolicy {
    /// Whether a request may go to an address of 4 or 16 bytes in network order, or to one of another family.
    static func allows(_ bytes: [UInt8], for request: HTTPRequest) -> Bool {
        if request.allowsPrivateAddresses { return request.allowsLinkLocalAddresses || !isLinkLocal(bytes) }
        return isPublic(bytes)
    }

    /// Whether an address means a machine on the same wire, or one of the services that clouds put there.
    static func isLinkLocal(_ bytes: [UInt8]) -> Bool {
        if bytes.count == 4 { return bytes[0] == 169 && bytes[1] == 254 }
        guard bytes.count == 16 else { return false }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && (bytes[10] == bytes[11]) && [0, 0xff].contains(bytes[10])
        if isMapped || bytes.starts(with: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return isLinkLocal(Array(bytes[12...]))
        }
        // fe80::/10, and fd00:ec2::254, where one cloud has the service for IPv6.
        return (bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80)
            || bytes == [0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54]
    }

    /// Whether a socket address, of any family, is public. Anything but IPv4 and IPv6 is not.
    static func isPublic(socketAddress bytes: UnsafeRawBufferPointer) -> Bool {
        isPublic(Self.bytes(socketAddress: bytes))
    }

    /// Whether an address in its usual text form is public.
    static func isPublic(text: String) -> Bool { isPublic(bytes(text: text)) }

    /// The bytes of a socket address in network order; none when it is neither IPv4 nor IPv6.
    static func bytes(socketAddress bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard bytes.count >= MemoryLayout<sa_family_t>.size else { return [] }
        switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
        case AF_INET where bytes.count >= MemoryLayout<sockaddr_in>.size:
            let value = bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
            return withUnsafeBytes(of: value) { Array($0) }
        case AF_INET6 where bytes.count >= MemoryLayout<sockaddr_in6>.size:
            let value = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return withUnsafeBytes(of: value) { Array($0) }
        default:
            return []
        }
    }

    /// The bytes of an address in its usual text form; none when it is not one.
    static func bytes(text: String) -> [UInt8] {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return withUnsafeBytes(of: &four) { Array($0) }
        }
        var six = in6_addr()
        let withoutZone = String(text.prefix { $0 != "%" })
        guard inet_pton(AF_INET6, withoutZone, &six) == 1 else { return [] }
        return withUnsafeBytes(of: &six) { Array($0) }
    }

    /// Whether an address of 4 or 16 bytes in network order is public.
    static func isPublic(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4: isPublicIPv4(bytes[0], bytes[1], bytes[2])
        case 16: isPublicIPv6(bytes)
        default: false
        }
    }

    private static func isPublicIPv4(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
        switch (a, b, c) {
        case (0, _, _), (10, _, _), (127, _, _): false
        case (100, 64...127, _): false
        case (169, 254, _): false
        case (172, 16...31, _): false
        case (192, 0, 0), (192, 0, 2), (192, 168, _): false
        case (198, 18...19, _), (198, 51, 100), (203, 0, 113): false
        case (224..., _, _): false
        default: true
        }
    }

    private static func isPublicIPv6(_ bytes: [UInt8]) -> Bool {
        let leadingZeros = bytes.prefix { $0 == 0 }.count
        // The forms that carry an IPv4 address are as public as that address: compatible, mapped, NAT64, 6to4.
        if leadingZeros >= 12 || (leadingZeros == 10 && bytes[10] == 0xff && bytes[11] == 0xff) {
            return isPublic(Array(bytes[12...]))
        }
        if bytes.starts(with: [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]) {
            return isPublic(Array(bytes[12...]))
        }
        if bytes.starts(with: [0x20, 0x02]) {
            return isPublic(Array(bytes[2..<6]))
        }
        // Global unicast is 2000::/3; Teredo and the documentation range are in it, but lead nowhere public.
        guard bytes[0] & 0xe0 == 0x20 else { return false }
        return !bytes.starts(with: [0x20, 0x01, 0, 0]) && !bytes.starts(with: [0x20, 0x01, 0x0d, 0xb8])
    }
}
