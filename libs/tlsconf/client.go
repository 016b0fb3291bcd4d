package tlsconf

import (
	"crypto/tls"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// sessions is how many TLS sessions a cluster remembers to resume.
const sessions = 64

// NewClient makes the configuration for connections to a cluster's endpoints; nil
// where they are not secured. The certificate of an endpoint is always verified, for
// the server name of the document; where that is "" the caller fills in the host of
// the endpoint it connects to.
func NewClient(s config.Security) (*tls.Config, error) {
	if s.Mode == config.SecurityNone || s.Mode == "" {
		return nil, nil
	}
	c := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: s.ServerName,
		ClientSessionCache: tls.NewLRUClientSessionCache(sessions),
		// The user asked for it by this name, and is warned about it.
		InsecureSkipVerify:          s.InsecureSkipVerify, //nolint:gosec
		DynamicRecordSizingDisabled: true,
	}
	var err error
	if s.CA != "" {
		if c.RootCAs, err = pool(s.CA); err != nil {
			return nil, fmt.Errorf("the authorities of the endpoints: %w", err)
		}
	}
	if s.Mode == config.SecurityMTLS {
		pair, err := keyPair(s.Cert, s.Key)
		if err != nil {
			return nil, fmt.Errorf("client %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if len(s.Pins) > 0 {
		pins, err := readPins(s.Pins)
		if err != nil {
			return nil, err
		}
		c.VerifyConnection = pins.verify
	}
	return c, nil
}
