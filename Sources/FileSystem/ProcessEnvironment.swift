// SPDX-License-Identifier: Apache-2.0

// `environ` is a variable of C, which Swift cannot prove safe. This module only reads it; no part of the program
// may change the environment once there is a second thread.
@preconcurrency import Glibc

/// The environment variables this process was started with.
public enum ProcessEnvironment {
    /// The value of a variable; nil when it is not set.
    public static func get(_ name: String) -> String? {
        guard !name.isEmpty, !name.utf8.contains(0), let value = getenv(name) else { return nil }
        return String(cString: value)
    }

    /// All variables by name. Of a name that occurs twice the first value counts, as in ``get(_:)``.
    public static func all() -> [String: String] {
        var variables: [String: String] = [:]
        // Null after `clearenv`, though the imported type does not say so.
        guard Int(bitPattern: environ) != 0 else { return variables }
        var entry = environ
        while let text = entry.pointee {
            let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
            if let equals = bytes.firstIndex(of: UInt8(ascii: "=")) {
                let name = String(decoding: bytes[..<equals], as: UTF8.self)
                let value = String(decoding: bytes[(equals + 1)...], as: UTF8.self)
                if variables[name] == nil { variables[name] = value }
            }
            entry += 1
        }
        return variables
    }
}
