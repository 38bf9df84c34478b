// SPDX-License-Identifier: Apache-2.0

/// The stable number of a kind of fault. Numbers are never used again for another fault.
///
/// `F01xx` is text and YAML, `F02xx` structure and graph, `F03xx` expressions, `F04xx` values and inputs,
/// `F05xx` agents and what a node's kind checks, `F09xx` warnings.
public struct DiagnosticCode: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// A code by its text, such as `F0203`.
    public init(_ description: String) { self.description = description }
}

extension DiagnosticCode {
    // Text and YAML.
    public static let syntax = DiagnosticCode("F0101")
    public static let encoding = DiagnosticCode("F0102")
    public static let duplicateKey = DiagnosticCode("F0103")
    public static let emptyDocument = DiagnosticCode("F0104")
    public static let multipleDocuments = DiagnosticCode("F0105")
    public static let unsupportedYAML = DiagnosticCode("F0106")
    public static let tooDeep = DiagnosticCode("F0107")
    public static let aliasBudget = DiagnosticCode("F0108")
    public static let badAlias = DiagnosticCode("F0109")
    public static let tooLarge = DiagnosticCode("F0110")
    public static let hiddenCharacter = DiagnosticCode("F0111")

    // Structure and graph.
    public static let unknownKey = DiagnosticCode("F0201")
    public static let missingKey = DiagnosticCode("F0202")
    public static let wrongType = DiagnosticCode("F0203")
    public static let unknownNode = DiagnosticCode("F0204")
    public static let cycle = DiagnosticCode("F0205")
    public static let badIdentifier = DiagnosticCode("F0206")
    public static let nodeKind = DiagnosticCode("F0207")
    public static let badChoice = DiagnosticCode("F0208")
    public static let outOfRange = DiagnosticCode("F0209")
    public static let badDuration = DiagnosticCode("F0210")
    public static let badSize = DiagnosticCode("F0211")
    public static let formatVersion = DiagnosticCode("F0212")
    public static let noNodes = DiagnosticCode("F0213")
    public static let interpolatedShell = DiagnosticCode("F0214")
    public static let conflictingKeys = DiagnosticCode("F0215")
    public static let tooManyNodes = DiagnosticCode("F0216")

    // Expressions.
    public static let expressionSyntax = DiagnosticCode("F0301")
    public static let unknownName = DiagnosticCode("F0302")
    public static let notAnAncestor = DiagnosticCode("F0303")
    public static let expressionType = DiagnosticCode("F0304")
    public static let unknownFunction = DiagnosticCode("F0305")
    public static let wrongArguments = DiagnosticCode("F0306")
    public static let maybeSkipped = DiagnosticCode("F0307")
    public static let secretNotAllowed = DiagnosticCode("F0308")

    // Values and inputs.
    public static let badInput = DiagnosticCode("F0401")
    public static let missingInput = DiagnosticCode("F0402")
    public static let unknownInput = DiagnosticCode("F0403")
    public static let badSchema = DiagnosticCode("F0404")
    public static let missingFile = DiagnosticCode("F0405")

    // Agents and kinds.
    public static let unknownAgent = DiagnosticCode("F0501")
    public static let badNode = DiagnosticCode("F0502")
    public static let faultyWorkflow = DiagnosticCode("F0503")
    public static let unknownTool = DiagnosticCode("F0510")
    public static let badPermission = DiagnosticCode("F0511")

    // Warnings.
    public static let unusedInput = DiagnosticCode("F0901")
    public static let constantCondition = DiagnosticCode("F0902")
    public static let neverRuns = DiagnosticCode("F0903")
    public static let unreadOutput = DiagnosticCode("F0904")
}
