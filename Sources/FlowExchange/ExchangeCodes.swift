// SPDX-License-Identifier: Apache-2.0

public import FlowCore

extension DiagnosticCode {
    // Importing and exporting.

    /// The text has the marks of none of the formats that are read.
    public static let unknownFormat = DiagnosticCode("F0601")
    /// Something in the foreign text is missing, of the wrong form, or refers to nothing.
    public static let badSource = DiagnosticCode("F0602")
    /// A warning: something has no equivalent and is left out.
    public static let noEquivalent = DiagnosticCode("F0603")
    /// A warning: something was carried over, but does not mean quite the same.
    public static let approximated = DiagnosticCode("F0604")
}
