package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Bounds of an expression.
const (
	// MaxBytes is the most bytes of one.
	MaxBytes = 1024
	// maxProgram is the most instructions that one may compile to; each byte of a text costs at
	// most as many steps.
	maxProgram = 5000
)

// Compile compiles an expression. An error reads behind the expression: "is not …".
func Compile(expr string) (*regexp.Regexp, error) {
	if len(expr) > MaxBytes {
		return nil, fmt.Errorf("has %d bytes; %d are the most", len(expr), MaxBytes)
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		var e *syntax.Error
		if errors.As(err, &e) {
			return nil, fmt.Errorf("is not a regular expression of RE2: %s: %s", e.Code, e.Expr)
		}
		return nil, fmt.Errorf("is not a regular expression of RE2: %w", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, fmt.Errorf("is not a regular expression of RE2: %w", err)
	}
	if n := len(program.Inst); n > maxProgram {
		return nil, fmt.Errorf("compiles to %d steps; %d are the most, so repeat less", n,
			maxProgram)
	}
	return regexp.Compile(`\A(?:` + expr + `)\z`)
}
