// SPDX-License-Identifier: Apache-2.0

/// A number of units that nodes share: a node that wants more than are free waits for its turn.
public struct PoolDefinition: Sendable, Hashable {
    public var name: String
    /// The units there are; nil where the machine says how many.
    public var units: Int?
    public var span: SourceSpan

    /// A pool.
    public init(name: String, units: Int?, span: SourceSpan = .none) {
        self.name = name
        self.units = units
        self.span = span
    }

    /// Pools of which the machine says how many units there are: processors, MiB of memory, graphics processors.
    public static let machine: Set<String> = ["cpus", "memory", "gpus"]
}

/// What one node takes of a pool while it runs.
public struct PoolDemand: Sendable, Hashable {
    /// The pool's name. A mutex is a pool of one unit, named `mutex:` and its name; what the machine has is named
    /// `machine:` and the resource.
    public var pool: String
    public var units: Int
    public var span: SourceSpan

    /// A demand.
    public init(pool: String, units: Int = 1, span: SourceSpan = .none) {
        self.pool = pool
        self.units = units
        self.span = span
    }

    /// The pool of a mutex.
    public static func mutex(_ name: String, span: SourceSpan = .none) -> PoolDemand {
        PoolDemand(pool: "mutex:\(name)", span: span)
    }

    /// A part of what the machine has.
    public static func machine(_ resource: String, units: Int, span: SourceSpan = .none) -> PoolDemand {
        PoolDemand(pool: "machine:\(resource)", units: units, span: span)
    }
}
