package aggregator

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// certificates are what the server of gRPC shows, and whose clients it takes; a reload puts others
// in their place.
type certificates struct{ current atomic.Pointer[tls.Config] }

// read reads the files that a document names, for set. It is nil where the document has no TLS.
func (c *certificates) read(doc *config.Document) (*tls.Config, error) {
	t := doc.Revealed().HealthAgg.TLS
	if t == nil {
		return nil, nil
	}
	server, err := tlsconf.NewServer(t)
	if err != nil {
		return nil, fmt.Errorf("healthagg.tls: %w", err)
	}
	own := server.Config()
	own.NextProtos = []string{"h2"} // gRPC is nothing else, whatever the document says
	return own, nil
}

// config is for a server: each connection gets what is in force then.
func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return c.current.Load(), nil
		},
	}
}
