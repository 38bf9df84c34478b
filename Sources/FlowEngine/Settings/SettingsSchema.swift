// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The keys of `flow.yaml` as tables: what the reader checks, and what reference and editors print.
public enum SettingsSchema {
    /// The top level of a settings file.
    public static let document: [FieldSchema] = [
        FieldSchema("flow", .any, templates: false, "The version of the format: 1."),
        FieldSchema(
            "providers", .map(.object(provider)), templates: false, "Who answers for models: name to provider."),
        FieldSchema("models", .map(.object(alias)), templates: false, "Models by the names that agents use."),
        FieldSchema(
            "mcp_servers", .map(.object(toolServer)), templates: false, "Servers of tools for agents: name to server."),
        FieldSchema("budgets", .list(.object(budget)), templates: false, "What runs may use up together."),
        FieldSchema(
            "quotas", .list(.object(quota)), templates: false,
            "How many runs may go on at the same time, and what they may take of the disk."),
    ]

    /// The keys of a budget that runs share.
    public static let budget: [FieldSchema] = [
        FieldSchema(
            "scope", .choice(["project", "session"]), required: true, templates: false,
            "Whether all runs of the store count, or those of each session by itself."),
        FieldSchema("session", .string, templates: false, "With the scope `session`: only the one of this name."),
        FieldSchema(
            "period", .choice(BudgetPeriod.allCases.map(\.rawValue)), templates: false, fallback: "total",
            "When it begins anew: at midnight UTC, on Monday, on the first of the month, or never."),
        FieldSchema("usd", .number(0...1e9), templates: false, "US dollars."),
        FieldSchema("tokens", .integer(0...1_000_000_000_000), templates: false, "Tokens, read and written."),
        FieldSchema(
            "calls", .integer(0...1_000_000_000), templates: false, "Questions to models and uses of tools."),
        FieldSchema(
            "on_exceed", .choice(SharedBudget.Excess.allCases.map(\.rawValue)), templates: false, fallback: "stop",
            "What happens to a call that does not fit: it ends its run, pauses it, or is only told of."),
    ]

    /// The keys of a quota.
    public static let quota: [FieldSchema] = [
        FieldSchema(
            "scope", .choice(["project", "session"]), required: true, templates: false,
            "Whether all runs of the store count, or those of each session by itself."),
        FieldSchema("session", .string, templates: false, "With the scope `session`: only the one of this name."),
        FieldSchema("runs", .integer(0...1_000_000), templates: false, "The most runs that have not ended."),
        FieldSchema("disk", .size, templates: false, "The most that the folders of runs may take."),
    ]

    /// The keys of a server of tools.
    static let toolServer: [FieldSchema] = [
        FieldSchema("command", .oneOrMany(.string), templates: false, "The program and its arguments."),
        FieldSchema("env", .map(.string), templates: false, "Variables of the program; `${env.NAME}` is replaced."),
        FieldSchema("url", .string, templates: false, "The address, instead of a program."),
        FieldSchema("headers", .map(.string), templates: false, "Headers for the address; `${env.NAME}` is replaced."),
        FieldSchema("timeout", .duration(allowsZero: false), templates: false, "For an answer."),
        FieldSchema("start_timeout", .duration(allowsZero: false), templates: false, "For the start."),
        FieldSchema("tools", .list(.string), templates: false, "The tools that may be used; by default all."),
        FieldSchema(
            "when_lost", .choice(["tell", "fail"]), templates: false, fallback: "tell",
            "What follows when it goes away in a call: the model is told, or the node fails."),
        FieldSchema("description", .string, templates: false, "What the server is for."),
    ]

    /// The keys of a provider.
    public static let provider: [FieldSchema] = [
        FieldSchema(
            "type", .choice(ModelSettings.ProviderType.allCases.map(\.rawValue)), required: true, templates: false,
            "The language that it speaks."),
        FieldSchema(
            "url", .string, templates: false, fallback: "the service that made the language",
            "The address; for `openai`, `openai-responses` and `anthropic` up to and with the version."),
        FieldSchema("key", .object(key), templates: false, "Where its key is. The key itself is never written here."),
        FieldSchema("concurrency", .integer(1...10_000), templates: false, "The most calls at the same time."),
        FieldSchema("requests_per_minute", .integer(1...1_000_000), templates: false, "The most calls in a minute."),
        FieldSchema(
            "api_version", .string, templates: false, fallback: "the newest that flow knows",
            "The version of the interface, for `anthropic` and `gemini`."),
        FieldSchema("timeout", .duration(allowsZero: false), templates: false, fallback: "1h", "For a whole answer."),
        FieldSchema(
            "idle_timeout", .duration(allowsZero: false), templates: false, fallback: "5m",
            "The longest silence within an answer."),
    ]

    static let key: [FieldSchema] = [
        FieldSchema("env", .string, templates: false, "The variable of the environment that holds it."),
        FieldSchema(
            "command", .list(.string), templates: false,
            "A program and its arguments; the first line of its output is the key."),
        FieldSchema("secret", .string, templates: false, "The name under which `flow secret set` has kept it."),
    ]

    /// The keys of a model.
    public static let alias: [FieldSchema] = [
        FieldSchema("provider", .string, required: true, templates: false, "The name of the provider."),
        FieldSchema("model", .string, templates: false, "The model as the provider calls it."),
        FieldSchema(
            "fallback", .oneOrMany(.string), templates: false, "The models that are asked when this one fails."),
        FieldSchema(
            "cooldown", .duration(allowsZero: true), templates: false, fallback: "60s",
            "How long it is left alone after a failure, where there is a fallback."),
        FieldSchema(
            "tool_mode", .choice(ToolMode.allCases.map(\.rawValue)), templates: false,
            fallback: "json for a local model, else auto", "How tools are offered to it."),
        FieldSchema("max_tokens", .integer(1...1_000_000), templates: false, "The most tokens of an answer."),
        FieldSchema("temperature", .number(0...2), templates: false, "How much chance there is in an answer."),
        FieldSchema("top_p", .number(0...1), templates: false, "The part of the likely words to choose from."),
        FieldSchema("seed", .integer(0...Int64(Int32.max)), templates: false, "Where chance starts."),
        FieldSchema(
            "reasoning_effort", .string, templates: false,
            "How long it thinks: `low`, `medium`, `high`, or what the provider knows."),
    ]
}
