package node

import (
	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/plan"
	"github.com/gatewayhomebrew/gateway/libs/tracing"
)

// collector is who gets the spans of a plan, nil for nobody. doc is the document as it stands in
// the file.
func collector(p *plan.Plan, doc *config.Document) *tracing.Target {
	t := p.Tracing
	if t == nil {
		return nil
	}
	return &tracing.Target{
		Endpoint: t.OTLP.Endpoint, Shown: doc.Tracing.OTLP.Endpoint,
		HTTP: t.OTLP.Protocol == config.OTLPHTTP, Path: t.OTLP.Path, TLS: t.TLS,
		Headers: t.OTLP.Headers, Gzip: t.OTLP.Compression == config.CompressionGzip,
		Timeout: t.OTLP.Timeout, Queue: t.Queue, Service: t.Service, Attributes: t.Attributes,
		Hide: p.Veil.Text,
	}
}

// traced is how the sending of traces goes, as /status tells it; nil where there is none.
func (e *edge) traced(doc *config.Document) *admin.Tracing {
	if doc.Tracing == nil {
		return nil
	}
	s := e.spans.State()
	return &admin.Tracing{
		Endpoint: doc.Tracing.OTLP.Endpoint, Waiting: s.Waiting, Exported: s.Exported,
		Dropped: s.Dropped, Failed: s.Failed, Rejected: s.Rejected, Failure: s.Failure,
	}
}
