package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// compress checks which responses are compressed.
func (v *validator) compress(c *Compress, at spot) {
	v.once("compress.algorithms", c.Algorithms, at)
	v.once("compress.types", c.Types, at)
	for j, kind := range c.Types {
		if !validMediaRange(kind) {
			v.wrong(at.item("compress.types", j).String(), CodeValue, kind,
				errors.New("is no media type, nor a range of them"),
				"write text/html, text/*, application/*+json or */*, without parameters")
		}
	}
}

// once finds what is in a list twice.
func (v *validator) once(key string, list []string, at spot) {
	for j, entry := range list {
		if slices.Contains(list[:min(j, 100)], entry) {
			v.add(at.item(key, j).String(), CodeValue,
				fmt.Sprintf("%s is in this list twice", text.Quote(entry)), "remove one")
		}
	}
}

// validMediaRange reports whether a text is type/subtype, type/*, type/*+suffix or */*.
func validMediaRange(s string) bool {
	major, minor, ok := strings.Cut(s, "/")
	if s == "*/*" {
		return true
	}
	minor = strings.TrimPrefix(minor, "*+")
	return ok && validToken(major) && validToken(minor) && !strings.Contains(major, "*") &&
		(minor == "*" || !strings.Contains(minor, "*"))
}
