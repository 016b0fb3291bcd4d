//go:build race

package exchange

// raceEnabled: under the race detector sync.Pool drops values at random, so what would be
// reused is made anew.
const raceEnabled = true
