package configserver

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/files"
	"github.com/gatewayhomebrew/gateway/libs/filewatch"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
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
		if !hostname.Loopback(host) {
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
	cert, err := keyPair(k.cert, k.key)
	if err != nil {
		return fmt.Errorf("--tls-cert: %w", err)
	}
	if now := time.Now(); now.After(cert.Leaf.NotAfter) || now.Before(cert.Leaf.NotBefore) {
		k.log.WithField("file", k.cert).Warnf("the certificate is valid from %s to %s, and not now",
			cert.Leaf.NotBefore.UTC().Format(time.RFC3339),
			cert.Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	clients, err := authorities(k.clientCA)
	if err != nil {
		return fmt.Errorf("--client-ca: %w", err)
	}
	k.current.Store(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: clients,
		ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}, CipherSuites: safeSuites(),
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

// safeSuites are the cipher suites of TLS 1.2 that HTTP/2 allows.
func safeSuites() (ids []uint16) {
	for _, c := range config.NamedCiphers(nil) {
		ids = append(ids, c.ID)
	}
	return ids
}

// keyPair reads a certificate with its key.
func keyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := files.Read(certFile, files.Most)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := files.Read(keyFile, files.Most)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := pemfile.Pair(cert, key)
	if err != nil {
		file := certFile
		var e *pemfile.Error
		if errors.As(err, &e) && e.Key {
			file = keyFile
		}
		return tls.Certificate{}, fmt.Errorf("%s: %w", file, err)
	}
	return pair, nil
}

func authorities(file string) (*x509.CertPool, error) {
	data, err := files.Read(file, files.Most)
	if err != nil {
		return nil, err
	}
	pool, err := pemfile.Pool(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return pool, nil
}

func (s *settings) readSigners() ([]ed25519.PublicKey, error) {
	if s.signers == "" {
		return nil, nil
	}
	data, err := files.Read(s.signers, files.Most)
	if err != nil {
		return nil, program.Wrong("--signers: %w", err)
	}
	keys, err := pemfile.PublicKeys(data)
	if err != nil {
		return nil, program.Wrong("--signers: %s: %w", s.signers, err)
	}
	return keys, nil
}
