package tracing

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
)

// A Target is a collector. It does not change.
type Target struct {
	Endpoint string // host:port
	Shown    string // what logs call it: the endpoint, unless that is a secret
	HTTP     bool   // OTLP over HTTP, and not over gRPC
	Path     string // over HTTP
	TLS      *tls.Config
	Headers  map[string]string
	Gzip     bool
	Timeout  time.Duration // for a batch, with repeats
	Queue    int           // how many spans may wait
	// Service and Attributes are the identity's in the configuration.
	Service    string
	Attributes map[string]string
	// Hide takes the values of secrets out of a text; nil: there are none.
	Hide func(string) string
}

// Bounds of what a collector may do.
const (
	maxAnswer  = 64 << 10
	maxHead    = 64 << 10
	retryFirst = 500 * time.Millisecond
	retryLast  = 5 * time.Second
	idle       = 90 * time.Second
)

// otlpSender sends by a client of OpenTelemetry's.
type otlpSender struct {
	client  otlptrace.Client
	timeout time.Duration
	release func()
}

// dial makes the sender for a target. It connects when there is something to send.
func dial(t *Target) (sender, error) {
	if t.HTTP {
		return dialHTTP(t), nil
	}
	return dialGRPC(t)
}

// dialGRPC makes a sender of OTLP over gRPC. The connection is made here and not by the client,
// which takes the variables OTEL_EXPORTER_OTLP_… of the environment into account otherwise.
func dialGRPC(t *Target) (sender, error) {
	secured := insecure.NewCredentials()
	if t.TLS != nil {
		secured = credentials.NewTLS(t.TLS)
	}
	patience := backoff.DefaultConfig
	patience.MaxDelay = retryLast
	calls := []grpc.CallOption{grpc.MaxCallRecvMsgSize(maxAnswer)}
	if t.Gzip {
		calls = append(calls, grpc.UseCompressor(gzip.Name))
	}
	conn, err := grpc.NewClient("dns:///"+t.Endpoint, grpc.WithTransportCredentials(secured),
		grpc.WithDefaultCallOptions(calls...), grpc.WithDisableServiceConfig(),
		grpc.WithMaxHeaderListSize(maxHead), grpc.WithUserAgent("gateway"),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: patience, MinConnectTimeout: retryLast,
		}))
	if err != nil {
		return nil, err
	}
	c := otlptracegrpc.NewClient(otlptracegrpc.WithGRPCConn(conn),
		otlptracegrpc.WithHeaders(t.Headers), otlptracegrpc.WithTimeout(t.Timeout),
		otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
			Enabled: true, InitialInterval: retryFirst, MaxInterval: retryLast,
			MaxElapsedTime: t.Timeout,
		}))
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := c.Start(ctx); err != nil { // does not connect
		return nil, errors.Join(err, conn.Close())
	}
	release := func() { _ = conn.Close() } // there is nothing that could still be sent
	return &otlpSender{client: c, timeout: t.Timeout, release: release}, nil
}

// errRedirect says that a collector sends elsewhere. It must not choose who gets spans and secrets.
var errRedirect = errors.New("it answers with a redirect, and those are not followed")

// dialHTTP makes a sender of OTLP over HTTP.
func dialHTTP(t *Target) sender {
	conf := t.TLS.Clone()
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: conf, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: t.Timeout, MaxResponseHeaderBytes: maxHead, MaxIdleConnsPerHost: 1,
		IdleConnTimeout: idle, DialContext: (&net.Dialer{Timeout: t.Timeout}).DialContext,
	}
	u := url.URL{Scheme: "http", Host: t.Endpoint, Path: t.Path}
	if t.TLS != nil {
		u.Scheme = "https"
	}
	compression := otlptracehttp.NoCompression
	if t.Gzip {
		compression = otlptracehttp.GzipCompression
	}
	// Each option that a variable of the environment has too is given.
	c := otlptracehttp.NewClient(otlptracehttp.WithEndpointURL(u.String()),
		otlptracehttp.WithEncoding(otlptracehttp.EncodingProtobuf),
		otlptracehttp.WithTLSClientConfig(conf), otlptracehttp.WithHeaders(t.Headers),
		otlptracehttp.WithTimeout(t.Timeout), otlptracehttp.WithCompression(compression),
		otlptracehttp.WithMaxResponseSize(maxAnswer),
		otlptracehttp.WithHTTPClient(&http.Client{
			Transport: patient{transport},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errRedirect
			},
		}),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: retryFirst, MaxInterval: retryLast,
			MaxElapsedTime: t.Timeout,
		}))
	return &otlpSender{client: c, timeout: t.Timeout, release: transport.CloseIdleConnections}
}

// patient has what meets a collector that is not there, as while it starts anew, tried again: the
// client does so only after errors that say they are temporary.
type patient struct{ http.RoundTripper }

// RoundTrip is http.RoundTripper's.
func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := p.RoundTripper.RoundTrip(r)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		err = temporary{err}
	}
	return resp, err
}

type temporary struct{ error }

// Temporary is asked by the client.
func (temporary) Temporary() bool { return true }

// Unwrap is for package errors.
func (t temporary) Unwrap() error { return t.error }

func (s *otlpSender) send(ctx context.Context, spans []*tracepb.ResourceSpans) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.client.UploadTraces(ctx, spans)
}

func (s *otlpSender) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.client.Stop(ctx) // nothing is under way
	s.release()
}

// rejectedBy is how many spans of a batch the collector has not wanted, though it has taken the
// batch; -1: it has not, or all is well. The client tells in words.
func rejectedBy(err error) int {
	if err == nil {
		return -1
	}
	const begin, end = "OTLP partial success: ", " spans rejected)"
	text := err.Error()
	if !strings.Contains(text, begin) || !strings.HasSuffix(text, end) {
		return -1
	}
	var n int
	text = strings.TrimSuffix(text, end)
	if _, err := fmt.Sscanf(text[strings.LastIndexByte(text, '(')+1:], "%d", &n); err != nil {
		return -1
	}
	return max(n, 0)
}

// shown is how many bytes of an error are shown: a collector can put a whole page into one.
const shown = 300

// shortly is an error as it may be shown.
func shortly(err error, t *Target) error {
	text := err.Error()
	if t.Hide != nil {
		text = t.Hide(text)
	}
	text = strings.ToValidUTF8(text, "\ufffd")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return ' '
		}
		return c
	}, text)
	if len(text) > shown {
		text = strings.ToValidUTF8(text[:shown], "") + "…"
	}
	return errors.New(text)
}
