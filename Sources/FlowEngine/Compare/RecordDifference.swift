// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Where the results of a node differ: its outputs by path, its files by digest.
struct RecordDifference {
    var outputs: [ValueChange] = []
    var files: [FileChange] = []
    var usage: (old: ModelCost?, new: ModelCost?) = (nil, nil)

    var isEmpty: Bool { outputs.isEmpty && files.isEmpty }

    init() {}

    /// The difference of two results that are not equal.
    init(
        old: Digest?, new: Digest?, reader: RunReader, paths: NeutralPaths, options: ComparisonOptions
    ) async throws(EngineError) {
        let first = try await Self.record(old, reader)
        let second = try await Self.record(new, reader)
        outputs = JSONDiff(paths.neutral(first.outputs), paths.neutral(second.outputs)).changes
        let names = first.artifacts.map(\.name)
        for name in names + second.artifacts.map(\.name).filter({ !names.contains($0) }) {
            let a = first.artifacts.first { $0.name == name }
            let b = second.artifacts.first { $0.name == name }
            guard a?.digest != b?.digest else { continue }
            files.append(try await Self.change(name, a, b, reader, options))
        }
        usage = (try await Self.usage(of: first, reader), try await Self.usage(of: second, reader))
    }

    static func record(_ digest: Digest?, _ reader: RunReader) async throws(EngineError) -> NodeRecord {
        guard let digest, let json = try await reader.json(digest) else { return .empty }
        return NodeRecord(json: json)
    }

    private static func change(
        _ name: String, _ old: KeptArtifact?, _ new: KeptArtifact?, _ reader: RunReader, _ options: ComparisonOptions
    ) async throws(EngineError) -> FileChange {
        var change = FileChange(name: name, old: old.map(FileChange.Side.init), new: new.map(FileChange.Side.init))
        if options.readsImages {
            let images = (
                try await image(change.old, reader, options), try await image(change.new, reader, options)
            )
            change.old?.image = images.0
            change.new?.image = images.1
        }
        if let old, let new, change.old?.imageType == nil, change.new?.imageType == nil,
            old.size <= options.largestText, new.size <= options.largestText,
            let first = try await bytes(old.digest, reader), let second = try await bytes(new.digest, reader),
            isText(first), isText(second)
        {
            change.text = LineDiff(first, second).unified(from: old.file, to: new.file)
        }
        return change
    }

    private static func image(
        _ side: FileChange.Side?, _ reader: RunReader, _ options: ComparisonOptions
    ) async throws(EngineError) -> [UInt8]? {
        guard let side, side.imageType != nil, side.size <= options.largestImage else { return nil }
        return try await bytes(side.digest, reader)
    }

    /// A file's content; nil when it has been removed since.
    private static func bytes(_ digest: Digest, _ reader: RunReader) async throws(EngineError) -> [UInt8]? {
        do throws(StoreError) { return try await reader.store.content(digest) } catch { throw EngineError(error) }
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }

    // MARK: Use

    /// What the outputs or the transcript of an agent say of tokens and money.
    private static func usage(of record: NodeRecord, _ reader: RunReader) async throws(EngineError) -> ModelCost? {
        if let usage = ModelCost(outputs: record.outputs) { return usage }
        guard let transcript = record.artifacts.first(where: { $0.name == "transcript" }), transcript.size <= 4 << 20,
            let bytes = try await bytes(transcript.digest, reader), let json = try? JSONValue.parse(bytes)
        else { return nil }
        return ModelCost(json["usage"])
    }
}

extension ModelCost {
    /// From `{prompt_tokens, completion_tokens, usd}`.
    init?(_ usage: JSONValue?) {
        guard let usage, let prompt = usage["prompt_tokens"]?.integerValue,
            let completion = usage["completion_tokens"]?.integerValue
        else { return nil }
        self.init(
            promptTokens: prompt, completionTokens: completion,
            dollars: usage["usd"]?.numberValue ?? usage["cost_usd"]?.numberValue)
    }

    /// From the outputs `usage`, or `cost_usd` alone.
    fileprivate init?(outputs: JSONObject) {
        let dollars = (outputs["cost_usd"] ?? outputs["usd"])?.numberValue
        if var usage = ModelCost(outputs["usage"]) {
            usage.dollars = usage.dollars ?? dollars
            self = usage
        } else if let dollars {
            self.init(dollars: dollars)
        } else {
            return nil
        }
    }
}

extension FileChange.Side {
    fileprivate init(_ artifact: KeptArtifact) {
        self.init(
            digest: artifact.digest, size: artifact.size, mediaType: artifact.mediaType, file: artifact.file, image: nil
        )
    }

    /// The media type, if the file is an image that pages can show.
    public var imageType: String? {
        let types = [
            "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
            "svg": "image/svg+xml",
        ]
        if let mediaType, types.values.contains(mediaType) { return mediaType }
        guard let dot = file.lastIndex(of: ".") else { return nil }
        return types[file[file.index(after: dot)...].lowercased()]
    }
}
