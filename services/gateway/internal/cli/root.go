package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/handover"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/systemd"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// Exit codes, as every binary of the gateway has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// Options are what the process gives to Main.
type Options struct {
	Args           []string // without the name of the binary
	Env            func(string) string
	Stdin          io.Reader // nil: there is none
	Stdout, Stderr io.Writer
	Version        string
	Commit         string // "" is not known
	// Systemd is what systemd has given to the process.
	Systemd systemd.Service
	// Start is how the process was started.
	Start handover.Process
	// Serving, unless it is nil, is told when a verb is about to serve: from then on there is
	// something to drain, and a log for what libraries print.
	Serving func(*logrus.Logger)
}

// Main runs a command line and returns its exit code.
func Main(ctx context.Context, o Options) int {
	a := newApp(o)
	root := a.root()
	root.SetArgs(arrows(o.Args))
	root.SetOut(o.Stdout)
	root.SetErr(o.Stderr)
	return a.report(root.ExecuteContext(ctx))
}

// app is what the verbs of one command line share.
type app struct {
	Options
	color string           // --color
	out   *terminal.Output // stdout
	err   *terminal.Output // stderr
	input *config.Input    // stdin as a configuration; nil: there is no stdin
}

func newApp(o Options) *app {
	o.Version, o.Commit = program.VersionOf(o.Version), program.CommitOf(o.Commit)
	a := &app{Options: o, color: terminal.Auto}
	if o.Stdin != nil {
		a.input = &config.Input{From: o.Stdin}
	}
	a.outputs()
	return a
}

func (a *app) outputs() {
	a.out = terminal.NewOutput(a.Stdout, a.color, a.Env)
	a.err = terminal.NewOutput(a.Stderr, a.color, a.Env)
}

// errFailed and errUsageSaid end a verb that has said everything, with the exit codes 1 and 2.
var (
	errFailed    = errors.New("failed")
	errUsageSaid = errors.New("invalid")
)

// usageError is a command line that makes no sense.
type usageError struct {
	error
	command string // whose help explains it
}

func usage(c *cobra.Command, format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...), c.CommandPath()}
}

// report prints an error and returns the exit code.
func (a *app) report(err error) int {
	var wrong usageError
	var problems config.Problems
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFailed):
		return exitFailed
	case errors.Is(err, errUsageSaid):
		return exitUsage
	case errors.As(err, &wrong):
		a.err.Printf("%s %s\n", a.err.Paint(terminal.Red, "gateway:"), wrong.error)
		a.err.Printf("%s --help explains the command\n", wrong.command)
		return exitUsage
	case errors.As(err, &problems):
		printProblems(a.err, problems)
		return exitUsage
	case errors.Is(err, errInvalid):
		a.err.Printf("%s %s\n", a.err.Paint(terminal.Red, "gateway:"), withoutMark(err))
		return exitUsage
	case errors.Is(err, context.Canceled):
		a.err.Printf("gateway: interrupted\n")
		return exitFailed
	}
	for line := range strings.SplitSeq(err.Error(), "\n") { // joined errors
		a.err.Printf("%s %s\n", a.err.Paint(terminal.Red, "gateway:"), line)
	}
	return exitFailed
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "gateway",
		Short: "Run a gateway, check its configuration, and ask a running one how it is",
		Long: `gateway runs a lightweight L7 gateway in one process, checks and explains configurations without running them,
and asks a running gateway how it is.

Exit codes: 0 it went well, 1 it failed while running, 2 the command line or a configuration is wrong.`,
		Example: `  gateway run                                  # a built-in demo on http://127.0.0.1:8080
  gateway example run hello                    # a complete setup to play with
  gateway config validate gateway.yaml
  gateway status`,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(c *cobra.Command, args []string) error {
			if version && len(args) == 0 {
				return a.printVersion(false)
			}
			return a.group(c, args)
		},
		Args: cobra.ArbitraryArgs, // group looks at them
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains([]string{terminal.Auto, terminal.Always, terminal.Never}, a.color) {
				return usage(c, "--color is %q; it must be auto, always or never", a.color)
			}
			a.outputs()
			return nil
		},
	}
	root.PersistentFlags().StringVar(&a.color, "color", terminal.Auto,
		"`when` to use colours: auto, always or never; auto is on a terminal, without NO_COLOR")
	root.Flags().BoolVar(&version, "version", false, "print the version and exit")
	_ = root.RegisterFlagCompletionFunc("color",
		cobra.FixedCompletions([]string{terminal.Auto, terminal.Always, terminal.Never},
			cobra.ShellCompDirectiveNoFileComp))
	root.SetFlagErrorFunc(a.flagError)
	root.AddCommand(
		a.runCommand(), a.initCommand(), a.proxyCommand(), a.configCommand(), a.exampleCommand(),
		a.specCommand(), a.statusCommand(), a.fleetCommand(), a.reloadCommand(),
		a.rollbackCommand(), a.upgradeCommand(), a.drainCommand(), a.whyCommand(),
		a.errorsCommand(), a.certCommand(), a.keyCommand(), a.verifyCommand(),
		a.versionCommand(),
		a.completionCommand(), a.manCommand(),
	)
	root.SetHelpCommand(helpCommand(root))
	root.InitDefaultHelpCmd()
	return root
}

// group is what a command that only has verbs does.
func (a *app) group(c *cobra.Command, args []string) error {
	var verbs []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			verbs = append(verbs, sub.Name())
		}
	}
	switch {
	case len(args) > 0:
		if hint := deeper(c, args[0]); hint != "" {
			return usage(c, "%s has no verb %q; did you mean %s?", c.CommandPath(), args[0], hint)
		}
		return usage(c, "%s has no verb %q%s", c.CommandPath(), args[0],
			suggest(args[0], verbs, "; the verbs are "))
	case !c.HasParent():
		return c.Help()
	}
	return usage(c, "%s needs a verb: %s", c.CommandPath(), strings.Join(verbs, ", "))
}

// deeper returns the commands below those of c that have this name, as a person would type them.
func deeper(c *cobra.Command, name string) string {
	var found []string
	for _, group := range c.Commands() {
		for _, sub := range group.Commands() {
			if sub.IsAvailableCommand() && sub.Name() == name {
				found = append(found, sub.CommandPath())
			}
		}
	}
	return strings.Join(found, " or ")
}

// flagError explains a flag that can't be read.
func (a *app) flagError(c *cobra.Command, err error) error {
	if c.HasSubCommands() {
		// A flag of a verb that does not exist: the verb is what is wrong.
		if verb := firstVerb(a.Args, strings.Fields(c.CommandPath())[1:]); verb != "" {
			return a.group(c, []string{verb})
		}
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return usageError{err, c.CommandPath()}
	}
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return usage(c, "there is no flag -%s", name)
	}
	var flags []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			flags = append(flags, f.Name)
		}
	})
	slices.Sort(flags)
	hint := suggest(name, flags, "")
	return usage(c, "there is no flag --%s%s", name,
		strings.Replace(hint, "did you mean ", "did you mean --", 1))
}

// firstVerb returns the first argument that is no flag, after those that lead to a command.
func firstVerb(args, path []string) string {
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--color": // the one flag of a group that has a value
			i++
		case strings.HasPrefix(args[i], "-"):
		case len(path) > 0 && args[i] == path[0]:
			path = path[1:]
		default:
			return args[i]
		}
	}
	return ""
}

// helpCommand is cobra's, but an unknown command is an error.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND...]",
		Short:   "Explain a command",
		Long:    "help prints what COMMAND --help prints.",
		Example: "  gateway help config validate",
		ValidArgsFunction: func(
			_ *cobra.Command, args []string, _ string,
		) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if at, _, err := root.Find(args); err == nil {
				for _, sub := range at.Commands() {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			at, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usage(c, "there is no command %q to explain", strings.Join(args, " "))
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}

// noArgs and exactArgs are cobra's checks with errors of ours.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(c, "%s takes no arguments besides flags, but got %q", c.CommandPath(), args[0])
	}
	return nil
}

func exactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usage(c, "%s: %s is missing", c.CommandPath(), names[len(args)])
		case len(args) > len(names):
			return usage(c, "%s: %q is one argument too many", c.CommandPath(), args[len(names)])
		}
		return nil
	}
}

// jsonFlag defines --json.
func jsonFlag(c *cobra.Command, p *bool) {
	c.Flags().BoolVar(p, "json", false, "print JSON, for programs")
}
