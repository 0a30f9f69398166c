-- Sessions of administrators. hash is of what the browser presents; stamp of the password with
-- which the session began; ended is 0 while it may be used. Rows stay for a while after the end: they
-- say from where somebody has signed in before.
-- +goose Up
CREATE TABLE sessions (
	tenant TEXT NOT NULL, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, hash TEXT NOT NULL, stamp TEXT NOT NULL,
	made BIGINT NOT NULL, seen BIGINT NOT NULL, ended BIGINT NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL, agent TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX sessions_name ON sessions (name, source);
CREATE INDEX sessions_seen ON sessions (seen);

-- +goose Down
DROP TABLE sessions;
