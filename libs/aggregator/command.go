package aggregator

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/secrets"
)

// Exit codes, as every binary of the gateway has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// DefaultAdmin is where the admin API of an aggregator is when nobody says otherwise: beside that of an edge.
const DefaultAdmin = "127.0.0.1:9903"

// DefaultGossip is where an aggregator without a document listens.
const DefaultGossip = "127.0.0.1:7950"

// A Command is the program.
type Command struct {
	Version        string
	Env            func(string) string
	Stdout, Stderr io.Writer
}

// settings are the flags.
type settings struct {
	config, port, admin, logLevel, logFormat, cert, key string
	http2, version                                      bool
}

func (s *settings) bind(fs *flag.FlagSet) {
	fs.StringVar(&s.config, "config", "", "the configuration `file` (default: "+config.EnvConfig+", config/default.yaml, config/default.json, a ring on loopback)")
	fs.StringVar(&s.port, "port", "", "the `port` for gRPC in place of that of healthagg.address, 0 for any free one")
	fs.StringVar(&s.admin, "admin", "", "the `address` of the admin API, which has the view of the fleet, or off (default: admin.address, else "+DefaultAdmin+")")
	fs.StringVar(&s.logLevel, "log-level", "", "debug, info, warn or error; the default is info (GATEWAY_LOG_LEVEL)")
	fs.StringVar(&s.logFormat, "log-format", "", "text or json; the default is text (GATEWAY_LOG_FORMAT)")
	fs.StringVar(&s.cert, "tls-cert", "", "the certificate `file` for gRPC, with --tls-key")
	fs.StringVar(&s.key, "tls-key", "", "its key `file`")
	fs.BoolVar(&s.http2, "http2", true, "HTTP/2, which gRPC can't do without")
	fs.BoolVar(&s.version, "version", false, "print the version and exit")
}

// Run runs the program until ctx ends, and returns its exit code: 0 ended as asked, 1 failed while running, 2 wrong usage or
// invalid configuration.
func (c Command) Run(ctx context.Context, args []string) int {
	var s settings
	err := c.parse(&s, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(c.Stderr, "healthagg: %v\n", err)
		return exitUsage
	case s.version:
		fmt.Fprintf(c.Stdout, "healthagg %s\n", c.Version)
		return exitOK
	}
	log := logrus.New()
	log.SetOutput(c.Stderr)
	level, _ := logrus.ParseLevel(s.logLevel) // parse has looked at it
	log.SetLevel(level)
	if s.logFormat == "json" {
		log.SetFormatter(&logrus.JSONFormatter{})
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // now: without a handler it ends the process
	defer signal.Stop(hangups)
	err = run(ctx, runOptions{version: c.Version, log: log, out: c.Stderr, hangups: hangups, load: func() (config.Source, error) { return s.load(c.Env) }})
	var invalid usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &invalid):
		fmt.Fprintf(c.Stderr, "%v\n", err)
		return exitUsage
	}
	fmt.Fprintf(c.Stderr, "healthagg: %v\n", err)
	return exitFailed
}

// usageError is one that another document, or other flags, help against.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func (c Command) parse(s *settings, args []string) error {
	fs := flag.NewFlagSet("healthagg", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by the caller
	s.bind(fs)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(c.Stderr, "healthagg: gathers and explains the health of a fleet\n\nUsage: healthagg [flags]\n\nExample: healthagg --config gateway.yaml\n\nFlags:\n")
			fs.SetOutput(c.Stderr)
			fs.PrintDefaults()
			return err
		}
		return fmt.Errorf("%w (healthagg --help lists the flags)", err)
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("there are no arguments besides flags, but got %q (healthagg --help lists the flags)", fs.Arg(0))
	}
	fill := func(p *string, env, otherwise string) {
		if *p == "" && env != "" {
			*p = c.Env(env)
		}
		if *p == "" {
			*p = otherwise
		}
	}
	fill(&s.logLevel, "GATEWAY_LOG_LEVEL", "info")
	fill(&s.logFormat, "GATEWAY_LOG_FORMAT", "text")
	fill(&s.port, "GATEWAY_PORT", "")
	if _, err := logrus.ParseLevel(s.logLevel); err != nil {
		return fmt.Errorf("--log-level is %q; it must be debug, info, warn or error", s.logLevel)
	}
	if s.logFormat != "text" && s.logFormat != "json" {
		return fmt.Errorf("--log-format is %q; it must be text or json", s.logFormat)
	}
	if s.port != "" {
		if n, err := strconv.Atoi(s.port); err != nil || n < 0 || n > 65535 {
			return fmt.Errorf("--port or GATEWAY_PORT is %q; it must be a number from 0 to 65535", s.port)
		}
	}
	if (s.cert == "") != (s.key == "") {
		return errors.New("--tls-cert and --tls-key belong together: give both")
	}
	if !s.http2 {
		return errors.New("--http2=false: gRPC is HTTP/2 and nothing else")
	}
	return nil
}

// load reads the document: its gossip is what makes an aggregator.
func (s *settings) load(env func(string) string) (config.Source, error) {
	source, err := config.Options{Secrets: secrets.Resolver{}.Resolve}.Resolve(s.config, env)
	if err != nil {
		return source, err
	}
	d := source.Document
	if source.Embedded() {
		d.Listeners, d.Clusters, d.Routes = nil, nil, nil
		d.Gossip = &config.Gossip{Bind: DefaultGossip}
	}
	if d.Gossip == nil {
		return source, fmt.Errorf("%s: gossip is missing: an aggregator knows what it hears from other nodes; add gossip: {bind: 127.0.0.1:7950, join: [HOST:PORT of a node]}", source.Path)
	}
	if d.HealthAgg == nil {
		d.HealthAgg = config.NewHealthAgg()
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
	return source, config.Validate(d).Err()
}

// stopGrace is how long calls of gRPC may go on when the process is to end.
const stopGrace = time.Second
