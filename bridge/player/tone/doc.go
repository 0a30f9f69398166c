// Package tone makes sine tones and recognises them in sound, so that a test
// can tell whose voice arrived where. Levels are in dBFS: a sine that just
// reaches full scale has 0.
package tone
