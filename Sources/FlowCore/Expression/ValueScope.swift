// SPDX-License-Identifier: Apache-2.0

/// Where an evaluation finds the values of names.
public protocol ValueScope: Sendable {
    /// The value of a first name such as `inputs`; nil if there is no such name.
    func value(ofRoot name: String) -> JSONValue?

    /// The value at the end of a path of two or more names, such as `nodes.a.outputs.x`, when the scope can find it
    /// without building all that stands beside it. Nil means only that the path is then walked from its root.
    func value(ofPath path: [String]) -> JSONValue?
}

extension ValueScope {
    /// No short cut.
    public func value(ofPath path: [String]) -> JSONValue? { nil }
}

/// An object whose members are the names.
extension JSONObject: ValueScope {
    /// The member of that name.
    public func value(ofRoot name: String) -> JSONValue? { self[name] }
}
