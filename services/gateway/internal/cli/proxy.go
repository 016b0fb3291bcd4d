package cli

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/node"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// defaultProxy is where a proxy listens that is not told.
const defaultProxy = "127.0.0.1:8080"

func (a *app) proxyCommand() *cobra.Command {
	var l program.Log
	var listen, admin string
	var print bool
	c := &cobra.Command{
		Use:   "proxy [--listen ADDR] UPSTREAM...",
		Short: "Run a reverse proxy without a configuration",
		Long: `proxy passes every request on to the upstreams, in turn where there are several, until it gets SIGINT or
SIGTERM. An upstream is host:port, http://host:port, https://host (whose certificate is verified), unix:PATH, or a port
of this machine, :9000. LISTEN -> UPSTREAM, with the arrow in quotes or as =>, is the same as --listen LISTEN UPSTREAM.

With --print it prints the configuration that it would run with, and ends: the beginning of a gateway.yaml.`,
		Example: `  gateway proxy :9000
  gateway proxy --listen :8080 127.0.0.1:9000 127.0.0.1:9001
  gateway proxy ':8080 -> https://app.internal'
  gateway proxy --print 127.0.0.1:9000 > gateway.yaml`,
		Args: cobra.ArbitraryArgs, // read below
	}
	c.Flags().StringVar(&listen, "listen", "",
		"the `address` to listen on; the default is "+defaultProxy)
	c.Flags().StringVar(&admin, "admin", config.AdminOff,
		"the `address` of the admin API, or off")
	c.Flags().BoolVar(&print, "print", false, "print the configuration, and run nothing")
	l.Bind(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		from, to, err := arrow(listen, args)
		if err != nil {
			return usage(c, "%w", err)
		}
		data, err := proxyConfig(from, admin, to)
		if err != nil {
			return usage(c, "%w", err)
		}
		options := config.Options{}
		if _, ps := options.Decode("proxy.yaml", data); len(ps) > 0 {
			var said []string
			for _, p := range ps {
				said = append(said, p.Message)
			}
			return usage(c, "%s", strings.Join(said, "; "))
		}
		if print {
			a.out.Lines(string(data))
			return nil
		}
		if err := l.Complete(a.Env); err != nil {
			return usageError{err, c.CommandPath()}
		}
		lines := func(out io.Writer) program.Lines {
			lines := program.NewLines("gateway", out, l.Format)
			lines.Note("every request goes to " + strings.Join(to, ", in turn with ") +
				"; --print shows the configuration")
			return lines
		}
		return a.machineReadable(a.runNode(c.Context(), &l, lines, node.Options{
			Protocols: []string{config.ProtocolHTTP},
			Load: func(*config.Published) (config.Source, error) {
				// Each reload means the same, as one of standard input does.
				return config.Options{
					Input: &config.Input{From: strings.NewReader(string(data))},
				}.Resolve(config.FromInput, func(string) string { return "" })
			},
		}), l.Format)
	}
	return c
}

// arrows writes an arrow of proxy that stands alone so that it is not taken for a flag.
func arrows(args []string) []string {
	if len(args) == 0 || args[0] != "proxy" {
		return args
	}
	out := slices.Clone(args)
	for i, arg := range out {
		if arg == "->" {
			out[i] = "=>"
		}
	}
	return out
}

// arrow takes LISTEN -> UPSTREAM apart, which may be one argument or several.
func arrow(listen string, args []string) (from string, to []string, err error) {
	words := strings.Fields(strings.NewReplacer("->", " -> ", "=>", " -> ").
		Replace(strings.Join(args, " ")))
	at := -1
	for i, w := range words {
		switch {
		case w == "->" && at >= 0:
			return "", nil, errors.New("there is one arrow: LISTEN -> UPSTREAM...")
		case w == "->":
			at = i
		case w == "-":
			return "", nil, errors.New("the shell has taken the > of the arrow for a file; put " +
				"the arrow in quotes, or write --listen LISTEN UPSTREAM")
		}
	}
	to = words
	if at >= 0 {
		if at != 1 {
			return "", nil, errors.New("before the arrow stands one address to listen on")
		}
		if listen != "" {
			return "", nil, errors.New("--listen and an arrow both say where to listen")
		}
		listen, to = words[0], words[2:]
	}
	if len(to) == 0 {
		return "", nil, errors.New("name an upstream, such as 127.0.0.1:9000 or " +
			"https://app.internal")
	}
	if listen == "" {
		listen = defaultProxy
	}
	return strings.TrimSuffix(strings.TrimPrefix(listen, "http://"), "/"), to, nil
}

// proxyConfig is the file that says the same.
func proxyConfig(listen, admin string, to []string) ([]byte, error) {
	endpoints, scheme := []any{}, ""
	for _, upstream := range to {
		s, address, err := proxied(upstream)
		if err != nil {
			return nil, err
		}
		if scheme != "" && s != scheme {
			return nil, errors.New("either all upstreams are https:// or none is")
		}
		scheme = s
		endpoints = append(endpoints, map[string]any{"address": address})
	}
	cluster := map[string]any{"name": "upstream", "endpoints": endpoints}
	if scheme == "https" {
		cluster["security"] = map[string]any{"mode": config.SecurityTLS}
	}
	var b strings.Builder
	b.WriteString("# What `gateway proxy` runs with.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(struct {
		Version   int              `yaml:"version"`
		Listeners []map[string]any `yaml:"listeners"`
		Clusters  []map[string]any `yaml:"clusters"`
		Routes    []map[string]any `yaml:"routes"`
		Admin     map[string]any   `yaml:"admin"`
	}{
		config.Version, []map[string]any{{"name": config.EmbeddedListener, "address": listen}},
		[]map[string]any{cluster},
		[]map[string]any{{"name": "all", "cluster": "upstream"}},
		map[string]any{"address": admin},
	}); err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return []byte(b.String()), e.Close()
}

// proxied reads an upstream: its scheme and its address.
func proxied(s string) (scheme, address string, err error) {
	if strings.HasPrefix(s, config.UnixScheme) {
		return "http", s, nil
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "http", s
	}
	u, err := url.Parse(scheme + "://" + rest)
	switch {
	case scheme != "http" && scheme != "https":
		return "", "", fmt.Errorf("%q is neither http:// nor https://", s)
	case err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", "", fmt.Errorf("%q is no upstream; write host:port, http://host:port or "+
			"https://host", s)
	case u.Path != "" && u.Path != "/":
		return "", "", fmt.Errorf("%q has a path, and paths go on as they come; "+
			"rewrite: {replace_prefix: %s} in a gateway.yaml changes them", s, u.Path)
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		host = "127.0.0.1"
	}
	switch {
	case port != "":
	case !ok:
		return "", "", fmt.Errorf("%q has no port; write %s:80, or http://%s", s, s, s)
	case scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return scheme, net.JoinHostPort(host, port), nil
}
