// SPDX-License-Identifier: Apache-2.0

import FileSystem

/// The folder of a user where flow keeps models, tools, settings and secrets.
public enum FlowHome {
    /// `FLOW_HOME`, or `.local/share/flow` in the user's home.
    public static func path(_ environment: [String: String]) -> String {
        if let home = environment["FLOW_HOME"], home.hasPrefix("/") { return home }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? File.homeDirectory() ?? "/"
        return FilePath.join(home, ".local/share/flow")
    }
}
