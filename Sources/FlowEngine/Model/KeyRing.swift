// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FlowCore
import Synchronization

/// Finds the keys of providers where the settings say that they are.
final class KeyRing: Sendable {
    private struct Kept {
        var key: String
        var since: ContinuousClock.Instant
    }

    private let environment: [String: String]
    private let children: ChildProcesses
    private let secrets: SecretStore
    private let kept = Mutex<[[String]: Kept]>([:])

    /// Programs give keys that expire; they are asked again after this time.
    private static let lifetime = Duration.seconds(300)
    private static let patience = Duration.seconds(30)
    private static let largestKey = 16 << 10

    init(environment: [String: String], children: ChildProcesses) {
        self.environment = environment
        self.children = children
        secrets = SecretStore(environment: environment)
    }

    /// The key of a provider; nil where it has none.
    func key(for provider: ModelSettings.Provider) async throws(ModelError) -> String? {
        switch provider.key {
        case .environment(let name)?:
            if let key = environment[name], !key.isEmpty { return key }
            throw ModelError(
                .unavailable,
                "the key of the provider `\(provider.name)` is not set: put it into the environment variable \(name)")
        case .secret(let name)?:
            do throws(SecretStore.Fault) {
                if let key = try secrets.value(name) { return key }
            } catch {
                throw ModelError(.unavailable, "the key of the provider `\(provider.name)`: \(error)")
            }
            throw ModelError(
                .unavailable,
                "the key of the provider `\(provider.name)` is not kept: run `flow secret set \(name)`")
        case .command(let words)?: return try await key(from: words, for: provider.name)
        case nil:
            if let name = provider.usualKeyVariable { return environment[name] }
            // The variable of a service counts for the address of that service only.
            guard provider.url == nil || provider.url == provider.type.ownURL else { return nil }
            return provider.type.ownKeyVariable.flatMap { environment[$0] }
        }
    }

    private func key(from words: [String], for provider: String) async throws(ModelError) -> String {
        if let known = kept.withLock({ $0[words] }), known.since.duration(to: .now) < Self.lifetime { return known.key }
        let command = ChildCommand(
            executable: words[0], arguments: Array(words.dropFirst()), environment: environment,
            output: .collect(Self.largestKey), timeout: Self.patience)
        let result: ChildResult
        do throws(SpawnError) {
            result = try await children.run(command)
        } catch {
            throw ModelError(.unavailable, "the key of the provider `\(provider)`: \(error.description)")
        }
        if case .cancelled = result.ending { throw ModelError(.cancelled, "the call was cancelled") }
        let line = result.output.collected.prefix { $0 != 0x0A && $0 != 0x0D }
        guard case .exited(0) = result.ending, !line.isEmpty else {
            // What it has written is not shown: it may well be a key.
            throw ModelError(
                .unavailable, "the program `\(words[0])` gave no key for the provider `\(provider)`: \(result.ending)")
        }
        let key = String(decoding: line, as: UTF8.self)
        kept.withLock { $0[words] = Kept(key: key, since: .now) }
        return key
    }
}
