package aggregator

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/secrets"
)

// DefaultAdmin is where the admin API of an aggregator is when nobody says otherwise: beside that
// of an edge.
const DefaultAdmin = "127.0.0.1:9903"

// DefaultGossip is where an aggregator without a document listens.
const DefaultGossip = "127.0.0.1:7950"

// A Service is a health aggregator as package program runs it.
type Service struct {
	config, port, admin, cert, key string
	http2                          bool
	address                        string // for gRPC, from the environment
	input                          *config.Input
}

// Bind defines the flags.
func (s *Service) Bind(fs *flag.FlagSet) {
	program.TextFlag(fs, &s.config, "config",
		"the configuration `file`, or - for standard input (default: "+config.EnvConfig+
			", "+config.Searched()+", a ring on loopback)")
	program.TextFlag(fs, &s.port, "port",
		"the `port` for gRPC in place of that of healthagg.address, 0 for any free one ("+
			program.EnvPort+")")
	program.TextFlag(fs, &s.admin, "admin",
		"the `address` of the admin API, which has the view of the fleet, or off (default: "+
			"admin.address, else "+DefaultAdmin+") ("+program.EnvAdmin+")")
	program.TextFlag(fs, &s.cert, "tls-cert", "the certificate `file` for gRPC, with --tls-key")
	program.TextFlag(fs, &s.key, "tls-key", "its key `file`")
	fs.BoolVar(&s.http2, "http2", true, "HTTP/2, which gRPC can't do without")
}

// Complete takes the port from the environment if no flag names one, and checks the flags.
func (s *Service) Complete(env func(string) string) error {
	program.Fill(&s.port, env(program.EnvPort))
	program.Fill(&s.admin, env(program.EnvAdmin))
	s.address = env(program.EnvAddress)
	s.input = &config.Input{From: os.Stdin}
	err := errors.Join(program.CheckPort(s.port), program.CheckPair(s.cert, s.key),
		program.CheckAddress(program.EnvAddress, s.address))
	if err == nil && !s.http2 {
		err = errors.New("--http2=false: gRPC is HTTP/2 and nothing else")
	}
	return err
}

// Run runs an aggregator until ctx ends.
func (s *Service) Run(ctx context.Context, p *program.Process) error {
	hangups, stop := program.Hangups()
	defer stop()
	return run(ctx, runOptions{Process: p, hangups: hangups, load: func() (config.Source, error) {
		return p.Reads(s.load(p.Env))
	}})
}

// load reads the document: its gossip is what makes an aggregator.
func (s *Service) load(env func(string) string) (config.Source, error) {
	source, err := config.Options{
		Secrets: secrets.Resolver{}.Resolve, Running: true, Input: s.input,
	}.Resolve(s.config, env)
	if err != nil {
		return source, err
	}
	d := source.Document
	if source.Embedded() {
		d.Listeners, d.Clusters, d.Routes = nil, nil, nil
		d.Gossip = &config.Gossip{Bind: DefaultGossip}
	}
	if d.Gossip == nil {
		return source,
			fmt.Errorf("%s: gossip is missing: an aggregator knows what it hears from other "+
				"nodes; add gossip: {bind: 127.0.0.1:7950, join: [HOST:PORT of a node]}",
				source.Path)
	}
	if d.HealthAgg == nil {
		d.HealthAgg = config.NewHealthAgg()
	}
	if s.address != "" {
		d.HealthAgg.Address = s.address
	}
	if s.port != "" {
		host, _, err := net.SplitHostPort(d.Secret(d.HealthAgg.Address))
		if err != nil {
			return source, err
		}
		d.HealthAgg.Address = net.JoinHostPort(host, s.port)
	}
	if s.cert != "" {
		if d.HealthAgg.TLS == nil {
			d.HealthAgg.TLS = config.NewTLS()
		}
		d.HealthAgg.TLS.Certificates = []config.Certificate{{Cert: s.cert, Key: s.key}}
	}
	if d.Admin.Implicit {
		d.Admin.Address = DefaultAdmin
	}
	if s.admin != "" {
		d.Admin.Address, d.Admin.Implicit = s.admin, false
	}
	return source, config.Options{Running: true}.Validate(d).Err()
}
