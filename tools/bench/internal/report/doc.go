// Package report turns the samples of a trial into what a reader needs: medians and their spread,
// ratios to the better of the rivals, a finding for each target, and warnings where a number says
// less than it seems to. It prints them as a table, JSON and an SVG plot; it measures nothing.
package report
