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

// Compile compiles an expression that matches a whole text. An error reads behind the expression:
// "is not …".
func Compile(expr string) (*regexp.Regexp, error) {
	if err := check(expr); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + expr + `)\z`)
}

// Part compiles an expression that matches a part of a text. Errors are as those of Compile.
func Part(expr string) (*regexp.Regexp, error) {
	if err := check(expr); err != nil {
		return nil, err
	}
	return regexp.Compile(expr)
}

// check holds an expression against the bounds.
func check(expr string) error {
	if len(expr) > MaxBytes {
		return fmt.Errorf("has %d bytes; %d are the most", len(expr), MaxBytes)
	}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		var e *syntax.Error
		if errors.As(err, &e) {
			return fmt.Errorf("is not a regular expression of RE2: %s: %s", e.Code, e.Expr)
		}
		return fmt.Errorf("is not a regular expression of RE2: %w", err)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return fmt.Errorf("is not a regular expression of RE2: %w", err)
	}
	if n := len(program.Inst); n > maxProgram {
		return fmt.Errorf("compiles to %d steps; %d are the most, so repeat less", n,
			maxProgram)
	}
	return nil
}
