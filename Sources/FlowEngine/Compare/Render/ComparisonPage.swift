// SPDX-License-Identifier: Apache-2.0

import FlowCore

/// A comparison as one HTML page that needs nothing else: no scripts, no other files, pictures inside.
public struct ComparisonPage: Sendable {
    /// A renderer.
    public init() {}

    /// The page.
    public func text(_ comparison: RunComparison) -> String {
        let names = comparison.runs.map(\.id).joined(separator: ", ")
        var body = ""
        for block in ComparisonBlocks(comparison).blocks {
            switch block {
            case .heading(let level, let spans): body += "<h\(level)>\(Self.text(spans))</h\(level)>\n"
            case .line(let spans): body += "<p>\(Self.text(spans))</p>\n"
            case .table(let header, let rows): body += Self.table(header, rows)
            case .diff(let name, let diff): body += Self.diff(name, diff)
            case .images(let name, let old, let new): body += Self.images(name, old, new)
            }
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
            <title>\(Self.escaped("flow compare \(names)"))</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            \(body)</body>
            </html>

            """
    }

    private static let style = """
        :root { color-scheme: light dark; }
        body { font: 16px/1.45 system-ui, sans-serif; margin: 1rem auto; max-width: 70rem; padding: 0 .8rem; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; border-top: 2px solid #8888; padding-top: .8rem; }
        h3 { font-size: 1.05rem; } h4 { font-size: 1rem; font-weight: 500; } p { margin: .25rem 0; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .2rem .7rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
        code, pre { font: .9em/1.4 ui-monospace, monospace; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .5rem; border: 1px solid #8884; border-radius: .3rem; }
        .dim { opacity: .65; } .good { color: #2a7d2e; } .bad { color: #c62828; font-weight: 600; }
        .old { background: #e5393528; } .new { background: #43a04730; }
        pre .old, pre .new { display: block; } figure { display: inline-block; margin: .3rem; max-width: 47%; }
        figure img { max-width: 100%; border: 1px solid #8884; }
        @media (max-width: 40rem) { figure { max-width: 100%; } body { font-size: 15px; } }
        @media (prefers-color-scheme: dark) { .good { color: #81c784; } .bad { color: #ef9a9a; } }
        """

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.harmless.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func text(_ spans: [ComparisonBlock.Span]) -> String { spans.map(text).joined() }

    private static func text(_ span: ComparisonBlock.Span) -> String {
        let text = escaped(span.text)
        guard !text.isEmpty else { return "" }
        switch span.role {
        case .plain: return text
        case .code: return "<code>\(text)</code>"
        case .strong: return "<strong>\(text)</strong>"
        case .dim: return "<span class=\"dim\">\(text)</span>"
        case .good: return "<span class=\"good\">\(text)</span>"
        case .bad: return "<span class=\"bad\">\(text)</span>"
        case .old: return "<code class=\"old\">\(text)</code>"
        case .new: return "<code class=\"new\">\(text)</code>"
        }
    }

    private static func table(_ header: [String], _ rows: [[ComparisonBlock.Span]]) -> String {
        var html = "<div class=\"wide\"><table>\n<tr>"
        for cell in header { html += "<th>\(escaped(cell))</th>" }
        html += "</tr>\n"
        for row in rows { html += "<tr>" + row.map { "<td>\(text($0))</td>" }.joined() + "</tr>\n" }
        return html + "</table></div>\n"
    }

    private static func diff(_ name: String, _ diff: String) -> String {
        var html = "<p>\(escaped(name))</p>\n<pre>"
        for line in diff.split(separator: "\n") {
            let text = escaped(String(line))
            switch line.utf8.first {
            case UInt8(ascii: "+"): html += "<span class=\"new\">\(text)</span>"
            case UInt8(ascii: "-"): html += "<span class=\"old\">\(text)</span>"
            default: html += text + "\n"
            }
        }
        return html + "</pre>\n"
    }

    private static func images(
        _ name: String, _ old: ComparisonBlock.Picture?, _ new: ComparisonBlock.Picture?
    ) -> String {
        func figure(_ picture: ComparisonBlock.Picture?, _ side: String) -> String {
            guard let picture else { return "" }
            let data = "data:\(escaped(picture.type));base64,\(base64(picture.bytes))"
            let words = escaped("\(name), \(side)")
            return "<figure><img alt=\"\(words)\" src=\"\(data)\"><figcaption>\(words)</figcaption></figure>\n"
        }
        return figure(old, "old") + figure(new, "new")
    }

    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let three = bytes[start..<min(start + 3, bytes.count)]
            var bits = 0
            for place in 0..<3 { bits = bits << 8 | (start + place < bytes.count ? Int(bytes[start + place]) : 0) }
            for place in 0..<4 {
                text.append(place <= three.count ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
