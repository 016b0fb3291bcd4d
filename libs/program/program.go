package program

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
)

// Exit codes, the same for every binary of the gateway.
const (
	ExitOK     = 0 // it ended as it was asked to
	ExitFailed = 1 // it failed while it was running
	ExitUsage  = 2 // wrong usage, or a configuration that cannot be used
)

// A Program is what a person sees of a service from outside.
type Program struct {
	Name    string // of the binary; start-up lines and errors begin with it
	About   string // what it is, for --help
	Example string // a command line, for --help
	Version string
	Commit  string // that it was built from; "": what the Go command noted, if it did

	// Env, Stdout and Stderr are those of the process, if Main runs the program.
	Env            func(string) string
	Stdout, Stderr io.Writer
	// Systemd is what systemd has given to the process, if Main runs the program.
	Systemd systemd.Service
	// Start is how the process was started, if Main runs the program.
	Start handover.Process
}

// A Service is what a program does. Its methods are called once each, in this order.
type Service interface {
	// Bind defines the flags of the service. Those of the shell are --log-level, --log-format
	// and --version.
	Bind(fs *flag.FlagSet)
	// Complete takes what flags left open from the environment, and checks it. Its errors are
	// wrong usage.
	Complete(env func(string) string) error
	// Run runs the service until ctx ends. An error made by Wrong or Invalid means that another
	// command line, or another configuration, would help.
	Run(ctx context.Context, p *Process) error
}

// A Process is what the shell gives to a service that runs.
type Process struct {
	Name, Version string
	Commit        string // as CommitOf has it
	Env           func(string) string
	Log           *logrus.Logger
	Lines         Lines
	// Stdout and Stderr are for data, which goes there as it is. What the program says about itself
	// goes to Log and Lines, which never wait for a reader.
	Stdout, Stderr io.Writer
	// Lost is how many lines of Log and Lines were lost; nil: nobody counts.
	Lost func() uint64
	// Systemd is what systemd has given to the process: its zero value where something else has
	// started it.
	Systemd systemd.Service
	// Start is how the process was started: its zero value where that is not known.
	Start handover.Process
	// Hide keeps the values of a configuration's secrets out of Log and Lines; nil: nothing does.
	Hide func(*config.Veil)
}

// Reads is what loads a configuration, with the values of its secrets hidden from then on.
func (p *Process) Reads(source config.Source, err error) (config.Source, error) {
	if err == nil && p.Hide != nil {
		p.Hide(source.Document.Veil())
	}
	return source, err
}

// Main runs a service in this process until a signal ends it, and returns the exit code.
func Main(p Program, s Service) int {
	OutliveReaders()
	signals := Notify(context.Background())
	defer signals.Stop()
	p.Env, p.Stdout, p.Stderr = os.Getenv, os.Stdout, os.Stderr
	p.Systemd = systemd.Take()
	p.Start = handover.Take()
	return p.run(signals.Context(), os.Args[1:], s, func(log *logrus.Logger) {
		signals.Drain(log)
		Capture(log)
	})
}

// Run runs a service with these arguments until ctx ends, and returns the exit code.
func (p Program) Run(ctx context.Context, args []string, s Service) int {
	return p.run(ctx, args, s, func(*logrus.Logger) {})
}

// run calls serving when the service is about to run.
func (p Program) run(
	ctx context.Context, args []string, s Service, serving func(*logrus.Logger),
) int {
	p.Version, p.Commit = VersionOf(p.Version), CommitOf(p.Commit)
	var l Log
	var version bool
	fs := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	s.Bind(fs)
	l.Bind(fs)
	fs.BoolVar(&version, "version", false, "print the version and exit")
	err := p.parse(fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return ExitOK
	case err == nil && version:
		fmt.Fprintln(p.Stdout, VersionLine(p.Name, p.Version, p.Commit))
		return ExitOK
	case err == nil:
		// The service comes first: it may read flags from a file, those of the log included.
		err = errors.Join(s.Complete(p.Env), l.Complete(p.Env))
	}
	if err != nil {
		Fail(p.Stderr, l.FormatSoFar(p.Env), p.Name+": "+err.Error())
		return ExitUsage
	}
	out := NewOutlet(p.Stderr, l.Format)
	defer out.Close()
	log := l.Logger(out)
	serving(log)
	err = s.Run(ctx, &Process{
		Name: p.Name, Version: p.Version, Commit: p.Commit, Env: p.Env, Log: log,
		Lines:  NewLines(p.Name, out, l.Format),
		Stdout: p.Stdout, Stderr: p.Stderr, Lost: out.Dropped, Hide: out.Hide,
		Systemd: p.Systemd, Start: p.Start,
	})
	return p.exit(out, err, l.Format)
}

// parse reads the flags, and prints the help if it is asked for.
func (p Program) parse(fs *flag.FlagSet, args []string) error {
	fs.SetOutput(io.Discard) // errors are printed once, by the caller
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(p.Stderr, "%s: %s\n\nUsage: %s [flags]\n\nExample: %s\n\nFlags:\n",
			p.Name, p.About, p.Name, p.Example)
		fs.SetOutput(p.Stderr)
		fs.PrintDefaults()
		return err
	case err != nil:
		return fmt.Errorf("%w (%s --help lists the flags)", err, p.Name)
	case fs.NArg() > 0:
		hint := ""
		if f := fs.Lookup("config"); f != nil && strings.Contains(fs.Arg(0), ".") {
			hint = "; a configuration is named with --config " + fs.Arg(0)
		}
		return fmt.Errorf(
			"there are no arguments besides flags, but got %q%s (%s --help lists the flags)",
			fs.Arg(0), hint, p.Name)
	}
	return nil
}

// exit prints the error that a service ended with, and returns the exit code.
func (p Program) exit(out io.Writer, err error, format string) int {
	switch {
	case err == nil:
		return ExitOK
	case errors.Is(err, ErrConfig):
		Fail(out, format, err.Error()) // its lines begin with the place of each problem
		return ExitUsage
	}
	Fail(out, format, p.Name+": "+err.Error())
	if errors.Is(err, ErrUsage) {
		return ExitUsage
	}
	return ExitFailed
}

// Fail prints the reason why a program ends: as it is, or in the JSON format one object a line.
func Fail(out io.Writer, format, text string) {
	if format != JSON {
		fmt.Fprintln(out, text)
		return
	}
	log := newLogger(out, JSON, logrus.InfoLevel)
	for line := range strings.Lines(text) {
		log.Error(strings.TrimSuffix(line, "\n"))
	}
}
