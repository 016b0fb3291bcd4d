package protocols_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	xhttp2 "golang.org/x/net/http2"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// viaConfig sends what it gets to an address that may be its own.
const viaConfig = `
version: 1
listeners: [{name: public, address: "%s"}]
clusters: [{name: up, protocol: %s, via: %s, endpoints: [{address: "%s"}]}]
routes: [{name: r, cluster: up}]
admin: {address: "127.0.0.1:0"}
`

// A request that comes back to the process that sent it goes round once, whatever protocol it
// goes by and whether it has a Via field.
func TestALoopEndsAtOnce(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http1", "h2c"} {
		for _, via := range []string{"keep", "off"} {
			t.Run(protocol+" "+via, func(t *testing.T) {
				t.Parallel()
				addr := edgetest.FreeAddr(t)
				e := testkit.StartEdge(t, fmt.Sprintf(viaConfig, addr, protocol, via, addr))
				r := testkit.Dial(t, e.Addr("public")).Exchange(t, "GET", edgetest.Get)
				edgetest.WantError(t, r, 508, "GW_LOOP_DETECTED")
				testkit.Eventually(t, "two lines in the log", func() bool {
					return strings.Count(e.Stdout(), `"status":508`) == 2 &&
						strings.Count(e.Stdout(), `"code":"GW_LOOP_DETECTED"`) == 1
				})
			})
		}
	}
}

// One gateway behind another is no loop, and via: off leaves every Via field out.
func TestViaOfAGatewayBehindAnother(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		via       string
		names     int // in Via fields
		cdnLoop   int
		forwarded bool
	}{
		{"keep", 2, 1, true}, {"off", 0, 2, false},
	} {
		up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
		inner := testkit.StartEdge(t, fmt.Sprintf(viaConfig, "127.0.0.1:0", "http1", tc.via,
			up.Addr()))
		outer := testkit.StartEdge(t, fmt.Sprintf(viaConfig, "127.0.0.1:0", "http1", tc.via,
			inner.Addr("public")))
		r := testkit.Dial(t, outer.Addr("public")).Exchange(t, "GET",
			"GET / HTTP/1.1\r\nHost: a.test\r\nVia: 1.0 fred\r\nCDN-Loop: cdn\r\n\r\n")
		if r.Status != 200 {
			t.Errorf("via %s: got %d %s", tc.via, r.Status, r.Body)
		}
		sent := up.Conn(t, 0).Received()
		if n := strings.Count(sent, "Via: 1.1 gateway-"); n != tc.names {
			t.Errorf("via %s: %d gateways in Via fields: %q", tc.via, n, sent)
		}
		if got := strings.Contains(sent, "Via: 1.0 fred"); got != tc.forwarded {
			t.Errorf("via %s: the client's Via goes on: %v", tc.via, got)
		}
		if !strings.Contains(sent, "CDN-Loop: cdn\r\n") {
			t.Errorf("via %s: the client's CDN-Loop is lost: %q", tc.via, sent)
		}
	}
}

// What a route leaves out of responses does not get through before the final one either.
func TestFieldsAreLeftOutOfInterimResponses(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer("HTTP/1.1 103 Early Hints\r\nServer: secret\r\n"+
		"Link: </a>\r\nX-Set: theirs\r\n\r\nHTTP/1.1 200 OK\r\nServer: secret\r\n"+
		"X-Set: theirs\r\nContent-Length: 2\r\n\r\nok"))
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(),
		"headers: {response: {remove: [Server], set: {X-Set: ours}}}"))
	c := testkit.Dial(t, e.Addr("public"))
	edgetest.Must(t, c.Send(edgetest.Get))
	early, err := c.Response("GET")
	edgetest.Must(t, err)
	if early.Status != 103 || early.Fields.Has("Server") || early.Fields.Has("X-Set") ||
		early.Fields.Get("Link") != "</a>" {
		t.Errorf("the interim response is %d %v", early.Status, early.Fields)
	}
	final, err := c.Response("GET")
	edgetest.Must(t, err)
	if final.Status != 200 || final.Fields.Has("Server") || final.Fields.Get("X-Set") != "ours" {
		t.Errorf("the final response is %d %v", final.Status, final.Fields)
	}
	f := dialFrames(t, e.Addr("public"))
	f.head(1, true, requestOf(nil)...)
	f.flush()
	if got := answered(t, f, 1, false); field(got.fields, "server") != "" ||
		field(got.fields, "link") != "</a>" {
		t.Errorf("over HTTP/2: %+v", got)
	}
}

// What an endpoint does wrong is told, not that its connection was reset.
func TestTheFaultOfAnEndpointIsTold(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, protocol, want string
		break1               string                     // what an endpoint with HTTP/1.1 answers
		break2               func(f *frames, id uint32) // or does over HTTP/2
	}{
		{
			name: "another protocol than asked for", protocol: "http1",
			want: `switches protocols to \"h2c\", and the client asked for \"websocket\"`,
			break1: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
				"Upgrade: h2c\r\n\r\n",
		},
		{
			name: "no protocol", protocol: "http1", want: "switches protocols without an Upgrade",
			break1: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n",
		},
		{
			name: "PUSH_PROMISE", protocol: "h2c", want: "PUSH_PROMISE",
			break2: func(f *frames, id uint32) {
				_ = f.WritePushPromise(xhttp2.PushPromiseParam{
					StreamID: id, PromiseID: 2, EndHeaders: true,
				})
			},
		},
		{
			name: "WINDOW_UPDATE by 0", protocol: "h2c", want: "WINDOW_UPDATE",
			break2: func(f *frames, _ uint32) {
				_ = f.WriteRawFrame(xhttp2.FrameWindowUpdate, 0, 0, make([]byte, 4))
			},
		},
		{
			name: "a frame of an idle stream", protocol: "h2c", want: "never opened",
			break2: func(f *frames, _ uint32) { _ = f.WriteData(99, true, []byte("x")) },
		},
		{
			name: "a block that cannot be decoded", protocol: "h2c", want: "cannot be decoded",
			break2: func(f *frames, id uint32) {
				_ = f.WriteHeaders(xhttp2.HeadersFrameParam{
					StreamID: id, BlockFragment: []byte{0xff, 0xff, 0xff}, EndHeaders: true,
				})
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var addr, request string
			if tc.protocol == "http1" {
				addr = testkit.NewUpstream(t, testkit.Answer(tc.break1)).Addr()
				request = edgetest.UpgradeRequest
			} else {
				request = strings.Replace(edgetest.Get, "GET", "POST", 1) // is sent once
				addr = serveScript(t, nil, "h2c", func(f *frames, id uint32, h *heard) {
					if h.ended {
						tc.break2(f, id)
					}
				})
			}
			e := testkit.StartEdge(t, fmt.Sprintf(viaConfig, "127.0.0.1:0", tc.protocol, "keep",
				addr))
			r := testkit.Dial(t, e.Addr("public")).Exchange(t, "GET", request)
			edgetest.WantError(t, r, 502, "GW_UPSTREAM_PROTOCOL")
			if !strings.Contains(string(r.Body), tc.want) {
				t.Errorf("the client is told %s", r.Body)
			}
			testkit.Eventually(t, "the access log tells it", func() bool {
				_, why, _ := strings.Cut(e.Stdout(), `"endpoint_failure":"`)
				return strings.Contains(why, tc.want)
			})
			testkit.Eventually(t, "/why tells it", func() bool {
				_, _, body, err := e.Ask("GET", "/why/"+r.Fields.Get("X-Request-Id"))
				return err == nil && strings.Contains(string(body), tc.want)
			})
		})
	}
}

// The log line of what is no request, and what /why says of it, have nothing of a request
// before it, nor of the client that sent that. Each is sent after many other requests, so that what
// serves it has served others.
func TestNothingOfAnotherRequestIsTold(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, strings.Replace(edgetest.OneRoute(up.Addr(), "path_prefix: /"),
		`address: "127.0.0.1:0"}]`, `address: "127.0.0.1:0", timeouts: {header: 500ms}}]`, 1))
	other := "GET /secret-path?q HTTP/1.1\r\nHost: secret-host.test\r\n" +
		"User-Agent: secret-agent\r\nX-A: secret-value\r\n\r\n"
	for name, bytes := range map[string]string{
		"a ClientHello":            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
		"one byte of TLS":          "\x16",
		"garbage":                  "garbage\r\n\r\n",
		"a NUL":                    "\x00",
		"half a request line":      "GET /mine",
		"an end in the head":       "GET /mine HTTP/1.1\r\nHost: mine.test\r\n",
		"no host":                  "GET /mine HTTP/1.1\r\n\r\n",
		"a long request line":      "GET /" + strings.Repeat("m", 9000),
		"a long head":              "GET /mine HTTP/1.1\r\nX: " + strings.Repeat("m", 40000),
		"too many fields":          "GET /mine HTTP/1.1\r\n" + strings.Repeat("X: m\r\n", 200),
		"another version":          "GET /mine HTTP/3.0\r\n\r\n",
		"half a preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSX",
	} {
		for range 20 {
			c := testkit.Dial(t, e.Addr("public"))
			if r := c.Exchange(t, "GET", other); r.Status != 200 {
				t.Fatalf("got %d", r.Status)
			}
			c.Close()
		}
		c := testkit.Dial(t, e.Addr("public"))
		edgetest.Must(t, c.Send(bytes))
		r, err := c.Response("GET")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Close()
		id := r.Fields.Get("X-Request-Id")
		var line string
		testkit.Eventually(t, "the log has its line", func() bool {
			line = lineWith(e.Stdout(), id)
			return line != ""
		})
		if strings.Contains(line, "secret") || strings.Contains(string(r.Body), "secret") {
			t.Errorf("%s: the log has %s, the answer is %s", name, line, r.Body)
		}
		_, _, why, err := e.Ask("GET", "/why/"+id)
		if err != nil || strings.Contains(string(why), "secret") || !json.Valid(why) {
			t.Errorf("%s: /why says %s, %v", name, why, err)
		}
	}
}

// No log has raw what a terminal obeys or what changes how a line looks.
func TestLogsHaveNoRawControls(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	e := testkit.StartEdge(t, edgetest.OneRoute(up.Addr(), "path_prefix: /"))
	agent := "a\u009b31mb\u202ec\u2066d\u200fe\u2028f\U000e0041g\ufeffh\u0085i"
	for range 2 {
		c := testkit.Dial(t, e.Addr("public"))
		c.Exchange(t, "GET", "GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: "+agent+"\r\n\r\n")
	}
	testkit.Eventually(t, "the lines are there", func() bool {
		return strings.Count(e.Stdout(), `"status":200`) == 2
	})
	for line := range strings.Lines(e.Stdout()) {
		var entry struct {
			Agent string `json:"user_agent"`
		}
		if !strings.HasPrefix(line, "{") {
			continue
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Agent != agent {
			t.Errorf("the line reads back as %q, %v", entry.Agent, err)
		}
		for _, r := range line {
			if r >= 0x7f {
				t.Errorf("the line has %U raw: %q", r, line)
			}
		}
	}
}
