// Package reception leads people at terminals who have to be asked for a number or a PIN, or wait to be
// let in: Machine decides what they see and hear, without goroutines or clocks; Reception drives it at a
// bridge.Desk ([docs/reception.md]).
package reception
