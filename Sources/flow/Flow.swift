// SPDX-License-Identifier: Apache-2.0

import ChildProcess
import FileSystem
import Glibc

@main
enum Flow {
    static let version = "0.1.0"

    static func main() async {
        Guardian.runIfAsked()
        StandardStream.ignoreBrokenPipeSignal()
        let code = await CommandLineProgram(commands: Commands.all).run(Array(CommandLine.arguments.dropFirst()))
        exit(code.rawValue)
    }
}
