//go:build !race

package accesslog_test

// raceEnabled: under the race detector a sync.Pool drops values at random, so what would be reused
// is made anew.
const raceEnabled = false
