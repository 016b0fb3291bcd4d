package routes_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// pathRoutes has a route for each way to treat a path, and two that only clients with a
// certificate may use, which no client here has.
const pathRoutes = `
version: 1
listeners:
  - {name: public, address: "127.0.0.1:0"}
  - {name: tls, address: "127.0.0.1:0", tls: {client_ca: ca.pem, certificates: [{cert: c.pem,
	key: c.key}]}}
clusters: [{name: up, endpoints: [{address: "%s"}]}]
routes:
  - {name: all, path_prefix: /, cluster: up}
  - {name: enc, path_prefix: /enc, cluster: up, allow_encoded_slash: true}
  - {name: back, path_prefix: /back, cluster: up, allow_encoded_backslash: true}
  - {name: keep, path_prefix: /keep, cluster: up, path_normalization: {merge_slashes: false}}
  - {name: s3, path_prefix: /s3, cluster: up, rewrite: {strip_prefix: true},
	allow_encoded_slash: true,
     path_normalization: {merge_slashes: false}}
  - {name: v2, path_prefix: /v1, cluster: up, rewrite: {replace_prefix: /v2},
	allow_encoded_slash: true}
  - {name: java, path_prefix: /java, cluster: up, path_normalization: {parameters: allow}}
  - {name: strict, path_prefix: /strict, cluster: up, path_normalization: {parameters: refuse}}
  - {name: special, path_prefix: /enc/special, cluster: up}
  - {name: get, path_prefix: /get, methods: [HEAD], cluster: up}
  - {name: admin, path_prefix: /admin, cluster: up, client_certificate: {names: [ops.test]}}
  - {name: java-admin, path_prefix: /java/admin, cluster: up,
	client_certificate: {names: [ops.test]}}
admin: {address: "127.0.0.1:0"}
`

var pathCases = []struct {
	// What the endpoint gets; "" is 400, and nothing for the endpoint.
	target, want string
}{
	// Dot segments that only an endpoint sees that decodes.
	{"/enc/..%2fadmin", ""},
	{"/enc/..%2Fadmin", ""},
	{"/enc/%2e%2e%2fadmin", ""},
	{"/enc/.%2e%2fadmin", ""},
	{"/enc/a%2f..%2f..%2fadmin", ""},
	{"/enc/a%2f..", ""},
	{"/enc/.%2fa", ""},
	{"/enc/a%2F%2e", ""},
	{"/enc/..%2f", ""},
	{"/enc/..;%2fadmin", ""},
	{"/enc/a;%2f..%2f..%2fadmin", ""},
	{"/back/..%5cadmin", ""},
	{"/back/%2e%2e%5Cadmin", ""},
	{"/back/a%5c..%5c..%5cadmin", ""},
	{"/s3/..%2f", ""},
	{"/v1/..%2Fx", ""},
	// A route that only such an endpoint sees.
	{"/enc/special%2fx", ""},
	{"/enc/a%2fspecial", "/enc/a%2fspecial"},
	// What means no harm goes on, as it came.
	{"/enc/a%2fb", "/enc/a%2fb"},
	{"/enc/a%2Fb%2fc", "/enc/a%2Fb%2fc"},
	{"/enc/a%2Fb%c3%a4%7e", "/enc/a%2Fb%C3%A4~"},
	{"/enc/..a%2f..b", "/enc/..a%2f..b"},
	{"/enc/%252e%252e%252fadmin", "/enc/%252e%252e%252fadmin"},
	{"/back/a%5cb", "/back/a%5cb"},
	{"/back/a%5Cb", "/back/a%5Cb"},
	{"/s3/a%2fb", "/a%2fb"},
	{"/v1/a%2fb%2Fc?x", "/v2/a%2fb%2Fc?x"},
	// Without the switches nothing of it does.
	{"/a%2fb", ""}, {"/a%5cb", ""}, {"/enc/a%5cb", ""}, {"/back/a%2fb", ""}, {"/enc/%00", ""},
	{"/keep/a%2fb", ""}, {"/a\\b", ""}, {"/back/a\\b", ""},
	// Doubled slashes.
	{"/a//b", "/a/b"},
	{"//enc//a", "/enc/a"},
	{"/keep//a///b//", "/keep//a///b//"},
	{"//keep/a", "//keep/a"},
	{"/keep/a/b", "/keep/a/b"},
	{"/keep/a/../b//c", "/keep/b//c"},
	{"/keep/a//b/../c", "/keep/a//c"},
	{"/keep/a//../b", ""},
	{"/keep//../../admin", "403"}, // whose route merges
	{"/keep/x//../../../admin", "403"},
	{"/s3//a//b", "//a//b"},
	{"//s3/a//b?q=//x", "/a//b?q=//x"},
	{"/s3", "/"},
	{"/s3//", "//"},
	// Parameters.
	{"/app/..;/admin", ""},
	{"/app/..;x=1/admin", ""},
	{"/app/.;/a", ""},
	{"/app/%2e%2e;/admin", ""},
	{"/app/..%3b/admin", ""},
	{"/app/a/..;", ""},
	{"/admin;x/a", ""},
	{"/admin%3Bx/a", ""},
	{"/;x/admin", ""},
	{"/get;x", ""},
	{"/enc;x/a", "/enc;x/a"},
	{"/a;b=1/c;d", "/a;b=1/c;d"},
	{"/java/..;/x", "/java/..;/x"},
	{"/java/a;b", "/java/a;b"},
	{"/java/admin;x", "/java/admin;x"},
	{"/strict/a;b", ""},
	{"/strict/a%3bb", ""},
	{"/strict/a?b;c", "/strict/a?b;c"},
	// Queries are not looked at.
	{"/a?b=C:\\d\\..\\e", "/a?b=C:\\d\\..\\e"},
	{"/a?\\", "/a?\\"},
	{"/a?b=%5c%2f//../;", "/a?b=%5c%2f//../;"},
}

func TestWhatBecomesOfAPath(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, func(c *testkit.Conn) {
		for {
			r, err := c.Request()
			if err != nil {
				return
			}
			body := "took " + r.Target
			head := "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
			if c.Send(fmt.Sprintf(head, len(body), body)) != nil {
				return
			}
		}
	})
	config := fmt.Sprintf(pathRoutes, up.Addr())
	dir, authority := t.TempDir(), testkit.NewAuthority(t)
	authority.Leaf(t, nil, "edge.test").Write(t, dir, "c")
	edgetest.Must(t, os.WriteFile(filepath.Join(dir, "ca.pem"), authority.PEM, 0o600))
	e := edgetest.StartReloadableIn(t, dir, config)
	ask := map[string]func(testing.TB, string, string) (int, string){
		"HTTP/1.1": askHTTP1, "HTTP/2": askHTTP2,
	}
	look := func(when string) {
		for protocol, ask := range ask {
			for _, tc := range pathCases {
				status, body := ask(t, e.Addr("public"), tc.target)
				switch {
				case tc.want == "" && (status != 400 || !strings.Contains(body, "GW_BAD_REQUEST")):
					t.Errorf("%s, %s: %s is %d %s, want 400", when, protocol, tc.target, status,
						body)
				case tc.want == "403" && status == 403:
				case tc.want != "" && (status != 200 || body != "took "+tc.want):
					t.Errorf("%s, %s: %s is %d %s, want %s", when, protocol, tc.target, status,
						body,
						tc.want)
				}
			}
		}
	}
	look("at the start")
	if _, body := askHTTP1(t, e.Addr("public"), "/keep//log//%61"); body != "took /keep//log//a" {
		t.Errorf("doubled slashes: %s", body)
	}
	testkit.Eventually(t, "the log has the path that went on", func() bool {
		return strings.Contains(e.Stdout(), `"path":"/keep//log//a"`)
	})
	e.Change(t, fmt.Sprintf(strings.Replace(pathRoutes, "/keep, cluster: up, path_normalization: "+
		"{merge_slashes: false}", "/keep, cluster: up", 1), up.Addr()))
	if _, body := askHTTP1(t, e.Addr("public"), "/keep//a"); body != "took /keep/a" {
		t.Errorf("after a reload that merges slashes: %s", body)
	}
	e.Change(t, config)
	look("after a reload")
	testkit.Eventually(t, "each refusal has its line", func() bool {
		refused := 0
		for _, tc := range pathCases {
			if tc.want == "" {
				refused++
			}
		}
		// Twice over each protocol.
		return strings.Count(e.Stdout(), `"code":"GW_BAD_REQUEST"`) == 4*refused
	})
}

func askHTTP1(t testing.TB, addr, target string) (int, string) {
	t.Helper()
	c := testkit.Dial(t, addr)
	defer c.Close()
	r := c.Exchange(t, "GET", "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
	return r.Status, string(r.Body)
}

// askHTTP2 writes its frames itself: no client of the standard library sends such paths.
func askHTTP2(t testing.TB, addr, target string) (status int, body string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, testkit.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(testkit.Deadline))
	var out, block bytes.Buffer
	out.WriteString(http2.ClientPreface)
	fr := http2.NewFramer(&out, bufio.NewReader(conn))
	fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = fr.WriteSettings()
	enc := hpack.NewEncoder(&block)
	for _, f := range [][2]string{
		{":method", "GET"}, {":scheme", "http"}, {":authority", "a.test"}, {":path", target},
	} {
		_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	_ = fr.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true,
	})
	if _, err := conn.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return status, err.Error()
		}
		ended := false
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			_, _ = fmt.Sscan(f.PseudoValue("status"), &status)
			ended = f.StreamEnded()
		case *http2.DataFrame:
			body += string(f.Data())
			ended = f.StreamEnded()
		case *http2.RSTStreamFrame:
			return status, body + f.String()
		}
		if ended {
			return status, body
		}
	}
}
