package causes_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// What is still being served when drain.timeout is over is cut. Clients that have no response yet
// are told so, and every line of the log says why, by which key and how long that is.
func TestWhatADrainCutsIsTold(t *testing.T) {
	t.Parallel()
	slow := testkit.NewUpstream(t, silent(""))
	begins := testkit.NewUpstream(t, silent(ok+"Content-Length: 100\r\n\r\nabc"))
	opens := testkit.NewUpstream(t, silent(edgetest.UpgradeAnswer))
	calls := speaking(t, func(*xhttp2.Framer, net.Conn, uint32) {})
	e := testkit.StartEdge(t, fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0"}]
clusters:
  - {name: slow, endpoints: [{address: %q}]}
  - {name: full, endpoints: [{address: %q}], limits: {max_connections: 1}}
  - {name: begins, endpoints: [{address: %q}]}
  - {name: opens, endpoints: [{address: %q}]}
  - {name: calls, protocol: h2c, endpoints: [{address: %q}]}
routes:
  - {name: slow, path_prefix: /slow, cluster: slow}
  - {name: full, path_prefix: /full, cluster: full}
  - {name: begins, path_prefix: /begins, cluster: begins}
  - {name: opens, path_prefix: /opens, cluster: opens}
  - {name: calls, path_prefix: /calls, cluster: calls}
admin: {address: "127.0.0.1:0"}
drain: {timeout: 700ms}
`, slow.Addr(), slow.Addr(), begins.Addr(), opens.Addr(), calls))
	to := " HTTP/1.1\r\nHost: a.test\r\n"
	var waiting sync.WaitGroup
	cut := map[string]struct {
		text   string // what is sent
		status int
	}{
		"/slow":      {"GET /slow" + to + "\r\n", 503},
		"/slow/post": {"POST /slow/post" + to + "Content-Length: 9\r\n\r\nabc", 503},
		"/full":      {"GET /full" + to + "\r\n", 503},
		"/full/line": {"GET /full/line" + to + "\r\n", 503}, // one of the two waits for the other
		"/begins":    {"GET /begins" + to + "\r\n", 200},
		"/opens":     {strings.Replace(edgetest.UpgradeRequest, "GET /", "GET /opens", 1), 101},
	}
	for path, tc := range cut {
		c := testkit.Dial(t, e.Addr("public"))
		edgetest.Must(t, c.Send(tc.text))
		waiting.Go(func() {
			head, err := c.Head()
			if err != nil || head.Status != tc.status {
				t.Errorf("%s is answered %+v, %v; want %d", path, head, err, tc.status)
				return
			}
			body, _ := c.Rest()
			if tc.status == 503 && !strings.Contains(body, `"code":"GW_DRAINING"`) {
				t.Errorf("%s gets %s", path, body)
			}
		})
	}
	half := testkit.Dial(t, e.Addr("public"))
	edgetest.Must(t, half.Send("GET /half"+to))
	tr := &http.Transport{Protocols: new(http.Protocols)}
	tr.Protocols.SetUnencryptedHTTP2(true)
	defer tr.CloseIdleConnections()
	over2 := func(method, path string, header http.Header) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+e.Addr("public")+path,
			nil)
		edgetest.Must(t, err)
		r.Header = header
		return tr.RoundTrip(r)
	}
	waiting.Go(func() {
		r, err := over2("GET", "/slow/2", http.Header{})
		if err != nil {
			t.Errorf("over HTTP/2: %v", err)
			return
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if r.StatusCode != 503 || err != nil || !strings.Contains(string(body), "GW_DRAINING") {
			t.Errorf("over HTTP/2: %d %s %v", r.StatusCode, body, err)
		}
	})
	waiting.Go(func() {
		r, err := over2("POST", "/calls", http.Header{
			"Content-Type": {"application/grpc"}, "Te": {"trailers"},
		})
		if err != nil {
			t.Errorf("a call: %v", err)
			return
		}
		defer r.Body.Close()
		if got := r.Header.Get("Grpc-Status"); got != "14" {
			t.Errorf("a call ends with grpc-status %q: %v", got, r.Header)
		}
	})
	paths := []string{"/slow/2", "/calls"}
	for path := range cut {
		paths = append(paths, path)
	}
	testkit.Eventually(t, "all are being served", func() bool {
		n := 0.0
		for name, v := range e.Metrics(t) {
			if strings.HasPrefix(name, "gateway_active_requests") {
				n += v
			}
		}
		return n == float64(len(paths)) && begins.Conn(t, 0).Total() > 0 &&
			opens.Conn(t, 0).Total() > 0
	})
	if code := e.Stop(t, testkit.Deadline); code != 0 {
		t.Errorf("exit code %d", code)
	}
	waiting.Wait()
	if r, err := half.Head(); err != nil || r.Status != 503 {
		t.Errorf("half a request is answered %+v, %v", r, err)
	}
	lines := map[string]line{}
	for text := range strings.Lines(e.Stdout()) {
		var l line
		edgetest.Must(t, json.Unmarshal([]byte(text), &l))
		lines[l.Path] = l
	}
	for _, path := range paths {
		l, want := lines[path], cut[path].status
		if want == 0 {
			want = 503
		}
		if l.Code == "" && want == 101 {
			l.Code = "GW_DRAINING" // it did its duty
		}
		if l.Status != want || l.Code != "GW_DRAINING" {
			t.Errorf("%s: the line has %+v, want %d GW_DRAINING", path, l, want)
		}
		told(t, path, l.Cause, "the gateway was stopping, and drain.timeout (700ms) was over")
	}
	told(t, "/begins", lines["/begins"].Cause, "within the response, after 3 bytes of the body")
	told(t, "/slow", lines["/slow"].Cause, "before there was a response")
	if l := lines["/half"]; l.Status != 503 || l.Code != "GW_DRAINING" ||
		!strings.Contains(l.Cause, "shutting down") {
		t.Errorf("half a request: %+v", l)
	}
}
