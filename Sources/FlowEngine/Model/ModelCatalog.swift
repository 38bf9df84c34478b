// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// The models that can be installed by name, as the engine ships them.
public struct ModelCatalog: Sendable, Hashable {
    /// One model of the catalogue.
    public struct Entry: Sendable, Hashable {
        /// The name by which it is asked for.
        public var id: String
        public var title: String
        /// One sentence: what it is good for.
        public var summary: String
        public var licence: String
        /// The tokens that the model can take in one conversation.
        public var context: Int
        /// The size of the file.
        public var bytes: Int64
    }

    /// In the order of their size.
    public var models: [Entry]
    /// The id that is installed when none is named.
    public var defaultModel: String

    /// The catalogue of this engine.
    public static let embedded: ModelCatalog =
        (try? JSONValue.parse(PackageResources.model_catalog_json)).flatMap(ModelCatalog.init(json:))
        ?? ModelCatalog(models: [], defaultModel: "")

    /// Reads a catalogue; nil when it is not one.
    init?(json: JSONValue) {
        guard let name = json["default"]?.stringValue, let list = json["models"]?.arrayValue else { return nil }
        defaultModel = name
        models = list.compactMap { item in
            guard let id = item["id"]?.stringValue, let bytes = item["bytes"]?.integerValue else { return nil }
            return Entry(
                id: id, title: item["title"]?.stringValue ?? id, summary: item["summary"]?.stringValue ?? "",
                licence: item["licence"]?.stringValue ?? "", context: Int(item["context"]?.integerValue ?? 2048),
                bytes: bytes)
        }
        guard models.count == list.count, entry(name) != nil else { return nil }
    }

    private init(models: [Entry], defaultModel: String) {
        self.models = models
        self.defaultModel = defaultModel
    }

    /// The model of this id.
    public func entry(_ id: String) -> Entry? { models.first { $0.id == id } }
}
