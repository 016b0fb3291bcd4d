package cli

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/devca"
)

// serverFile is the name of the server's files.
const serverFile = "server"

// localHosts are what people call this machine.
func localHosts() []string { return []string{"localhost", "127.0.0.1", "::1"} }

// certifyHere makes an authority in a folder, and a server's certificate for this machine.
func certifyHere(dir string) error {
	now := time.Now()
	ca, err := devca.Open(dir, now)
	if err == nil {
		_, err = ca.Sign(devca.Leaf{File: serverFile, Names: localHosts()}, now)
	}
	return err
}

// certified is what cert dev --json prints.
type certified struct {
	Authority devca.Files            `json:"ca"`
	Made      bool                   `json:"ca_made"`
	Server    devca.Files            `json:"server"`
	Names     []string               `json:"names"`
	Clients   map[string]devca.Files `json:"clients"`
	NotAfter  time.Time              `json:"not_after"` // of all but the authority
}

func (a *app) certCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "cert",
		Short:   "Make certificates for development",
		Example: "  gateway cert dev",
		Args:    cobra.ArbitraryArgs,
		RunE:    a.group,
	}
	c.AddCommand(a.certDevCommand())
	return c
}

func (a *app) certDevCommand() *cobra.Command {
	var asJSON bool
	var dir string
	var hosts, clients, uris []string
	c := &cobra.Command{
		Use:   "dev",
		Short: "Make a development CA, and certificates that it signs",
		Long: `dev keeps an authority (a CA) in a folder, makes it the first time, and signs a certificate for a server and one for each
--client. They are for development, and for small fleets whose owner can keep the folder safe: the keys lie in it, readable by
their owner only. Certificates end after 90 days; run the command again, and a gateway that uses them takes the new ones up.`,
		Example: `  gateway cert dev
  gateway cert dev --out certs --host api.example.test --host 127.0.0.1
  gateway cert dev --client ops --client edge-1=spiffe://gateway/node/edge-1`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, h := range hosts {
				if strings.ContainsAny(h, "/: ") && !strings.Contains(h, "::") {
					return usage(c,
						"--host is %q; it must be a name or an IP address, without a port", h)
				}
			}
			leaves := make([]devca.Leaf, len(clients))
			for i, s := range clients {
				l, err := clientLeaf(s)
				if err != nil {
					return usage(c, "--client is %q; %v", s, err)
				}
				leaves[i] = l
			}
			return a.certify(dir, hosts, uris, leaves, asJSON)
		},
	}
	c.Flags().StringVar(&dir, "out", "certs", "the `folder` of the authority and of what it signs")
	c.Flags().StringArrayVar(&hosts, "host", localHosts(),
		"a `name` or address that the server's certificate is for; may be given more than once")
	c.Flags().StringArrayVar(&uris, "uri", nil, "a `URI` that the server's certificate has too")
	c.Flags().StringArrayVar(&clients, "client", nil,
		"a client `NAME[=URI]` to make a certificate for; may be given more than once")
	jsonFlag(c, &asJSON)
	return c
}

// clientLeaf reads NAME or NAME=URI.
func clientLeaf(s string) (devca.Leaf, error) {
	name, uri, has := strings.Cut(s, "=")
	if name == "" || name == serverFile || name != filepath.Base(name) ||
		strings.HasPrefix(name, ".") {
		return devca.Leaf{},
			fmt.Errorf("the name becomes that of a file, and may be neither %s nor a path",
				serverFile)
	}
	l := devca.Leaf{File: name, Common: name}
	if has {
		if u, err := url.Parse(uri); err != nil || u.Scheme == "" || u.Host == "" {
			return devca.Leaf{},
				errors.New("behind = there is a URI, such as spiffe://gateway/node/edge-1")
		}
		l.URIs = []string{uri}
	}
	return l, nil
}

func (a *app) certify(dir string, hosts, uris []string, clients []devca.Leaf, asJSON bool) error {
	now := time.Now()
	ca, err := devca.Open(dir, now)
	if err != nil {
		return err
	}
	done := certified{
		Authority: ca.Files(), Made: ca.Made, Names: hosts, Clients: map[string]devca.Files{},
		NotAfter: now.Add(devca.LeafLife),
	}
	if done.Server, err = ca.Sign(devca.Leaf{File: serverFile, Names: hosts, URIs: uris},
		now); err != nil {
		return err
	}
	for _, l := range clients {
		if done.Clients[l.File], err = ca.Sign(l, now); err != nil {
			return err
		}
	}
	if asJSON {
		return a.out.JSON(done)
	}
	state := "the authority that was there"
	if ca.Made {
		state = "a new authority"
	}
	a.out.Printf("%s, %s, valid until %s\n", done.Authority.Cert, state,
		ca.NotAfter().Format(time.DateOnly))
	a.out.Printf("%s, for %s, until %s\n", done.Server.Cert, strings.Join(hosts, ", "),
		done.NotAfter.Format(time.DateOnly))
	for _, l := range clients {
		a.out.Printf("%s, for the client %s\n", done.Clients[l.File].Cert, l.File)
	}
	a.out.Printf(
		"\nFor a listener of gateway.yaml:\n  tls:\n    certificates: [{cert: %s, key: %s}]\n",
		done.Server.Cert, done.Server.Key)
	if len(clients) > 0 {
		a.out.Printf("    client_ca: %s\n", done.Authority.Cert)
	}
	a.out.Printf("\nTo try it:\n  curl --cacert %s", done.Authority.Cert)
	if len(clients) > 0 {
		f := done.Clients[clients[0].File]
		a.out.Printf(" --cert %s --key %s", f.Cert, f.Key)
	}
	a.out.Printf(" https://%s:PORT/\n", hosts[0])
	return nil
}
