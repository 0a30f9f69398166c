-- A terminal's name finds it, and whose it is, in the whole site.
-- +goose Up
CREATE UNIQUE INDEX devices_name ON devices (sort);

-- +goose Down
DROP INDEX devices_name;
