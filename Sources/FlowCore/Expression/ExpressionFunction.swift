// SPDX-License-Identifier: Apache-2.0

/// A function of the expression language. The table `all` is what the checker, the evaluator, the documentation and
/// editors know of functions.
public struct ExpressionFunction: Sendable {
    /// A parameter of a function.
    public struct Parameter: Sendable, Hashable {
        /// How often an argument stands for it.
        public enum Presence: Sendable, Hashable {
            /// Once.
            case required
            /// Once or not at all; only at the end.
            case optional
            /// Any number of times, once at least; only at the end.
            case repeated
        }

        /// The name, for messages and documentation.
        public let name: String
        /// The types an argument may have, any one of them.
        public let types: [ValueType]
        /// How often an argument stands for it.
        public let presence: Presence

        /// The types as messages name them: `string or array`.
        public var typeText: String { types.map(\.description).joined(separator: " or ") }

        init(_ name: String, _ types: ValueType..., presence: Presence = .required) {
            self.name = name
            self.types = types
            self.presence = presence
        }
    }

    /// How a function comes to its result.
    enum Body: Sendable {
        /// From the values of its arguments.
        case values(@Sendable (inout FunctionCall) throws(ExpressionError) -> JSONValue)
        /// From a list and an expression that is evaluated for each element.
        case elements(
            @Sendable (inout ExpressionEvaluator, ExpressionNode, ExpressionNode, Range<Int>)
                throws(ExpressionError) -> JSONValue)
        /// The first argument that is there and not null.
        case firstValue
    }

    /// The name.
    public let name: String
    /// The parameters in order.
    public let parameters: [Parameter]
    /// The type of the result; `any` where it depends on the arguments.
    public let result: ValueType
    /// What it does, in one sentence.
    public let summary: String
    /// An example of its use.
    public let example: String
    /// The value of the example.
    public let exampleResult: JSONValue

    let body: Body
    /// The type of the result for given types of the arguments, where that says more than `result`.
    let refine: (@Sendable ([ValueType]) -> ValueType)?

    init(
        _ name: String,
        _ parameters: [Parameter],
        _ result: ValueType,
        _ summary: String,
        example: String,
        _ exampleResult: JSONValue,
        refine: (@Sendable ([ValueType]) -> ValueType)? = nil,
        body: Body
    ) {
        self.name = name
        self.parameters = parameters
        self.result = result
        self.summary = summary
        self.example = example
        self.exampleResult = exampleResult
        self.refine = refine
        self.body = body
    }

    /// All functions, by name in alphabetical order.
    public static let all: [ExpressionFunction] =
        (TextFunctions.table + ListFunctions.table + ElementFunctions.table + NumberFunctions.table
        + ConversionFunctions.table).sorted { $0.name < $1.name }

    private static let byName: [String: ExpressionFunction] = Dictionary(
        all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// The function of a name.
    public static func named(_ name: String) -> ExpressionFunction? { byName[name] }

    /// The second argument is an expression in which `it` is an element of the first, and `it_index` its place from 0.
    public var bindsElement: Bool {
        if case .elements = body { true } else { false }
    }

    /// The function as documentation shows it: `join(items: array, separator?: string) -> string`.
    public var signature: String {
        let list = parameters.map { parameter in
            let mark = parameter.presence == .optional ? "?" : parameter.presence == .repeated ? "…" : ""
            return "\(parameter.name)\(mark): \(parameter.typeText)"
        }
        return "\(name)(\(list.joined(separator: ", "))) -> \(result.description)"
    }

    func accepts(count: Int) -> Bool {
        count >= leastCount && (parameters.last?.presence == .repeated || count <= parameters.count)
    }

    private var leastCount: Int { parameters.count { $0.presence != .optional } }

    /// `1 argument`, `1 to 3 arguments`, `at least 1 argument`
    var countPhrase: String {
        let least = leastCount
        let most = parameters.count
        if parameters.last?.presence == .repeated { return "at least \(least) argument\(least == 1 ? "" : "s")" }
        if least == most { return "\(least) argument\(least == 1 ? "" : "s")" }
        return "\(least) to \(most) arguments"
    }

    /// The parameter for the argument at a place.
    func parameter(at place: Int) -> Parameter? {
        place < parameters.count ? parameters[place] : parameters.last?.presence == .repeated ? parameters.last : nil
    }
}

/// A call of a function: its evaluated arguments and what is left of the budget.
struct FunctionCall {
    struct Argument {
        var value: JSONValue
        var range: Range<Int>
    }

    let function: ExpressionFunction
    /// The place of the whole call.
    let range: Range<Int>
    /// As many as the parameters allow.
    let arguments: [Argument]
    var budget: ExpressionBudget

    /// Whether an optional argument is given.
    func has(_ place: Int) -> Bool { place < arguments.count }

    func value(_ place: Int) -> JSONValue { has(place) ? arguments[place].value : .null }

    func range(_ place: Int) -> Range<Int> { has(place) ? arguments[place].range : range }

    func text(_ place: Int) throws(ExpressionError) -> String {
        guard let text = value(place).stringValue else { throw wrongType(place) }
        return text
    }

    func array(_ place: Int) throws(ExpressionError) -> [JSONValue] {
        guard let array = value(place).arrayValue else { throw wrongType(place) }
        return array
    }

    func object(_ place: Int) throws(ExpressionError) -> JSONObject {
        guard let object = value(place).objectValue else { throw wrongType(place) }
        return object
    }

    func integer(_ place: Int) throws(ExpressionError) -> Int {
        guard let integer = value(place).integerValue else { throw wrongType(place) }
        return Int(integer)
    }

    func wrongType(_ place: Int) -> ExpressionError {
        let parameter = function.parameter(at: place)
        let value = value(place)
        return ExpressionError(
            value.isNull ? .nullValue : .type,
            "`\(function.name)` needs \(parameter?.typeText ?? "a value") for `\(parameter?.name ?? "?")`, "
                + "not \(value.typePhrase)",
            at: range(place))
    }

    func badArgument(_ place: Int, _ message: String) -> ExpressionError {
        ExpressionError(.argument, "`\(function.name)`: \(message)", at: range(place))
    }

    /// Pays for going through a text.
    mutating func spend(_ text: String) throws(ExpressionError) {
        try budget.spend(bytes: text.utf8.count, at: range)
    }

    /// Pays for going through the elements of a list.
    mutating func spend(_ elements: [JSONValue]) throws(ExpressionError) {
        try budget.spend(elements.count, at: range)
    }
}
