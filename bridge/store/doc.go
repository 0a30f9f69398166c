// Package store keeps what must survive a restart: tenants, administrators, tokens,
// number plans, rooms, devices, settings, records of calls, events, and who changed
// what. It is in SQLite (sqlite:PATH, the default) or in PostgreSQL (postgres://…, for more than
// one node), with the same migrations and the same queries.
//
// # Isolation
//
// Nothing is read or written without a Scope, which is a tenant's or, for tenants and operators,
// the site's. The statements are put together in sql.go, each with the tenant of
// its scope in it; only finding out who somebody is (identity.go) looks across tenants,
// and its answer is a Scope.
//
// # Records
//
// What administrators keep (Collection) changes in groups: Scope.Change makes one transaction
// in which every change is written down beside what it changes, with who, when, before and
// after, and a group is undone with one call. What happens (Journal: calls, events, presence)
// is written in batches and expires. Columns are what is searched, ordered or unique; the
// rest of a record is a JSON document.
//
// When a call returns without error, what it wrote is on disk: SQLite with WAL and synchronous=FULL,
// PostgreSQL with its own defaults.
//
// # Secrets
//
// PINs, password hashes, digests and H.235 passwords are in a column of their own, sealed with AES-GCM
// under a key that is a file beside the SQLite database or named by the configuration.
// Who has only a copy of the database has none of them. Without a key file a
// PostgreSQL database holds its key itself, which protects nothing but a look at the screen.
package store
