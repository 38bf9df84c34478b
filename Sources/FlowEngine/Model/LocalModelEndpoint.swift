// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FlowCore
import HTTPClient

/// A model server that runs on this machine.
struct LocalModelEndpoint: Sendable, Hashable {
    /// Such as `http://127.0.0.1:40123`.
    var address: String
    var key: String
    var process: ChildIdentity
    /// The model file that it serves.
    var model: String

    /// Whether it answers that it is ready.
    func isHealthy(_ client: HTTPClient) async -> Bool {
        guard ProcessTable.isAlive(process) else { return false }
        let request = HTTPRequest(
            url: address + "/health", headers: [(name: "Authorization", value: "Bearer \(key)")],
            timeout: .seconds(5))
        return (try? await client.send(request))?.status == 200
    }

    /// Waits until the model is loaded. A large file on a slow disk takes minutes.
    func waitUntilHealthy(_ client: HTTPClient, within limit: Duration = .seconds(300)) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while ProcessTable.isAlive(process), ContinuousClock.now < deadline {
            if await isHealthy(client) { return true }
            // The server tells nobody when it is ready.
            do { try await Task.sleep(for: .milliseconds(50)) } catch { return false }
        }
        return false
    }

    /// A key that nobody can guess.
    static func randomKey() -> String {
        // The system's generator reads the kernel's random numbers.
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
