package bridge

import "strings"

// Rooms of the default tenant, and of nobody, are named by their own names. Those of
// other tenants bear the tenant's id behind an @: board@acme. An own name has no @.

// MaxTenant bounds a tenant's id, bytes.
const MaxTenant = 63

// MaxFullRoom bounds a room's full name, bytes.
const MaxFullRoom = MaxRoomName + 1 + MaxTenant

// RoomOf is the full name of a tenant's room; "" is the default tenant, and nobody.
func RoomOf(tenant, name string) string {
	if tenant == "" {
		return name
	}
	return name + "@" + tenant
}

// TenantOf parts a full name into the room's own name and the tenant's id, which is ""
// for rooms of the default tenant and of nobody.
func TenantOf(room string) (name, tenant string) {
	if i := strings.LastIndexByte(room, '@'); i >= 0 {
		return room[:i], room[i+1:]
	}
	return room, ""
}

// ValidTenant tells what can be a tenant's id: 1 to MaxTenant of a-z, 0-9 and -, beginning with none.
func ValidTenant(id string) bool {
	plain := func(c rune) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' }
	return id != "" && len(id) <= MaxTenant && id[0] != '-' && !strings.ContainsFunc(id, func(c rune) bool { return !plain(c) })
}

// ValidRoom tells whether a name can be a room's full name: an own name as
// ValidRoomName has it, with a tenant's id behind an @ or without.
func ValidRoom(name string) bool {
	own, tenant := TenantOf(name)
	return ValidRoomName(own) && (own == name || ValidTenant(tenant))
}

// ValidRecording tells what can be the name of a tenant's recording: 1 to 64 letters of ASCII, digits, - and _,
// beginning with a letter or digit. It names a file, and has neither dots nor slashes.
func ValidRecording(name string) bool {
	for i, c := range []byte(name) {
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !plain && (i == 0 || c != '-' && c != '_') {
			return false
		}
	}
	return name != "" && len(name) <= 64
}
