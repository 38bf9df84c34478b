// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import HTTPClient

struct AddressPolicyTests {
    @Test(arguments: [
        "127.0.0.1", "127.255.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "",
        "name",
    ])
    func `Is not public`(address: String) {
        #expect(!AddressPolicy.isPublic(text: address))
    }

    @Test(arguments: [
        "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1111",
        "::ffff:8.8.8.8", "64:ff9b::808:808",
    ])
    func `Is public`(address: String) {
        #expect(AddressPolicy.isPublic(text: address))
    }

    @Test(arguments: [("2606:4700::1111", true), ("fe80::1", false), ("::1", false)])
    func `Socket addresses of IPv6 are read whole`(address: String, isPublic: Bool) {
        var socketAddress = sockaddr_in6()
        socketAddress.sin6_family = sa_family_t(AF_INET6)
        #expect(inet_pton(AF_INET6, address, &socketAddress.sin6_addr) == 1)
        withUnsafeBytes(of: socketAddress) { bytes in
            #expect(AddressPolicy.isPublic(socketAddress: bytes) == isPublic)
            #expect(!AddressPolicy.isPublic(socketAddress: UnsafeRawBufferPointer(rebasing: bytes.dropLast())))
        }
    }

    @Test func `Socket addresses of other families are not public`() {
        var local = sockaddr_un()
        local.sun_family = sa_family_t(AF_UNIX)
        withUnsafeBytes(of: local) { #expect(!AddressPolicy.isPublic(socketAddress: $0)) }
        withUnsafeBytes(of: UInt8(2)) { #expect(!AddressPolicy.isPublic(socketAddress: $0)) }
    }
}

struct RedactionTests {
    @Test(arguments: [
        ("http://h/p", "http://h/p"),
        ("http://u:p@h:1/p?k=v#f", "http://h:1/p?…"),
        ("https://h/@scope/x", "https://h/@scope/x"),
        ("https://u@v@h", "https://h"),
        ("u:p@h/x", "h/x"),
        ("http://h/\u{7}x", "http://h/?x"),
        ("", ""),
    ])
    func `Errors show neither user info nor query`(url: String, shown: String) {
        #expect(HTTPRequest.redact(url) == shown)
    }
}
