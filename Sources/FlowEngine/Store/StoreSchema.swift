// SPDX-License-Identifier: Apache-2.0

import SQLite

/// The tables of a store. A migration is never changed once it is released; changes are new migrations.
enum StoreSchema {
    /// `FLOW`: marks databases of this program.
    static let applicationID: Int32 = 0x464C_4F57

    static let migrations = [
        SQLiteMigration(name: "first", sql: first), SQLiteMigration(name: "deaths", sql: deaths),
        SQLiteMigration(name: "branches", sql: branches), SQLiteMigration(name: "calls", sql: calls),
        SQLiteMigration(name: "fingerprints", sql: fingerprints),
        SQLiteMigration(name: "ways back", sql: waysBack),
        SQLiteMigration(name: "spending", sql: spending),
        SQLiteMigration(name: "providers", sql: providers),
    ]

    /// The provider of the model that answered a call.
    private static let providers = "ALTER TABLE call ADD COLUMN provider TEXT"

    /// Sessions, and what calls have used up by day (of UTC, from 1970) and session (0 for none). The sums stay when runs
    /// are removed. A claim is what was set aside for a call that has not begun.
    private static let spending = """
        CREATE TABLE session (
            key INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            title TEXT,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            limits TEXT NOT NULL
        ) STRICT;
        CREATE TABLE session_run (
            run INTEGER PRIMARY KEY REFERENCES run (key),
            session INTEGER NOT NULL REFERENCES session (key)
        ) STRICT;
        CREATE INDEX session_run_by_session ON session_run (session);

        CREATE TABLE spending (
            day INTEGER NOT NULL,
            session INTEGER NOT NULL,
            calls INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            money INTEGER NOT NULL,
            unpriced INTEGER NOT NULL,
            PRIMARY KEY (day, session)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO spending (day, session, calls, tokens, money, unpriced)
        SELECT started_at / 86400000, 0, sum(coalesce(is_taped, 0) = 0),
            CAST(total(max(0, coalesce(tokens, reserved_tokens))) AS INTEGER),
            CAST(total(max(0, coalesce(money, reserved_money))) AS INTEGER),
            sum(coalesce(is_priced, is_reservation_priced) = 0)
        FROM call GROUP BY 1;

        CREATE TABLE claim (
            key INTEGER PRIMARY KEY,
            day INTEGER NOT NULL,
            session INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            money INTEGER NOT NULL
        ) STRICT;

        -- An error of an attempt that a later attempt of the same node has got over.
        CREATE TABLE solved_error (
            key INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run (key),
            node TEXT NOT NULL,
            category TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            failed_attempt INTEGER NOT NULL,
            solved_attempt INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX solved_error_by_fingerprint ON solved_error (fingerprint, category);

        CREATE TABLE budget_alert (
            budget TEXT NOT NULL,
            period INTEGER NOT NULL,
            measure TEXT NOT NULL,
            percent INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (budget, period, measure, percent)
        ) STRICT, WITHOUT ROWID;
        """

    /// A person may send a run back to an earlier node; nothing else lets a node that has ended begin again. And how many
    /// words of people are in the conversation of a call.
    private static let waysBack = """
        DROP TRIGGER node_end_is_final;
        CREATE TRIGGER node_end_is_final BEFORE UPDATE OF status ON node
        WHEN OLD.status IN ('succeeded', 'reused', 'failed', 'rejected', 'skipped', 'omitted', 'cancelled')
            AND NEW.status <> OLD.status
            AND NOT EXISTS (SELECT 1 FROM event WHERE event.run = OLD.run AND event.type = 'run_rewound')
        BEGIN SELECT RAISE(ABORT, 'the node has ended'); END;

        ALTER TABLE call ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
        """

    /// What nodes with a `cache` depend on, by the digest of the content that says it, and where a result came from that took
    /// the place of running one. Rows follow from events.
    private static let fingerprints = """
        CREATE TABLE fingerprint (
            position INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run (key),
            node TEXT NOT NULL,
            digest BLOB NOT NULL,
            origin_run TEXT,
            origin_node TEXT,
            UNIQUE (run, node)
        ) STRICT;
        CREATE INDEX fingerprint_by_digest ON fingerprint (digest);
        """

    /// What was asked of models and tools. The contents are named by digests; money is in millionths of a millionth of a
    /// dollar. Rows follow from events, so that they can be made again from them.
    private static let calls = """
        CREATE TABLE call (
            position INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run (key),
            node TEXT NOT NULL,
            number INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            request BLOB NOT NULL,
            reserved_tokens INTEGER NOT NULL,
            reserved_money INTEGER NOT NULL,
            is_reservation_priced INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER,
            reply BLOB,
            failed INTEGER,
            answered_by TEXT,
            prompt_tokens INTEGER,
            completion_tokens INTEGER,
            cached_tokens INTEGER,
            reasoning_tokens INTEGER,
            is_estimated INTEGER,
            tokens INTEGER,
            money INTEGER,
            is_priced INTEGER,
            latency INTEGER,
            is_taped INTEGER,
            UNIQUE (run, node, number)
        ) STRICT;
        """

    /// The tree of runs. What people say of a branch changes; each change stays in `branch_note`.
    private static let branches = """
        CREATE TABLE branch (
            run INTEGER PRIMARY KEY REFERENCES run (key),
            parent INTEGER NOT NULL REFERENCES run (key),
            kind TEXT NOT NULL,
            name TEXT,
            hypothesis TEXT,
            verdict TEXT NOT NULL,
            conclusion TEXT,
            is_head INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX branch_by_parent ON branch (parent);

        CREATE TABLE branch_note (
            key INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run (key),
            name TEXT,
            verdict TEXT NOT NULL,
            conclusion TEXT,
            is_head INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX branch_note_by_run ON branch_note (run);
        """

    /// How often an engine died with the run and no progress between, and the run's last event then.
    private static let deaths = """
        ALTER TABLE run ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE run ADD COLUMN death_sequence INTEGER NOT NULL DEFAULT 0;
        """

    // Nodes and contents are keyed by a number that grows, so that new rows go to the end; names and digests would
    // scatter each commit over the whole file. Events of a run lie together in their order.
    private static let first = """
        CREATE TABLE run (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            workflow TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            node_count INTEGER NOT NULL,
            ended_count INTEGER NOT NULL,
            failed_node TEXT,
            reason TEXT,
            source BLOB NOT NULL,
            inputs BLOB NOT NULL,
            interruptions INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            last_hash BLOB NOT NULL
        ) STRICT;
        CREATE INDEX run_by_status ON run (status);
        CREATE INDEX run_by_workflow ON run (workflow);

        CREATE TABLE event (
            run INTEGER NOT NULL REFERENCES run (key),
            sequence INTEGER NOT NULL,
            at INTEGER NOT NULL,
            type TEXT NOT NULL,
            node TEXT,
            attempt INTEGER,
            result BLOB,
            payload TEXT,
            hash BLOB NOT NULL,
            PRIMARY KEY (run, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE node (
            position INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES run (key),
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            status TEXT NOT NULL,
            attempt INTEGER NOT NULL,
            started_at INTEGER,
            ended_at INTEGER,
            result BLOB,
            message TEXT,
            UNIQUE (run, name)
        ) STRICT;

        CREATE TABLE content (
            key INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE,
            size INTEGER NOT NULL,
            bytes BLOB
        ) STRICT;

        CREATE TRIGGER run_end_is_final BEFORE UPDATE OF status ON run
        WHEN OLD.status IN ('succeeded', 'failed', 'cancelled') AND NEW.status <> OLD.status
        BEGIN SELECT RAISE(ABORT, 'the run has ended'); END;

        CREATE TRIGGER node_end_is_final BEFORE UPDATE OF status ON node
        WHEN OLD.status IN ('succeeded', 'reused', 'failed', 'rejected', 'skipped', 'omitted', 'cancelled')
            AND NEW.status <> OLD.status
        BEGIN SELECT RAISE(ABORT, 'the node has ended'); END;

        CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

        CREATE TRIGGER event_is_never_removed BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
        """
}
