package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A verb makes one kind of file. Its arguments are flags.
type verb func(args []string) error

var verbs = map[string]verb{
	"archive":    archive,
	"deb":        deb,
	"formula":    formula,
	"notices":    notices,
	"pages":      pages,
	"provenance": provenance,
	"rpm":        rpm,
	"sbom":       bom,
	"sums":       listSums,
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	var known []string
	for name := range verbs {
		known = append(known, name)
	}
	slices.Sort(known)
	if len(args) == 0 || verbs[args[0]] == nil {
		return fmt.Errorf("the first argument is one of %s", strings.Join(known, ", "))
	}
	if err := verbs[args[0]](args[1:]); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}

// options is a set of flags that all have to be given, and no argument beside them.
type options struct {
	*flag.FlagSet
	optional map[string]bool
}

func newOptions(name string) *options {
	return &options{flag.NewFlagSet(name, flag.ContinueOnError), map[string]bool{}}
}

// list is a flag that can be given more than once.
func (o *options) list(name, usage string) *[]string {
	values := &[]string{}
	o.optional[name] = true
	o.Func(name, usage, func(v string) error {
		*values = append(*values, v)
		return nil
	})
	return values
}

func (o *options) text(name, usage string) *string { return o.String(name, "", usage) }

func (o *options) parse(args []string) error {
	if err := o.Parse(args); err != nil {
		return err
	}
	if o.NArg() > 0 {
		return fmt.Errorf("there are no arguments beside flags, but got %q", o.Arg(0))
	}
	var missing error
	o.VisitAll(func(f *flag.Flag) {
		if f.Value.String() == "" && !o.optional[f.Name] {
			missing = errors.Join(missing, fmt.Errorf("--%s is missing: %s", f.Name, f.Usage))
		}
	})
	return missing
}
