// SPDX-License-Identifier: Apache-2.0

/// What the registry knows of an agent beside what runs need: for people who look for one, and for tools.
public struct AgentCard: Sendable, Hashable {
    /// Whether an agent is to be used.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case active, deprecated, experimental
    }

    /// The part that an agent plays among others.
    public enum AgentType: String, Sendable, Hashable, CaseIterable {
        case assistant, planner, coder, reviewer, formatter, recorder, executor, controller, retriever, person
    }

    public var status: Status
    public var type: AgentType
    public var author: String?
    /// The system that the agent comes from.
    public var engine: String?
    /// The agents that it hands its work to. What a workflow does with that is the workflow's own.
    public var handoffs: [String]
    public var requirements: Requirements

    /// What must be there for an agent to work.
    public struct Requirements: Sendable, Hashable {
        /// Programs on this machine.
        public var programs: [String]
        /// What the model, or the prompt, must have: `vision`, `tools`, `web`, `documents`.
        public var features: [String]

        /// Requirements.
        public init(programs: [String] = [], features: [String] = []) {
            self.programs = programs
            self.features = features
        }
    }

    /// A card.
    public init(
        status: Status = .active, type: AgentType = .assistant, author: String? = nil, engine: String? = nil,
        handoffs: [String] = [], requirements: Requirements = Requirements()
    ) {
        self.status = status
        self.type = type
        self.author = author
        self.engine = engine
        self.handoffs = handoffs
        self.requirements = requirements
    }
}
