package config

import (
	"errors"
	"strings"
)

// mostPointer is the longest JSON pointer, in bytes.
const mostPointer = 1024

// ParsePointer returns the keys that a JSON pointer (RFC 6901) goes through. The pointer to the
// whole document, which is empty, is none here.
func ParsePointer(s string) ([]string, error) {
	switch {
	case s == "":
		return nil, errors.New("is the pointer to all of a body")
	case s[0] != '/':
		return nil, errors.New("is no JSON pointer: it does not begin with a slash")
	case len(s) > mostPointer:
		return nil, errors.New("is longer than 1024 bytes")
	}
	keys := strings.Split(s[1:], "/")
	for i, key := range keys {
		for at := strings.IndexByte(key, '~'); at >= 0; {
			if at+1 == len(key) || key[at+1] != '0' && key[at+1] != '1' {
				return nil, errors.New("is no JSON pointer: a tilde is written ~0, and a slash " +
					"in a key ~1")
			}
			next := strings.IndexByte(key[at+2:], '~')
			if next < 0 {
				break
			}
			at += 2 + next
		}
		keys[i] = strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
	}
	return keys, nil
}
