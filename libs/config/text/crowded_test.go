package text_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// No text of the size that a configuration may have costs many times its size.
func TestNoTextCostsManyTimesItsSize(t *testing.T) {
	const size = 4 << 20
	units := []string{
		`"`, "'", `"" `, "'' ", `""`, "&a ", "*a ", "! ", "!a ", "[] ", "{} ", "[]", "[", "{", "- ",
		"? ", "a ", "a: ", `"":`, `"": `, `"" : `, "&a &b ", `"a" 'b' `, "[]{}", "|", ">", "%", "@",
		"`", "\r", "\t", "a\r", "\u0085", "\u2028", `""` + "\r", "&a\r", "#", "]", "}", "- - ",
		"-\t",
		"!<a> ", "!!a ", "? ? ", "?[", "-[", `"\u0041`, "\u00e9 ", "\ufeff",
		`"":'' `, `"",`, "a:,", "[]:", "{}: ", "*a :", "&a :", "!a :", "a,", ":a", `"":"":"":,`,
		`"":` + strings.Repeat("'':", 30) + "\n",
	}
	// The same within what is open: the library has to keep all of it, since it may be a key.
	for _, unit := range units {
		for _, open := range []string{"{", "? ["} {
			units = append(units, open+"\x00"+unit)
		}
	}
	for _, unit := range units {
		var before, after runtime.MemStats
		open, again, ok := strings.Cut(unit, "\x00")
		if !ok {
			open, again = "", unit
		}
		data := []byte(open + strings.Repeat(again, (size-len(open))/len(again)))
		runtime.ReadMemStats(&before)
		var ps text.Problems
		text.Parse("x.yaml", data, &ps)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 80*size {
			t.Errorf("%q: %d MB for 4", unit, took>>20)
		}
	}
}

// What people write is far from the bound.
func TestLongLinesAreNotCrowded(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"JSON": `{"a":[` + strings.Repeat(`{"b":"c","d":["e",{}]},`, 5000) + `{}]}`,
		"text": "# it's not plain\na: &x \"" + strings.Repeat("it's *bold*! ", 3000) +
			"\"\nb: *x\n",
	} {
		var ps text.Problems
		if text.Parse("x.yaml", []byte(data), &ps) == nil {
			t.Errorf("%s: %v", name, ps)
		}
	}
}
