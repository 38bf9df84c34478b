// SPDX-License-Identifier: Apache-2.0

/// Which troubles a simulated life meets and how often. Each seed has some of them and not others: all together all the
/// time would hide what a single one does.
struct ExecutorWeather: Sendable {
    /// Chances in a thousand, for each step.
    var crash = 0
    var stop = 0
    var clockJump = 0
    var request = 0
    var stray = 0
    /// Chances in a hundred, for each write.
    var crashAtCommit = 0
    var fullDisk = 0
    var lostReply = 0
    var slowDisk = 0
    /// In a hundred, for each read.
    var failedRead = 0
    /// How much more often a waiting job runs than something else happens.
    var haste = 1
    /// Whether people answer only when nothing else is left.
    var peopleAreSlow = false
    var mayCancel = false
    /// How many troubles that end an executor may come, so that each life ends.
    var mostBreaks = 6
    var mostJumps = 12

    /// No trouble at all.
    init() {}

    /// What a seed meets; with a storm, much of one trouble.
    init(_ random: inout SeededGenerator, storm: ExecutorSimulation.Storm? = nil) {
        haste = random.pick([1, 2, 4, 12])
        peopleAreSlow = random.chance(30)
        mayCancel = random.chance(35)
        // One life in ten is calm: the rules hold there too.
        if random.chance(10), storm == nil { return }
        if random.chance(50) { crash = random.pick([2, 5, 20]) }
        if random.chance(25) { stop = random.pick([2, 8]) }
        if random.chance(35) { clockJump = random.pick([5, 20]) }
        if random.chance(60) { request = random.pick([10, 40]) }
        if random.chance(40) { stray = random.pick([5, 30]) }
        if random.chance(50) { crashAtCommit = random.pick([1, 4, 10]) }
        if random.chance(40) { fullDisk = random.pick([1, 5, 10]) }
        if random.chance(40) { lostReply = random.pick([1, 5, 10]) }
        if random.chance(40) { slowDisk = random.pick([5, 30]) }
        if random.chance(15) { failedRead = random.pick([1, 5]) }
        guard let storm = storm ?? (random.chance(20) ? random.pick(ExecutorSimulation.Storm.allCases) : nil) else {
            return
        }
        switch storm {
        case .clock:
            clockJump = 100
            slowDisk = 30
            mostJumps = 60
        case .reads:
            failedRead = 5
            // Requests gather behind slow writes, and meet a failed read together.
            slowDisk = 60
            request = 150
            mostBreaks = 12
        case .people:
            request = 100
            stray = 50
            mayCancel = true
            peopleAreSlow = false
        case .crashes:
            crash = 40
            crashAtCommit = 10
            mostBreaks = 12
        case .disk:
            fullDisk = 12
            lostReply = 12
            slowDisk = 30
            mostBreaks = 12
        }
    }
}
