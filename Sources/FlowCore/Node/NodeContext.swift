// SPDX-License-Identifier: Apache-2.0

/// What one attempt of a node is given. All templates are rendered.
public struct NodeContext: Sendable {
    public var run: String
    public var workflow: String
    /// The node's name; for an item of a `foreach` with its key: `summarise[3]`.
    public var node: String
    /// From 1.
    public var attempt: Int
    public var definition: NodeDefinition
    /// The value under the kind's key.
    public var body: JSONValue
    /// The kind's further keys.
    public var fields: JSONObject
    public var with: JSONObject
    /// The declared environment of the workflow and the node, secrets included: never to be logged.
    public var environment: [String: String]
    /// The attempt's own empty folder.
    public var directory: String
    /// The folder of the workflow's files as the run keeps them.
    public var workflowDirectory: String
    /// The same for each attempt after a crash, another one after a deliberate replay.
    public var idempotencyKey: String
    /// Whether approvals pass by themselves.
    public var approvesAll: Bool
    /// When people are asked in the run.
    public var approvals: ApprovalPolicy
    /// Who started the run.
    public var submitter: String?
    /// What people have said of the node's task.
    public var feedback: [NodeFeedback]
    /// The attempt that began the work: an earlier one when people were asked in the middle of it. Its folder is the
    /// present one's.
    public var firstAttempt: Int
    /// What the previous attempt failed with.
    public var lastFailure: NodeFailure?
    /// All failures of earlier attempts that are still known, the first one first.
    public var failures: [RetryAdvice.Attempt] = []
    /// How other nodes got over the same error, as far as the store knows.
    public var solved: [String] = []
    /// What the expressions of outputs see beside what the kind puts out; nil where there are none.
    public var scope: (any ValueScope)?
    /// Where the attempt makes its calls to models and tools.
    public var calls: any CallDesk
    /// Takes a line for the run's log; may be called from any thread.
    public var log: @Sendable (NodeLogLine) -> Void

    /// The context of an attempt.
    public init(
        run: String, workflow: String, node: String, attempt: Int, definition: NodeDefinition, body: JSONValue,
        fields: JSONObject = JSONObject(), with: JSONObject = JSONObject(), environment: [String: String] = [:],
        directory: String, workflowDirectory: String, idempotencyKey: String = "", approvesAll: Bool = false,
        approvals: ApprovalPolicy = .standard, submitter: String? = nil, feedback: [NodeFeedback] = [],
        firstAttempt: Int? = nil, lastFailure: NodeFailure? = nil, scope: (any ValueScope)? = nil,
        calls: any CallDesk = OpenCallDesk(),
        log: @escaping @Sendable (NodeLogLine) -> Void = { _ in }
    ) {
        self.run = run
        self.workflow = workflow
        self.node = node
        self.attempt = attempt
        self.definition = definition
        self.body = body
        self.fields = fields
        self.with = with
        self.environment = environment
        self.directory = directory
        self.workflowDirectory = workflowDirectory
        self.idempotencyKey = idempotencyKey
        self.approvesAll = approvesAll
        self.approvals = approvals
        self.submitter = submitter
        self.feedback = feedback
        self.firstAttempt = firstAttempt ?? attempt
        self.lastFailure = lastFailure
        self.scope = scope
        self.calls = calls
        self.log = log
    }
}

/// A line that a node says about itself.
public struct NodeLogLine: Sendable, Hashable {
    /// Where the line comes from.
    public enum Stream: String, Sendable, Hashable {
        case output, error, engine
    }

    public var stream: Stream
    public var text: String

    /// A line without its line break.
    public init(_ stream: Stream, _ text: String) {
        self.stream = stream
        self.text = text
    }
}

/// How an attempt ended.
public enum NodeOutcome: Sendable, Hashable {
    case succeeded(NodeResult)
    case failed(NodeFailure)
    case waiting(NodeWait)
}

/// What a node puts out.
public struct NodeResult: Sendable, Hashable {
    public var outputs: JSONObject
    /// Files in the attempt's folder that are to be kept.
    public var artifacts: [ProducedArtifact]
    /// Tokens, cost and the like, for reports; not part of the result's digest.
    public var usage: JSONObject

    /// A result.
    public init(
        outputs: JSONObject = JSONObject(), artifacts: [ProducedArtifact] = [], usage: JSONObject = JSONObject()
    ) {
        self.outputs = outputs
        self.artifacts = artifacts
        self.usage = usage
    }
}

/// A file that a node made.
public struct ProducedArtifact: Sendable, Hashable {
    /// Where the content is.
    public enum Content: Sendable, Hashable {
        /// A file in the attempt's folder; the path is absolute.
        case file(String)
        /// The bytes themselves, which are kept under a file name.
        case bytes([UInt8], fileName: String)
    }

    public var name: String
    public var content: Content
    public var mediaType: String?

    /// A file with its name; its path is absolute.
    public init(name: String, path: String, mediaType: String? = nil) {
        self.init(name: name, content: .file(path), mediaType: mediaType)
    }

    /// A content with its name.
    public init(name: String, content: Content, mediaType: String? = nil) {
        self.name = name
        self.content = content
        self.mediaType = mediaType
    }
}
