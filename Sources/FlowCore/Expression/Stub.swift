public struct Expression: Sendable, Hashable {}
public struct TemplateSegment: Sendable, Hashable {}
public struct TemplateMember: Sendable, Hashable {}
public indirect enum Template: Sendable, Hashable {
    case literal(JSONValue); case expression(Expression); case text([TemplateSegment]); case array([Template]);
    case object([TemplateMember])
}
