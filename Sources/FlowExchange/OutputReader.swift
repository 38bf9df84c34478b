// SPDX-License-Identifier: Apache-2.0

/// A shell function that reads one output from a file as programs write it to `$FLOW_OUTPUT`.
enum OutputReader {
    /// The body of the function: the value of the last line `name=value`, or block `name<<END`.
    ///
    /// - Parameters:
    ///   - name: the shell word that holds the output's name, such as `$1`.
    ///   - file: the shell word that names the file.
    static func function(_ function: String, name: String, file: String, first: String = "") -> String {
        """
        \(function)() {
        \(first)  awk -v name="\(name)" '
            inside && $0 == mark { inside = 0; if (hit) value = text; next }
            inside { if (hit) text = text (count++ ? "\\n" : "") $0; next }
            match($0, /^[A-Za-z0-9_-]+<</) {
              hit = substr($0, 1, RLENGTH - 2) == name; mark = substr($0, RLENGTH + 1)
              inside = 1; text = ""; count = 0; next
            }
            { at = index($0, "="); if (at && substr($0, 1, at - 1) == name) value = substr($0, at + 1) }
            END { printf "%s", value }' "\(file)"
        }

        """
    }
}
