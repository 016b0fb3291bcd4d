package spdx

import (
	"strings"
	"unicode"
)

// A licence is told by phrases that its text has and that no other one in the table has in the
// same combination.
type licence struct {
	id   string
	has  []string
	not  []string
	note bool // an addition to a licence, such as a grant of patents, and none itself
}

// The first that fits is it, so what is stricter comes first. Phrases are as words makes them.
var licences = []licence{
	{id: "Apache-2.0", has: []string{
		"apache license version 2 0", "grant of patent license", "redistribution",
	}},
	{id: "Apache-2.0", has: []string{"licensed under the apache license version 2 0"}},
	{id: "MPL-2.0", has: []string{"mozilla public license version 2 0", "covered software"}},
	{id: "BSD-3-Clause", has: []string{
		"redistribution and use in source and binary forms",
		"used to endorse or promote products derived from",
		"this software is provided by the copyright holders",
	}, not: []string{"all advertising materials"}},
	{id: "BSD-3-Clause", has: []string{
		"redistribution and use in source and binary forms",
		"used to endorse or promote products derived from",
		"this software is provided by",
	}, not: []string{"all advertising materials"}},
	{id: "BSD-2-Clause", has: []string{
		"redistribution and use in source and binary forms", "this software is provided",
	}, not: []string{"used to endorse", "all advertising materials"}},
	{id: "ISC", has: []string{
		"permission to use copy modify and or distribute this software for any purpose",
		"above copyright notice and this permission notice appear in all copies",
	}},
	{id: "ISC", has: []string{
		"permission to use copy modify and distribute this software for any purpose",
		"above copyright notice and this permission notice appear in all copies",
	}},
	{id: "MIT", has: []string{
		"permission is hereby granted free of charge to any person obtaining a copy",
		"the software is provided as is",
	}},
	{id: "Unlicense", has: []string{"this is free and unencumbered software released into"}},
	{id: "CC0-1.0", has: []string{"cc0 1 0 universal"}},
	{note: true, has: []string{"additional ip rights grant patents"}},
}

// Identify returns the identifiers of the licences in a text, in the order of the table; none
// where it knows none. known also says that a text is an addition to a licence, which has no
// identifier.
func Identify(text string) (ids []string, known bool) {
	text = words(text)
	seen := map[string]bool{}
	for _, l := range licences {
		if !l.fits(text) {
			continue
		}
		known = true
		if !l.note && !seen[l.id] {
			seen[l.id] = true
			ids = append(ids, l.id)
		}
	}
	return ids, known
}

func (l licence) fits(text string) bool {
	for _, phrase := range l.has {
		if !strings.Contains(text, phrase) {
			return false
		}
	}
	for _, phrase := range l.not {
		if strings.Contains(text, phrase) {
			return false
		}
	}
	return true
}

// words is the text in small letters with one space for whatever is between two words.
func words(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}
