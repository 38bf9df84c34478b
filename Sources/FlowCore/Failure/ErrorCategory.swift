// SPDX-License-Identifier: Apache-2.0

/// What kind of thing went wrong, as far as the words of an error tell it.
public enum ErrorCategory: String, Sendable, Hashable, CaseIterable {
    case fileNotFound = "file_not_found"
    case apiError = "api_error"
    case timeout
    case importError = "import_error"
    case typeError = "type_error"
    case valueError = "value_error"
    case keyError = "key_error"
    case attributeError = "attribute_error"
    case indexError = "index_error"
    case permissionError = "permission_error"
    case connectionError = "connection_error"
    case memoryError = "memory_error"
    /// Nothing that is known was in the words.
    case unknown

    /// How the chance of another attempt is weighed: what is easily put right counts more.
    public var successFactor: Double {
        switch self {
        case .importError: 0.9
        case .typeError, .valueError, .keyError, .indexError: 0.85
        case .fileNotFound, .attributeError: 0.8
        case .timeout, .connectionError: 0.7
        case .apiError, .memoryError: 0.6
        case .permissionError, .unknown: 0.5
        }
    }

    /// What to do about it, the most likely first.
    public var suggestions: [String] {
        switch self {
        case .fileNotFound:
            [
                "Check the path, letter by letter, and list the folder to see what is there.",
                "Use the path as it was given; do not guess another one.",
                "Create the file first if an earlier step should have made it.",
            ]
        case .apiError:
            [
                "Check the key, the address and the parameters of the request.",
                "Wait before the next request, and make fewer of them.",
                "Ask for less in one request.",
            ]
        case .timeout:
            [
                "Do less at once: a part of the data, fewer steps.",
                "Raise the timeout if the work is known to be long.",
                "Look for a loop that does not end.",
            ]
        case .importError:
            [
                "Use a module that is installed, or the standard library.",
                "Check the spelling of the module and of the name in it.",
                "Import the name from where this version of the package has it.",
            ]
        case .typeError:
            [
                "Print the types of the values in the failing line, and convert them.",
                "Check the number and order of the arguments.",
                "Allow for a missing value.",
            ]
        case .valueError:
            [
                "Check the range and the format of the value before it is used.",
                "Look at the shape of the data.",
                "Handle values that are empty or not numbers.",
            ]
        case .keyError:
            [
                "Print the keys that are there: columns and fields are often named otherwise.",
                "Use a look-up with a default where a key may be missing.",
            ]
        case .attributeError:
            [
                "Check that the value is not None, and what its type is.",
                "Check the name of the attribute for this version of the package.",
            ]
        case .indexError:
            [
                "Check the length before the index is used.",
                "Allow for an empty list.",
            ]
        case .permissionError:
            [
                "Write only below the working folder.",
                "Check the rights of the file, and whether another program holds it.",
            ]
        case .connectionError:
            [
                "Check that the service runs, and its host and port.",
                "Try again later; do without the network if possible.",
            ]
        case .memoryError:
            [
                "Read and work in parts.",
                "Load only the columns that are needed, in smaller types.",
                "Free what is no longer used.",
            ]
        case .unknown:
            [
                "Read the last lines of the error: the place of the fault is named there.",
                "Make the step simpler, and split it into smaller ones.",
            ]
        }
    }

    /// Another way to the same end, for when the same way has failed more than once.
    public var alternative: String {
        switch self {
        case .fileNotFound: "Work with the files that are there, or make the data in the script itself."
        case .apiError: "Use what is stored locally instead of the service."
        case .timeout: "Choose a faster method, or work on a sample."
        case .importError: "Write the few functions that are needed without the package."
        case .typeError, .attributeError: "Build the values anew in a simple form: lists, dictionaries and numbers."
        case .valueError: "Leave out the rows that do not fit, and say how many."
        case .keyError, .indexError: "Go over what is there instead of asking for a fixed place."
        case .permissionError: "Use a temporary folder below the working folder."
        case .connectionError: "Go on without the network, and say what was left out."
        case .memoryError: "Use a sample, or a method that goes over the data once."
        case .unknown: "Begin again with the smallest version that can work, then add to it."
        }
    }
}
