package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/node"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

func (a *app) runCommand() *cobra.Command {
	var s node.Settings
	var l program.Log
	s.Protocols = []string{config.ProtocolHTTP, config.ProtocolTCP}
	c := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Run the gateway",
		Long: `run runs the gateway in this process until it gets SIGINT or SIGTERM, or is told to drain; then
requests that run go on until they end or drain.timeout passes. A second signal changes nothing, but
Ctrl-C typed twice at a terminal ends the process at once. SIGHUP, and saving the file, reload the
configuration. FILE is the configuration, - is standard input; without one it takes what
GATEWAY_CONFIG names, else ` + config.Searched() + `,
else it serves a built-in demo on http://127.0.0.1:8080.

What counts, from the least: defaults, the file, the overlay that GATEWAY_ENV names, the environment, flags.`,
		Example: `  gateway run
  gateway run gateway.yaml --log-level debug
  GATEWAY_ENV=production gateway run --port 0`,
		Args:              cobra.ArbitraryArgs, // named below
		ValidArgsFunction: files,
	}
	s.Stdin = a.Stdin
	s.Bind(c.Flags())
	l.Bind(c.Flags())
	_ = c.RegisterFlagCompletionFunc("config", files)
	_ = c.RegisterFlagCompletionFunc("log-level",
		cobra.FixedCompletions([]string{"debug", "info", "warn", "error"},
			cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-format",
		cobra.FixedCompletions([]string{program.Text, program.JSON},
			cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := oneFile(c, args, &s.Config); err != nil {
			return a.machineReadable(err, l.FormatSoFar(a.Env))
		}
		if err := errors.Join(s.Complete(a.Env), l.Complete(a.Env)); err != nil {
			return a.machineReadable(usageError{err, c.CommandPath()}, l.FormatSoFar(a.Env))
		}
		lines := func(out io.Writer) program.Lines {
			return program.NewLines("gateway", out, l.Format)
		}
		err := a.runNode(c.Context(), &l, lines, node.Options{
			Protocols: s.Protocols,
			Load: func(p *config.Published) (config.Source, error) {
				return s.Load(a.Env, p)
			},
			LoadBefore: func(p *config.Published, b *config.Source) (config.Source, error) {
				return s.LoadBefore(a.Env, p, b)
			},
		})
		return a.machineReadable(err, l.Format)
	}
	return c
}

// oneFile takes the file that is named by an argument, or by --config, which is in path.
func oneFile(c *cobra.Command, args []string, path *string) error {
	switch {
	case len(args) == 0:
		return nil
	case len(args) > 1:
		return usage(c, "%s runs one file, but got %q too", c.CommandPath(), args[1])
	case args[0] == "":
		return usage(c, "%s: the name of the file is empty", c.CommandPath())
	case *path != "":
		return usage(c, "%s and --config %s both name a file; name one", args[0], *path)
	}
	*path = args[0]
	return nil
}

// runNode completes options and runs a node with them. lines makes the start-up lines, which may
// go to where the log goes.
func (a *app) runNode(
	ctx context.Context, l *program.Log, lines func(log io.Writer) program.Lines, o node.Options,
) error {
	out := program.NewOutlet(a.Stderr, l.Format)
	defer out.Close()
	log := l.Logger(out)
	if a.Serving != nil {
		a.Serving(log)
	}
	o.Process = &program.Process{
		Name: "gateway", Version: a.Version, Commit: a.Commit, Env: a.Env,
		Log: log, Lines: lines(out),
		Stdout: a.Stdout, Stderr: a.Stderr, Lost: out.Dropped, Hide: out.Hide,
		Systemd: a.Systemd, Start: a.Start,
	}
	load, before := o.Load, o.LoadBefore
	if before != nil {
		o.LoadBefore = func(p *config.Published, b *config.Source) (config.Source, error) {
			return o.Reads(before(p, b))
		}
	}
	o.Load = func(p *config.Published) (config.Source, error) { return o.Reads(load(p)) }
	err := out.Veiled(node.Run(ctx, o))
	if errors.Is(err, program.ErrConfig) {
		return invalid(err)
	}
	return err
}

// machineReadable prints an error as JSON where the log is JSON, since stderr has nothing else
// then. The error that it returns has the exit code, and nothing more to say.
func (a *app) machineReadable(err error, format string) error {
	if err == nil || format != program.JSON {
		return err
	}
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		program.Fail(a.Stderr, format, "gateway: "+wrong.Error())
		return errUsageSaid
	case errors.Is(err, errInvalid):
		program.Fail(a.Stderr, format, withoutMark(err))
		return errUsageSaid
	}
	program.Fail(a.Stderr, format, "gateway: "+err.Error())
	return errFailed
}
