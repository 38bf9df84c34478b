// SPDX-License-Identifier: Apache-2.0

/// Finds the type that holds every value of a column: integer, number, or text.
struct ColumnInference {
    private var mayBeInteger = true
    private var mayBeNumber = true
    private var hasValues = false

    /// Whether a further value could still change the result.
    var isOpen: Bool { mayBeNumber }

    /// Takes in one value that is not null.
    mutating func add(_ bytes: ArraySlice<UInt8>, _ kind: TableRow.CellKind) {
        hasValues = true
        switch kind {
        case .integer, .boolean, .null: break
        case .number: mayBeInteger = false
        case .string:
            mayBeInteger = false
            mayBeNumber = false
        case .plain:
            guard mayBeNumber else { return }
            if mayBeInteger, CellReading.plainInteger(bytes) != nil { return }
            mayBeInteger = false
            mayBeNumber = CellReading.plainNumber(bytes) != nil
        }
    }

    /// The type. A column without values is text.
    var kind: TableColumn.Kind {
        guard hasValues, mayBeNumber else { return .text }
        return mayBeInteger ? .integer : .number
    }
}
