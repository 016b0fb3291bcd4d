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
	for _, unit := range []string{
		`"`, "'", `"" `, "'' ", `""`, "&a ", "*a ", "! ", "!a ", "[] ", "{} ", "[]", "[", "{", "- ",
		"? ", "a ", "a: ", `"":`, `"": `, `"" : `, "&a &b ", `"a" 'b' `, "[]{}", "|", ">", "%", "@",
		"`", "\r", "\t", "a\r", "\u0085", "\u2028", `""` + "\r", "&a\r", "#", "]", "}", "- - ",
		"-\t",
		"!<a> ", "!!a ", "? ? ", "?[", "-[", `"\u0041`, "\u00e9 ", "\ufeff",
	} {
		var before, after runtime.MemStats
		data := []byte(strings.Repeat(unit, size/len(unit)))
		runtime.ReadMemStats(&before)
		var ps text.Problems
		text.Parse("x.yaml", data, &ps)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 40*size {
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
