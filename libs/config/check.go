package config

import (
	"reflect"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config/internal/tags"
	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// MaxDuration is the longest duration of a document. Nothing waits for longer, and sums of
// durations and times stay far from what their type can hold.
const MaxDuration = 365 * 24 * time.Hour

// check says what is wrong with a value that is no reference to a secret, by the rule of its key:
// "" for nothing.
func check(r *tags.Rule, v reflect.Value) (code, message, hint string, words []string) {
	switch v.Type() {
	case percentType:
		if p := Percent(v.Float()); p < 0 || p > 1 {
			return CodeValue, p.String() + " is not between 0% and 100%", "", nil
		}
		return
	case durationType:
		switch d := time.Duration(v.Int()); {
		case r.Positive && d <= 0:
			return CodeValue, "the duration is zero", "write 10s, or remove the section", nil
		case d > MaxDuration:
			return CodeValue, "the duration " + d.String() + " is longer than a year",
				"8760h is the most", nil
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		if r.Words != nil && !contains(r.Words, v.String()) {
			return CodeValue, text.Quote(v.String()) + " is not one of the values", "", r.Words
		}
	case reflect.Float64:
		if f := v.Float(); f < 0 || f > 1 {
			return CodeValue, strconv.FormatFloat(f, 'g', -1, 64) + " is not between 0 and 1", "",
				nil
		}
	case reflect.Int, reflect.Int64:
		if !r.Bounded {
			return
		}
		if r.Zero != "" {
			hint = "0 " + r.Zero
		}
		switch n := v.Int(); {
		case n < r.Least:
			return CodeValue, strconv.FormatInt(n, 10) + " is too small, and " +
				strconv.FormatInt(r.Least, 10) + " is the least", hint, nil
		case n > r.Most:
			return CodeValue, strconv.FormatInt(n, 10) + " is too large, and " +
				strconv.FormatInt(r.Most, 10) + " is the most", "", nil
		}
	}
	return "", "", "", nil
}

func contains(words []string, s string) bool {
	for _, w := range words {
		if w == s {
			return true
		}
	}
	return false
}
