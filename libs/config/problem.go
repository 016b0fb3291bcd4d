package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Codes of Problem. They are stable: scripts and dashboards branch on them. Codes says what each means.
const (
	CodeRead         = "E_READ"
	CodeTooLarge     = "E_TOO_LARGE"
	CodeEncoding     = "E_ENCODING"
	CodeSyntax       = "E_SYNTAX"
	CodeUnknownKey   = "E_UNKNOWN_KEY"
	CodeDuplicateKey = "E_DUPLICATE_KEY"
	CodeType         = "E_TYPE"
	CodeValue        = "E_VALUE"
	CodeUnit         = "E_UNIT"
	CodeVersion      = "E_VERSION"
	CodeMissing      = "E_MISSING"
	CodeName         = "E_NAME"
	CodeDupName      = "E_DUPLICATE_NAME"
	CodeCluster      = "E_UNKNOWN_CLUSTER"
	CodeAuthRef      = "E_UNKNOWN_AUTH"
	CodeConflict     = "E_CONFLICT"
	CodeDupRoute     = "E_DUPLICATE_ROUTE"
	CodeAddress      = "E_ADDRESS"
	CodeCollision    = "E_ADDRESS_IN_USE"
	CodeHost         = "E_HOST"
	CodePrefix       = "E_PATH_PREFIX"
	CodeMethod       = "E_METHOD"
	CodeWeights      = "E_WEIGHTS"
	CodeUnreachable  = "E_UNREACHABLE_ROUTE"
	CodeHeader       = "E_HEADER"
	CodeSecret       = "E_SECRET"
	CodeFile         = "E_FILE"
	CodeCertificate  = "E_CERTIFICATE"
	CodeSecurity     = "E_SECURITY"
	CodeAdminOpen    = "E_ADMIN_OPEN"
	CodeNotYet       = "E_NOT_SUPPORTED_YET"
	CodeTooMany      = "E_TOO_MANY_PROBLEMS"
)

// A CodeMeaning is a code of Problem with what it means.
type CodeMeaning struct{ Code, Meaning string }

// Codes returns every code there is.
func Codes() []CodeMeaning {
	return []CodeMeaning{
		{CodeRead, "the file can't be read"},
		{CodeTooLarge, "the file, its nesting or its aliases are over the limit"},
		{CodeEncoding, "not UTF-8 text"},
		{CodeSyntax, "not YAML or JSON"},
		{CodeUnknownKey, "a key the document does not have"},
		{CodeDuplicateKey, "one key twice in one mapping"},
		{CodeType, "a value of the wrong kind"},
		{CodeValue, "a value of the right kind that makes no sense"},
		{CodeUnit, "a duration or percentage without its unit"},
		{CodeVersion, "a document version that can't be read"},
		{CodeMissing, "a key that must be there"},
		{CodeName, "a name that can't be one"},
		{CodeDupName, "two things of one kind with one name"},
		{CodeCluster, "a reference to no cluster"},
		{CodeAuthRef, "a reference to no entry of auth"},
		{CodeConflict, "two keys that exclude each other"},
		{CodeDupRoute, "two routes that match the same requests, or two entries of sni the same name"},
		{CodeAddress, "not host:port"},
		{CodeCollision, "two listeners on one address"},
		{CodeHost, "not a host pattern"},
		{CodePrefix, "not a path prefix"},
		{CodeMethod, "not a method"},
		{CodeWeights, "no weight above zero"},
		{CodeUnreachable, "a route that no request can reach"},
		{CodeHeader, "a header field that can't be edited so"},
		{CodeSecret, "a secret that does not resolve, or where none may be"},
		{CodeFile, "a file that can't be used"},
		{CodeCertificate, "a certificate that can't be used"},
		{CodeSecurity, "TLS to endpoints that is not complete"},
		{CodeAdminOpen, "an admin API anybody could use"},
		{CodeNotYet, "a documented key this version does not act on"},
		{CodeTooMany, "the rest is left out"},
	}
}

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
