package text

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Codes of what can be wrong with a text, whatever it says. They are stable: scripts branch on
// them. Package config has the codes of what can be wrong with a document.
const (
	CodeTooLarge     = "E_TOO_LARGE"
	CodeEncoding     = "E_ENCODING"
	CodeSyntax       = "E_SYNTAX"
	CodeDuplicateKey = "E_DUPLICATE_KEY"
	CodeType         = "E_TYPE"
)

// Problem is one thing that is wrong with a document. Line and Column count from 1 and are 0 where
// nothing in a file is to blame. Column counts characters.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path"` // of the value, as in routes[1].cluster; "" is the document
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// String returns the problem on one line: file:line:column: path: code: message; hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		b.WriteString(":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column))
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Code + ": " + p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is everything that is wrong with a document, ordered by position. It is an error when it
// is not empty; return [Problems.Err], not the slice itself, where an error is wanted.
type Problems []Problem

// Error returns the problems one to a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err returns ps as an error, nil when there is no problem.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Add appends a problem, unless there are so many that nobody will read it.
func (ps *Problems) Add(p Problem) {
	if len(*ps) < MostProblems {
		*ps = append(*ps, p)
	}
}

// Sort puts the problems in the order of their places.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column))
	})
}
