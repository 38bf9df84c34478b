// SPDX-License-Identifier: Apache-2.0

import CLinux
import ChildProcess
import FileSystem
import Glibc

@main
enum Flow {
    static let version = "0.1.0"

    static func main() async {
        openMissingStreams()
        shareHeaps()
        Guardian.runIfAsked()
        StandardStream.ignoreBrokenPipeSignal()
        let code = await CommandLineProgram(commands: Commands.all).run(Array(CommandLine.arguments.dropFirst()))
        exit(code.rawValue)
    }

    /// By default each thread gets a heap of its own, and what one thread frees another cannot use: a run keeps a fifth
    /// more memory so. As many heaps as processors are enough for the few threads that allocate.
    private static func shareHeaps() {
        flow_share_heaps(max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    /// A file that is opened later must not become the standard output by taking its number.
    private static func openMissingStreams() {
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    }
}
