package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/secrets"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
)

// errInvalid marks an error that a configuration, or how it was named, is to blame for, and that
// has no position in it.
var errInvalid = errors.New("invalid configuration")

// invalid marks an error of config.Resolve, unless it is Problems, which speak for themselves.
func invalid(err error) error {
	var problems config.Problems
	if errors.As(err, &problems) {
		return err
	}
	return fmt.Errorf("%w: %w", errInvalid, err)
}

// withoutMark is the text of an error without that of errInvalid.
func withoutMark(err error) string {
	return strings.TrimPrefix(err.Error(), errInvalid.Error()+": ")
}

// codeBuild is the code of a problem that only shows when a plan is built.
const codeBuild = "E_BUILD"

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check, show, compare, explain and import configurations",
		Long: "The verbs of config work on files; they need no gateway that runs, and " +
			"change nothing.",
		Example: "  gateway config validate gateway.yaml",
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	c.AddCommand(a.validateCommand(), a.showCommand(), a.diffCommand(), a.importCommand())
	return c
}

// files completes names of configurations.
func files(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"yaml", "yml", "json"}, cobra.ShellCompDirectiveFilterFileExt
}

// resolve finds and reads a configuration, its secrets included, as a service does. With running,
// certificates that went stale are no matter, as for a service that has to run.
func (a *app) resolve(path string, running bool) (config.Source, error) {
	resolver := secrets.Resolver{LookupEnv: func(name string) (string, bool) {
		value := a.Env(name)
		return value, value != ""
	}}
	return config.Options{
		Secrets: resolver.Resolve, Running: running, Input: a.input,
	}.Resolve(path, a.Env)
}

// load reads a configuration the way a service does, and builds the plan it would run. See resolve
// for running.
func (a *app) load(path string, running bool) (config.Source, *plan.Plan, error) {
	source, err := a.resolve(path, running)
	if err != nil {
		return source, nil, invalid(err)
	}
	p, err := plan.Build(source.Document)
	if ps := source.Document.Warnings(); err != nil && len(ps) > 0 {
		return source, nil, ps
	}
	if err != nil {
		return source, nil, config.Problems{{
			File: source.Path, Code: codeBuild, Message: err.Error(),
			Hint: "validation should have found this; please report it",
		}}
	}
	return source, p, nil
}

// printProblems prints problems as the services do, one to a line.
func printProblems(o *terminal.Output, ps config.Problems) {
	for _, p := range ps {
		style := terminal.Red
		if strings.HasPrefix(p.Code, "W_") {
			style = terminal.Yellow
		}
		before, after, ok := strings.Cut(p.String(), p.Code)
		if !ok {
			o.Printf("%s\n", p.String())
			continue
		}
		o.Printf("%s%s%s\n", before, o.Paint(style, p.Code), after)
	}
}

// short is as much of a digest as people compare.
func short(digest string) string { return digest[:min(len(digest), 12)] }

// plural returns "1 route" or "2 routes".
func plural(n int, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case strings.HasSuffix(thing, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(thing, "y"))
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
