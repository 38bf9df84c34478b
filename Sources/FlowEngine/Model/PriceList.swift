// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore

/// The prices of models by their names.
public struct PriceList: Sendable {
    /// One model of the list.
    public struct Entry: Sendable, Hashable {
        public var name: String
        /// Other names of the same model.
        public var also: [String] = []
        public var price: ModelPrice
        /// The file that says so; nil for the prices that come with flow.
        public var file: String?
    }

    /// Those of this list itself, the one that goes first at the front.
    private let own: [Entry]
    private var places: [String: Int] = [:]
    /// Whether what is not in this list is looked up among the prices that come with flow. These are read when they are
    /// needed: most commands ask for no price.
    private let extendsEmbedded: Bool

    /// A list; of several entries of one name the first counts.
    public init(_ entries: [Entry] = [], extendsEmbedded: Bool = false) {
        own = entries
        self.extendsEmbedded = extendsEmbedded
        for (place, entry) in entries.enumerated() {
            for name in [entry.name] + entry.also {
                let key = name.lowercased()
                if places[key] == nil { places[key] = place }
            }
        }
    }

    /// The prices that come with flow, as they were on the day that stands beside each.
    public static let embedded: PriceList = {
        let (entries, _) = PriceFile.entries(in: PackageResources.prices_yaml, file: nil)
        return PriceList(entries)
    }()

    /// All entries, the one that goes first at the front.
    public var entries: [Entry] { extendsEmbedded ? own + Self.embedded.own : own }

    /// The price of a model; nil when nobody knows it. `vendor/` before the name, and a date after it, do not count
    /// where the whole name is not in the list.
    public func price(of model: String) -> ModelPrice? { entry(of: model)?.price }

    /// The entry of a model, found as its price is.
    public func entry(of model: String) -> Entry? {
        var name = model.lowercased()
        while true {
            if let place = places[name] { return own[place] }
            if extendsEmbedded, let place = Self.embedded.places[name] { return Self.embedded.own[place] }
            if let slash = name.firstIndex(of: "/") {
                name = String(name[name.index(after: slash)...])
            } else if let undated = Self.undated(name) {
                name = undated
            } else {
                return nil
            }
        }
    }

    /// The name without `-2024-11-20`, `-20241120` or `-latest` at its end; nil without one.
    private static func undated(_ name: String) -> String? {
        if name.hasSuffix("-latest") { return String(name.dropLast("-latest".count)) }
        func endsLike(_ pattern: String) -> Bool {
            guard name.utf8.count > pattern.utf8.count else { return false }
            return zip(name.utf8.suffix(pattern.utf8.count), pattern.utf8).allSatisfy { byte, wanted in
                wanted == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == wanted
            }
        }
        for pattern in ["-0000-00-00", "-00000000"] where endsLike(pattern) {
            return String(name.dropLast(pattern.utf8.count))
        }
        return nil
    }

    /// The files of a user that go before the prices that come with flow, the first one first: that of the project beside
    /// its store, then that of the user.
    public static func files(storeFolder: String, environment: [String: String]) -> [String] {
        var files = storeFolder.isEmpty ? [] : [FilePath.join(storeFolder, "prices.yaml")]
        let home = FilePath.dirname(LocalModelFolder(environment: environment).path)
        files.append(FilePath.join(home, "prices.yaml"))
        return files
    }

    /// The user's prices, then those that come with flow. Throws `invalidInput` with the place of the first fault.
    public static func load(
        storeFolder: String, environment: [String: String]
    ) throws(EngineError) -> PriceList {
        var entries: [Entry] = []
        for file in files(storeFolder: storeFolder, environment: environment) where File.exists(file) {
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try File.read(file, limit: 1 << 20)
            } catch {
                throw EngineError(.inputOutput, "reading prices: \(error)")
            }
            let (found, faults) = PriceFile.entries(in: bytes, file: file)
            if let fault = faults.first { throw EngineError(.invalidInput, fault) }
            entries += found
        }
        return PriceList(entries, extendsEmbedded: true)
    }
}
