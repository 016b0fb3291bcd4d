package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/netx"
)

const (
	// userAgent is what checks call themselves.
	userAgent = "gateway-health-check"
	// mostHead and mostBody are the most bytes of an answer that are read. The verdict is
	// in the first line; the rest is read so that the endpoint is not cut off in the middle
	// of it.
	mostHead, mostBody = 64 << 10, 64 << 10
)

// askHTTP asks for the path, and looks at the status.
func (t *Target) askHTTP(ctx context.Context, conn net.Conn) (Kind, string) {
	first, last, err := config.StatusRange(t.Check.Status)
	if err != nil {
		return Answer, plain(err.Error()) // validation lets none through
	}
	u, err := url.ParseRequestURI(t.Check.Path)
	if err != nil {
		return Answer, plain(err.Error()) // validation lets none through
	}
	u.Scheme, u.Host = "http", t.Address
	if _, local := netx.LocalPath(t.Address); local {
		u.Host = localHost
	}
	if t.TLS != nil {
		u.Scheme = "https"
	}
	take := once(conn)
	dial := func(context.Context, string, string) (net.Conn, error) { return take() }
	transport := &http.Transport{
		DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true, DisableCompression: true,
		MaxResponseHeaderBytes: mostHead, Protocols: new(http.Protocols),
	}
	defer transport.CloseIdleConnections()
	switch {
	case !t.http2():
		transport.Protocols.SetHTTP1(true)
	case t.TLS != nil:
		transport.Protocols.SetHTTP2(true)
	default:
		transport.Protocols.SetUnencryptedHTTP2(true)
	}
	req := (&http.Request{
		Method: http.MethodGet, URL: u, Host: t.host(),
		Header: http.Header{"User-Agent": {userAgent}, "Accept": {"*/*"}},
	}).WithContext(ctx)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return t.broken(ctx, err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, mostBody) // see mostBody
	if resp.StatusCode < first || resp.StatusCode > last {
		return Answer, fmt.Sprintf("HTTP %d, expected %s", resp.StatusCode, t.Check.Status)
	}
	return Passed, fmt.Sprintf("HTTP %d", resp.StatusCode)
}
