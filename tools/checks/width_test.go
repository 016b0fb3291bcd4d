package checks

import (
	"bytes"
	"fmt"
	"go/scanner"
	"go/token"
	"strings"
	"testing"
	"unicode/utf8"
)

// A line of Go may have maxWidth columns, where a tab takes tabWidth of them: two files then fit
// side by side on a screen, and so does a diff.
const (
	maxWidth = 100
	tabWidth = 4
)

func TestLinesAreNarrow(t *testing.T) {
	t.Parallel()
	eachFile(t, func(file string, content []byte) {
		if !strings.HasSuffix(file, ".go") || isGenerated(content) {
			return
		}
		for _, problem := range wideLines(content) {
			t.Errorf("%s:%s", file, problem)
		}
	})
}

// wideLines tells of each line that is too wide though it could be broken. Two kinds cannot:
//   - a line that is in a raw string where it reaches the last column: line breaks mean something
//     there. Brackets and a comma may follow the string;
//   - a line, or a line of a comment, that is one word, such as a URL.
func wideLines(content []byte) (problems []string) {
	raw := rawText(content)
	at := 0
	for i, line := range strings.SplitAfter(string(content), "\n") {
		begin := at
		at += len(line)
		line = strings.TrimSuffix(line, "\n")
		end := lastColumn(line)
		inRaw := raw.has(begin+end) || raw.has(begin+end-1) && strings.Trim(line[end:], ",)}") == ""
		if end == len(line) || inRaw || isOneWord(line) {
			continue
		}
		problems = append(problems,
			fmt.Sprintf("%d: %d columns. Rule: a line has at most %d, where a "+
				"tab takes %d, because the end of a wide one is not read",
				i+1, width(line), maxWidth, tabWidth))
	}
	return problems
}

// lastColumn is the length of what fits into maxWidth columns.
func lastColumn(line string) int {
	columns := 0
	for i, r := range line {
		if columns += runeWidth(r); columns > maxWidth {
			return i
		}
	}
	return len(line)
}

func width(line string) int {
	return utf8.RuneCountInString(line) + (tabWidth-1)*strings.Count(line, "\t")
}

func runeWidth(r rune) int {
	if r == '\t' {
		return tabWidth
	}
	return 1
}

func isOneWord(line string) bool {
	line = strings.TrimSpace(line)
	line = strings.TrimSpace(strings.TrimPrefix(line, "//"))
	return !strings.ContainsAny(line, " \t")
}

// isGenerated tells whether a file has the mark of https://go.dev/s/generatedcode.
func isGenerated(content []byte) bool {
	for line := range bytes.Lines(content) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("package ")) {
			return false
		}
		if bytes.HasPrefix(line, []byte("// Code generated ")) &&
			bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			return true
		}
	}
	return false
}

// spans are parts of a file, from the offset in [0] to before that in [1].
type spans [][2]int

func (s spans) has(offset int) bool {
	for _, span := range s {
		if offset >= span[0] && offset < span[1] {
			return true
		}
	}
	return false
}

// rawText returns where the raw strings of a Go file are.
func rawText(content []byte) (raw spans) {
	eachToken(content, func(offset int, tok token.Token, text string) {
		if tok == token.STRING && strings.HasPrefix(text, "`") {
			// The scanner drops carriage returns from text; there are none in this repository.
			raw = append(raw, [2]int{offset, offset + len(text)})
		}
	})
	return raw
}

// eachToken scans a Go file, comments included.
func eachToken(content []byte, visit func(offset int, tok token.Token, text string)) {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(content))
	s.Init(file, content, nil, scanner.ScanComments)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return
		}
		visit(file.Offset(pos), tok, text)
	}
}

func TestWideLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 90)
	for name, c := range map[string]struct {
		source string
		want   int
	}{
		"as wide as may be":     {"var a = \"" + long + "\"\n", 0},
		"code":                  {"var a, b = \"" + long + "\", 1\n", 1},
		"tabs count":            {"\t\t\t\tvar a = \"" + long[:80] + "\"\n", 1},
		"letters count, once":   {"// " + strings.Repeat("é", 95) + " a\n", 0},
		"a comment":             {"// " + long + " and more\n", 1},
		"a comment behind code": {"var a = 1 // " + long + "\n", 1},
		"a URL":                 {"// https://" + long + "\n", 0},
		"a URL with words":      {"// see https://" + long + "\n", 1},
		"a raw string":          {"var a = `" + long + " and more\n" + long + " and more`\n", 0},
		"a comma behind it":     {"var a = f(\n`" + long + "12345678`,\n)\n", 0},
		"behind a raw string":   {"var a = `a` + \"" + long + "\"\n", 1},
		"the last line":         {"// " + long + " and more", 1},
	} {
		if got := wideLines([]byte("package a\n" + c.source)); len(got) != c.want {
			t.Errorf("%s: %q, want %d", name, got, c.want)
		}
	}
}
