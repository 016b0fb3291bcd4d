package plan

import (
	"crypto/tls"
	"fmt"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/tlsconf"
)

// Tracing says which requests leave a trace, and where it goes.
type Tracing struct {
	config.Tracing
	// TLS is for the connection to the collector, nil for plain text.
	TLS *tls.Config

	secured *tlsconf.Client
}

// trace reads how the collector of traces is reached. written is the document as it stands in the
// file, doc the one with its secrets.
func (p *Plan) trace(before *Plan, written, doc *config.Document) error {
	if doc.Tracing == nil {
		return nil
	}
	p.Tracing = &Tracing{Tracing: *doc.Tracing}
	var last *tlsconf.Client
	if before != nil && before.Tracing != nil {
		last = before.Tracing.secured
	}
	secured, err := tlsconf.NewClient(written, written.Tracing.OTLP.Security, last)
	if err != nil {
		return fmt.Errorf("tracing.otlp: %w", err)
	}
	p.Tracing.secured, p.Tracing.TLS = secured, secured.Config()
	p.note("tracing.otlp", secured.Notes())
	return nil
}
