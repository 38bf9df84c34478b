// SPDX-License-Identifier: Apache-2.0

import FlowCore
import FlowModels
import HTTPClient
import Testing

/// Answers that are nearly right: each gives a reply or an error, and none ends the program.
struct WireFuzzTests {
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// Bits of JSON that are worth to stand where others stood.
    private static let bits = [
        "9223372036854775807", "-1", "1e400", "null", "[]", "{}", "\"\"", "\"x\"", "0.5", "true", "[DONE]", "\n\n",
        "data: ", "{\"type\":\"error\"}",
    ]

    @Test(arguments: Service.all)
    func anAnswerThatIsNearlyRightEndsNothing(_ service: Service) {
        var generator = Generator(state: 7)
        let request = ModelRequest(model: "m", messages: [ModelMessage(.user, "x")], schema: ["type": "object"])
        let head = HTTPResponse(status: 200, headers: [(name: "Content-Type", value: "text/event-stream")])
        var replies = 0
        for round in 0..<1500 {
            var bytes = Array([service.hello, service.calls, service.overload, service.refusal][round % 4].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: place)
                case 2:
                    let bit = Self.bits[Int.random(in: 0..<Self.bits.count, using: &generator)]
                    bytes.insert(contentsOf: Array(bit.utf8), at: place)
                default:
                    // In the place of a number or a word.
                    let end = bytes[place...].firstIndex { $0 == 0x2C || $0 == 0x7D } ?? bytes.count
                    let start = bytes[..<place].lastIndex(of: 0x3A).map { $0 + 1 } ?? place
                    let bit = Self.bits[Int.random(in: 0..<Self.bits.count, using: &generator)]
                    bytes.replaceSubrange(start..<max(start, end), with: Array(bit.utf8))
                }
                if bytes.isEmpty { bytes = [0x0A] }
            }
            var exchange = WireExchange(reader: service.format.reader(for: request))
            exchange.begin(head)
            _ = exchange.take(bytes)
            _ = exchange.end(head)
            do throws(ModelError) {
                _ = try exchange.reply(
                    to: request, asked: "m", answerTool: service.format.answerTool(for: request), latency: .zero)
                replies += 1
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        // Small changes leave many answers as they are.
        #expect(replies > 100)
    }
}
