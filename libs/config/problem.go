package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Codes of Problem. They are stable: scripts and dashboards branch on them.
const (
	CodeRead         = "E_READ"              // the file can't be read
	CodeTooLarge     = "E_TOO_LARGE"         // the file, its nesting or its aliases are over the limit
	CodeEncoding     = "E_ENCODING"          // not UTF-8 text
	CodeSyntax       = "E_SYNTAX"            // not YAML or JSON
	CodeUnknownKey   = "E_UNKNOWN_KEY"       // a key the document does not have
	CodeDuplicateKey = "E_DUPLICATE_KEY"     // one key twice in one mapping
	CodeType         = "E_TYPE"              // a value of the wrong kind
	CodeValue        = "E_VALUE"             // a value of the right kind that makes no sense
	CodeUnit         = "E_UNIT"              // a duration or percentage without its unit
	CodeVersion      = "E_VERSION"           // a document version that can't be read
	CodeMissing      = "E_MISSING"           // a key that must be there
	CodeName         = "E_NAME"              // a name that can't be one
	CodeDupName      = "E_DUPLICATE_NAME"    // two things of one kind with one name
	CodeCluster      = "E_UNKNOWN_CLUSTER"   // a reference to no cluster
	CodeAuthRef      = "E_UNKNOWN_AUTH"      // a reference to no entry of auth
	CodeConflict     = "E_CONFLICT"          // two keys that exclude each other
	CodeDupRoute     = "E_DUPLICATE_ROUTE"   // two routes that match the same requests
	CodeAddress      = "E_ADDRESS"           // not host:port
	CodeCollision    = "E_ADDRESS_IN_USE"    // two listeners on one address
	CodeHost         = "E_HOST"              // not a host pattern
	CodePrefix       = "E_PATH_PREFIX"       // not a path prefix
	CodeMethod       = "E_METHOD"            // not a method
	CodeWeights      = "E_WEIGHTS"           // no weight above zero
	CodeNotYet       = "E_NOT_SUPPORTED_YET" // a documented key this version does not act on
	CodeTooMany      = "E_TOO_MANY_PROBLEMS" // the rest is left out
)

// Problem is one thing that is wrong with a document. Line and Column count from 1 and are 0 where nothing in a file is to
// blame. Column counts characters.
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

// Problems is everything that is wrong with a document, ordered by position. It is an error when it is not empty; return
// [Problems.Err], not the slice itself, where an error is wanted.
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

// add appends a problem, unless there are so many that nobody will read it.
func (ps *Problems) add(p Problem) {
	if len(*ps) < keptProblems {
		*ps = append(*ps, p)
	}
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}
