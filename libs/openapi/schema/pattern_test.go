package schema

import (
	"strings"
	"testing"
)

// Patterns are those of ECMA-262.
func TestPatterns(t *testing.T) {
	tests := []struct{ pattern, yes, no string }{
		{`^[a-z]+$`, "abc", "abc1"}, {`b`, "abc", "ac"}, {`^\d{2,}$`, "12", "1"},
		{`^\s$`, "\u00a0", "a"}, {`^\S$`, "a", "\ufeff"}, {`^[\s]$`, "\u2028", "a"},
		{`^[^\S]$`, " ", "a"}, {`^.$`, "ä", "\u2028"}, {`^\u00e4\x41$`, "äA", "aA"},
		{`^\u{1F600}$`, "😀", "x"}, {`^\ud83d\ude00$`, "😀", "x"}, {`^\/a\-b$`, "/a-b", "a"},
		{`^(?<year>[0-9]{4})$`, "2026", "26"}, {`^\p{Letter}+$`, "ä", "1"},
		{`^\p{Script=Greek}$`, "α", "a"}, {`^[^]$`, "\n", ""}, {`a{,2}`, "a{,2}", "aa"},
		{`^(?=.*[A-Z])(?=.*\d).{8,}$`, "Abcdefg1", "abcdefg1"}, {`^(?!admin)[a-z]+$`, "user",
			"admin1"},
		{`^.{1,2500}$`, strings.Repeat("x", 2500), strings.Repeat("x", 2501)},
		{`^x{2000}$`, strings.Repeat("x", 2000), strings.Repeat("x", 1999)},
		{`^\cA$`, "\x01", "A"}, {`^[\b]$`, "\b", "b"}, {`^[[]$`, "[", "]"}, {`^\$$`, "$", "a"},
	}
	for _, test := range tests {
		p, err := newPattern(test.pattern)
		if err != nil {
			t.Errorf("%s %v", test.pattern, err)
			continue
		}
		if !p.match([]byte(test.yes)) {
			t.Errorf("%s does not match %.20q", test.pattern, test.yes)
		}
		if p.match([]byte(test.no)) {
			t.Errorf("%s matches %.20q", test.pattern, test.no)
		}
	}
	for _, wrong := range []string{
		`(`, `)`, `[`, `\`, `a**`, `(?<=a)b`, `a(?=b)`, `(a)\1`, `\k<a>`, `\a`, `\Z`, `(?i)a`,
		`x{3,2}`,
		`\u12`, `\p{`, `\p{Nothing}`, strings.Repeat("a", 5000), `x{30000}`, `*`,
	} {
		if _, err := newPattern(wrong); err == nil {
			t.Errorf("%.20s is taken", wrong)
		}
	}
}

// Whatever a pattern is, it is compiled or it is an error.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{`^(?=.*[A-Z])a{1,2000}$`, `[^\s\S]\u{1f600}`, `(?<n>a)|b`,
		`\p{L=x}`} {
		f.Add(seed, "text")
	}
	f.Fuzz(func(t *testing.T, source, text string) {
		if p, err := newPattern(source); err == nil {
			p.match([]byte(text))
		}
	})
}
