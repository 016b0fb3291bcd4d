// Package search makes the index with which a reader's browser finds places in the documentation.
// It is made once, with the site, so that no server has to search.
package search

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// A Section is a part of a page that can be found: a heading and the text under it.
type Section struct {
	// URL leads to it, from the top of the site.
	URL string
	// Page and Heading are the titles that a result shows.
	Page, Heading string
	// Text is what stands there, without marks.
	Text string
}

// Words in a heading count for more than those in a text, and those in a title for most.
const (
	weightText    = 1
	weightHeading = 8
	weightTitle   = 12
	// mostWeight bounds what one word gains by repetition.
	mostWeight = 40
)

// shortest and longest are the bounds of a word that can be found, in bytes.
const (
	shortest = 2
	longest  = 40
)

// index is the form in which the index goes out. Places are [URL, page, heading]. Words leads from
// a word to pairs of a place's number and the word's weight there, one after the other.
type index struct {
	Places [][3]string      `json:"places"`
	Words  map[string][]int `json:"words"`
}

// Index makes the index of sections, as JSON. The same sections give the same bytes.
func Index(sections []Section) ([]byte, error) {
	made := index{Places: [][3]string{}, Words: map[string][]int{}}
	for i, s := range sections {
		made.Places = append(made.Places, [3]string{s.URL, s.Page, s.Heading})
		weights := map[string]int{}
		count := func(text string, weight int) {
			for _, w := range Words(text) {
				weights[w] = min(weights[w]+weight, mostWeight)
			}
		}
		count(s.Text, weightText)
		count(s.Heading, weightHeading)
		if s.Heading == s.Page || s.Heading == "" {
			count(s.Page, weightTitle)
		}
		for _, w := range slices.SortedFunc(maps.Keys(weights), cmp.Compare) {
			made.Words[w] = append(made.Words[w], i, weights[w])
		}
	}
	text, err := json.Marshal(made)
	if err != nil {
		return nil, fmt.Errorf("write the index: %w", err)
	}
	return text, nil
}

// Words cuts a text into the words that can be found, in small letters. A name of the configuration
// such as drain.timeout, GW_NO_ROUTE or max_body_bytes is one word, and its parts are words too.
func Words(text string) (words []string) {
	joins := func(r rune) bool { return r == '_' || r == '.' || r == '-' }
	ends := func(r rune) bool { return !joins(r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	add := func(w string) {
		if len(w) >= shortest && len(w) <= longest {
			words = append(words, w)
		}
	}
	for name := range strings.FieldsFuncSeq(strings.ToLower(text), ends) {
		name = strings.Trim(name, "._-")
		add(name)
		if parts := strings.FieldsFunc(name, joins); len(parts) > 1 {
			for _, p := range parts {
				add(p)
			}
		}
	}
	return words
}
