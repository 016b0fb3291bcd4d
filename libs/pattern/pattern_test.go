package pattern

import (
	"strings"
	"testing"
)

func TestAnExpressionMatchesAWholeText(t *testing.T) {
	for _, tc := range []struct {
		expr, text string
		want       bool
	}{
		{"2|3", "3", true}, {"2|3", "23", false}, {"a.*", "abc", true}, {"a", "a\n", false},
		{"(?i)yes", "YES", true}, {"", "", true}, {"", "a", false}, {"^a$", "a", true},
	} {
		re, err := Compile(tc.expr)
		if err != nil {
			t.Fatal(err)
		}
		if re.MatchString(tc.text) != tc.want {
			t.Errorf("%q and %q: %t", tc.expr, tc.text, !tc.want)
		}
	}
}

func TestExpressionsThatAreRefused(t *testing.T) {
	const notRE2 = "is not a regular expression of RE2"
	for expr, want := range map[string]string{
		"(a":                                     notRE2 + ": missing closing ): (a",
		"(?=a)":                                  notRE2,
		`(a)\1`:                                  notRE2 + ": invalid escape sequence",
		"a{1001}":                                notRE2 + ": invalid repeat count",
		strings.Repeat("a", MaxBytes+1):          "has 1025 bytes; 1024 are the most",
		"(" + strings.Repeat("ab", 9) + "){999}": "steps; 5000 are the most",
	} {
		if _, err := Compile(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", expr, err, want)
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("a|b", "a")
	f.Add("((((x{0,9}){9}){9}){9})", "x")
	f.Fuzz(func(t *testing.T, expr, text string) {
		if re, err := Compile(expr); err == nil {
			re.MatchString(text)
		}
	})
}
