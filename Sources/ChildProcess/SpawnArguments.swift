// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// The strings of a command in the layout that execve wants: one block of memory and tables of pointers into it.
struct SpawnArguments {
    private var bytes: [UInt8] = []
    private var offsets: [Int] = []
    private var programs = 0
    private var arguments = 0
    private var environment = 0
    private var readable = 0
    private var writable = 0
    private let isolation: Isolation?

    /// Lays out a command with additional variables, which win over those of the command.
    /// `known` is where the program was found, if that is known; it is tried before the folders of PATH.
    init(
        _ command: ChildCommand, markers: [(name: String, value: String)], known: String? = nil
    ) throws(SpawnError) {
        isolation = command.isolation
        bytes.reserveCapacity(4096)
        offsets.reserveCapacity(command.environment.count + command.arguments.count + 16)

        func refuse(_ what: String) -> SpawnError {
            SpawnError(code: EINVAL, doing: "run the program", executable: command.executable, detail: what)
        }
        guard !command.executable.isEmpty else { throw refuse("it has no name") }

        try add(command.directory, orRefuse: refuse("its working directory holds a NUL byte"))

        let nulInName = refuse("its name or PATH holds a NUL byte")
        if command.executable.utf8.contains(UInt8(ascii: "/")) {
            try add(command.executable, orRefuse: nulInName)
            programs = 1
        } else {
            if let known {
                try add(known, orRefuse: nulInName)
                programs += 1
            }
            let path = command.environment["PATH"] ?? ""
            for folder in path.split(separator: ":", omittingEmptySubsequences: true) {
                try add(folder + "/" + command.executable, orRefuse: nulInName)
                programs += 1
            }
        }

        try add(command.executable, orRefuse: nulInName)
        for argument in command.arguments {
            try add(argument, orRefuse: refuse("an argument holds a NUL byte"))
        }
        arguments = command.arguments.count + 1

        // The markers come first: whoever looks for them finds them in the first page.
        for marker in markers { try add(marker.name + "=" + marker.value, orRefuse: nulInName) }
        environment = markers.count
        for (name, value) in command.environment {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
                throw refuse("'\(name)' is no name for an environment variable")
            }
            if markers.contains(where: { $0.name == name }) { continue }
            try add(name + "=" + value, orRefuse: refuse("the environment variable '\(name)' holds a NUL byte"))
            environment += 1
        }
        guard let isolation else { return }
        for path in isolation.readable + isolation.writable {
            try add(path, orRefuse: refuse("a path of its isolation holds a NUL byte"))
        }
        (readable, writable) = (isolation.readable.count, isolation.writable.count)
    }

    private mutating func add(
        _ string: some StringProtocol,
        orRefuse refusal: @autoclosure () -> SpawnError
    ) throws(SpawnError) {
        offsets.append(bytes.count)
        let start = bytes.count
        bytes.append(contentsOf: string.utf8)
        guard !bytes[start...].contains(0) else { throw refusal() }
        bytes.append(0)
    }

    /// Starts the process. `request` brings the streams and limits, and takes the answer.
    mutating func spawn(_ request: inout flow_spawn) -> Int32 {
        bytes.withUnsafeMutableBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return EINVAL }
            return withUnsafeTemporaryAllocation(
                of: UnsafeMutablePointer<CChar>?.self,
                capacity: offsets.count + 5
            ) { table in
                let characters = UnsafeMutableRawPointer(base).assumingMemoryBound(to: CChar.self)
                var filled = 0
                // offsets[0] is the directory; the tables follow, each with nil at its end.
                var next = 1
                for count in [programs, arguments, environment, readable, writable] {
                    for _ in 0..<count {
                        table.initializeElement(at: filled, to: characters + offsets[next])
                        next += 1
                        filled += 1
                    }
                    table.initializeElement(at: filled, to: nil)
                    filled += 1
                }
                request.directory = UnsafePointer(characters)
                request.programs = table.baseAddress.map { UnsafePointer($0) }
                request.arguments = table.baseAddress.map { UnsafePointer($0 + programs + 1) }
                request.environment = table.baseAddress.map { UnsafePointer($0 + programs + arguments + 2) }
                defer {
                    request.directory = nil
                    request.programs = nil
                    request.arguments = nil
                    request.environment = nil
                    request.isolation = nil
                }
                guard let isolation else { return flow_spawn(&request) }
                // `const char *const *` to C; nobody writes through it.
                func strings(_ place: Int) -> UnsafePointer<UnsafePointer<CChar>?>? {
                    table.baseAddress.map {
                        UnsafeRawPointer($0 + place).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                    }
                }
                let first = programs + arguments + environment + 3
                var parts = flow_isolation(
                    readable: strings(first), writable: strings(first + readable + 1),
                    parts: isolation.parts.rawValue)
                return withUnsafePointer(to: &parts) { parts in
                    request.isolation = parts
                    return flow_spawn(&request)
                }
            }
        }
    }
}
