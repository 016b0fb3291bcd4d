package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// errHelp says that help was asked for and given.
var errHelp = errors.New("help")

// settings are the flags, with the environment variables that stand in for them.
type settings struct {
	config  string
	port    int // -1: not given
	admin   string
	level   logrus.Level
	version bool
}

// parseSettings reads flags, then the environment for those not given.
func parseSettings(args []string, env func(string) string, stderr io.Writer) (settings, error) {
	s := settings{port: -1}
	fs := flag.NewFlagSet("edge", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by the caller
	fs.StringVar(&s.config, "config", "", "the configuration `file` (default: GATEWAY_CONFIG, config/default.yaml, config/default.json, a built-in demo)")
	port := fs.String("port", env("GATEWAY_PORT"), "the `port` of the first listener, 0 for any free one (GATEWAY_PORT)")
	level := fs.String("log-level", env("GATEWAY_LOG_LEVEL"), "debug, info, warn or error; the default is info (GATEWAY_LOG_LEVEL)")
	cert := fs.String("tls-cert", "", "the first listener's certificate `file` (not in this version)")
	key := fs.String("tls-key", "", "the first listener's key `file` (not in this version)")
	http2 := fs.Bool("http2", false, "serve HTTP/2 (not in this version)")
	fs.StringVar(&s.admin, "admin", "", "the `address` of the admin API, or off")
	fs.BoolVar(&s.version, "version", false, "print the version and exit")
	err := fs.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stderr, "edge: the L7 gateway\n\nUsage: edge [flags]\n\nExample: edge --config gateway.yaml --log-level debug\n\nFlags:\n")
		fs.SetOutput(stderr)
		fs.PrintDefaults()
		return s, errHelp
	case err != nil:
		return s, fmt.Errorf("%w (edge --help lists the flags)", err)
	case fs.NArg() > 0:
		return s, fmt.Errorf("there are no arguments besides flags, but got %q (edge --help lists the flags)", fs.Arg(0))
	case *cert != "" || *key != "" || *http2:
		return s, errors.New("--tls-cert, --tls-key and --http2: this version has no TLS and no HTTP/2 yet")
	}
	if *port != "" {
		if s.port, err = strconv.Atoi(*port); err != nil || s.port < 0 || s.port > 65535 {
			return s, fmt.Errorf("--port or GATEWAY_PORT is %q; it must be a number from 0 to 65535", *port)
		}
	}
	if *level == "" {
		*level = "info"
	}
	switch *level {
	case "debug", "info", "warn", "error":
		s.level, err = logrus.ParseLevel(*level)
	default:
		err = fmt.Errorf("--log-level or GATEWAY_LOG_LEVEL is %q; it must be debug, info, warn or error", *level)
	}
	return s, err
}

// apply lets the settings override the document.
func (s settings) apply(source config.Source) error {
	d := source.Document
	if s.port >= 0 && !d.SetPort(s.port) {
		return errors.New("edge: --port or GATEWAY_PORT overrides the port of the first listener, but there is no listener")
	}
	if s.admin != "" {
		d.Admin = config.Admin{Address: s.admin}
	}
	if source.Embedded() {
		return nil // its demo upstream has no address before it is started
	}
	return config.Validate(d).Err()
}
