// SPDX-License-Identifier: Apache-2.0

import FileSystem
import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine

struct PriceListTests {
    @Test func `the prices that come with flow can be read`() {
        let entries = PriceList.embedded.entries
        #expect(entries.count > 50)
        #expect(PriceFile.entries(in: PackageResources.prices_yaml, file: nil).faults == [])
        for entry in entries {
            #expect(entry.price.date?.count == 10, "\(entry.name) has no date")
            #expect(entry.price.source?.hasPrefix("https://") == true, "\(entry.name) has no source")
            #expect(entry.price.rates.cached <= entry.price.rates.prompt, "\(entry.name)")
        }
        // The models that the modes name.
        for name in [
            "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.5", "gpt-5", "gpt-5-mini", "o3-mini",
            "gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro", "claude-3-7-sonnet-20250219",
            "claude-opus-4-20250514", "claude-opus-4-1-20250805", "claude-4.1-opus",
        ] {
            #expect(PriceList.embedded.price(of: name) != nil, "\(name)")
        }
    }

    @Test(arguments: [
        ("gpt-4o", true), ("GPT-4o", true), ("openai/gpt-4o-2024-11-20", true), ("claude-opus-4-1-20250805", true),
        ("models/gemini-2.5-pro", true), ("mistral-large-latest", true), ("gpt-4", false), ("gpt-4o-audio", false),
        ("gpt-4o-2024-11", false), ("", false), ("-latest", false), ("a/b/c/", false),
    ]) func `names are found without a vendor and a date`(_ name: String, _ isKnown: Bool) {
        #expect((PriceList.embedded.price(of: name) != nil) == isKnown)
    }

    @Test func `a long prompt has its own rates, and cached tokens theirs`() throws {
        let price = try #require(PriceList.embedded.price(of: "gemini-2.5-pro"))
        let short = ModelUsage(promptTokens: 200_000, completionTokens: 1000)
        #expect(price.cost(of: short) == Money(dollars: 0.26))
        let long = ModelUsage(promptTokens: 200_001, completionTokens: 0, cachedTokens: 200_000)
        #expect(price.cost(of: long) == Money(dollars: 2.5 / 1e6 + 0.05))
        // Counts from outside may be anything.
        #expect(price.cost(of: ModelUsage(promptTokens: -5, completionTokens: -1, cachedTokens: 9)) == .zero)
        #expect(price.cost(of: ModelUsage(promptTokens: .max)) == Money(picodollars: .max))
    }

    @Test func `what runs here is free, what nobody knows is not`() {
        let list = PriceList(extendsEmbedded: true)
        let here = ModelPricing(prices: list, environment: [:])
        #expect(here.price(asked: nil) == .free)
        #expect(here.price(asked: "default") == .free)
        #expect(here.price(asked: "/models/own.gguf") == .free)
        #expect(here.price(asked: "who-knows") == nil)
        #expect(here.charge(for: ModelUsage(promptTokens: 5), asked: "who-knows").isPriced == false)
        let loopback = ModelPricing(prices: list, environment: ["FLOW_MODEL_URL": "http://127.0.0.1:8080/v1"])
        #expect(loopback.price(asked: "who-knows") == .free)
        #expect(loopback.price(asked: "gpt-4o") != .free)
        let service = ModelPricing(
            prices: list, environment: ["FLOW_MODEL_URL": "https://models.example/v1", "FLOW_MODEL": "who-knows"])
        #expect(service.price(asked: nil) == nil)
        #expect(service.price(asked: nil, answered: "gpt-4o-2024-11-20") != nil)
        let other = ModelPricing(prices: list, environment: ["FLOW_MODEL_URL": "https://localhost.example/v1"])
        #expect(other.price(asked: "who-knows") == nil)
    }

    @Test func `a user's prices go before, the project's before those`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("project/.flow")
        try File.createDirectory(store)
        try File.createDirectory(directory.file("home"))
        try File.write(
            "models: {gpt-4o: {prompt: 1, completion: 2}, own: {prompt: 3, completion: 4, also: [mine]}}",
            to: directory.file("home/prices.yaml"))
        try File.write("models: {own: {prompt: 0, completion: 0}}", to: FilePath.join(store, "prices.yaml"))
        let list = try PriceList.load(storeFolder: store, environment: ["FLOW_HOME": directory.file("home")])
        #expect(list.price(of: "gpt-4o")?.rates == ModelPrice.Rates(prompt: 1, completion: 2))
        #expect(list.price(of: "own") == .free)
        #expect(list.price(of: "mine")?.rates == ModelPrice.Rates(prompt: 3, completion: 4))
        #expect(list.price(of: "o3-mini") == PriceList.embedded.price(of: "o3-mini"))
        #expect(list.entry(of: "own")?.file == FilePath.join(store, "prices.yaml"))
    }

    @Test(arguments: [
        ("models: {a: {prompt: 1}}", ":1:13: the key `completion` is missing"),
        ("models: {a: {prompt: -1, completion: 1}}", ":1:22: `prompt` is a number of US dollars"),
        ("models: {a: {prompt: x, completion: 1}}", ":1:22: `prompt` is a number of US dollars"),
        ("models: {a: 5}", ":1:13: the price of `a` is a mapping"),
        ("models: {a: {prompt: 1, completion: 1, outpt: 2}}", ":1:40: there is no key `outpt`"),
        ("prices: {}", ":1:1: a file of prices has the key `models`"),
        ("models: [", "prices.yaml:1:"), ("\u{0}", "prices.yaml:1:"), ("", "prices.yaml:1:1"),
    ]) func `a fault is told with its place`(_ text: String, _ expected: String) throws {
        let directory = try TemporaryDirectory()
        try File.write(text, to: directory.file("prices.yaml"))
        let error = #expect(throws: EngineError.self) {
            try PriceList.load(storeFolder: directory.path, environment: ["FLOW_HOME": directory.file("none")])
        }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }
}
