// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import ChildProcess

/// Who is left when the owner is gone is found by the marker. The guardian as a process of its own belongs to the
/// program that calls `Guardian.runIfAsked`.
struct GuardianTests {
    private func runMarked(_ processes: ChildProcesses, _ count: Int) async throws -> [Task<ChildResult, any Error>] {
        var tasks: [Task<ChildResult, any Error>] = []
        for _ in 0..<count {
            let (stream, ready) = AsyncStream.makeStream(of: Void.self)
            var command = shell("setsid sleep 100 & sleep 100 & trap '' TERM HUP; echo ready; wait")
            command.output.onChunk = { _ in ready.yield() }
            let running = command
            tasks.append(Task { try await processes.run(running) })
            for await _ in stream { break }
        }
        return tasks
    }

    @Test func allThatCarryTheMarkerAreKilledAndNobodyElse() async throws {
        let marker = ChildMarker(name: "GUARDIAN_TEST", value: "mine-\(getpid())")
        let processes = ChildProcesses(marker: marker)
        let neighbour = ChildProcesses(marker: ChildMarker(name: "GUARDIAN_TEST", value: "mine-\(getpid())0"))
        let mine = try await runMarked(processes, 3)
        let other = try await runMarked(neighbour, 1)
        #expect(ProcessTable.processes(withEnvironment: marker.name, value: marker.value).count == 9)

        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        // The end of the pipe without a farewell.
        close(ends[1])
        let killed = Guardian.watch(ends[0], for: marker)
        close(ends[0])
        // The owner, which is alive here, kills some of them itself.
        #expect(killed >= 3)
        #expect(ProcessTable.processes(withEnvironment: marker.name, value: marker.value) == [])
        for task in mine {
            #expect(try await task.value.ending == .signalled(SIGKILL, coreDumped: false))
        }
        #expect(ProcessTable.processes(withEnvironment: "GUARDIAN_TEST", value: "mine-\(getpid())0").count == 3)
        other.forEach { $0.cancel() }
        await neighbour.terminateAll(grace: .zero)
        for task in other { #expect(try await task.value.ending == .cancelled) }
    }

    @Test func farewellKillsNobody() async throws {
        let marker = ChildMarker(name: "GUARDIAN_TEST", value: "farewell-\(getpid())")
        let processes = ChildProcesses(marker: marker)
        let running = try await runMarked(processes, 1)
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        var byte = UInt8(ascii: "q")
        try #require(write(ends[1], &byte, 1) == 1)
        #expect(Guardian.watch(ends[0], for: marker) == 0)
        #expect(ProcessTable.processes(withEnvironment: marker.name, value: marker.value).count == 3)
        close(ends[0])
        close(ends[1])
        running[0].cancel()
        await processes.terminateAll(grace: .zero)
        #expect(try await running[0].value.ending == .cancelled)
    }

    @Test func theLedgerFindsWhoDroppedTheMarker() async throws {
        var ledger = try #require(Ledger())
        defer { ledger.close() }
        let marker = ChildMarker(name: "GUARDIAN_TEST", value: "ledger-\(getpid())")
        let processes = ChildProcesses()
        let (stream, told) = AsyncStream.makeStream(of: ChildIdentity.self)
        let (output, ready) = AsyncStream.makeStream(of: Void.self)
        var command = shell("env -i sh -c 'echo; exec sleep 100' & wait; wait")
        command.output.onChunk = { _ in ready.yield() }
        let marked = command
        let running = Task { try await processes.run(marked, started: { told.yield($0) }) }
        for await identity in stream {
            // A number that is somebody else's now: its session must not be touched.
            ledger.insert(ChildIdentity(pid: getpid(), startTime: 1))
            var former = identity
            former.startTime -= 1
            ledger.insert(former)
            for await _ in output { break }
            #expect(Survivors(marker: marker, recorded: Ledger.read(ledger.descriptor)).find() == [])
            ledger.remove(former)
            ledger.insert(identity)
            let survivors = Survivors(marker: marker, recorded: Ledger.read(ledger.descriptor))
            #expect(survivors.find().count == 2)
            #expect(survivors.kill(within: .seconds(2)) >= 1)
            break
        }
        #expect(try await running.value.status == .signalled(SIGKILL, coreDumped: false))
    }

    @Test func whoDroppedEverythingIsFoundByTheBrandOfTheFirst() async throws {
        let marker = ChildMarker(name: "GUARDIAN_TEST", value: "brand-\(getpid())")
        let processes = ChildProcesses(marker: marker)
        let neighbour = ChildProcesses(marker: ChildMarker(name: "GUARDIAN_TEST", value: "brand-\(getpid())0"))
        // Forked twice, in a session of its own, without environment; the parent in between is gone.
        let script = "(env -i /usr/bin/setsid sh -c 'echo $$; exec sleep 100' &); exec sleep 100"
        let (stream, told) = AsyncStream.makeStream(of: Int32.self)
        let tasks = [processes, neighbour].map { processes in
            var command = shell(script)
            command.output.onChunk = { bytes in
                let digits = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? ""
                told.yield(Int32(digits) ?? 0)
            }
            let marked = command
            return Task { try await processes.run(marked) }
        }
        var naked: Set<Int32> = []
        for await pid in stream {
            naked.insert(pid)
            if naked.count == 2 { break }
        }
        // No ledger: a process that has just been orphaned is not in it yet.
        let found = Survivors(marker: marker, recorded: []).find().map(\.pid)
        #expect(found.count == 2)
        #expect(naked.intersection(found).count == 1)
        let byName = ProcessTable.processes(withEnvironment: marker.name, value: marker.value).map(\.pid)
        #expect(Set(byName) == Set(found))
        for task in tasks { task.cancel() }
        for task in tasks { #expect(try await task.value.ending == .cancelled) }
        #expect(naked.allSatisfy { !exists($0) })
    }

    @Test func brandsTellEnginesOwnersAndChildrenApart() {
        let marker = ChildMarker(name: "GUARDIAN_TEST", value: "1-2")
        let brand = ChildBrand(marker: marker, owner: 3)
        #expect(brand.value(of: 7) != brand.value(of: 8))
        #expect(brand.isOfSameEngine(brand.value(of: 7)))
        #expect(brand.isOfSameOwner(brand.value(of: 7)))
        let other = ChildBrand(marker: marker, owner: 4)
        #expect(brand.isOfSameEngine(other.value(of: 7)))
        #expect(!brand.isOfSameOwner(other.value(of: 7)))
        let next = ChildBrand(marker: ChildMarker(name: "GUARDIAN_TEST", value: "1-3"), owner: 3)
        #expect(!brand.isOfSameEngine(next.value(of: 7)))
        #expect(ChildBrand(name: "GUARDIAN_TEST", value: nil).isOfSameEngine(next.value(of: 7)))
        #expect(!ChildBrand(name: "GUARDIAN_TES", value: nil).isOfSameEngine(next.value(of: 7)))
        for none in [0, 1, 200_000, UInt64.max] { #expect(!brand.isOfSameEngine(none)) }
    }

    @Test func reusedNumbersAreNotSignalled() async throws {
        let processes = ChildProcesses()
        let (stream, told) = AsyncStream.makeStream(of: ChildIdentity.self)
        let running = Task { try await processes.run(shell("sleep 100"), started: { told.yield($0) }) }
        for await identity in stream {
            #expect(ProcessTable.isAlive(identity))
            var former = identity
            former.startTime -= 1
            #expect(!ProcessTable.isAlive(former))
            #expect(!ProcessTable.signal(former, SIGKILL))
            #expect(ProcessTable.descendants(of: getpid()).contains(identity))
            #expect(ProcessTable.signal(identity, SIGKILL))
            break
        }
        #expect(try await running.value.ending == .signalled(SIGKILL, coreDumped: false))
    }

    @Test func namesWithParenthesesDoNotShiftTheFields() throws {
        let line = "42 (a) b (c)) S 7 42 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3"
        let stat = try #require(Array(line.utf8).withUnsafeBufferPointer { ProcessStat(line: $0) })
        #expect(stat.parent == 7)
        #expect(stat.group == 42)
        #expect(stat.session == 41)
        #expect(stat.startTime == 987_654)
        #expect(!stat.isZombie)
        #expect(Array("42 (cut) S 1".utf8).withUnsafeBufferPointer { ProcessStat(line: $0) } == nil)
    }
}
