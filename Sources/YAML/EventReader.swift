// SPDX-License-Identifier: Apache-2.0
import CYAML

/// libyaml's parser over bytes that outlive it.
///
/// Both structs live on the heap: `yaml_parser_set_input_string` stores the parser's own address in the parser.
final class EventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let slot: UnsafeMutablePointer<yaml_event_t>

    /// `nil` when there is no memory.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        slot = .allocate(capacity: 1)
        slot.initialize(to: yaml_event_t())
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) != 0 else {
            // deinit runs; the failed call left null pointers behind, so deleting the parser again is harmless.
            return nil
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_event_delete(slot)
        yaml_parser_delete(parser)
        slot.deallocate()
        parser.deallocate()
    }

    /// The next event, valid until the next call; `nil` after an error. Not to be called after an error or STREAM-END.
    func next() -> UnsafeMutablePointer<yaml_event_t>? {
        yaml_event_delete(slot)
        return yaml_parser_parse(parser, slot) != 0 ? slot : nil
    }

    /// What went wrong, after `next` returned `nil`.
    var failure: ParserFailure {
        let state = parser.pointee
        return ParserFailure(
            isMemory: state.error == YAML_MEMORY_ERROR,
            problem: state.problem.map { String(cString: $0) } ?? "",
            problemIndex: Int(state.problem_mark.index),
            context: state.context.map { String(cString: $0) } ?? "",
            contextIndex: Int(state.context_mark.index)
        )
    }
}

/// An error in libyaml's own words; the indexes count characters.
struct ParserFailure {
    var isMemory: Bool
    var problem: String
    var problemIndex: Int
    var context: String
    var contextIndex: Int
}
