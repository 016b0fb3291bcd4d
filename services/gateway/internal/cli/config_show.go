package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

func (a *app) showCommand() *cobra.Command {
	var asJSON bool
	var about question
	c := &cobra.Command{
		Use:   "show [FILE]",
		Short: "Show a configuration with its defaults, or where a request would go",
		Long: `show prints a configuration as a service sees it: the overlay of GATEWAY_ENV laid over it, every default written out,
secrets left out. FILE may be - for standard input. Without FILE it shows what a service would run with:
GATEWAY_CONFIG, else ` + config.Searched() + `, or the built-in demo.

With --route it takes a request line and says which route wins, why each other one loses, and where the request goes.
The request is METHOD host/path, METHOD http://host:port/path?query, or METHOD /path for one without a host. What
conditions of routes ask for beside that is given with --header (cookies too) and --client, and --listener leaves out
the routes of other listeners.`,
		Example: `  gateway config show gateway.yaml
  gateway config show --route 'GET api.example.com/users/7' gateway.yaml
  gateway config show --route 'GET /' -H 'X-Canary: 1' --client 10.0.0.7 gateway.yaml
  gateway config show --json | jq .routes`,
		ValidArgsFunction: files,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(c, "%s shows one file, but got %q as well", c.CommandPath(), args[1])
			}
			if len(args) == 1 && args[0] == "" {
				return usage(c, "%s: the name of the file is empty", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			path := strings.Join(args, "")
			if c.Flags().Changed("route") {
				return a.showRoute(c, path, about, asJSON)
			}
			return a.show(path, asJSON)
		},
	}
	jsonFlag(c, &asJSON)
	c.Flags().StringVar(&about.request, "route", "", "explain where this `request` goes")
	c.Flags().StringArrayVarP(&about.headers, "header", "H", nil,
		"with --route: a header `field` of the request, \"Name: value\"; may come again")
	c.Flags().StringVar(&about.client, "client", "",
		"with --route: the `address` that the request comes from")
	c.Flags().StringVar(&about.listener, "listener", "",
		"with --route: the `name` of the listener that it comes to")
	return c
}

func (a *app) show(path string, asJSON bool) error {
	source, _, err := a.load(path, true)
	if err != nil {
		return err
	}
	shown := json.RawMessage(config.Show(source.Document))
	if asJSON {
		return a.out.JSON(shown)
	}
	text, err := asYAML(shown)
	if err != nil {
		return err
	}
	a.out.Printf("# %s, digest %s\n", source.String(), config.Digest(source.Document))
	a.out.Lines(text)
	return nil
}

// asYAML writes JSON as a person would write YAML, its keys in the same order.
func asYAML(text []byte) (string, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil { // JSON is YAML
		return "", fmt.Errorf("write YAML: %w", err)
	}
	unfold(&n)
	var b strings.Builder
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&n); err != nil {
		return "", fmt.Errorf("write YAML: %w", err)
	}
	return b.String(), e.Close()
}

// unfold puts each thing on a line of its own, but for lists of texts and numbers.
func unfold(n *yaml.Node) {
	n.Style = 0
	plain := n.Kind == yaml.SequenceNode
	for _, child := range n.Content {
		unfold(child)
		plain = plain && child.Kind == yaml.ScalarNode
	}
	if plain {
		n.Style = yaml.FlowStyle
	}
}
