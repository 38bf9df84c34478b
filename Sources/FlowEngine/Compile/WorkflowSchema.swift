// SPDX-License-Identifier: Apache-2.0

public import FlowCore

/// The keys of the language as tables: what the reader checks, and what reference and editors print.
public enum WorkflowSchema {
    /// The top level of a workflow file.
    public static let document: [FieldSchema] = [
        FieldSchema("flow", .any, required: true, templates: false, "The version of the format: 1."),
        FieldSchema("name", .identifier, required: true, templates: false, "The name, unique in the catalog."),
        FieldSchema("title", .string, templates: false, "The name for people."),
        FieldSchema("description", .string, templates: false, "What the workflow does."),
        FieldSchema("version", .string, templates: false, "The version of the workflow."),
        FieldSchema(
            "mode", .verbatim, templates: false, "What the catalog shows: category, icon, tags, examples, tips."),
        FieldSchema("tags", .list(.string), templates: false, "Words to find the workflow by."),
        FieldSchema("inputs", .map(.object(input)), templates: false, "The input form: name to field."),
        FieldSchema("outputs", .map(.oneOf([.string, .object(output)])), "The results: name to type and value."),
        FieldSchema("defaults", .object(defaults), templates: false, "Keys for all nodes that do not have them."),
        FieldSchema("env", .map(.string), "Environment variables of all nodes."),
        FieldSchema(
            "secrets", .map(.object(secret)), templates: false, "Secrets that nodes may use in `env` and `with`."),
        FieldSchema("budget", .object(budget), templates: false, "Limits of cost, tokens and time."),
        FieldSchema(
            "approvals", .oneOf([.choice(ApprovalPolicy.names), .object(approvals)]), templates: false,
            fallback: "ask", "When people are asked, beside what `approval:` nodes ask."),
        FieldSchema(
            "concurrency", .object(concurrency), "How much runs at the same time, and beside which other runs."),
        FieldSchema(
            "pools", .map(.oneOf([.integer(1...1_000_000), .object(pool)])), templates: false,
            "Units that nodes share: name to number."),
        FieldSchema(
            "agents", .map(.object(inlineAgent)), templates: false,
            "Agents written here instead of in files of their own."),
        FieldSchema(
            "include", .oneOrMany(.string), templates: false,
            "Files whose nodes, inputs, agents, pools and defaults become part of this workflow."),
        FieldSchema(
            "files", .list(.string), templates: false, "Files and folders beside the workflow that each run keeps."),
        FieldSchema("nodes", .map(.any), required: true, "The nodes: id to node."),
        FieldSchema("finally", .map(.any), "Nodes that run after all others have ended, whatever happened."),
        FieldSchema("handlers", .object(handlers), "One node each for the outcomes of the run."),
    ]

    /// The keys of a file that others include.
    public static let fragment: [FieldSchema] =
        [
            FieldSchema("flow", .any, templates: false, "The version of the format: 1."),
            FieldSchema("description", .string, templates: false, "What the file is for."),
        ]
        + document.compactMap { field in
            guard ["inputs", "env", "secrets", "defaults", "pools", "agents", "nodes", "finally"].contains(field.name)
            else { return nil }
            var field = field
            field.required = false
            return field
        }

    /// The keys of an agent under `agents:`.
    static let inlineAgent = agent.filter { !["agent", "name"].contains($0.name) }

    /// A field of `inputs:`.
    public static let input: [FieldSchema] = [
        FieldSchema(
            "type", .choice(InputDefinition.Kind.allCases.map(\.rawValue)), templates: false, fallback: "string",
            "What the field takes."),
        FieldSchema("label", .string, templates: false, "The name in the form."),
        FieldSchema("help", .string, templates: false, "What to fill in."),
        FieldSchema("placeholder", .string, templates: false, "An example shown in the empty field."),
        FieldSchema("required", .boolean, templates: false, fallback: "false", "Whether a value must be given."),
        FieldSchema("default", .verbatim, templates: false, "The value when none is given."),
        FieldSchema("enum", .list(.verbatim), templates: false, "The only values allowed."),
        FieldSchema("min", .number(-1e300...1e300), templates: false, "The least number."),
        FieldSchema("max", .number(-1e300...1e300), templates: false, "The greatest number."),
        FieldSchema("pattern", .string, templates: false, "A regular expression that the text must match."),
        FieldSchema("min_items", .integer(0...1_000_000), templates: false, "The least number of items."),
        FieldSchema("max_items", .integer(0...1_000_000), templates: false, "The greatest number of items."),
        FieldSchema("schema", .verbatim, templates: false, "A JSON Schema that the object or array must fit."),
        FieldSchema("accept", .list(.string), templates: false, "File name extensions, with the dot."),
    ]

    static let output: [FieldSchema] = [
        FieldSchema("type", .choice(OutputType.allCases.map(\.rawValue)), templates: false, "What the result is."),
        FieldSchema("value", .any, required: true, "The value."),
        FieldSchema("description", .string, templates: false, "What the result means."),
        FieldSchema(
            "goal", .choice(OutputGoal.allCases.map(\.rawValue)), templates: false,
            "Which way a number is better when runs are compared."),
    ]

    static let secret: [FieldSchema] = [
        FieldSchema(
            "from", .choice(["env", "store"]), templates: false, fallback: "env", "Where the value comes from."),
        FieldSchema("env", .string, templates: false, "The variable that holds it; by default of the same name."),
        FieldSchema(
            "secret", .string, templates: false,
            "The name under which `flow secret set` has kept it; by default the same."),
    ]

    static let concurrency: [FieldSchema] = [
        FieldSchema("max_parallel", .integer(1...100_000), templates: false, "The most nodes at the same time."),
        FieldSchema("group", .string, "Runs whose group is the same text do not run at the same time."),
        FieldSchema(
            "on_conflict", .choice(ConcurrencyGroup.Conflict.allCases.map(\.rawValue)), templates: false,
            fallback: "queue", "What a new run does while another of its group has not ended."),
    ]

    static let pool: [FieldSchema] = [
        FieldSchema("units", .integer(1...1_000_000), required: true, templates: false, "How many there are."),
        FieldSchema("description", .string, templates: false, "What the units stand for."),
    ]

    static let budget: [FieldSchema] = [
        FieldSchema("usd", .number(0...1e9), templates: false, "US dollars."),
        FieldSchema("tokens", .integer(0...1_000_000_000_000), templates: false, "Tokens, read and written."),
        FieldSchema("time", .duration(allowsZero: false), templates: false, "The time in which nodes run."),
        FieldSchema("warn_at", .string, templates: false, fallback: "80%", "The part at which a warning is given."),
        FieldSchema(
            "on_exceed", .choice(BudgetDefinition.Excess.allCases.map(\.rawValue)), templates: false,
            fallback: "wrap_up", "What happens at the limit."),
    ]

    static let handlers: [FieldSchema] = [
        FieldSchema("success", .any, "A node that runs when all went well: `on_success`."),
        FieldSchema("failure", .any, "A node that runs when the run has failed: `on_failure`."),
        FieldSchema("cancelled", .any, "A node that runs when the run was cancelled: `on_cancelled`."),
    ]

    static let defaults: [FieldSchema] = [
        FieldSchema("timeout", .duration(allowsZero: false), templates: false, "The time limit of a node."),
        FieldSchema("retry", retryType, templates: false, "When a failed node runs again."),
        FieldSchema("model", .string, templates: false, "The model of agent nodes."),
        FieldSchema(
            "idle_timeout", .duration(allowsZero: false), templates: false, "How long a node may write nothing."),
        FieldSchema(
            "on_failure", .choice(FailurePolicy.allCases.map(\.rawValue)), templates: false,
            "What a final failure does to the rest."),
        FieldSchema("priority", .integer(-1000...1000), templates: false, "Higher starts first."),
        FieldSchema("cache", cacheType, templates: false, "Whether results may be taken from earlier runs."),
    ]

    static let cacheType = FieldType.oneOf([
        .choice(CachePolicy.Mode.allCases.map(\.rawValue)), .object(cache),
    ])

    static let cache: [FieldSchema] = [
        FieldSchema(
            "mode", .choice(CachePolicy.Mode.allCases.map(\.rawValue)), templates: false, fallback: "lineage",
            "From which runs."),
        FieldSchema("ttl", .duration(allowsZero: false), templates: false, "How old a result may be."),
        FieldSchema("salt", .string, templates: false, "A text to change when earlier results are to be forgotten."),
        FieldSchema(
            "external", .boolean, templates: false, fallback: "false",
            "Whether a node with `effects: external` is spared too; its effect does not come again then."),
    ]

    static let retryType = FieldType.oneOf([.integer(1...1000), .object(retry)])

    /// The keys of `retry:`.
    public static let retry: [FieldSchema] = [
        FieldSchema(
            "max_attempts", .integer(1...1000), templates: false, fallback: "3", "All attempts, the first included."),
        FieldSchema("delay", .duration(allowsZero: true), templates: false, fallback: "1s", "The first wait."),
        FieldSchema("factor", .number(1...1000), templates: false, fallback: "2", "What each wait is multiplied with."),
        FieldSchema("max_delay", .duration(allowsZero: true), templates: false, fallback: "1m", "The longest wait."),
        FieldSchema(
            "jitter", .number(0...1), templates: false, fallback: "0", "The part of a wait that chance takes away."),
        FieldSchema("max_total", .duration(allowsZero: false), templates: false, "No attempt begins later than this."),
        FieldSchema(
            "on", .list(.choice(FailureReason.allCases.map(\.rawValue))), templates: false,
            "The failures that are tried again; by default those that may heal."),
        FieldSchema(
            "unless", .list(.choice(FailureReason.allCases.map(\.rawValue))), templates: false,
            "Failures that are not tried again."),
    ]

    /// The keys of `foreach:`.
    public static let foreach: [FieldSchema] = [
        FieldSchema("items", .any, required: true, "The list."),
        FieldSchema("as", .identifier, templates: false, fallback: "item", "The name of the item in expressions."),
        FieldSchema("key", .condition, "An expression that names each item; by default its place."),
        FieldSchema("max_parallel", .integer(1...100_000), templates: false, "The most items at the same time."),
        FieldSchema(
            "on_failure", .choice(ForeachDefinition.FailureMode.allCases.map(\.rawValue)), templates: false,
            fallback: "fail_fast", "What the failure of an item does."),
    ]

    static let artifact: [FieldSchema] = [
        FieldSchema("name", .identifier, required: true, templates: false, "The name in expressions."),
        FieldSchema("path", .string, required: true, templates: false, "The file in the work directory."),
        FieldSchema("media_type", .string, templates: false, "What kind of file it is."),
        FieldSchema("optional", .boolean, templates: false, fallback: "false", "Whether it may be missing."),
    ]

    /// The keys that nodes of every kind have.
    public static let node: [FieldSchema] = [
        FieldSchema("title", .string, templates: false, "The name for people."),
        FieldSchema("description", .string, templates: false, "What the node does."),
        FieldSchema(
            "needs",
            .oneOf([.string, .list(.string), .map(.choice(NeedCondition.allCases.map(\.rawValue)))]), templates: false,
            "The nodes this one waits for."),
        FieldSchema("when", .condition, "The node is skipped when this is false."),
        FieldSchema("foreach", .object(foreach), "One node for each item of a list."),
        FieldSchema("matrix", .map(.any), "One node for each combination of values: axis to list."),
        FieldSchema(
            "samples", .oneOf([.integer(1...1000), .object(samples)]), templates: false,
            "The node runs that many times; the most frequent outputs are its own."),
        FieldSchema("repeat", .object(repetition), "The node runs again until a condition holds."),
        FieldSchema("with", .map(.any), "Values for the node."),
        FieldSchema("env", .map(.string), "Environment variables."),
        FieldSchema("outputs", .map(.oneOf([.string, .object(nodeOutput)])), "What the node puts out: name to type."),
        FieldSchema(
            "artifacts", .oneOf([.list(.object(artifact)), .map(.string)]), templates: false, "The files that are kept."
        ),
        FieldSchema("retry", retryType, templates: false, "When the node runs again after a failure."),
        FieldSchema("timeout", .duration(allowsZero: false), templates: false, "The time limit of an attempt."),
        FieldSchema("idle_timeout", .duration(allowsZero: false), templates: false, "How long it may write nothing."),
        FieldSchema(
            "on_failure", .choice(FailurePolicy.allCases.map(\.rawValue)), templates: false, fallback: "fail",
            "What a final failure does to the rest."),
        FieldSchema(
            "on_interrupt", .choice(InterruptPolicy.allCases.map(\.rawValue)), templates: false, fallback: "rerun",
            "What happens to an attempt that a crash cut off."),
        FieldSchema(
            "effects", .choice(EffectClass.allCases.map(\.rawValue)), templates: false, fallback: "idempotent",
            "What running the node again does to the world."),
        FieldSchema(
            "fallback", .identifier, templates: false,
            "The node that runs, and whose outputs count, when this one has failed for good."),
        FieldSchema("priority", .integer(-1000...1000), templates: false, fallback: "0", "Higher starts first."),
        FieldSchema(
            "pool", .oneOrMany(.oneOf([.string, .object(poolDemand)])), templates: false,
            "Units of a pool that the node holds while it runs."),
        FieldSchema(
            "mutex", .oneOrMany(.string), templates: false,
            "A name; of the nodes with the same one, only one runs at a time."),
        FieldSchema("resources", .object(resources), templates: false, "What the node takes of the machine."),
        FieldSchema("executor", .choice(["local"]), templates: false, fallback: "local", "Where the node runs."),
        FieldSchema("cache", cacheType, templates: false, "Whether the result may be taken from an earlier run."),
        FieldSchema("budget", .object(budget), templates: false, "Limits of what the node uses up."),
    ]

    static let samples: [FieldSchema] = [
        FieldSchema("count", .integer(1...1000), required: true, templates: false, "How many times the node runs."),
        FieldSchema(
            "min_agreement", .number(0...1), templates: false, fallback: "0",
            "The part of the samples that must have the same outputs; else the node fails."),
        FieldSchema("max_parallel", .integer(1...100_000), templates: false, "The most at the same time."),
    ]

    /// The keys of `repeat:`.
    public static let repetition: [FieldSchema] = [
        FieldSchema("until", .condition, required: true, "A condition on `outputs` and `iteration`."),
        FieldSchema("max", .integer(1...1000), required: true, templates: false, "The most iterations."),
        FieldSchema("delay", .duration(allowsZero: true), templates: false, fallback: "0s", "The wait between two."),
        FieldSchema(
            "on_exhausted", .choice(RepeatDefinition.Exhaustion.allCases.map(\.rawValue)), templates: false,
            fallback: "fail", "What happens when the condition does not hold after the last."),
    ]

    static let poolDemand: [FieldSchema] = [
        FieldSchema("name", .string, required: true, templates: false, "The pool, declared under `pools`."),
        FieldSchema("units", .integer(1...1_000_000), templates: false, fallback: "1", "How many the node takes."),
    ]

    static let resources: [FieldSchema] = [
        FieldSchema("cpus", .number(0...10_000), templates: false, "Processors, also parts of one."),
        FieldSchema("memory", .size, templates: false, "Main memory."),
        FieldSchema("gpus", .integer(0...1000), templates: false, "Graphics processors."),
        FieldSchema(
            "time", .duration(allowsZero: false), templates: false, "The time limit, where `timeout` is not given."),
    ]

    static let nodeOutput: [FieldSchema] = [
        FieldSchema(
            "type", .choice(OutputType.allCases.map(\.rawValue)), required: true, templates: false, "The type."),
        FieldSchema("value", .any, "The value, from what the node's kind puts out: `outputs.x`."),
        FieldSchema("description", .string, templates: false, "What the output means."),
        FieldSchema(
            "goal", .choice(OutputGoal.allCases.map(\.rawValue)), templates: false,
            "Which way a number is better when runs are compared."),
    ]

    /// An agent's file.
    public static let agent: [FieldSchema] = [
        FieldSchema("agent", .any, required: true, templates: false, "The version of the format: 1."),
        FieldSchema("name", .identifier, required: true, templates: false, "The name by which nodes use it."),
        FieldSchema("title", .string, templates: false, "The name for people."),
        FieldSchema("role", .string, templates: false, "The part it plays."),
        FieldSchema("description", .string, templates: false, "What it is good for."),
        FieldSchema(
            "agent_type", .choice(AgentCard.AgentType.allCases.map(\.rawValue)), templates: false,
            fallback: "assistant",
            "The part that it plays among others."),
        FieldSchema("capabilities", .list(.string), templates: false, "What it can do."),
        FieldSchema("instructions", .verbatim, required: true, templates: false, "What the model is told first."),
        FieldSchema("model", .string, templates: false, fallback: "default", "The model."),
        FieldSchema("fallback_models", .list(.string), templates: false, "Models for when the first does not answer."),
        FieldSchema("tools", .list(.string), templates: false, "Tools it may use."),
        FieldSchema(
            "permissions", .object(permissions), templates: false, fallback: "all that its tools can do",
            "Which calls of its tools it may make."),
        FieldSchema(
            "context", .object(context), templates: false, fallback: "the whole conversation",
            "How much of a long conversation is sent."),
        FieldSchema(
            "tool_mode", .choice(ToolMode.allCases.map(\.rawValue)), templates: false,
            fallback: "that of the model's settings",
            "How tools are offered to the model: in its own way, or as JSON."),
        FieldSchema("output", .verbatim, templates: false, "A JSON Schema for the answer."),
        FieldSchema("handoffs", .list(.string), templates: false, "The agents that it hands its work to."),
        FieldSchema("requires", .object(requirements), templates: false, "What must be there for it to work."),
        FieldSchema(
            "max_turns", .integer(1...1000), templates: false, fallback: "12",
            "The most turns of an agent with tools; the last is without tools."),
        FieldSchema("max_tokens", .integer(1...1_000_000), templates: false, "The most tokens of an answer."),
        FieldSchema("temperature", .number(0...2), templates: false, "How much chance there is; 0 for none."),
        FieldSchema("version", .string, templates: false, "The version of the agent."),
        FieldSchema(
            "status", .choice(AgentCard.Status.allCases.map(\.rawValue)), templates: false, fallback: "active",
            "Whether it is to be used."),
        FieldSchema("author", .string, templates: false, "Who wrote it."),
        FieldSchema("tags", .list(.string), templates: false, "Words to find it by."),
        FieldSchema("engine", .string, templates: false, "The engine that it comes from."),
        FieldSchema("inputs", .verbatim, templates: false, "What its instructions refer to."),
    ]

    /// The keys of `permissions:`.
    public static let permissions: [FieldSchema] = [
        FieldSchema(
            "allow", .list(.string), templates: false, fallback: "every tool",
            "Rules such as `bash(git *)`: only what they name is allowed."),
        FieldSchema("ask", .list(.string), templates: false, "Rules for what a person has to be asked about first."),
        FieldSchema("deny", .list(.string), templates: false, "Rules for what is refused, whatever is allowed."),
    ]

    /// The keys of `context:` of an agent.
    public static let context: [FieldSchema] = [
        FieldSchema(
            "last_messages", .integer(1...100_000), templates: false, fallback: "all",
            "The most messages after the task; older ones are left out."),
        FieldSchema(
            "max_tokens", .integer(100...100_000_000), templates: false, fallback: "all",
            "The most tokens, by estimate; older messages are left out."),
    ]

    /// An entry of `files:` of an agent node.
    public static let promptFile: [FieldSchema] = [
        FieldSchema("path", .string, required: true, "The file: beside the workflow, or one that a run keeps."),
        FieldSchema(
            "as", .choice(PromptFiles.Form.allCases.map(\.rawValue)), fallback: "auto",
            "As text in the prompt, as a picture, or as a path in the work folder."),
        FieldSchema("name", .string, fallback: "that of the file", "The name by which the agent knows it."),
        FieldSchema(
            "max_size", .size, fallback: "32KiB", "The most of a text that is in the prompt; of a longer one the ends."),
    ]

    /// What an agent needs beside its instructions.
    static let requirements: [FieldSchema] = [
        FieldSchema("programs", .list(.string), templates: false, "Programs of this machine."),
        FieldSchema(
            "features", .list(.choice(["vision", "tools", "web", "documents"])), templates: false,
            "What the model or the prompt must have."),
    ]

    /// Those of `unsupported` that choose a kind.
    static let laterKinds: Set<String> = ["tool", "evaluate"]

    /// Keys of the language that this version does not run.
    static let unsupported: Set<String> = [
        "triggers", "tool", "evaluate",
    ]
}
