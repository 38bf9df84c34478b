// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// A file that was checked, for the reports that hold a whole check: SARIF and JUnit.
public struct CheckedFile: Sendable {
    /// A diagnostic with the texts that its spans lie in.
    public struct Fault: Sendable {
        /// What is wrong.
        public var diagnostic: Diagnostic
        /// The files of its spans.
        public var sources: SourceMap

        /// A diagnostic of these texts.
        public init(_ diagnostic: Diagnostic, in sources: SourceMap) {
            self.diagnostic = diagnostic
            self.sources = sources
        }

        /// `error[F0201]: message`, then the help, each on a line of its own.
        var text: String {
            let head = "\(diagnostic.severity.rawValue)[\(diagnostic.code)]: \(diagnostic.message)"
            return ([head] + diagnostic.help.map { "help: \($0)" }).joined(separator: "\n")
        }
    }

    /// The name as the person gave it.
    public var name: String
    /// What was found, in the order in which it is told.
    public var faults: [Fault]
    /// Why the file could not be checked at all.
    public var failure: String?

    /// A file that was checked, or why it could not be.
    public init(name: String, faults: [Fault] = [], failure: String? = nil) {
        self.name = name
        self.faults = faults
        self.failure = failure
    }
}
