package configserver

import (
	"context"
	"crypto/tls"
	"flag"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configstore"
	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/rollout"
)

// A Service is config-sync as package program runs it.
type Service struct {
	flags    *flag.FlagSet
	settings settings
}

// Run runs a replica until ctx ends.
func (c *Service) Run(ctx context.Context, p *program.Process) error {
	hangups, stop := program.Hangups()
	defer stop()
	s := &c.settings
	address, err := s.address()
	if err != nil {
		return err
	}
	keys, err := s.keyring(address, p.Log)
	if err != nil {
		return err
	}
	signers, err := s.readSigners()
	if err != nil {
		return err
	}
	token, err := secretFile(s.adminToken)
	if err == nil && s.adminToken != "" {
		err = config.CheckToken(token)
	}
	if err != nil {
		return program.Wrong("--admin-token-file: %w", err)
	}
	store, where, err := s.open()
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	listener, err := program.Listen(ctx, address)
	if err != nil {
		return err
	}
	defer listener.Close() // for errors before it serves
	if s.name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "config-sync"
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		s.name = host + "-" + port
	}
	if !validName(s.name) {
		return program.Wrong("--name %q has other characters than letters, digits and -_.:", s.name)
	}
	entrance := NewEntrance(listener, s.perAddress, p.Log)
	server := New(Options{
		Entrance: entrance,
		Store:    store, Name: s.name, Version: p.Version, Commit: p.Commit, Log: p.Log,
		Lost: p.Lost, Bake: s.bake,
		Heartbeat: s.heartbeat, Secured: keys != nil, Signers: signers, Fleet: s.fleet,
		Forget: s.forget, Settings: rollout.Settings{LostAfter: s.lostAfter, Grace: s.grace},
	})
	parts := []lifecycle.Part{p.Supervised(ctx, program.Up(), func() string {
		return "ready: " + s.name
	}, nil)}
	scheme := "grpc"
	var creds credentials.TransportCredentials
	if keys != nil {
		creds = credentials.NewTLS(keys.config())
		parts = append(parts, lifecycle.Part{Name: "certificates", Run: keys.watch})
		scheme = "grpcs"
	}
	options := append(entrance.Options(creds),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			Time: 10 * time.Second, Timeout: 5 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{
			MinTime: 5 * time.Second, PermitWithoutStream: true,
		}))
	g := grpc.NewServer(options...)
	server.Register(g)
	if s.admin != "off" {
		l, err := admin.Listen(ctx, s.admin, token != "")
		if err != nil {
			return err
		}
		p.Lines.Address("admin", program.URL("http", l.Addr().String()))
		parts = append(parts, lifecycle.Part{Name: "admin", Run: func(ctx context.Context) error {
			return server.Admin(token).Serve(ctx, l)
		}})
	}
	parts = append(parts,
		lifecycle.Part{Name: "hangups", Run: func(ctx context.Context) error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-hangups:
					over := p.Reloading()
					keys.hangup(p.Log)
					over("ready")
				}
			}
		}},
		lifecycle.Part{Name: "gRPC", Run: func(ctx context.Context) error {
			return program.ServeGRPC(ctx, g, entrance)
		}},
		// ends first: streams end with it, and so can be ended at all
		lifecycle.Part{Name: "rollouts", Run: server.Run},
	)
	p.Lines.Address("listener grpc", scheme+"://"+listener.Addr().String())
	p.Log.WithFields(logrus.Fields{"name": s.name, "history": where}).Info("ready")
	return lifecycle.Run(ctx, parts...)
}

func (s *settings) open() (store configstore.Store, where string, err error) {
	if s.etcd == "" {
		store, err = configstore.Open(s.store)
		return store, s.store, err
	}
	o := configstore.EtcdOptions{
		Endpoints: slices.Collect(strings.SplitSeq(s.etcd, ",")), Prefix: s.etcdPrefix,
		User: s.etcdUser,
	}
	if o.Password, err = secretFile(s.etcdPassword); err != nil {
		return nil, "", program.Wrong("--etcd-password-file: %w", err)
	}
	if s.etcdCA != "" || s.etcdCert != "" {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: safeSuites()}
		if s.etcdCA != "" {
			if o.TLS.RootCAs, err = authorities(s.etcdCA); err != nil {
				return nil, "", program.Wrong("--etcd-ca: %w", err)
			}
		}
		if s.etcdCert != "" {
			cert, err := keyPair(s.etcdCert, s.etcdKey)
			if err != nil {
				return nil, "", program.Wrong("--etcd-cert: %w", err)
			}
			o.TLS.GetClientCertificate = func(
				*tls.CertificateRequestInfo,
			) (*tls.Certificate, error) {
				return &cert, nil // whatever authorities the server names
			}
		}
	}
	store, err = configstore.Etcd(o)
	return store, "etcd at " + s.etcd, err
}
