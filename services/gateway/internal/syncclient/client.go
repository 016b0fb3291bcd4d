// Package syncclient talks to config-sync for an operator: it connects, says in words what went
// wrong, and turns what a person writes about a rollout into what config-sync understands.
package syncclient

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
)

// DefaultAddress is where config-sync listens when nobody says otherwise.
const DefaultAddress = "127.0.0.1:9500"

// MaxConfig is the largest configuration that config-sync takes, in bytes.
const MaxConfig = 4 << 20

// Options say how to connect. Without CA and Cert the connection is clear text, which config-sync
// has on loopback only.
type Options struct {
	Address             string // host:port
	CA, Cert, Key, Name string // PEM files, and the name that config-sync's certificate is for
}

// A Client is a connection to config-sync, made when it is first used.
type Client struct {
	configpb.ConfigSyncClient
	conn    *grpc.ClientConn
	address string
	tls     bool
}

// New makes a Client. The error is one of the options.
func New(o Options) (*Client, error) {
	if host, port, err := net.SplitHostPort(o.Address); err != nil || host == "" || badPort(port) {
		return nil,
			fmt.Errorf("%q is no address of config-sync: write host:port, such as %s", o.Address,
				DefaultAddress)
	}
	creds := insecure.NewCredentials()
	secured := o.CA != "" || o.Cert != "" || o.Key != "" || o.Name != ""
	if secured {
		conf, err := o.tls()
		if err != nil {
			return nil, err
		}
		creds = credentials.NewTLS(conf)
	}
	conn, err := grpc.NewClient("dns:///"+o.Address, grpc.WithTransportCredentials(creds),
		grpc.WithDisableServiceConfig(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 10 * time.Second, Timeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return nil, err
	}
	return &Client{
		ConfigSyncClient: configpb.NewConfigSyncClient(conn), conn: conn, address: o.Address,
		tls: secured,
	}, nil
}

func badPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err != nil || n < 1 || n > 65535
}

func (o Options) tls() (*tls.Config, error) {
	if o.CA == "" || o.Cert == "" || o.Key == "" {
		return nil,
			errors.New("--ca, --cert and --key go together: config-sync and who asks it show " +
				"each other a certificate")
	}
	pair, err := o.pair()
	if err != nil {
		return nil, fmt.Errorf("--cert and --key: %w", err)
	}
	text, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool, err := pemfile.Pool(text)
	if err != nil {
		return nil, fmt.Errorf("--ca: %s: %w", o.CA, err)
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: o.Name}
	for _, c := range config.NamedCiphers(nil) {
		conf.CipherSuites = append(conf.CipherSuites, c.ID)
	}
	// Of Certificates, none is shown whose issuer config-sync does not name.
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &pair, nil
	}
	return conf, nil
}

// pair reads the certificate with its key.
func (o Options) pair() (tls.Certificate, error) {
	cert, err := os.ReadFile(o.Cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := os.ReadFile(o.Key)
	if err != nil {
		return tls.Certificate{}, err
	}
	pair, err := pemfile.Pair(cert, key)
	if err != nil {
		file := o.Cert
		var e *pemfile.Error
		if errors.As(err, &e) && e.Key {
			file = o.Key
		}
		return pair, fmt.Errorf("%s: %w", file, err)
	}
	return pair, nil
}

// Address is whom it asks.
func (c *Client) Address() string { return c.address }

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Explain says what an error of config-sync means, and what to do.
func (c *Client) Explain(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	switch s.Code() {
	case codes.Unavailable:
		hint := "is it running? --server says where"
		if !c.tls {
			hint += "; if it wants TLS, give --ca, --cert and --key"
		}
		return fmt.Errorf("config-sync at %s can't be reached: %s; %s", c.address, s.Message(),
			hint)
	case codes.DeadlineExceeded:
		return fmt.Errorf("config-sync at %s did not answer in time", c.address)
	case codes.Unauthenticated, codes.PermissionDenied:
		return fmt.Errorf("config-sync at %s does not allow it: %s", c.address, s.Message())
	case codes.Unimplemented:
		return fmt.Errorf("what answers at %s is no config-sync, or another version of it",
			c.address)
	}
	return fmt.Errorf("config-sync: %s", s.Message())
}

// Away says whether an error means that nobody answers, which may be over soon.
func Away(err error) bool {
	return errors.Is(err, io.EOF) || status.Code(err) == codes.Unavailable
}

// Digest is what config-sync calls the bytes of a configuration.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
