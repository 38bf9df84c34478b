// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A small process that outlives this one and then kills what its children left behind.
///
/// The kernel kills a child when its parent dies, but not the child's own descendants. The guardian is the same program,
/// started with special arguments. It holds the reading end of a pipe; when that ends without a farewell, the owner is
/// gone, and every process that carries the marker, or belongs to a session in the owner's ledger, is killed.
public enum Guardian {
    /// The first argument by which the program knows that it is meant to be the guardian.
    public static let flag = "--guardian"
    /// What the owner writes before it ends in good order.
    static let farewell = UInt8(ascii: "q")
    /// How long the guardian tries: far longer than it takes, so that it does not give up on a machine that is busy.
    static let timeLimit = Duration.seconds(20)

    /// The arguments (without the program) that make a guardian for a marker.
    public static func arguments(for marker: ChildMarker) -> [String] {
        [flag, marker.name, marker.value]
    }

    /// Becomes the guardian, and never returns, if the program's arguments ask for it. Call it first in the program.
    public static func runIfAsked(_ arguments: [String] = CommandLine.arguments) {
        guard arguments.count == 4, arguments[1] == flag else { return }
        flow_ignore_stop_signals()
        watch(STDIN_FILENO, for: ChildMarker(name: arguments[2], value: arguments[3]), ledger: STDOUT_FILENO)
        exit(0)
    }

    /// Waits for the owner's farewell or its death, and in the second case kills all that carry the marker.
    ///
    /// - Returns: how many were killed.
    @discardableResult
    static func watch(_ descriptor: Int32, for marker: ChildMarker, ledger: Int32 = -1) -> Int {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count == 1, byte == farewell { return 0 }
            if count == 1 || (count < 0 && errno == EINTR) { continue }
            return Survivors(marker: marker, recorded: Ledger.read(ledger)).kill(within: timeLimit)
        }
    }
}
