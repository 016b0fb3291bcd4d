package node

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/secrets"
)

// Environment variables that stand in for flags.
const (
	EnvPort      = "GATEWAY_PORT"
	EnvLogLevel  = "GATEWAY_LOG_LEVEL"
	EnvLogFormat = "GATEWAY_LOG_FORMAT"
)

// Formats of the operational log.
const (
	LogText = "text"
	LogJSON = "json"
)

// Settings are the flags of a service that runs the edge, as text; "" is not
// given. Environment variables stand in for some.
type Settings struct {
	Config, Port, Admin, LogLevel, LogFormat, TLSCert, TLSKey string
	HTTP2                                                     bool
	Version                                                   bool
}

// Flags is where Bind defines flags: the flag package's FlagSet, or pflag's.
type Flags interface {
	StringVar(p *string, name, value, usage string)
	BoolVar(p *bool, name string, value bool, usage string)
}

// Bind defines the flags.
func (s *Settings) Bind(f Flags) {
	f.StringVar(&s.Config, "config", "", "the configuration `file` (default: "+config.EnvConfig+", config/default.yaml, config/default.json, a built-in demo)")
	f.StringVar(&s.Port, "port", "", "the `port` of the first listener, 0 for any free one ("+EnvPort+")")
	f.StringVar(&s.LogLevel, "log-level", "", "debug, info, warn or error; the default is info ("+EnvLogLevel+")")
	f.StringVar(&s.LogFormat, "log-format", "", "text or json; the default is text ("+EnvLogFormat+")")
	f.StringVar(&s.TLSCert, "tls-cert", "", "the first listener's certificate `file`, with --tls-key")
	f.StringVar(&s.TLSKey, "tls-key", "", "the first listener's key `file`")
	f.BoolVar(&s.HTTP2, "http2", true, "speak HTTP/2 on listeners that allow it; =false: on none")
	f.StringVar(&s.Admin, "admin", "", "the `address` of the admin API, or off")
}

// oneOf checks a setting that has few values.
func oneOf(flag, env, value string, words ...string) error {
	for _, w := range words {
		if value == w {
			return nil
		}
	}
	list := words[0]
	for i, w := range words[1:] {
		if i == len(words)-2 {
			list += " or " + w
		} else {
			list += ", " + w
		}
	}
	return fmt.Errorf("--%s or %s is %q; it must be %s", flag, env, value, list)
}

// Complete fills in what flags left out from the environment, and checks all.
// It comes before anything else is done with settings.
func (s *Settings) Complete(env func(string) string) error {
	fill := func(p *string, name, otherwise string) {
		if *p == "" {
			*p = env(name)
		}
		if *p == "" {
			*p = otherwise
		}
	}
	fill(&s.Port, EnvPort, "")
	fill(&s.LogLevel, EnvLogLevel, "info")
	fill(&s.LogFormat, EnvLogFormat, LogText)
	if (s.TLSCert == "") != (s.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key belong together: give both")
	}
	if s.Port != "" {
		if n, err := strconv.Atoi(s.Port); err != nil || n < 0 || n > 65535 {
			return fmt.Errorf("--port or %s is %q; it must be a number from 0 to 65535", EnvPort, s.Port)
		}
	}
	return errors.Join(
		oneOf("log-level", EnvLogLevel, s.LogLevel, "debug", "info", "warn", "error"),
		oneOf("log-format", EnvLogFormat, s.LogFormat, LogText, LogJSON),
	)
}

// Logger makes the operational log that completed settings ask for.
func (s *Settings) Logger() *logrus.Logger {
	log := logrus.New()
	if level, err := logrus.ParseLevel(s.LogLevel); err == nil {
		log.SetLevel(level)
	}
	if s.LogFormat == LogJSON {
		log.SetFormatter(&logrus.JSONFormatter{})
	}
	return log
}

// Load finds and reads the document that completed settings lead to: the file,
// its overlay, then what environment and flags override. What is published, unless it
// is nil, takes the place of the file, as config.Options says.
func (s *Settings) Load(env func(string) string, published *config.Published) (config.Source, error) {
	source, err := config.Options{Secrets: secrets.Resolver{}.Resolve, Published: published}.Resolve(s.Config, env)
	if err != nil {
		return source, err
	}
	d := source.Document
	if s.Port != "" {
		port, err := strconv.Atoi(s.Port)
		if err != nil {
			return source, err // Complete has checked it
		}
		if !d.SetPort(port) {
			return source, fmt.Errorf("--port or %s overrides the port of the first listener, but there is no listener", EnvPort)
		}
	}
	if s.TLSCert != "" && !d.SetCertificate(s.TLSCert, s.TLSKey) {
		return source, errors.New("--tls-cert is for the first listener, but there is no listener")
	}
	if !s.HTTP2 {
		d.WithoutHTTP2()
	}
	if s.Admin != "" {
		d.Admin.Address, d.Admin.Implicit = s.Admin, false
	}
	if s.Port == "" && s.Admin == "" && s.TLSCert == "" || source.Embedded() && s.TLSCert == "" {
		return source, nil // validated already; the demo upstream has no address before it is started
	}
	return source, config.Validate(d).Err()
}
