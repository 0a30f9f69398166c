// Package front has what the front-ends of all protocols make their legs of: the mailbox through which everything comes to a
// leg, its alarms, the filter of keys that are reported twice, and the bound of what one source may begin.
package front
