package configserver

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// settings are the flags.
type settings struct {
	config, listen, port, store, name, admin, adminToken string
	cert, key, clientCA                                  string
	http2                                                bool
	perAddress                                           int
	etcd, etcdPrefix, etcdUser, etcdPassword             string
	etcdCA, etcdCert, etcdKey                            string
	signers, fleet                                       string
	bake, heartbeat, lostAfter, grace, forget            time.Duration
}

// Bind defines the flags.
func (c *Service) Bind(fs *flag.FlagSet) {
	c.flags = fs
	s := &c.settings
	fs.StringVar(&s.config, "config", "",
		"`file` of flags, one \"name: value\" a line (YAML); flags given here come first ("+
			config.EnvConfig+")")
	fs.StringVar(&s.listen, "listen", "127.0.0.1:9500",
		"`address` for nodes and operators; off loopback only with --tls-cert, --tls-key and "+
			"--client-ca")
	fs.StringVar(&s.port, "port", "",
		"`port` in place of the one of --listen, 0 for any free one ("+program.EnvPort+")")
	fs.StringVar(&s.store, "store", "config-sync", "`folder` of the history; not used with --etcd")
	fs.StringVar(&s.etcd, "etcd", "",
		"`addresses` of etcd, separated by commas, to keep the history in, for several replicas")
	fs.StringVar(&s.etcdPrefix, "etcd-prefix", "gateway/config-sync",
		"`prefix` of the keys in etcd")
	fs.StringVar(&s.etcdUser, "etcd-user", "", "`name` to log in to etcd with")
	fs.StringVar(&s.etcdPassword, "etcd-password-file", "", "`file` that holds the password")
	fs.StringVar(&s.etcdCA, "etcd-ca", "",
		"`file` of the authorities that etcd's certificate may be of")
	fs.StringVar(&s.etcdCert, "etcd-cert", "", "`file` of the certificate to show to etcd")
	fs.StringVar(&s.etcdKey, "etcd-key", "", "`file` of its key")
	fs.StringVar(&s.name, "name", "",
		"`name` of this replica (default: the host's name and the port)")
	fs.StringVar(&s.admin, "admin", "127.0.0.1:9502",
		"`address` of /healthz, /readyz, /metrics and /status, or off")
	fs.StringVar(&s.adminToken, "admin-token-file", "",
		"`file` that holds the token of the admin endpoints, 16 characters or more; needed off "+
			"loopback")
	fs.StringVar(&s.cert, "tls-cert", "", "`file` of the server's certificate")
	fs.StringVar(&s.key, "tls-key", "", "`file` of its key")
	fs.StringVar(&s.clientCA, "client-ca", "",
		"`file` of the authorities that the certificates of nodes and operators are of")
	fs.IntVar(&s.perAddress, "max-per-address", DefaultPerAddress,
		"`number` of connections, and of streams, that one client address may have")
	fs.BoolVar(&s.http2, "http2", true, "HTTP/2, which gRPC can't do without")
	fs.StringVar(&s.signers, "signers", "",
		"`file` of public keys (Ed25519, PEM): a configuration has to be signed by one of them")
	fs.StringVar(&s.fleet, "fleet", "",
		"`name` of the fleet that signatures have to be for, as config_sync.fleet of the nodes")
	fs.DurationVar(&s.bake, "bake", 30*time.Second,
		"how long a step is looked at when the publisher says nothing")
	fs.DurationVar(&s.heartbeat, "heartbeat", time.Second, "how often nodes say how they are")
	fs.DurationVar(&s.lostAfter, "lost-after", 10*time.Second,
		"how long a node may be silent before it is lost")
	fs.DurationVar(&s.grace, "grace", 30*time.Second,
		"how long nodes have to come back after config-sync was started")
	fs.DurationVar(&s.forget, "forget", time.Hour, "how long a node that is gone is shown")
}

// Complete takes what flags left open from the environment, then from the file of flags.
func (c *Service) Complete(env func(string) string) error {
	s, fs := &c.settings, c.flags
	given := map[string]bool{}
	var empty []error
	fs.Visit(func(f *flag.Flag) {
		given[f.Name] = true
		// Those of the log have no text to show, and look for themselves.
		text, ok := f.Value.(flag.Getter)
		if ok && text.Get() == "" {
			empty = append(empty,
				fmt.Errorf("--%s is empty; give it a value, or leave the flag out", f.Name))
		}
	})
	if err := errors.Join(empty...); err != nil {
		return err
	}
	for name, key := range map[string]string{
		"config": config.EnvConfig, "port": program.EnvPort, "listen": program.EnvAddress,
		"admin":     program.EnvAdmin,
		"log-level": program.EnvLogLevel, "log-format": program.EnvLogFormat,
	} {
		if v := env(key); v != "" && !given[name] {
			if err := fs.Set(name, v); err != nil {
				return fmt.Errorf("%s=%q: %w", key, v, err)
			}
			given[name] = true
		}
	}
	if s.config != "" {
		if err := readFlags(fs, s.config, given); err != nil {
			return err
		}
	}
	if err := program.CheckPort(s.port); err != nil {
		return err
	}
	if !s.http2 {
		return errors.New("--http2=false: nodes speak gRPC, which is HTTP/2")
	}
	for name, d := range map[string]time.Duration{
		"bake": s.bake, "heartbeat": s.heartbeat, "lost-after": s.lostAfter, "grace": s.grace,
		"forget": s.forget,
	} {
		if d <= 0 {
			return fmt.Errorf("--%s is above 0s, not %s", name, d)
		}
	}
	if s.perAddress < 1 || s.perAddress > 1_000_000 {
		return fmt.Errorf("--max-per-address is from 1 to 1000000, not %d", s.perAddress)
	}
	if s.lostAfter < 2*s.heartbeat {
		return fmt.Errorf("--lost-after is at least two heartbeats, %s", 2*s.heartbeat)
	}
	return nil
}

// readFlags sets the flags that a file names and that were not given.
func readFlags(fs *flag.FlagSet, path string, given map[string]bool) error {
	data, err := files.Read(path, files.Most)
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: a mapping from flags to values is wanted", path, top.Line)
	}
	var errs []error
	seen := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		switch {
		case fs.Lookup(key.Value) == nil || key.Value == "config" || key.Value == "version":
			errs = append(errs,
				fmt.Errorf("%s:%d:%d: there is no key %q here; the keys are the flags of "+
					"configsync --help", path, key.Line, key.Column, key.Value))
		case seen[key.Value]:
			errs = append(errs,
				fmt.Errorf("%s:%d:%d: %s is there twice", path, key.Line, key.Column, key.Value))
		case value.Kind != yaml.ScalarNode:
			errs = append(errs,
				fmt.Errorf("%s:%d:%d: %s is one value", path, value.Line, value.Column, key.Value))
		case !given[key.Value]:
			if err := fs.Set(key.Value, value.Value); err != nil {
				errs = append(errs,
					fmt.Errorf("%s:%d:%d: %s: %q: %w", path, value.Line, value.Column, key.Value,
						value.Value, err))
			}
		}
		seen[key.Value] = true
	}
	return errors.Join(errs...)
}

func (s *settings) address() (string, error) {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return "", program.Wrong("--listen %q: %w", s.listen, err)
	}
	if s.port != "" {
		return net.JoinHostPort(host, s.port), nil
	}
	return s.listen, nil
}

func secretFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := files.Read(path, files.Most)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}
