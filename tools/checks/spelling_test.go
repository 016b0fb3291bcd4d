package checks

import (
	"fmt"
	"go/token"
	"strings"
	"testing"

	"github.com/golangci/misspell"
)

// Pages and comments have none of the slips that are commonly made in English.
func TestWordsAreSpelledRight(t *testing.T) {
	t.Parallel()
	words := misspell.New()
	words.Compile()
	eachFile(t, func(file string, content []byte) {
		switch {
		case strings.HasSuffix(file, ".md"):
			for _, slip := range slips(words, string(content), 1) {
				t.Errorf("%s:%s", file, slip)
			}
		case strings.HasSuffix(file, ".go") && !isGenerated(content):
			eachToken(content, func(offset int, tok token.Token, text string) {
				if tok != token.COMMENT {
					return
				}
				line := 1 + strings.Count(string(content[:offset]), "\n")
				for _, slip := range slips(words, text, line) {
					t.Errorf("%s:%s", file, slip)
				}
			})
		}
	})
}

// slips finds the slips of a text whose first line has this number.
func slips(words *misspell.Replacer, text string, line int) (found []string) {
	_, diffs := words.Replace(text)
	for _, d := range diffs {
		found = append(found, fmt.Sprintf("%d: write %q for %q", line+d.Line-1, d.Corrected,
			d.Original))
	}
	return found
}

func TestASlipIsFoundWhereItIs(t *testing.T) {
	t.Parallel()
	words := misspell.New()
	words.Compile()
	// The slip is put together here, so that it is none of this file.
	got := slips(words, "right\nso it is reci"+"eved and occ"+"ured\n", 7)
	want := []string{`8: write "received" for "reci` + `eved"`, `8: write "occurred" for "occ` + `ured"`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}
