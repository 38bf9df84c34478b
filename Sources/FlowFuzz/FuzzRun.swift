// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowTesting
import Glibc

/// Tries one input after the other until the time is over or one fails.
struct FuzzRun {
    /// What an input took.
    struct Attempt {
        var seconds: Double
        var fault: String?
    }

    /// Seconds for a megabyte of input; shorter inputs may take as long as a tenth of it.
    private static let secondsPerMegabyte = 1.0
    /// Bytes that the process may grow by.
    private static let growth = 256 << 20

    let options: FuzzOptions
    let corpus: FuzzCorpus
    private var progress: ProgressFile?

    init(options: FuzzOptions, corpus: FuzzCorpus) {
        self.options = options
        self.corpus = corpus
        progress = options.progress.flatMap { ProgressFile(path: $0) }
    }

    /// Runs; what is wrong with the first input that fails, or nil.
    mutating func run() -> String? {
        let start = Self.seconds
        let end = start + options.minutes * 60
        var index = options.first
        var bytes = 0
        var worst = (seconds: 0.0, index: UInt64(0), size: 0)
        var base = 0
        var told = start
        while index - options.first < options.count {
            progress?.write(index)
            var source = FuzzSource(corpus: corpus, seed: options.seed, index: index)
            let input = source.next()
            // Ends the program when an input never ends.
            alarm(30)
            let attempt = Self.attempt(options.target, input)
            bytes += input.count
            if attempt.seconds > worst.seconds { worst = (attempt.seconds, index, input.count) }
            if let fault = attempt.fault { return "input \(index): \(fault)" }
            index += 1
            if index - options.first == 2000 { base = Self.peak }
            if (index & 0x3F) == 0 {
                let now = Self.seconds
                if now >= end { break }
                if now - told >= 60 {
                    told = now
                    Self.say("\(options.target.rawValue): \(index - options.first) inputs so far")
                }
                if base > 0, Self.peak > base + Self.growth {
                    return "input \(index - 1): the process grew from \(base >> 20) to \(Self.peak >> 20) MiB"
                }
            }
        }
        alarm(0)
        let count = index - options.first
        let elapsed = Self.seconds - start
        Self.say(
            "\(options.target.rawValue): \(count) inputs, \(bytes >> 20) MiB in \(Int(elapsed)) s; "
                + "worst \(Int(worst.seconds * 1_000_000)) us for \(worst.size) bytes (input \(worst.index)); "
                + "peak \(Self.peak >> 20) MiB, \(Swift.max(0, Self.peak - base) >> 20) MiB more than after 2000 inputs"
        )
        return nil
    }

    /// Tries one input.
    static func attempt(_ target: FuzzTarget, _ bytes: [UInt8]) -> Attempt {
        let limit = secondsPerMegabyte * Swift.max(0.1, Double(bytes.count) / 1e6)
        let start = cpuSeconds
        if let fault = target.fault(of: bytes) { return Attempt(seconds: cpuSeconds - start, fault: fault) }
        var taken = cpuSeconds - start
        if taken > limit {
            // Once more: the machine may have been busy.
            let again = cpuSeconds
            _ = target.fault(of: bytes)
            taken = Swift.min(taken, cpuSeconds - again)
        }
        let fault = taken > limit ? "it took \(taken) s for \(bytes.count) bytes" : nil
        return Attempt(seconds: taken, fault: fault)
    }

    private static func say(_ text: String) { try? StandardStream.output.write("\(text)\n") }

    private static var seconds: Double { clock(CLOCK_MONOTONIC) }
    private static var cpuSeconds: Double { clock(CLOCK_PROCESS_CPUTIME_ID) }

    private static func clock(_ id: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(id, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The most memory the process has had, in bytes.
    private static var peak: Int {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return Int(usage.ru_maxrss) << 10
    }
}

/// A file that holds the number of the current input, whatever becomes of the process.
struct ProgressFile {
    private let descriptor: Int32

    init?(path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { return nil }
    }

    func write(_ index: UInt64) {
        let text = Array("\(index)\n".utf8)
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }
}
