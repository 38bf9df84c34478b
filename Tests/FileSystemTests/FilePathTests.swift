// SPDX-License-Identifier: Apache-2.0

import FileSystem
import Testing

struct FilePathTests {
    @Test(arguments: [
        ("a", "b", "a/b"), ("a/", "b", "a/b"), ("a", "/b", "/b"), ("", "b", "b"), ("a", "", "a"), ("/", "b", "/b"),
    ])
    func `joins`(folder: String, path: String, expected: String) {
        #expect(FilePath.join(folder, path) == expected)
    }

    @Test(arguments: [
        ("/a/b.txt", "b.txt", "/a", "txt"), ("b", "b", ".", ""), ("/", "/", "/", ""), ("/a", "a", "/", ""),
        ("a/b/", "b", "a", ""), ("a//b", "b", "a", ""), ("//", "/", "/", ""), ("", "", ".", ""),
        (".profile", ".profile", ".", ""), ("x.tar.gz", "x.tar.gz", ".", "gz"), ("a.b/c", "c", "a.b", ""),
        ("a/..", "..", "a", ""), ("x.", "x.", ".", ""),
    ])
    func `takes apart`(path: String, name: String, folder: String, suffix: String) {
        #expect(FilePath.basename(path) == name)
        #expect(FilePath.dirname(path) == folder)
        #expect(FilePath.extension(path) == suffix)
    }

    @Test(arguments: [
        ("a/./b", "a/b"), ("a/../b", "b"), ("../a", "../a"), ("../../a", "../../a"), ("a/../..", ".."),
        ("/..", "/"), ("/../a", "/a"), ("", "."), (".", "."), ("a/..", "."), ("//a//b//", "/a/b"), ("/", "/"),
    ])
    func `normalises`(path: String, expected: String) {
        #expect(FilePath.normalise(path) == expected)
    }

    @Test(arguments: [
        ("/r/a", "/r", true), ("/r", "/r", true), ("/ra", "/r", false), ("/r/../x", "/r", false), ("a", "/r", true),
        ("../x", "/r", false), ("a/../../r/b", "/r", true), ("/x", "/", true), ("a", ".", true), ("../a", ".", false),
        ("/a", ".", false), ("a", "w", true), ("../a", "w", false), ("..", "w", false), ("x", "..", true),
        ("../..", "..", false), ("..x", ".", true),
    ])
    func `tells what is inside`(path: String, root: String, expected: Bool) {
        #expect(FilePath.isInside(path, root: root) == expected)
    }
}
