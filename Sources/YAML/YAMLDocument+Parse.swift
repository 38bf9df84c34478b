// SPDX-License-Identifier: Apache-2.0

extension YAMLDocument {
    /// Reads one document of YAML 1.2. It never traps, whatever the bytes are.
    ///
    /// All faults that can be seen in one pass are reported, in order of place. The document is `nil` when the text could
    /// not be read as one document; there is then at least one problem. A document with problems is whole, but a later
    /// stage should not run it.
    public static func parse(
        _ bytes: [UInt8], limits: YAMLLimits = .standard
    ) -> (document: YAMLDocument?, problems: [YAMLProblem]) {
        let maxBytes = max(0, min(limits.maxBytes, 1 << 30))
        guard bytes.count <= maxBytes else {
            let problem = YAMLProblem(
                code: .tooLarge, message: "the text has \(bytes.count) bytes, more than the \(maxBytes) allowed",
                range: 0..<0
            )
            return (nil, [problem])
        }
        return bytes.withUnsafeBufferPointer { source in
            var problems = ProblemList(limit: limits.maxProblems)
            let check = TextCheck(source, problems: &problems)
            guard !check.isFatal else { return (nil, problems.inOrder()) }
            let base = Directives.skip(in: source, from: check.markLength, problems: &problems)
            var builder = TreeBuilder(
                source: source, base: base, isASCII: check.isASCII, limits: limits, problems: problems
            )
            let isComplete = builder.build(from: base)
            let found = builder.problems.inOrder()
            guard isComplete else { return (nil, found) }
            let arena = Arena(
                records: builder.records, text: builder.text, source: bytes, lines: LineTable(bytes)
            )
            return (YAMLDocument(arena: arena, root: YAMLNode(0)), found)
        }
    }
}
