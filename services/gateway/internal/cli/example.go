package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/examples"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/node"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/terminal"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/upstreams"
)

// exampleRow is one example of example list --json.
type exampleRow struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Try     []string `json:"try"`
}

func (a *app) exampleCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "example",
		Short:   "Run complete examples, upstreams included",
		Long:    "The examples are part of this binary; they need no files and no network.",
		Example: "  gateway example run hello",
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	c.AddCommand(a.exampleListCommand(), a.exampleRunCommand())
	return c
}

func (a *app) exampleListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the examples",
		Long:    "list prints the examples that this binary can run.",
		Example: "  gateway example list",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			rows := []exampleRow{}
			t := a.out.Table("", "EXAMPLE", "WHAT IT SHOWS")
			for _, e := range examples.All() {
				row := exampleRow{Name: e.Name, Summary: e.Summary, Try: []string{}}
				for _, try := range e.Try {
					row.Try = append(row.Try, try.Command)
				}
				rows = append(rows, row)
				t.Row(e.Name, e.Summary)
			}
			if asJSON {
				return a.out.JSON(rows)
			}
			t.Write()
			return nil
		},
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) exampleRunCommand() *cobra.Command {
	var port string
	var l program.Log
	var names []string
	var completions []cobra.Completion
	for _, e := range examples.All() {
		names, completions = append(names, e.Name),
			append(completions, cobra.CompletionWithDesc(e.Name, e.Summary))
	}
	c := &cobra.Command{
		Use:   "run NAME",
		Short: "Run an example, upstreams included",
		Long: `run starts the upstreams of an example and the gateway in front of them in this process, and prints what to try. Its
configuration is put into a temporary folder: edit it there, and the gateway reloads it. Ctrl-C ends all and removes the
folder.`,
		Example: `  gateway example run hello
  gateway example run hello --port 0      # on any free ports`,
		ValidArgsFunction: cobra.FixedCompletions(completions, cobra.ShellCompDirectiveNoFileComp),
		Args:              exactArgs("NAME (" + strings.Join(names, ", ") + ")"),
	}
	c.Flags().StringVar(&port, "port", "",
		"the `port` of the first listener; 0 lets everything, upstreams and admin API included, "+
			"take any free one")
	c.Flags().StringVar(&l.Level, "log-level", "",
		"debug, info, warn or error; the default is info ("+program.EnvLogLevel+")")
	c.RunE = func(c *cobra.Command, args []string) error {
		for _, e := range examples.All() {
			if e.Name != args[0] {
				continue
			}
			l.Format = program.Text // it is for people, whatever services are told
			program.Fill(&port, a.Env(program.EnvPort))
			if err := errors.Join(program.CheckPort(port), l.Complete(a.Env)); err != nil {
				return usageError{err, c.CommandPath()}
			}
			return a.runExample(c.Context(), e, port, &l)
		}
		return usage(c, "there is no example %q%s", args[0],
			suggest(args[0], names, "; the examples are "))
	}
	return c
}

func (a *app) runExample(
	ctx context.Context, e examples.Example, port string, l *program.Log,
) (err error) {
	dir, err := os.MkdirTemp("", "gateway-example-"+e.Name+"-")
	if err != nil {
		return fmt.Errorf("make a folder for the example: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.CopyFS(dir, e.Files); err != nil {
		return fmt.Errorf("write the example: %w", err)
	}
	if e.Certificates != "" {
		if err := certifyHere(filepath.Join(dir, e.Certificates)); err != nil {
			return fmt.Errorf("make the certificates of the example: %w", err)
		}
	}
	anyPort := port == "0"
	ups, err := upstreams.Start(ctx, e, anyPort)
	if err != nil {
		return err
	}
	defer ups.Close()
	file := filepath.Join(dir, examples.Config)
	a.err.Printf("example %s: %s\n", a.err.Paint(terminal.Bold, e.Name), e.Summary)
	a.err.Printf("configuration: %s (edit it while the example runs)\n", file)
	for _, u := range ups.All() {
		a.err.Printf("upstream: %s", u.String())
		if u.Moved {
			a.err.Printf(", since %s is taken", u.Configured)
		}
		a.err.Printf("\n")
	}
	try := newTrying(a, e)
	lines := func(io.Writer) program.Lines { return try }
	err = a.runNode(ctx, l, lines, node.Options{
		Protocols: []string{config.ProtocolHTTP, config.ProtocolTCP},
		Load: func(*config.Published) (config.Source, error) {
			source, err := exampleSource(file, port, ups)
			if err == nil {
				try.wait(len(source.Document.Listeners))
			}
			return source, err
		},
	})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; `gateway example run %s --port 0` takes free ports for everything",
			err, e.Name)
	}
	return err
}

// exampleSource reads the configuration of an example, and puts the addresses into it that its
// parts really have.
func exampleSource(file, port string, ups *upstreams.Running) (config.Source, error) {
	source, err := config.Resolve(file, func(string) string { return "" })
	if err != nil {
		return source, err
	}
	d := source.Document
	for i := range d.Clusters {
		for j := range d.Clusters[i].Endpoints {
			endpoint := &d.Clusters[i].Endpoints[j]
			endpoint.Address = ups.Real(endpoint.Address)
		}
	}
	if d.Auth != nil {
		for i := range d.Auth.Forward {
			forward := &d.Auth.Forward[i]
			if u, err := url.Parse(forward.URL); err == nil { // else the checks below say so
				u.Host = ups.Real(u.Host)
				forward.URL = u.String()
			}
		}
	}
	if port == "0" {
		d.Admin.Address = freePort(d.Admin.Address)
		for i := range d.Listeners {
			d.Listeners[i].Address = freePort(d.Listeners[i].Address)
		}
	} else if n, err := strconv.Atoi(port); err == nil {
		d.SetPort(n)
	}
	return source, config.Validate(d).Err()
}

// freePort returns an address with the port 0.
func freePort(address string) string {
	host := address[:max(strings.LastIndexByte(address, ':'), 0)]
	if host == "" {
		return address // it is off
	}
	return host + ":0"
}
