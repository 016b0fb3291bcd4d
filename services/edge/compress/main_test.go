// Package compress_test has tests of the bodies that an edge compresses: what clients make of
// them, when they get them, and what becomes of those that break off.
package compress_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

var (
	algorithms = []string{"gzip", "br", "zstd"}
	endpoints  = []string{"http1", "http1s", "h2c", "h2"}
	protocols  = []string{"HTTP/1.1", "HTTP/2", "HTTP/1.1 over TLS", "HTTP/2 over TLS"}
)

// start runs an endpoint and an edge before it that compresses as it is told to, in YAML.
func start(t *testing.T, protocol, compress string, h http.Handler) *testkit.Front {
	t.Helper()
	return startWith(t, protocol, testkit.Cluster{Route: ", compress: " + compress}, h)
}

func startWith(
	t *testing.T, protocol string, o testkit.Cluster, h http.Handler,
) *testkit.Front {
	t.Helper()
	authority := testkit.NewAuthority(t)
	o.Address, o.Protocol = edgetest.Serve(t, authority, protocol, h), protocol
	if protocol == "http1s" {
		ca := filepath.Join(t.TempDir(), "ca.pem")
		edgetest.Must(t, os.WriteFile(ca, authority.PEM, 0o600))
		o.Protocol, o.Security = "http1", fmt.Sprintf("{mode: tls, ca: %q, server_name: %s}", ca,
			testkit.EndpointName)
	}
	return testkit.StartFront(t, authority, o)
}

// each runs a test over every protocol of clients.
func each(t *testing.T, f *testkit.Front, test func(t *testing.T, c *http.Client, base string)) {
	t.Helper()
	for _, protocol := range protocols {
		t.Run(protocol, func(t *testing.T) {
			c, base := edgetest.ClientOf(t, f.Authority, f.Process, protocol)
			test(t, c, base)
		})
	}
}

// ask sends a request, with Accept-Encoding unless that is "".
func ask(t testing.TB, c *http.Client, method, url, accept string, lines ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	edgetest.Must(t, err)
	if accept != "" {
		r.Header.Set("Accept-Encoding", accept)
	}
	for i := 0; i+1 < len(lines); i += 2 {
		r.Header.Add(lines[i], lines[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

// decoder reads a body as its Content-Encoding says.
func decoder(t testing.TB, r *http.Response) io.Reader {
	t.Helper()
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "gzip":
		z, err := gzip.NewReader(bufio.NewReader(r.Body))
		edgetest.Must(t, err)
		return z
	case "br":
		return calm{brotli.NewReader(r.Body)}
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1))
		edgetest.Must(t, err)
		t.Cleanup(z.Close)
		return z
	case "":
		return r.Body
	default:
		t.Fatalf("Content-Encoding: %q", coding)
		return nil
	}
}

// calm passes over an error that the reader of brotli gives at the end of some bodies, by where
// they are cut into reads: it has kept a byte of the last read, which it has decoded. What really
// stands behind a body's end, a test finds in what is left of the message.
type calm struct{ r io.Reader }

func (c calm) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err.Error() == "brotli: excessive input" {
		err = io.EOF
	}
	return n, err
}

// text is a body that can be compressed, in some places better than in others.
func text(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+300)
	for len(b) < n {
		switch r.IntN(3) {
		case 0:
			b = append(b, bytes.Repeat([]byte{byte('a' + r.IntN(26))}, r.IntN(300))...)
		case 1:
			b = strconv.AppendUint(b, r.Uint64(), 36)
		default:
			b = append(b, byte(r.UintN(256)))
		}
	}
	return b[:n]
}
