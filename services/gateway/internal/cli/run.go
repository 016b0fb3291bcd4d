package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/node"
)

func (a *app) runCommand() *cobra.Command {
	var s node.Settings
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the gateway",
		Long: `run runs the gateway in this process until it gets SIGINT or SIGTERM, or is told to drain; then requests that run go on
until they end or drain.timeout passes. SIGHUP, and saving the file, reload the configuration. Without a configuration it
serves a built-in demo on http://127.0.0.1:8080.

What counts, from the least: defaults, the file, the overlay that GATEWAY_ENV names, the environment, flags.`,
		Example: `  gateway run
  gateway run --config gateway.yaml --log-level debug
  GATEWAY_ENV=production gateway run --port 0`,
		Args: noArgs,
	}
	s.Bind(c.Flags())
	_ = c.RegisterFlagCompletionFunc("config", files)
	_ = c.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions([]string{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{node.LogText, node.LogJSON}, cobra.ShellCompDirectiveNoFileComp))
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := s.Complete(a.Env); err != nil {
			return usageError{err, c.CommandPath()}
		}
		return a.runEdge(c.Context(), &s, node.Options{
			Stderr: a.Stderr, Protocols: []string{config.ProtocolHTTP, config.ProtocolTCP},
			Load: func(p *config.Published) (config.Source, error) { return s.Load(a.Env, p) },
		})
	}
	return c
}

// runEdge completes options and runs an edge with them.
func (a *app) runEdge(ctx context.Context, s *node.Settings, o node.Options) error {
	o.Name, o.Version, o.Stdout = "gateway", a.Version, a.Stdout
	o.Log = s.Logger()
	o.Log.SetOutput(a.Stderr)
	err := node.Run(ctx, o)
	if errors.Is(err, node.ErrConfig) {
		return invalid(err)
	}
	return err
}
