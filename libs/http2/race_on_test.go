//go:build race

package http2_test

// raceDetector makes everything slower: speed says nothing under it.
const raceDetector = true
