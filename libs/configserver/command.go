package configserver

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// Exit codes, as every binary of the gateway has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// A Command is the program.
type Command struct {
	Version        string
	Env            func(string) string
	Stdout, Stderr io.Writer
}

// settings are the flags.
type settings struct {
	config, listen, store, name, admin, adminToken string
	port                                           int
	logLevel                                       string
	cert, key, clientCA                            string
	http2, version                                 bool
	etcd, etcdPrefix, etcdUser, etcdPassword       string
	etcdCA, etcdCert, etcdKey                      string
	signers                                        string
	bake, heartbeat, lostAfter, grace, forget      time.Duration
}

func (s *settings) bind(fs *flag.FlagSet) {
	fs.StringVar(&s.config, "config", "", "`file` of flags, one `name: value` a line (YAML); flags given here come first")
	fs.StringVar(&s.listen, "listen", "127.0.0.1:9500", "`address` for nodes and operators; off loopback only with --tls-cert, --tls-key and --client-ca")
	fs.IntVar(&s.port, "port", -1, "`port` in place of the one of --listen; 0: any free one")
	fs.StringVar(&s.store, "store", "config-sync", "`folder` of the history; not used with --etcd")
	fs.StringVar(&s.etcd, "etcd", "", "`addresses` of etcd, separated by commas, to keep the history in, for several replicas")
	fs.StringVar(&s.etcdPrefix, "etcd-prefix", "gateway/config-sync", "`prefix` of the keys in etcd")
	fs.StringVar(&s.etcdUser, "etcd-user", "", "`name` to log in to etcd with")
	fs.StringVar(&s.etcdPassword, "etcd-password-file", "", "`file` that holds the password")
	fs.StringVar(&s.etcdCA, "etcd-ca", "", "`file` of the authorities that etcd's certificate may be of")
	fs.StringVar(&s.etcdCert, "etcd-cert", "", "`file` of the certificate to show to etcd")
	fs.StringVar(&s.etcdKey, "etcd-key", "", "`file` of its key")
	fs.StringVar(&s.name, "name", "", "`name` of this replica (default: the host's name and the port)")
	fs.StringVar(&s.admin, "admin", "127.0.0.1:9502", "`address` of /healthz, /readyz, /metrics and /status, or off")
	fs.StringVar(&s.adminToken, "admin-token-file", "", "`file` that holds the token of the admin endpoints; needed off loopback")
	fs.StringVar(&s.logLevel, "log-level", "info", "`level` of the log: debug, info, warn, error")
	fs.StringVar(&s.cert, "tls-cert", "", "`file` of the server's certificate")
	fs.StringVar(&s.key, "tls-key", "", "`file` of its key")
	fs.StringVar(&s.clientCA, "client-ca", "", "`file` of the authorities that the certificates of nodes and operators are of")
	fs.BoolVar(&s.http2, "http2", true, "HTTP/2, which gRPC can't do without")
	fs.StringVar(&s.signers, "signers", "", "`file` of public keys (Ed25519, PEM): a configuration has to be signed by one of them")
	fs.DurationVar(&s.bake, "bake", 30*time.Second, "how long a step is looked at when the publisher says nothing")
	fs.DurationVar(&s.heartbeat, "heartbeat", time.Second, "how often nodes say how they are")
	fs.DurationVar(&s.lostAfter, "lost-after", 10*time.Second, "how long a node may be silent before it is lost")
	fs.DurationVar(&s.grace, "grace", 30*time.Second, "how long nodes have to come back after config-sync was started")
	fs.DurationVar(&s.forget, "forget", time.Hour, "how long a node that is gone is shown")
	fs.BoolVar(&s.version, "version", false, "print the version and exit")
}

// Run runs the program until ctx ends, and returns its exit code: 0 ended as asked, 1 failed while running, 2 wrong usage.
func (c Command) Run(ctx context.Context, args []string) int {
	var s settings
	err := c.parse(&s, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(c.Stderr, "configsync: %v\n", err)
		return exitUsage
	case s.version:
		fmt.Fprintf(c.Stdout, "configsync %s\n", c.Version)
		return exitOK
	}
	if err := c.run(ctx, s); err != nil {
		fmt.Fprintf(c.Stderr, "configsync: %v\n", err)
		if errors.As(err, new(usageError)) {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
}

// usageError is one that other flags help against.
type usageError struct{ error }

func wrong(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func (c Command) parse(s *settings, args []string) error {
	fs := flag.NewFlagSet("configsync", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are printed once, by the caller
	s.bind(fs)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(c.Stderr, "configsync: gives a fleet its configuration, in steps\n\nUsage: configsync [flags]\n\nExample: configsync --store /var/lib/config-sync\n\nFlags:\n")
			fs.SetOutput(c.Stderr)
			fs.PrintDefaults()
			return err
		}
		return fmt.Errorf("%w (configsync --help lists the flags)", err)
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("there are no arguments besides flags, but got %q (configsync --help lists the flags)", fs.Arg(0))
	}
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, key := range map[string]string{"config": "GATEWAY_CONFIG", "log-level": "GATEWAY_LOG_LEVEL", "port": "GATEWAY_PORT"} {
		if v := c.Env(key); v != "" && !given[name] {
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
	if !s.http2 {
		return errors.New("--http2=false: nodes speak gRPC, which is HTTP/2")
	}
	for name, d := range map[string]time.Duration{"bake": s.bake, "heartbeat": s.heartbeat, "lost-after": s.lostAfter, "grace": s.grace, "forget": s.forget} {
		if d <= 0 {
			return fmt.Errorf("--%s is above 0s, not %s", name, d)
		}
	}
	if s.lostAfter < 2*s.heartbeat {
		return fmt.Errorf("--lost-after is at least two heartbeats, %s", 2*s.heartbeat)
	}
	return nil
}

// readFlags sets the flags that a file names and that were not given.
func readFlags(fs *flag.FlagSet, path string, given map[string]bool) error {
	data, err := os.ReadFile(path)
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
			errs = append(errs, fmt.Errorf("%s:%d:%d: there is no key %q here; the keys are the flags of configsync --help", path, key.Line, key.Column, key.Value))
		case seen[key.Value]:
			errs = append(errs, fmt.Errorf("%s:%d:%d: %s is there twice", path, key.Line, key.Column, key.Value))
		case value.Kind != yaml.ScalarNode:
			errs = append(errs, fmt.Errorf("%s:%d:%d: %s is one value", path, value.Line, value.Column, key.Value))
		case !given[key.Value]:
			if err := fs.Set(key.Value, value.Value); err != nil {
				errs = append(errs, fmt.Errorf("%s:%d:%d: %s: %q: %w", path, value.Line, value.Column, key.Value, value.Value, err))
			}
		}
		seen[key.Value] = true
	}
	return errors.Join(errs...)
}

func (c Command) run(ctx context.Context, s settings) error {
	level, err := logrus.ParseLevel(s.logLevel)
	if err != nil {
		return wrong("--log-level: %w", err)
	}
	log := logrus.New()
	log.SetOutput(c.Stderr)
	log.SetLevel(level)
	log.SetFormatter(&logrus.JSONFormatter{})
	address, err := s.address()
	if err != nil {
		return err
	}
	keys, err := s.keyring(address, log)
	if err != nil {
		return err
	}
	signers, err := s.readSigners()
	if err != nil {
		return err
	}
	token, err := secretFile(s.adminToken)
	if err != nil {
		return wrong("--admin-token-file: %w", err)
	}
	store, where, err := s.open()
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "config-sync"
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		s.name = host + "-" + port
	}
	if !validName(s.name) {
		return wrong("--name %q has other characters than letters, digits and -_.:", s.name)
	}
	server := New(Options{
		Store: store, Name: s.name, Version: c.Version, Log: log, Bake: s.bake, Heartbeat: s.heartbeat, Secured: keys != nil, Signers: signers,
		Forget: s.forget, Settings: rollout.Settings{LostAfter: s.lostAfter, Grace: s.grace},
	})
	options := append(ServerOptions(), grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}))
	parts := []lifecycle.Part{}
	if keys != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(keys.config())))
		parts = append(parts, lifecycle.Part{Name: "certificates", Run: keys.watch})
	}
	g := grpc.NewServer(options...)
	server.Register(g)
	lines := []string{fmt.Sprintf("configsync: nodes and operators on %s%s, history in %s", listener.Addr(), map[bool]string{true: " with TLS", false: ""}[keys != nil], where)}
	if s.admin != "off" {
		l, err := admin.Listen(ctx, s.admin, token != "")
		if err != nil {
			return err
		}
		lines = append(lines, fmt.Sprintf("configsync: admin on %s", l.Addr()))
		parts = append(parts, lifecycle.Part{Name: "admin", Run: func(ctx context.Context) error { return server.Admin(token).Serve(ctx, l) }})
	}
	parts = append(parts,
		lifecycle.Part{Name: "gRPC", Run: func(ctx context.Context) error { return serve(ctx, g, listener) }},
		lifecycle.Part{Name: "rollouts", Run: server.Run}, // ends first: streams end with it, and so can be ended at all
	)
	for _, l := range lines {
		fmt.Fprintln(c.Stdout, l)
	}
	return lifecycle.Run(ctx, parts...)
}

func (s *settings) address() (string, error) {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return "", wrong("--listen %q: %w", s.listen, err)
	}
	if s.port > 65535 || s.port < -1 {
		return "", wrong("--port %d is no port", s.port)
	}
	if s.port >= 0 {
		return net.JoinHostPort(host, strconv.Itoa(s.port)), nil
	}
	return s.listen, nil
}

func secretFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimSpace(string(data))
	if text == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

func (s *settings) open() (store configstore.Store, where string, err error) {
	if s.etcd == "" {
		store, err = configstore.Open(s.store)
		return store, s.store, err
	}
	o := configstore.EtcdOptions{Endpoints: slices.Collect(strings.SplitSeq(s.etcd, ",")), Prefix: s.etcdPrefix, User: s.etcdUser}
	if o.Password, err = secretFile(s.etcdPassword); err != nil {
		return nil, "", wrong("--etcd-password-file: %w", err)
	}
	if s.etcdCA != "" || s.etcdCert != "" {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
		if s.etcdCA != "" {
			if o.TLS.RootCAs, err = authorities(s.etcdCA); err != nil {
				return nil, "", wrong("--etcd-ca: %w", err)
			}
		}
		if s.etcdCert != "" {
			cert, err := tls.LoadX509KeyPair(s.etcdCert, s.etcdKey)
			if err != nil {
				return nil, "", wrong("--etcd-cert: %w", err)
			}
			o.TLS.Certificates = []tls.Certificate{cert}
		}
	}
	store, err = configstore.Etcd(o)
	return store, "etcd at " + s.etcd, err
}

// serve answers nodes and operators until ctx ends, and lets calls that run finish for a second.
func serve(ctx context.Context, g *grpc.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	cut := time.AfterFunc(time.Second, g.Stop)
	defer cut.Stop()
	g.GracefulStop()
	return <-served
}
