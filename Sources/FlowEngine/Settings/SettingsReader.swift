// SPDX-License-Identifier: Apache-2.0

import FlowCore
import YAML

/// Reads a settings file and finds what is wrong in it.
struct SettingsReader {
    var reader: DocumentReader
    var document: YAMLDocument { reader.document }
    /// What other files have said before.
    private let known: ModelSettings
    private var settings = ModelSettings()
    /// What runs share.
    var limits: (budgets: [SharedBudget], quotas: [RunQuota]) = ([], [])
    /// The names of providers and models that stand in the file, whether they could be read or not.
    private var names: (providers: Set<String>, models: Set<String>) = ([], [])

    /// Reads a text. Names may be used that `known` has.
    static func read(
        _ bytes: [UInt8], name: String, known: ModelSettings
    ) -> (
        settings: ModelSettings, limits: (budgets: [SharedBudget], quotas: [RunQuota]), diagnostics: [Diagnostic],
        sources: SourceMap
    ) {
        var sources = SourceMap()
        let file = sources.add(SourceFile(name: name, bytes: KeyMask.masked(bytes)))
        // An empty file, and one of comments, says nothing.
        if let text = String(validating: bytes, as: UTF8.self), text.isBlankYAML {
            return (ModelSettings(), ([], []), [], sources)
        }
        let (document, problems) = YAMLDocument.parse(bytes)
        let found = problems.map { Diagnostic($0, file: file) }
        guard let document else { return (ModelSettings(), ([], []), found.inOrder(), sources) }
        var reader = SettingsReader(reader: DocumentReader(document: document, file: file), known: known)
        reader.readDocument()
        return (reader.settings, reader.limits, (found + reader.reader.diagnostics).inOrder(), sources)
    }

    private init(reader: DocumentReader, known: ModelSettings) {
        self.reader = reader
        self.known = known
    }

    private mutating func readDocument() {
        let table = KeyTable(SettingsSchema.document)
        guard let fields = reader.fields(document.root, table, of: "the settings") else { return }
        refuseExpressions(document.root)
        if let version = fields["flow"], document.scalar(of: version) != .integer(1) {
            reader.report(
                Diagnostic(
                    .formatVersion, "`flow` is the version of the format, the number 1", at: reader.span(version),
                    help: ["write `flow: 1`"]))
        }
        let providers = fields["providers"].map { Array(document.pairs(of: $0)) } ?? []
        let models = fields["models"].map { Array(document.pairs(of: $0)) } ?? []
        names.providers = Set(providers.map { document.string(of: $0.key) })
        names.models = Set(models.map { document.string(of: $0.key) })
        for (key, value) in providers { readProvider(key, value) }
        for (key, value) in models { readAlias(key, value) }
        if let list = fields["budgets"] { readBudgets(list) }
        if let list = fields["quotas"] { readQuotas(list) }
    }

    /// Settings hold for all runs, so there is nothing that an expression could speak of.
    private mutating func refuseExpressions(_ node: YAMLNode) {
        switch document.kind(of: node) {
        case .sequence: for item in document.elements(of: node) { refuseExpressions(item) }
        case .mapping: for (_, value) in document.pairs(of: node) { refuseExpressions(value) }
        case .scalar:
            if document.string(of: node).hasExpression {
                reader.report(Diagnostic(.wrongType, "settings take no expressions", at: reader.span(node)))
            }
        }
    }

    private mutating func name(_ key: YAMLNode) -> String? {
        let name = document.string(of: key)
        let isName =
            !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
        if isName { return name }
        reader.report(
            Diagnostic(
                .badIdentifier, "`\(name)` is not a name", at: reader.span(key),
                help: ["a name has letters, digits, `.`, `_` and `-`; at most 64"]))
        return nil
    }

    // MARK: Providers

    private mutating func readProvider(_ key: YAMLNode, _ node: YAMLNode) {
        guard let name = name(key), reader.isSound(node), document.kind(of: node) == .mapping,
            let type = text(node, "type").flatMap(ModelSettings.ProviderType.init(rawValue:))
        else { return }
        var provider = ModelSettings.Provider(name: name, type: type)
        provider.url = url(node, type)
        provider.key = keySource(node, type)
        provider.concurrency = integer(node, "concurrency")
        provider.requestsPerMinute = integer(node, "requests_per_minute")
        provider.apiVersion = text(node, "api_version")
        provider.timeout = duration(node, "timeout")
        provider.idleTimeout = duration(node, "idle_timeout")
        settings.providers.append(provider)
    }

    private mutating func url(_ node: YAMLNode, _ type: ModelSettings.ProviderType) -> String? {
        guard let value = value(node, "url") else { return nil }
        let url = document.string(of: value)
        if type == .local {
            reader.report(
                Diagnostic(
                    .conflictingKeys, "a provider of the type `local` has no `url`", at: reader.span(value),
                    help: ["for a server that you run yourself write `type: openai`"]))
            return nil
        }
        guard ModelConfiguration.isAddress(url) else {
            reader.report(
                Diagnostic(
                    .wrongType, "`url` takes an address that begins with `https://` or `http://`",
                    at: reader.span(value)))
            return nil
        }
        return url
    }

    private mutating func keySource(
        _ node: YAMLNode, _ type: ModelSettings.ProviderType
    ) -> ModelSettings.KeySource? {
        guard let key = value(node, "key"), document.kind(of: key) == .mapping else { return nil }
        let given = ["env", "command", "secret"].filter { document.value(of: key, forKey: $0) != nil }
        guard given.count == 1 else {
            reader.report(
                Diagnostic(
                    .conflictingKeys, "`key` has one of `env`, `command` and `secret`", at: reader.span(key),
                    help: ["such as `key: {env: \(type.ownKeyVariable ?? "MY_KEY")}`"]))
            return nil
        }
        switch given[0] {
        case "env": return text(key, "env").map { .environment($0) }
        case "secret": return text(key, "secret").map { .secret($0) }
        default:
            guard let words = value(key, "command") else { return nil }
            let command = document.elements(of: words).map { document.string(of: $0) }
            if command.isEmpty || command[0].isEmpty {
                reader.report(Diagnostic(.wrongType, "`command` takes a program", at: reader.span(words)))
                return nil
            }
            return .command(command)
        }
    }

    // MARK: Models

    private mutating func readAlias(_ key: YAMLNode, _ node: YAMLNode) {
        guard let name = name(key), reader.isSound(node), document.kind(of: node) == .mapping,
            let place = value(node, "provider")
        else { return }
        let provider = document.string(of: place)
        let providers = names.providers.union(known.providers.map(\.name))
        if !providers.contains(provider) { unknown(place, "provider", among: providers) }
        var alias = ModelSettings.Alias(name: name, provider: provider)
        alias.model = text(node, "model")
        if alias.model == nil, let type = (settings.provider(provider) ?? known.provider(provider))?.type,
            type != .local
        {
            reader.report(
                Diagnostic(
                    .missingKey, "`\(name)` needs the key `model`", at: reader.span(key),
                    label: "the model as the provider calls it"))
        }
        if let value = value(node, "fallback") {
            let models = names.models.union(known.aliases.map(\.name))
            let items = document.kind(of: value) == .sequence ? Array(document.elements(of: value)) : [value]
            for item in items where reader.isSound(item) {
                let other = document.string(of: item)
                if models.contains(other) {
                    alias.fallback.append(other)
                } else {
                    unknown(item, "model", among: models)
                }
            }
        }
        if let cooldown = duration(node, "cooldown") { alias.cooldown = cooldown }
        alias.toolMode = text(node, "tool_mode").flatMap(ToolMode.init(rawValue:))
        alias.maxTokens = integer(node, "max_tokens")
        alias.temperature = number(node, "temperature")
        alias.topP = number(node, "top_p")
        alias.seed = integer(node, "seed").map { Int64($0) }
        alias.reasoningEffort = text(node, "reasoning_effort")
        settings.aliases.append(alias)
    }

    private mutating func unknown(_ node: YAMLNode, _ what: String, among known: Set<String>) {
        let name = document.string(of: node)
        let sorted = known.sorted()
        var diagnostic = Diagnostic(.badChoice, "there is no \(what) `\(name)`", at: reader.span(node))
        if let near = Spelling.nearest(to: name, among: sorted) {
            reader.suggest(near, for: node, among: sorted, in: &diagnostic)
        }
        diagnostic.help.append(
            sorted.isEmpty
                ? "none is named under `\(what)s`" : "there are \(DocumentReader.list(sorted.prefix(20)))")
        reader.report(diagnostic)
    }

    // MARK: Values

    /// The value of a key, if it was found to be in order.
    func value(_ node: YAMLNode, _ key: String) -> YAMLNode? {
        document.value(of: node, forKey: key).flatMap { reader.isSound($0) ? $0 : nil }
    }

    func text(_ node: YAMLNode, _ key: String) -> String? {
        value(node, key).map { document.string(of: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    func integer(_ node: YAMLNode, _ key: String) -> Int? {
        value(node, key).flatMap { reader.json($0).integerValue }.map { Int(clamping: $0) }
    }

    func number(_ node: YAMLNode, _ key: String) -> Double? {
        value(node, key).flatMap { reader.json($0).numberValue }
    }

    private func duration(_ node: YAMLNode, _ key: String) -> Milliseconds? {
        value(node, key).flatMap { Milliseconds(parsing: document.string(of: $0)) }
    }
}

extension String {
    /// Whether nothing but comments stands in a text of YAML.
    fileprivate var isBlankYAML: Bool {
        split(whereSeparator: \.isNewline).allSatisfy { line in
            let rest = line.drop { $0 == " " || $0 == "\t" }
            return rest.isEmpty || rest.hasPrefix("#")
        }
    }
}
