// SPDX-License-Identifier: Apache-2.0

public import ChildProcess
import FileSystem
public import FlowCore

/// `isolate:` of a node: what a program is kept away from that nobody has read before.
///
/// Its own folder can be written, the system and the files of its run can be read, and the network is cut; all else is out
/// of reach. What the kernel does not offer is told, or, when the isolation is required, the program is not run.
public struct IsolationSetting: Sendable, Hashable {
    /// Whether the program may use the network.
    public var network = false
    /// Whether the node fails where the kernel lacks something.
    public var isRequired = false
    /// Files and folders that can be read, and written, beside those of all.
    public var readable: [String] = []
    public var writable: [String] = []

    /// The usual isolation.
    public init() {}

    /// The setting of a value: `true`, `false`, or a mapping; nil for none.
    ///
    /// - Parameter folder: where relative paths begin.
    public init?(_ value: JSONValue?, folder: String) {
        switch value {
        case .bool(true)?: self.init()
        case .object(let object)?:
            self.init()
            network = object["network"]?.boolValue ?? false
            isRequired = object["required"]?.boolValue ?? false
            func paths(_ key: String) -> [String] {
                let texts = (object[key]?.arrayValue ?? []).compactMap(\.stringValue)
                return texts.map { FilePath.normalise(FilePath.isAbsolute($0) ? $0 : FilePath.join(folder, $0)) }
            }
            readable = paths("read")
            writable = paths("write")
        default: return nil
        }
    }

    /// The keys of a setting in full.
    static let keys: [FieldSchema] = [
        FieldSchema("network", .boolean, templates: false, fallback: "false", "Whether it may use the network."),
        FieldSchema(
            "read", .list(.string), templates: false,
            "Files and folders that it may read too, from the workflow's folder."),
        FieldSchema("write", .list(.string), templates: false, "The same, to write."),
        FieldSchema(
            "required", .boolean, templates: false, fallback: "false",
            "Whether the node fails where the kernel does not offer all of it."),
    ]

    /// The key of a node, with what is so when it is not there.
    static func field(fallback: String) -> FieldSchema {
        FieldSchema(
            "isolate", .oneOf([.boolean, .object(keys)]), templates: false, fallback: fallback,
            "Keeps the program in its own folder and off the network, by means of the kernel.")
    }

    // MARK: Parts

    private var wantedParts: Isolation.Parts { network ? [.files] : [.files, .network, .calls] }

    /// What is wanted and cannot be had, in words.
    public func lacks(offered: Isolation.Parts = Isolation.offered) -> [String] {
        var found: [String] = []
        if !offered.contains(.files) { found.append("Landlock: files outside of its folder are open to it") }
        guard !network else { return found }
        switch (offered.contains(.network), offered.contains(.calls)) {
        case (true, true): break
        case (false, true): found.append("networks of users' own: it has no loopback either")
        case (true, false): found.append("seccomp: sockets that lie among the files are open to it")
        case (false, false): found.append("networks of users' own and seccomp: the network is open to it")
        }
        return found
    }

    /// Whether what is missing leaves something open.
    private func isOpen(_ offered: Isolation.Parts) -> Bool {
        // Without a loopback the program is kept away from more, not from less.
        !offered.contains(.files) || !network && !offered.contains(.calls)
    }

    /// What a program of a node is kept away from.
    ///
    /// Throws `unavailable` when it is required and the kernel lacks something.
    func isolation(
        for context: NodeContext, searchPath: String, files: (readable: [String], writable: [String]) = ([], [])
    ) throws(NodeFailureError) -> Isolation? {
        let offered = Isolation.offered
        let lacks = lacks(offered: offered)
        if !lacks.isEmpty {
            let text = "this kernel does not offer \(lacks.joined(separator: "; nor "))"
            if isRequired, isOpen(offered) {
                throw NodeFailureError(
                    failure: NodeFailure(.unavailable, "`isolate` cannot be done: \(text); see `flow doctor`"))
            }
            context.log(NodeLogLine(.engine, "isolated in part: \(text)"))
        }
        let parts = wantedParts.intersection(offered)
        guard !parts.isEmpty else { return nil }
        return Isolation(
            readable: SystemPaths.readable(searchPath: searchPath) + runFiles(context) + readable + files.readable,
            writable: [context.directory] + writable + files.writable, parts: parts)
    }

    /// The workflow's files, and those of runs that the node's values name: what an agent has written there cannot lead
    /// anywhere else.
    private func runFiles(_ context: NodeContext) -> [String] {
        var paths = [context.workflowDirectory]
        guard let end = context.directory.firstRange(of: "/runs/") else { return paths }
        let runs = String(context.directory[..<end.upperBound])
        func add(_ value: JSONValue) {
            switch value {
            case .string(let text):
                guard text.hasPrefix(runs), let real = try? File.realPath(text), paths.count < 1000 else { return }
                let root = (try? File.realPath(runs)) ?? runs
                if FilePath.isInside(real, root: root) { paths.append(real) }
            case .array(let values): for value in values { add(value) }
            case .object(let object): for member in object { add(member.value) }
            default: break
            }
        }
        add(.object(context.with))
        return paths
    }
}

/// What every program may read: the system, without what only some may know.
enum SystemPaths {
    private static let fixed = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/proc", "/sys/devices/system/cpu",
        "/sys/fs/cgroup", "/dev/random", "/dev/urandom",
        "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/alternatives",
        "/etc/localtime", "/etc/timezone", "/etc/locale.alias", "/etc/locale.conf", "/etc/default/locale",
        "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/hosts", "/etc/resolv.conf",
        "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/mime.types", "/etc/magic", "/etc/fonts",
        "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/ca-certificates", "/etc/matplotlibrc", "/etc/R", "/etc/texmf",
        "/etc/terminfo", "/etc/inputrc", "/etc/bash.bashrc", "/etc/os-release", "/etc/debian_version",
    ]

    /// flow's own Python environment, and the Python that it was made with.
    private static func ownTools(_ tools: String) -> [String] {
        var paths = ["bin", "lib", "lib64", "pyvenv.cfg"].map { FilePath.join(tools, $0) }
        if let python = try? File.realPath(FilePath.join(tools, "bin/python")) {
            let base = FilePath.dirname(FilePath.dirname(python))
            if base != "/", base != "/usr" { paths += ["bin", "lib"].map { FilePath.join(base, $0) } }
        }
        return paths
    }

    /// The system, and the folders of programs with the libraries beside them: a Python that a user has installed.
    static func readable(searchPath: String) -> [String] {
        var paths = fixed + ownTools(ToolPaths().tools)
        for part in searchPath.split(separator: ":") where part.hasPrefix("/") {
            let folder = FilePath.normalise(String(part))
            guard folder != "/", !folder.hasPrefix("/usr/") else { continue }
            paths.append(folder)
            let above = FilePath.dirname(folder)
            guard above != "/", above != File.homeDirectory() else { continue }
            // Programs that choose among versions read what they are told to choose.
            if File.isDirectory(FilePath.join(above, "versions")), File.isDirectory(FilePath.join(above, "libexec")) {
                paths.append(above)
                continue
            }
            for name in ["lib", "lib64", "libexec", "pyvenv.cfg"] { paths.append(FilePath.join(above, name)) }
        }
        return paths
    }
}
