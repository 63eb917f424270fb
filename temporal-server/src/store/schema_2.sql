-- What lists show of closed runs; no body where version 1 wrote the run and nobody has looked at it since.
CREATE TABLE closed_runs (
    number INTEGER PRIMARY KEY,
    workflow_id TEXT NOT NULL,
    body BLOB
);
INSERT INTO closed_runs
    SELECT states.number, runs.workflow_id, NULL
    FROM states JOIN runs ON runs.number = states.number
    WHERE states.closed IS NOT NULL;
CREATE INDEX closed_runs_by_workflow ON closed_runs (workflow_id);
-- The runs that a start must know of.
CREATE INDEX open_runs ON states (number) WHERE closed IS NULL;
