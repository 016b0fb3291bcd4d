package configserver

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/filewatch"
	"github.com/gatewayhomebrew/gateway/libs/program"
)

// A keyring is the certificate that config-sync shows, and the authorities it trusts to name nodes
// and operators. Its files are read again when they change, so that a renewal needs no restart.
// Connections that are there stay: a node whose authority is taken out is cut off when it connects
// anew.
type keyring struct {
	cert, key, clientCA string
	log                 *logrus.Logger
	current             atomic.Pointer[tls.Config]
}

// keyring is nil without TLS, which is for loopback only: there is nobody then whose name could be
// checked.
func (s *settings) keyring(address string, log *logrus.Logger) (*keyring, error) {
	if s.cert == "" && s.key == "" && s.clientCA == "" {
		host, _, _ := net.SplitHostPort(address)
		if ip, err := netip.ParseAddr(host); host != "localhost" &&
			(err != nil || !ip.IsLoopback()) {
			return nil,
				program.Wrong("%s is not on loopback, where anybody could publish: give "+
					"--tls-cert, --tls-key and --client-ca, or listen on 127.0.0.1", address)
		}
		return nil, nil
	}
	if s.cert == "" || s.key == "" || s.clientCA == "" {
		return nil, program.Wrong("--tls-cert, --tls-key and --client-ca go together")
	}
	k := &keyring{cert: s.cert, key: s.key, clientCA: s.clientCA, log: log}
	if err := k.read(); err != nil {
		return nil, program.Wrong("%w", err)
	}
	return k, nil
}

// read takes the files into use, all or none of them.
func (k *keyring) read() error {
	cert, err := tls.LoadX509KeyPair(k.cert, k.key)
	if err != nil {
		return fmt.Errorf("--tls-cert: %w", err)
	}
	clients, err := authorities(k.clientCA)
	if err != nil {
		return fmt.Errorf("--client-ca: %w", err)
	}
	k.current.Store(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: clients,
		ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"},
		SessionTicketsDisabled: true, // a ticket would outlive the trust in whom it was given to
	})
	return nil
}

// config gives each handshake what was read last.
func (k *keyring) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return k.current.Load(), nil
		},
	}
}

// again reads the files, in which something may have changed. Those that don't fit together leave
// what is in use.
func (k *keyring) again() {
	if err := k.read(); err != nil {
		k.log.WithError(err).Error("the changed certificates can't be used; those from before stay")
		return
	}
	k.log.WithField("file", k.cert).Info("certificates were read")
}

// hangup does what SIGHUP asks for. Flags are read at the start only, so without certificates that
// is nothing; but a signal that nobody takes would end the process, and not drain it.
func (k *keyring) hangup(log *logrus.Logger) {
	if k == nil {
		log.Info("SIGHUP: there are no certificates to read, and a change of flags takes a restart")
		return
	}
	k.again()
}

// watch reads the files when they change, until ctx ends.
func (k *keyring) watch(ctx context.Context) error {
	w := &filewatch.Watcher{
		Files: func() []string {
			return []string{k.cert, k.key, k.clientCA}
		}, Changed: k.again, Begun: k.again,
		Failed: func(err error) {
			k.log.WithError(err).Warn("the system tells of no changes to certificates; they are " +
				"looked at every two seconds")
		},
	}
	return w.Run(ctx)
}

func authorities(file string) (*x509.CertPool, error) {
	data, err := files.Read(file, files.Most)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

func (s *settings) readSigners() (keys []ed25519.PublicKey, err error) {
	if s.signers == "" {
		return nil, nil
	}
	data, err := files.Read(s.signers, files.Most)
	if err != nil {
		return nil, program.Wrong("--signers: %w", err)
	}
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, program.Wrong("--signers: %s: %w", s.signers, err)
		}
		ed, ok := key.(ed25519.PublicKey)
		if !ok {
			return nil, program.Wrong("--signers: %s holds a key that is not Ed25519", s.signers)
		}
		keys = append(keys, ed)
	}
	if len(keys) == 0 {
		return nil, program.Wrong("--signers: %s holds no public key in PEM form", s.signers)
	}
	return keys, nil
}
