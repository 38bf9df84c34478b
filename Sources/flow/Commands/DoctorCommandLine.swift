// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import FlowEngine

/// `flow doctor`: whether all that flow works with is there.
enum DoctorCommandLine {
    static let spec = CommandSpec(
        name: "doctor", summary: "Check that all that flow works with is there",
        discussion: "Says what is missing, what for, and the command that cures it. Exit code 78 when anything is.",
        examples: [("flow doctor", "check everything"), ("flow doctor --json", "as JSON")],
        run: run)

    /// One thing that was looked at.
    struct Check {
        var name: String
        var problem: String?
        var detail: String
        /// The command that cures it.
        var cure: String?
    }

    private static func run(_ invocation: Invocation) async throws -> ExitCode {
        let workplace = try Workplace(invocation)
        var checks = [sqlite(), store(workplace), space(workplace)]
        checks.append(
            program("jq", for: "jq nodes", cure: "apt-get install jq", workplace.environment))
        checks.append(
            program("dot", for: "flow graph --format svg", cure: "apt-get install graphviz", workplace.environment))
        checks.append(tools(workplace.environment))
        checks.append(isolation())
        checks += await ModelCommandLine.checks(workplace)
        let isWhole = checks.allSatisfy { $0.problem == nil }
        if invocation.flag("json") {
            var object = JSONObject()
            object["ok"] = .bool(isWhole)
            object["checks"] = .array(
                checks.map { check in
                    [
                        "name": .string(check.name), "ok": .bool(check.problem == nil),
                        "detail": .string(check.problem ?? check.detail),
                        "cure": check.problem == nil ? .null : check.cure.map { .string($0) } ?? .null,
                    ]
                })
            try Output.json(object)
        } else {
            let talk = Talk(.output)
            var table = Table(header: ["", "check", ""])
            for check in checks {
                let mark = check.problem == nil ? talk.style(.good, "✓ ok") : talk.style(.error, "✗ missing")
                let cure = check.problem == nil ? "" : check.cure.map { "   cure: \($0)" } ?? ""
                table.add([mark, check.name, (check.problem ?? check.detail) + cure])
            }
            try Output.text(table.text)
        }
        return isWhole ? .done : .configuration
    }

    private static func sqlite() -> Check {
        let version = EngineLibraries.sqliteVersion
        let parts = version.split(separator: ".").compactMap { Int($0) }
        // STRICT tables came with 3.37.
        let isNewEnough = parts.count >= 2 && (parts[0], parts[1]) >= (3, 37)
        return Check(
            name: "sqlite", problem: isNewEnough ? nil : "version \(version); 3.37 or newer is needed", detail: version,
            cure: "apt-get install libsqlite3-0")
    }

    /// Writes and syncs a file where the store is or would be.
    private static func store(_ workplace: Workplace) -> Check {
        let folder = workplace.storeFolder
        let place = File.isDirectory(folder) ? folder : FilePath.dirname(folder)
        do throws(FileError) {
            let probe = try File.makeTemporaryDirectory(prefix: ".flow-doctor-", in: place)
            defer { try? File.removeTree(probe) }
            // Durable writing syncs both the file and its folder.
            try File.writeDurably("probe", to: FilePath.join(probe, "probe"))
            return Check(name: "store folder", detail: "\(folder): can be written and synced")
        } catch {
            return Check(
                name: "store folder", problem: error.description, detail: "",
                cure: "--store DIR, or FLOW_STORE_DIR, names another folder")
        }
    }

    private static func space(_ workplace: Workplace) -> Check {
        var place = workplace.storeFolder
        while !File.exists(place), place != "/" { place = FilePath.dirname(place) }
        guard let free = try? File.freeSpace(at: place) else {
            return Check(name: "disk", problem: "the free space of \(place) is not known", detail: "")
        }
        let isEnough = free > 512 << 20
        let text = "\(ByteCount(free).description) free at \(place)"
        return Check(
            name: "disk", problem: isEnough ? nil : "\(text); 512 MiB are wanted", detail: text,
            cure: "du -sh \(ShellWord.quoted(workplace.storeFolder)) shows what the store takes")
    }

    private static func program(
        _ name: String, for purpose: String, cure: String, _ environment: [String: String]
    ) -> Check {
        for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
            let path = FilePath.join(String(folder), name)
            if File.isExecutable(path), !File.isDirectory(path) { return Check(name: name, detail: path) }
        }
        return Check(name: name, problem: "not in PATH; needed for \(purpose)", detail: "", cure: cure)
    }

    /// What `isolate:` can do here. A kernel that offers less is no reason not to work.
    private static func isolation() -> Check {
        let lacks = IsolationSetting().lacks()
        let detail =
            lacks.isEmpty
            ? "files and network, by Landlock \(Isolation.landlockVersion) and seccomp"
            : "in part; this kernel does not offer \(lacks.joined(separator: "; nor "))"
        return Check(name: "isolation of programs", detail: detail)
    }

    private static func tools(_ environment: [String: String]) -> Check {
        let home =
            environment["FLOW_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? FilePath.join(environment["HOME"] ?? File.homeDirectory() ?? "/", ".local/share/flow")
        let python = FilePath.join(home, "tools/bin/python")
        let isThere = File.isExecutable(python)
        return Check(
            name: "python tools", problem: isThere ? nil : "\(python) is not there; needed for render nodes and xlsx",
            detail: python, cure: "scripts/install-dependencies")
    }
}
