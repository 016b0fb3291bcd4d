package checks

import (
	"fmt"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

// dialect are words of comments that send their reader somewhere else, or leave open what is meant.
var dialect = []struct {
	word   *regexp.Regexp
	advice string
}{
	{
		regexp.MustCompile(`(?i)\bwhoever\b`),
		"name who is meant: the caller, a client, the goroutine that waits",
	},
	{
		regexp.MustCompile(`(?:^|[.:;] )Who [a-z]+(?:s|n't) `),
		"name who is meant, as the subject of the sentence: a client that speaks another protocol",
	},
	{
		regexp.MustCompile(
			`(?i)\b(?:for|by|so that|makes|wakes) who (?:[a-z]+s|[a-z]+ed|got|would)\b`),
		"name who is meant: for a caller that got it",
	},
	{
		regexp.MustCompile(`(?i)\b(?:see|as) (?:above|below|move)\b`),
		"say it here once more, in short: the place it points to may move, or not be on the screen",
	},
	{
		regexp.MustCompile(`(?i)\b(?:likewise|ditto)\b`),
		"say it here once more: the line it points to may move",
	},
}

// TestCommentsStandAlone wants comments that a reader understands where they stand, also one for
// whom English is a second language.
func TestCommentsStandAlone(t *testing.T) {
	t.Parallel()
	eachFile(t, func(file string, content []byte) {
		if !strings.HasSuffix(file, ".go") || isGenerated(content) {
			return
		}
		for _, problem := range dialectIn(content) {
			t.Errorf("%s:%s", file, problem)
		}
	})
}

func dialectIn(content []byte) (problems []string) {
	eachToken(content, func(offset int, tok token.Token, text string) {
		if tok != token.COMMENT {
			return
		}
		line := 1 + strings.Count(string(content[:offset]), "\n")
		text = strings.TrimSpace(strings.TrimPrefix(text, "//"))
		for _, d := range dialect {
			if found := d.word.FindString(text); found != "" {
				problems = append(problems,
					fmt.Sprintf("%d: %q. Rule: a comment is understood where "+
						"it stands. Instead, %s", line, found, d.advice))
			}
		}
	})
	return problems
}

func TestDialectIn(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]int{
		"// Whoever calls it waits.":                       1,
		"var a = 1 // for whoever asks":                    1,
		"// Who speaks it is told.":                        1,
		"// It ends. Who waits is told.":                   1,
		"// for who got it":                                1,
		"// as above":                                      1,
		"// It moves: see move.":                           1,
		"// likewise":                                      1,
		"// A caller that waits is told who it is.":        0,
		"// Nothing is above it, and nothing is below.":    0,
		"var whoever = \"whoever\"":                        0,
		"// Who may call it, and when, is in the contract": 0,
	} {
		if got := dialectIn([]byte("package a\n" + comment + "\n")); len(got) != want {
			t.Errorf("%s: %q, want %d", comment, got, want)
		}
	}
}
