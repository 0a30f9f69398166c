-- until is when a session ends at the latest, however much it is used.
-- +goose Up
ALTER TABLE sessions ADD COLUMN until BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET until = made + 604800000;

-- +goose Down
ALTER TABLE sessions DROP COLUMN until;
