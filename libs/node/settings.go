package node

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/secrets"
)

// Settings are the flags of a service that runs a node, as text; "" is not given. Environment
// variables stand in for some.
type Settings struct {
	// Protocols are those of the listeners that the service serves. What flags mean, and which of
	// them make sense, depends on it.
	Protocols []string

	Config, Port, Admin, TLSCert, TLSKey string
	HTTP2                                bool
	// Stdin is what the configuration "-" is read from; nil: there is none.
	Stdin io.Reader

	address string // of the first listener, from the environment
	input   *config.Input
	before  *config.Source // what Load is to make again; nil: what there is by now
}

// LoadBefore makes the document again that the process before this one has in force, whatever its
// files say by now. It comes before Load, or not at all.
func (s *Settings) LoadBefore(
	env func(string) string, published *config.Published, before *config.Source,
) (config.Source, error) {
	if before.Input {
		s.input = config.Kept(before.Originals.File)
	}
	again := *s
	again.before = before
	return again.Load(env, published)
}

// servesHTTP says whether listeners of protocol http are the service's. TLS ends at these, and the
// built-in demo is one.
func (s *Settings) servesHTTP() bool { return slices.Contains(s.Protocols, config.ProtocolHTTP) }

// Bind defines the flags. Every service has the same ones; the texts say what they do in this one.
func (s *Settings) Bind(f program.Flags) {
	places := config.EnvConfig + ", " + config.Searched()
	if s.servesHTTP() {
		places += ", a built-in demo"
	}
	program.TextFlag(f, &s.Config, "config",
		"the configuration `file`, or - for standard input (default: "+places+")")
	program.TextFlag(f, &s.Port, "port",
		"the `port` of the first listener, 0 for any free one ("+program.EnvPort+")")
	program.TextFlag(f, &s.Admin, "admin",
		"the `address` of the admin API, or off ("+program.EnvAdmin+")")
	cert, key := "the first listener's certificate `file`, with --tls-key",
		"the first listener's key `file`"
	http2 := "speak HTTP/2 on listeners that allow it; =false: on none"
	if !s.servesHTTP() {
		cert = "not for this service: a certificate `file` is of use where TLS ends, and here it " +
			"is passed on"
		key = "not for this service, as --tls-cert; a key `file`"
		http2 = "no matter here: bytes are carried, whatever protocol they are of"
	}
	program.TextFlag(f, &s.TLSCert, "tls-cert", cert)
	program.TextFlag(f, &s.TLSKey, "tls-key", key)
	f.BoolVar(&s.HTTP2, "http2", true, http2)
}

// Complete fills in what flags left out from the environment, and checks all.
// It comes before anything else is done with settings.
func (s *Settings) Complete(env func(string) string) error {
	program.Fill(&s.Port, env(program.EnvPort))
	program.Fill(&s.Admin, env(program.EnvAdmin))
	s.address = env(program.EnvAddress)
	if s.Stdin != nil {
		s.input = &config.Input{From: s.Stdin}
	}
	if !s.servesHTTP() && (s.TLSCert != "" || s.TLSKey != "") {
		return errors.New("--tls-cert and --tls-key are not for this service, " +
			"which passes TLS on and does not end it: listeners[].sni sends it to a cluster by " +
			"server name; edge ends TLS")
	}
	return errors.Join(program.CheckPair(s.TLSCert, s.TLSKey), program.CheckPort(s.Port),
		program.CheckAddress(program.EnvAddress, s.address))
}

// Load finds and reads the document that completed settings lead to: the file,
// its overlay, then what environment and flags override. What is published, unless it
// is nil, takes the place of the file, as config.Options says.
func (s *Settings) Load(
	env func(string) string, published *config.Published,
) (config.Source, error) {
	source, err := config.Options{
		Secrets: secrets.Resolver{}.Resolve, Published: published, Running: true,
		Input: s.input, Before: s.before,
	}.Resolve(s.Config, env)
	if err != nil {
		return source, err
	}
	if source.Embedded() && !s.servesHTTP() {
		return source,
			errors.New("there is no configuration: name a file with --config or " +
				config.EnvConfig +
				", or put one at " + config.Searched())
	}
	d := source.Document
	// The listeners of a node without any come from config-sync, and take address and port then.
	if s.address != "" && !d.SetAddress(s.address) && d.ConfigSync == nil {
		return source, fmt.Errorf("%s is the address of the first listener, but there is no "+
			"listener", program.EnvAddress)
	}
	if s.Port != "" {
		port, err := strconv.Atoi(s.Port)
		if err != nil {
			return source, err // Complete has checked it
		}
		if !d.SetPort(port) && d.ConfigSync == nil {
			return source,
				fmt.Errorf("--port or %s overrides the port of the first listener, but there is "+
					"no listener, or it has no port", program.EnvPort)
		}
	}
	if s.TLSCert != "" && !d.SetCertificate(s.TLSCert, s.TLSKey) && d.ConfigSync == nil {
		return source, errors.New("--tls-cert is for the first listener, but there is no listener")
	}
	if !s.HTTP2 {
		d.WithoutHTTP2()
	}
	if s.Admin != "" {
		d.Admin.Address, d.Admin.Implicit = s.Admin, false
	}
	if s.address+s.Port+s.Admin+s.TLSCert == "" || source.Embedded() && s.TLSCert == "" {
		// validated already; the demo upstream has no address before it is started
		return source, nil
	}
	return source, config.Options{Running: true}.Validate(d).Err()
}
