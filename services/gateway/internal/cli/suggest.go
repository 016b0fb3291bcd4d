package cli

import (
	"strings"
	"unicode/utf8"
)

// suggest returns the hint for a name that is none of the known: the nearest, or all after list,
// unless that is "".
func suggest(name string, known []string, list string) string {
	// One slip in three letters; a name that is only begun is meant too.
	best, distance := "", 1+max(1, utf8.RuneCountInString(name)/3)
	for _, k := range known {
		switch d := distanceOf(name, k); {
		case d < distance:
			best, distance = k, d
		case best == "" && len(name) > 1 && strings.HasPrefix(k, name):
			best = k
		}
	}
	switch {
	case best != "" && name != "":
		return "; did you mean " + best + "?"
	case list != "":
		return list + strings.Join(known, ", ")
	}
	return ""
}

// distanceOf returns how many letters have to be added, left out or replaced to turn one name into
// another.
func distanceOf(name, known string) int {
	from, to := []rune(strings.ToLower(name)), []rune(strings.ToLower(known))
	if len(from) > len(to)+8 {
		return len(from) // a name this much longer is no slip, and an argument may be very long
	}
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		before := row[0]
		row[0] = i + 1
		for j, k := range to {
			cost := before
			if r != k {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(to)]
}
