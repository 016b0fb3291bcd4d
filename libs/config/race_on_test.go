//go:build race

package config_test

// raceEnabled: the race detector makes reflection ten times as slow, so times say nothing.
const raceEnabled = true
