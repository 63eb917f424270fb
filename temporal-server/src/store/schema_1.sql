-- Where the service itself stands: one row.
CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    time INTEGER NOT NULL,
    serial INTEGER NOT NULL,
    ids INTEGER,
    sum INTEGER NOT NULL
);
-- Runs, with what never changes of them.
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    namespace_id TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    birth BLOB NOT NULL
);
-- The small record of each run that changes with most requests.
CREATE TABLE states (
    number INTEGER PRIMARY KEY,
    closed INTEGER,
    transitions INTEGER NOT NULL,
    core BLOB NOT NULL
);
-- Events; the place is the run's number * 2^20 + the first event's id.
CREATE TABLE events (
    place INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
-- Entries of a run's maps.
CREATE TABLE parts (
    number INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    key BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (number, kind, key)
) WITHOUT ROWID;
-- Messages between workflows that are not delivered yet.
CREATE TABLE messages (
    number INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);
-- Everything else that is stored under a name: namespaces, for one.
CREATE TABLE records (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
