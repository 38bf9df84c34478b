// SPDX-License-Identifier: Apache-2.0

/// A value with expressions in it, as a workflow file writes it.
///
/// Values are put in once: a `${{` inside a value stays text.
public indirect enum Template: Sendable, Hashable {
    /// A value without expressions.
    case literal(JSONValue)
    /// A whole scalar that is one expression; its value keeps its type.
    case expression(Expression, offset: Int)
    /// A text with expressions in it.
    case text([TemplateSegment])
    /// An array of templates.
    case array([Template])
    /// An object of templates.
    case object([TemplateMember])
}

/// A part of a text with expressions.
public enum TemplateSegment: Sendable, Hashable {
    /// Text that stays as it is.
    case text(String)
    /// An expression whose text begins at a byte offset of the scalar.
    case expression(Expression, offset: Int)
}

/// A member of an object of templates. The key is no template.
public struct TemplateMember: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: Template

    /// A member of an object.
    public init(key: String, value: Template) {
        self.key = key
        self.value = value
    }
}

extension Template {
    /// Whether the template has the same value in every scope.
    public var isConstant: Bool {
        switch self {
        case .literal: true
        case .expression(let expression, _): expression.isConstant
        case .text(let segments):
            segments.allSatisfy { if case .expression(let part, _) = $0 { part.isConstant } else { true } }
        case .array(let elements): elements.allSatisfy(\.isConstant)
        case .object(let members): members.allSatisfy(\.value.isConstant)
        }
    }

    /// The uses of names, in order. Their ranges are byte offsets in the scalar they stand in.
    public var references: [ExpressionReference] {
        var references: [ExpressionReference] = []
        forEachExpression { expression, offset in
            references += expression.references.map { $0.shifted(by: offset) }
        }
        return references
    }

    /// Calls `body` with each expression and its offset in its scalar, in order.
    public func forEachExpression(_ body: (Expression, Int) -> Void) {
        switch self {
        case .literal: break
        case .expression(let expression, let offset): body(expression, offset)
        case .text(let segments):
            for case .expression(let expression, let offset) in segments { body(expression, offset) }
        case .array(let elements): for element in elements { element.forEachExpression(body) }
        case .object(let members): for member in members { member.value.forEachExpression(body) }
        }
    }

    /// Infers the type and finds the faults of all expressions. Ranges in faults are byte offsets in the scalar the
    /// expression stands in.
    public func check(in scope: some TypeScope) -> (ValueType, [ExpressionFault]) {
        switch self {
        case .literal(let value): return (ValueType(of: value), [])
        case .expression(let expression, let offset):
            let (type, faults) = expression.check(in: scope)
            return (type, faults.map { $0.shifted(by: offset) })
        case .text(let segments):
            var all: [ExpressionFault] = []
            for case .expression(let expression, let offset) in segments {
                all += expression.check(in: scope).1.map { $0.shifted(by: offset) }
            }
            return (.string, all)
        case .array(let elements):
            var all: [ExpressionFault] = []
            var joined: ValueType?
            for element in elements {
                let (type, faults) = element.check(in: scope)
                all += faults
                joined = joined?.joined(with: type) ?? type
            }
            return (.array(joined ?? .any), all)
        case .object(let members):
            var all: [ExpressionFault] = []
            var fields: [String: ValueType] = [:]
            for member in members {
                let (type, faults) = member.value.check(in: scope)
                all += faults
                fields[member.key] = type
            }
            return (.object(fields, open: false), all)
        }
    }

    /// Computes the value. In a text, strings stand as they are, null as nothing, and all else as compact JSON.
    /// The limits hold for each expression, the size also for each text. Ranges in errors are byte offsets in the scalar.
    public func render(
        in scope: some ValueScope, limits: ExpressionLimits = .standard
    ) throws(ExpressionError) -> JSONValue {
        switch self {
        case .literal(let value): return value
        case .expression(let expression, let offset):
            return try Self.value(of: expression, offset, scope, limits)
        case .text(let segments): return .string(try Self.text(of: segments, scope, limits))
        case .array(let elements):
            var values: [JSONValue] = []
            for element in elements { values.append(try element.render(in: scope, limits: limits)) }
            return .array(values)
        case .object(let members):
            var object = JSONObject()
            for member in members { object[member.key] = try member.value.render(in: scope, limits: limits) }
            return .object(object)
        }
    }

    private static func text(
        of segments: [TemplateSegment], _ scope: some ValueScope, _ limits: ExpressionLimits
    ) throws(ExpressionError) -> String {
        var text = ""
        for segment in segments {
            switch segment {
            case .text(let part): text += part
            case .expression(let expression, let offset):
                let value = try value(of: expression, offset, scope, limits)
                guard let part = value.renderedText(limit: limits.size),
                    text.utf8.count + part.utf8.count <= limits.size
                else {
                    throw ExpressionError(
                        .sizeLimit, "the text grows larger than \(limits.size) bytes",
                        at: offset..<offset + expression.text.utf8.count)
                }
                text += part
            }
        }
        return text
    }

    private static func value(
        of expression: Expression, _ offset: Int, _ scope: some ValueScope, _ limits: ExpressionLimits
    ) throws(ExpressionError) -> JSONValue {
        do throws(ExpressionError) {
            return try expression.evaluate(in: scope, limits: limits)
        } catch {
            var error = error
            error.range = error.range.shifted(by: offset)
            throw error
        }
    }
}
