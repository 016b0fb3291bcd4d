package aggregator

import (
	"crypto/tls"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// certificates are what the server of gRPC shows, and whose clients it takes; a reload puts others
// in their place.
type certificates struct{ current atomic.Pointer[served] }

type served struct {
	server *tlsconf.Server
	config *tls.Config
}

// read reads the files that a document names, for set. It is nil where the document has no TLS.
func (c *certificates) read(doc *config.Document) (*served, error) {
	t := doc.HealthAgg.TLS
	if t == nil {
		return nil, nil
	}
	var before *tlsconf.Server
	if now := c.current.Load(); now != nil {
		before = now.server
	}
	server, err := tlsconf.NewServer(t, tlsconf.Options{Document: doc, Before: before})
	if err == nil && !server.Usable() {
		err = errors.New("no certificate of it can be used")
	}
	if err != nil {
		if ps := doc.Warnings(); len(ps) > 0 {
			return nil, ps
		}
		return nil, fmt.Errorf("healthagg.tls: %w", err)
	}
	own := server.Config()
	own.NextProtos = []string{"h2"} // gRPC is nothing else, whatever the document says
	return &served{server, own}, nil
}

// config is for a server: each connection gets what is in force then.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return c.current.Load().config, nil
		},
	}
}
