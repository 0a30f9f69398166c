-- What happened is searched in the index, which is small, and not in the records.
-- +goose Up
UPDATE calls SET folded = substr(folded, 1, 500) WHERE length(folded) > 500;
UPDATE events SET folded = substr(folded, 1, 500) WHERE length(folded) > 500;
UPDATE changes SET folded = substr(folded, 1, 500) WHERE length(folded) > 500;
DROP INDEX calls_at;
DROP INDEX events_at;
DROP INDEX changes_at;
CREATE INDEX calls_at ON calls (tenant, at, id, folded);
CREATE INDEX events_at ON events (tenant, at, id, folded);
CREATE INDEX changes_at ON changes (tenant, at, id, folded);

-- +goose Down
DROP INDEX calls_at;
DROP INDEX events_at;
DROP INDEX changes_at;
CREATE INDEX calls_at ON calls (tenant, at, id);
CREATE INDEX events_at ON events (tenant, at, id);
CREATE INDEX changes_at ON changes (tenant, at, id);
