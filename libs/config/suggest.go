package config

import (
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// mostSuggestions is how many wrong names of a file are compared with the known ones.
const mostSuggestions = 50

// suggest returns the hint for a name that none of the known is: the nearest of them, or all when
// they are few, introduced by list. nth is how many suggestions were made before: comparing every
// wrong name with every known one would let a large bad file take minutes, so later ones get none.
func suggest(name string, known []string, list string, nth int) string {
	const mostKnown = 2000
	if nth > mostSuggestions {
		return ""
	}
	best, distance := "", 1+max(1, len(name)/3)
	if len(name) <= 64 {
		for _, k := range known[:min(len(known), mostKnown)] {
			if d := editDistance(strings.ToLower(name), strings.ToLower(k),
				distance); d < distance {
				best, distance = k, d
			}
		}
	}
	switch {
	case best != "":
		return "did you mean " + text.Quote(best) + "?"
	case len(known) > 0 && len(known) <= 14 && list != "":
		return list + strings.Join(known, ", ")
	}
	return ""
}

// editDistance returns how many insertions, deletions, replacements and swaps of neighbours turn a
// into b, or limit when it is at least that.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
