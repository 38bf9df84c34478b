// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import Glibc

@main
enum Flow {
    static let version = "0.1.0"

    static func main() async {
        openMissingStreams()
        Guardian.runIfAsked()
        StandardStream.ignoreBrokenPipeSignal()
        let code = await CommandLineProgram(commands: Commands.all).run(Array(CommandLine.arguments.dropFirst()))
        exit(code.rawValue)
    }

    /// A file that is opened later must not become the standard output by taking its number.
    private static func openMissingStreams() {
        for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    }
}
