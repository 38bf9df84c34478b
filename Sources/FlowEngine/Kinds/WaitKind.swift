// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// `wait:` for a time or until a moment. Holds no slot, and goes on counting while no engine lives.
public struct WaitKind: InstantKind {
    public let name = "wait"
    public let summary = "A pause: a duration such as `10m`, or `until:` a moment in ISO 8601."
    public let body = FieldType.oneOf([
        .string,
        .object([
            FieldSchema("for", .string, "How long, such as `10m`."),
            FieldSchema("until", .string, "Until when, such as `2026-12-24T18:00:00Z`."),
        ]),
    ])
    private let now: @Sendable () -> Timestamp

    /// The kind, with the clock that durations count from.
    public init(now: @escaping @Sendable () -> Timestamp = { WallClock.now }) { self.now = now }

    public func check(_ node: NodeDefinition, in site: KindSite) -> [Diagnostic] {
        guard case .literal(let value) = node.body else { return [] }
        switch Self.moment(of: value, from: Timestamp(milliseconds: 0)) {
        case .success: return []
        case .failure(let failure):
            return [
                Diagnostic(
                    .badDuration, failure.failure.message, at: node.bodySpan,
                    help: ["write a time with its unit: `wait: 10m`"])
            ]
        }
    }

    public func outputType(of node: NodeDefinition, in site: KindSite) -> ValueType { .object([:], open: false) }

    public func outcome(_ context: NodeContext) -> NodeOutcome {
        switch Self.moment(of: context.body, from: now()) {
        case .success(let moment): .waiting(.until(moment))
        case .failure(let error): .failed(error.failure)
        }
    }

    private static func moment(
        of value: JSONValue, from now: Timestamp
    ) -> Result<Timestamp, NodeFailureError> {
        func fail(_ message: String) -> Result<Timestamp, NodeFailureError> {
            .failure(NodeFailureError(failure: NodeFailure(.badData, message)))
        }
        if let text = value.stringValue ?? value["for"]?.stringValue {
            guard let length = Milliseconds(parsing: text) else { return fail("`\(text)` is not a duration") }
            return .success(now.advanced(by: length))
        }
        guard let text = value["until"]?.stringValue else { return fail("`wait` needs a duration or `until`") }
        guard let moment = Timestamp(iso8601: text) else { return fail("`\(text)` is not a moment in ISO 8601") }
        return .success(moment)
    }
}
