-- A terminal's name is its tenant's alone: others may have one of the same name. Whose it is that registers by it is
-- told by the password.
-- +goose Up
DROP INDEX devices_name;
CREATE UNIQUE INDEX devices_name ON devices (tenant, sort);

-- +goose Down
DROP INDEX devices_name;
CREATE UNIQUE INDEX devices_name ON devices (sort);
