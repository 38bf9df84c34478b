// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// Diagnostics as JUnit XML, which CI services show as tests: one suite a file, one failed test a fault.
public enum JUnitReport {
    /// The report of one check of several files. Errors are failures; warnings are tests that passed with a text.
    public static func text(of files: [CheckedFile]) -> String {
        let suites = files.map(suite)
        let tests = files.reduce(0) { $0 + cases($1) }
        let failures = files.reduce(0) { $0 + self.failures($1) }
        let errors = files.filter { $0.failure != nil }.count
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="flow validate" tests="\(tests)" failures="\(failures)" errors="\(errors)">
            \(suites.joined())</testsuites>

            """
    }

    private static func cases(_ file: CheckedFile) -> Int { Swift.max(1, file.faults.count) }

    private static func failures(_ file: CheckedFile) -> Int {
        file.faults.filter { $0.diagnostic.severity == .error }.count
    }

    private static func suite(_ file: CheckedFile) -> String {
        var text = "  <testsuite name=\(quoted(file.name)) tests=\"\(cases(file))\" failures=\"\(failures(file))\""
        text += " errors=\"\(file.failure == nil ? 0 : 1)\">\n"
        if let failure = file.failure {
            text += "    <testcase name=\"read\" classname=\(quoted(file.name))>\n"
            text += "      <error message=\(quoted(failure))/>\n    </testcase>\n"
        } else if file.faults.isEmpty {
            text += "    <testcase name=\"valid\" classname=\(quoted(file.name))/>\n"
        }
        for fault in file.faults { text += testCase(fault) }
        return text + "  </testsuite>\n"
    }

    private static func testCase(_ fault: CheckedFile.Fault) -> String {
        let diagnostic = fault.diagnostic
        let place = fault.sources.place(of: diagnostic.span)
        let file = fault.sources.file(of: diagnostic.span)
        var text = "    <testcase name=\(quoted("\(diagnostic.code) \(place)"))"
        text += " classname=\(quoted(file?.name ?? ""))"
        if let file { text += " line=\"\(file.position(at: Int(diagnostic.span.start)).line)\"" }
        text += ">\n"
        let details = escaped(DiagnosticPrinter(.full(colour: false)).text(diagnostic, in: fault.sources))
        if diagnostic.severity == .error {
            text += "      <failure type=\"\(diagnostic.code)\" message=\(quoted(diagnostic.message))>"
            text += "\(details)</failure>\n"
        } else {
            text += "      <system-out>\(details)</system-out>\n"
        }
        return text + "    </testcase>\n"
    }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// The text with what XML does not take: markup, and characters that it has no way to write.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "\n"
            case "\t": result += " "
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
                result.unicodeScalars.append(isAllowed ? scalar : "\u{FFFD}")
            }
        }
        return result
    }
}
