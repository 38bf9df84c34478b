// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

@Suite struct ErrorAnalysisTests {
    /// Real words of programs, one for each category, and the cases where a first match would be wrong.
    static let table: [(text: String, category: ErrorCategory)] = [
        (
            "Traceback:\n  File \"a.py\", line 3\nFileNotFoundError: [Errno 2] No such file or directory: 'data/x.csv'",
            .fileNotFound
        ),
        ("sh: 1: cat: x.txt: No such file or directory", .fileNotFound),
        ("the file tickets.csv was not found", .fileNotFound),
        ("openai.RateLimitError: Error code: 429 - Rate limit reached", .apiError),
        ("API call failed with status 500", .apiError),
        ("quota exceeded for this project", .apiError),
        ("authentication with the service failed", .apiError),
        ("TimeoutError: the operation took too long", .timeout),
        ("openai.APIError: Request timed out.", .timeout),
        ("API request failed: connection timed out", .timeout),
        ("APIError: Connection refused", .connectionError),
        ("ModuleNotFoundError: No module named 'scipy'", .importError),
        ("ImportError: cannot import name 'x' from 'y'", .importError),
        ("TypeError: unsupported operand type(s) for +: 'int' and 'str'", .typeError),
        ("ValueError: could not convert string to float: 'a'", .valueError),
        ("ValueError: timeout value must be positive", .valueError),
        ("KeyError: 'price'", .keyError),
        ("AttributeError: 'NoneType' object has no attribute 'mean'", .attributeError),
        ("IndexError: list index out of range", .indexError),
        ("PermissionError: [Errno 13] Permission denied: '/etc/x'", .permissionError),
        ("bash: ./run.sh: Permission denied", .permissionError),
        ("requests.exceptions.ConnectionError: HTTPConnectionPool(host='127.0.0.1', port=9)", .connectionError),
        ("MemoryError", .memoryError),
        ("Killed: out of memory", .memoryError),
        ("numpy: room for 3 zooms", .unknown),
        ("something else", .unknown),
        ("", .unknown),
        // The error that ended the program is the last one.
        (
            "KeyError: 'a'\nDuring handling of the above exception, another exception occurred:\nTypeError: b",
            .typeError
        ),
    ]

    @Test(arguments: table.indices)
    func theSignThatSaysMostDecides(_ index: Int) {
        let (text, category) = Self.table[index]
        let analysis = ErrorAnalysis(text)
        #expect(analysis.category == category, "\(text): \(analysis.sign ?? "-")")
        #expect((analysis.evidence == nil) == (category == .unknown))
    }

    @Test func everyCategoryHasACaseAndAdvice() {
        #expect(Set(Self.table.map(\.category)) == Set(ErrorCategory.allCases))
        for category in ErrorCategory.allCases {
            #expect(category.suggestions.count >= 2 && !category.alternative.isEmpty)
            #expect((0.5...0.9).contains(category.successFactor))
        }
    }

    @Test func whatTheEngineSawNeedsNoWords() {
        #expect(ErrorAnalysis(NodeFailure(.timeout, "the node took 5 s")).category == .timeout)
        #expect(ErrorAnalysis(NodeFailure(.connection, "nobody answers")).category == .connectionError)
        #expect(ErrorAnalysis(NodeFailure(.exitCode, "exit code 1", excerpt: "KeyError: 'x'")).category == .keyError)
    }

    @Test func filesAreFound() {
        let text = "No such file or directory: 'data/x.csv'; also \"plot.png\" and 'a b' and 'x' and '3.5'"
        #expect(ErrorAnalysis(text).files == ["data/x.csv", "plot.png"])
    }

    @Test func longTextsAreReadFromTheirEnd() {
        let text = String(repeating: "KeyError: 'a'\n", count: 100_000) + "IndexError: b\n"
        #expect(ErrorAnalysis(text).category == .indexError)
    }
}
