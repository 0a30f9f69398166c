// Package number is the number plan: which room, reception, far end or refusal a
// number leads to, for whom and when. It is pure: no I/O, no clock, no goroutine.
//
// A Plan is a tenant's rules, compiled; a Directory the plans of all tenants; a Book
// holds the Directory in force, which is exchanged as a whole. Rules are tried by
// priority, and the first that fits decides. Decide and Explain are the same search;
// Explain writes down what the search passed and why.
//
// # Numbers
//
// What is compared is a number without its dressing, in two forms: whole, and with what
// was typed behind it taken off. These are the same number 1001:
//
//	1001  +1001  1001#  sip:1001@host;user=phone  tel:1001;phone-context=…  h323:1001@host
//	1001**4321  1001*4321  1001##4321  1001#4321    with the PIN 4321
//
// A leading plus and the visual separators of telephone numbers (RFC 3966 5.1.1) mean
// nothing. Letters are compared without case, in the way of regular expressions (?i).
// A star or hash at the beginning belongs to the number (*98). A rule for an exact
// number sees both forms, the whole first, so that 9*1001 can be a number; prefixes and
// regular expressions see the number without PIN, unless the expression has a group
// named pin, which then sees the whole and takes the PIN from there. Expressions are
// RE2 and match the whole number, not a part of it.
package number

import _ "time/tzdata" // time windows name zones, and a container may have none
