// SPDX-License-Identifier: Apache-2.0

@main
enum Flow {
    static func main() {}
}
