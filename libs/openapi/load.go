package openapi

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
	"github.com/gatewayhomebrew/gateway/libs/openapi/schema"
)

// Options say how a document is read.
type Options struct {
	// Read reads a file; nil: the file system does.
	Read func(path string) ([]byte, error)
	// Copies says for the beginning of a URL in which folder copies of what is there are. Other
	// remote references are refused. Nothing is ever fetched.
	Copies map[string]string
	// Base is what comes before the paths of the document, in place of the paths of its servers;
	// "/" for nothing. "" is that of the servers: an operation's, else the path's, else the
	// document's, each with every value that its variables may have. Without servers it is nothing.
	Base string
}

// Load reads a document and compiles it. The error is Problems.
func Load(path string, o Options) (*Contract, error) {
	if o.Read == nil {
		o.Read = os.ReadFile
	}
	sum := sha256.New()
	set := document.Set{Read: o.Read, Copies: o.Copies,
		Seen: func(_ *document.File, text []byte) {
			part := sha256.Sum256(text)
			sum.Write(part[:])
		}}
	f, err := set.Open(path)
	if err != nil {
		return nil, Problems{asProblem(path, err)}
	}
	b := builder{set: &set, file: f, contract: &Contract{}, base: o.Base}
	b.compiler = schema.NewCompiler(set.Load)
	b.document()
	problems, warnings := b.compiler.Finish()
	b.problems = append(b.problems, problems...)
	b.contract.warnings = sorted(append(b.warnings, warnings...))
	for _, f := range set.Files() {
		b.contract.files = append(b.contract.files, f.Path)
	}
	if len(b.problems) > 0 {
		return nil, sorted(b.problems)
	}
	b.contract.digest = hex.EncodeToString(sum.Sum(nil))
	return b.contract, nil
}

func asProblem(path string, err error) *document.Problem {
	if p, ok := err.(*document.Problem); ok {
		return p
	}
	return &document.Problem{File: path, Message: err.Error()}
}

func sorted(all Problems) Problems {
	slices.SortStableFunc(all, func(a, b *document.Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return slices.CompactFunc(all, func(a, b *document.Problem) bool { return *a == *b })
}
