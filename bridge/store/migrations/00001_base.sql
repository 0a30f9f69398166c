-- Both engines run this. Times are milliseconds since 1970; body is JSON without
-- secrets; secret is sealed; folded is what is searched, without diacritics and case.
-- +goose Up
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE tenants (
	tenant TEXT NOT NULL CHECK (tenant = '-'), id TEXT NOT NULL PRIMARY KEY, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	UNIQUE (tenant, id)
);
INSERT INTO tenants VALUES ('-', '-', '', '', '{}', '', 0, 0);

CREATE TABLE administrators (
	tenant TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL UNIQUE, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE TABLE tokens (
	tenant TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL UNIQUE, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE TABLE rules (
	tenant TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX rules_sort ON rules (tenant, sort, id);
CREATE TABLE rooms (
	tenant TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX rooms_sort ON rooms (tenant, sort, id);
CREATE TABLE devices (
	tenant TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX devices_sort ON devices (tenant, sort, id);
CREATE TABLE settings (
	tenant TEXT NOT NULL REFERENCES tenants (id), id TEXT NOT NULL, sort TEXT NOT NULL, folded TEXT NOT NULL,
	body TEXT NOT NULL, secret TEXT NOT NULL, version BIGINT NOT NULL, changed BIGINT NOT NULL,
	PRIMARY KEY (tenant, id)
);

CREATE TABLE changes (
	tenant TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, grp TEXT NOT NULL, undoes TEXT NOT NULL,
	who TEXT NOT NULL, origin TEXT NOT NULL, why TEXT NOT NULL, kind TEXT NOT NULL, item TEXT NOT NULL, folded TEXT NOT NULL,
	before_body TEXT NOT NULL, before_secret TEXT NOT NULL, after_body TEXT NOT NULL, after_secret TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX changes_at ON changes (tenant, at, id);
CREATE INDEX changes_grp ON changes (tenant, grp);

CREATE TABLE calls (
	tenant TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, folded TEXT NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX calls_at ON calls (tenant, at, id);
CREATE TABLE events (
	tenant TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, folded TEXT NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX events_at ON events (tenant, at, id);
CREATE TABLE presence (
	tenant TEXT NOT NULL, id TEXT NOT NULL, at BIGINT NOT NULL, folded TEXT NOT NULL, body TEXT NOT NULL,
	PRIMARY KEY (tenant, id)
);
CREATE INDEX presence_at ON presence (tenant, at, id);

-- +goose Down
DROP TABLE presence;
DROP TABLE events;
DROP TABLE calls;
DROP TABLE changes;
DROP TABLE settings;
DROP TABLE devices;
DROP TABLE rooms;
DROP TABLE rules;
DROP TABLE tokens;
DROP TABLE administrators;
DROP TABLE tenants;
DROP TABLE meta;
