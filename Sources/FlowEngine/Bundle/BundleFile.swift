// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import Hashing

/// A bundle as a file: a line of text, the manifest, and the contents one behind the other.
///
///     flow bundle 1 <length of the manifest> <SHA-256 of the manifest>\n
///     <manifest: JSON on one line>\n
///     <content><content>…
///
/// Nothing is compressed, and there are no names and links in it but those in the manifest. The size of each content
/// stands in the manifest, so before anything else is read it is known that the sizes are those of the file.
final class BundleFile: Sendable {
    static let version = 1
    private static let mark = "flow bundle "
    private static let longestHeader = 128
    /// The largest manifest and the largest JSON text that are read, in bytes.
    private static let largestText: Int64 = 256 << 20

    let manifest: BundleManifest
    /// The digest of the manifest, which names the bundle.
    let digest: Digest
    /// The path of the file.
    var path: String { file.path }
    private let file: FileReader
    private let places: [Digest: Int64]

    /// The first line of a file.
    static func header(of manifest: [UInt8]) -> String {
        "\(mark)\(version) \(manifest.count) \(Digest(of: manifest).hex)\n"
    }

    /// Whether a file begins as a bundle does.
    static func isBundle(_ path: String) -> Bool {
        guard let file = try? FileReader(path), file.size >= Int64(mark.utf8.count),
            let start = try? file.read(at: 0, count: mark.utf8.count)
        else { return false }
        return start.elementsEqual(mark.utf8)
    }

    /// Reads the manifest of a file, and compares the sizes in it with that of the file.
    init(_ path: String) throws(BundleError) {
        let file = try Self.reading { () throws(FileError) in try FileReader(path) }
        self.file = file
        let (start, length, digest) = try Self.readHeader(file)
        self.digest = digest
        guard length <= file.size - start else { throw Self.truncated(file, "its manifest needs", start + length) }
        let bytes = try Self.reading { () throws(FileError) in try file.read(at: start, count: Int(length)) }
        guard Digest(of: bytes) == digest else {
            throw BundleError(
                .damaged,
                "\(path) is damaged: its manifest (bytes \(start) to \(start + length)) does not match its digest")
        }
        do throws(BundleError) { manifest = try BundleManifest(bytes: bytes) } catch {
            throw BundleError(error.code, "\(path): \(error.description)")
        }
        var places: [Digest: Int64] = [:]
        var end = start + length
        for digest in manifest.order {
            places[digest] = end
            let (next, overflow) = end.addingReportingOverflow(manifest.contents[digest] ?? 0)
            guard !overflow else { throw BundleError(.invalid, "\(path): the sizes in its manifest have no sum") }
            end = next
        }
        guard end <= file.size else { throw Self.truncated(file, "its contents need", end) }
        guard end == file.size else {
            throw BundleError(.damaged, "\(path) is damaged: \(file.size - end) bytes follow after its contents")
        }
        self.places = places
    }

    private static func readHeader(
        _ file: FileReader
    ) throws(BundleError) -> (start: Int64, length: Int64, digest: Digest) {
        let first = try reading { () throws(FileError) in
            try file.read(at: 0, count: Int(min(Int64(longestHeader), file.size)))
        }
        guard first.starts(with: mark.utf8) else {
            throw BundleError(.notABundle, "\(file.path) is no bundle of flow")
        }
        let rest = first.dropFirst(mark.utf8.count)
        guard let end = rest.firstIndex(of: 0x0A) else {
            if file.size < Int64(longestHeader) { throw truncated(file, "its first line needs", nil) }
            throw BundleError(.damaged, "\(file.path) is damaged: its first line has no end")
        }
        let words = String(decoding: rest[..<end], as: UTF8.self).split(
            separator: " ", omittingEmptySubsequences: false)
        if let version = words.first.flatMap({ Int($0) }), version > Self.version, words[0] == "\(version)" {
            throw BundleError(
                .newerFormat,
                "\(file.path) is a bundle of format \(version), and this version of flow reads format \(Self.version); "
                    + "take a newer flow")
        }
        guard words.count == 3, words[0] == "\(version)", let length = Int64(words[1]), words[1] == "\(length)",
            length > 0, let digest = Digest(hex: words[2])
        else { throw BundleError(.damaged, "\(file.path) is damaged: its first line is none of a bundle") }
        guard length <= largestText else {
            throw BundleError(.invalid, "\(file.path): a manifest of \(length) bytes is too large")
        }
        return (Int64(first.distance(from: first.startIndex, to: end)) + 1, length, digest)
    }

    private static func truncated(_ file: FileReader, _ what: String, _ end: Int64?) -> BundleError {
        let more = end.map { "\(what) \($0)" } ?? "\(what) more"
        return BundleError(.damaged, "\(file.path) is cut off: it ends after \(file.size) bytes, and \(more)")
    }

    private static func reading<Value>(_ body: () throws(FileError) -> Value) throws(BundleError) -> Value {
        do throws(FileError) { return try body() } catch {
            throw BundleError(any: error, doing: "read a bundle")
        }
    }

    // MARK: Contents

    /// Compares all contents with their digests.
    func verify() throws(BundleError) {
        for digest in manifest.order { try forEachChunk(of: digest) { _ in } }
    }

    /// A fault of this file.
    func fault(_ code: BundleError.Code, _ text: String) -> BundleError { BundleError(code, "\(file.path): \(text)") }

    /// A content as one piece; nil if the bundle does not have it.
    func bytes(of digest: Digest) throws(BundleError) -> [UInt8]? {
        guard let size = manifest.contents[digest] else { return nil }
        guard size <= Self.largestText else {
            throw fault(.invalid, "the text \(digest) of \(size) bytes is too large")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(size))
        try forEachChunk(of: digest) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads a content piece by piece, and compares it with its digest at the end: what was done with it counts only if
    /// this returns.
    func forEachChunk(
        of digest: Digest, _ body: (UnsafeRawBufferPointer) throws(FileError) -> Void
    ) throws(BundleError) {
        guard let size = manifest.contents[digest], let place = places[digest] else {
            throw fault(.invalid, "the content \(digest) is missing")
        }
        var hash = SHA256()
        do throws(FileError) {
            try file.forEachChunk(at: place, count: size) { chunk throws(FileError) in
                hash.update(chunk)
                try body(chunk)
            }
        } catch {
            throw BundleError(any: error, doing: "read a bundle")
        }
        guard Digest(hash.finish()) == digest else {
            throw fault(
                .damaged,
                "damaged: the content \(digest) (bytes \(place) to \(place + size)) does not match its digest")
        }
    }
}
