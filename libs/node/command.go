package node

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// Exit codes, as every binary of the gateway has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// A Command is a binary that runs a node and has nothing but flags.
type Command struct {
	Name, About, Version string
	Protocols            []string // of the listeners it serves
	Env                  func(string) string
	Stdout, Stderr       io.Writer
}

// Run runs the command until ctx ends, and returns its exit code: 0 ended as asked, 1
// failed while running, 2 wrong usage or invalid configuration.
func (c Command) Run(ctx context.Context, args []string) int {
	var s Settings
	err := c.parse(&s, args)
	if err == nil && !s.Version {
		err = s.Complete(c.Env)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(c.Stderr, "%s: %v\n", c.Name, err)
		return exitUsage
	case s.Version:
		c.printVersion()
		return exitOK
	}
	log := s.Logger()
	log.SetOutput(c.Stderr)
	err = Run(ctx, Options{
		Name: c.Name, Protocols: c.Protocols, Version: c.Version, Log: log, Stdout: c.Stdout, Stderr: c.Stderr,
		Load: func(p *config.Published) (config.Source, error) { return s.Load(c.Env, p) },
	})
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, ErrConfig):
		fmt.Fprintf(c.Stderr, "%v\n", err)
		return exitUsage
	}
	fmt.Fprintf(c.Stderr, "%s: %v\n", c.Name, err)
	return exitFailed
}

// parse reads the flags.
func (c Command) parse(s *Settings, args []string) error {
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by the caller
	s.Bind(fs)
	fs.BoolVar(&s.Version, "version", false, "print the version and exit")
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(c.Stderr, "%s: %s\n\nUsage: %s [flags]\n\nExample: %s --config gateway.yaml --log-level debug\n\nFlags:\n", c.Name, c.About, c.Name, c.Name)
		fs.SetOutput(c.Stderr)
		fs.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w (%s --help lists the flags)", err, c.Name)
	case fs.NArg() > 0:
		return fmt.Errorf("there are no arguments besides flags, but got %q (%s --help lists the flags)", fs.Arg(0), c.Name)
	}
	return nil
}

func (c Command) printVersion() {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	fmt.Fprintf(c.Stdout, "%s %s, commit %s, %s, %s/%s\n", c.Name, c.Version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
