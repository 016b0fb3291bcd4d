package causes_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// Servers that the gateway asks about clients, and that do not answer as they should.
func TestServersForAuthThatFail(t *testing.T) {
	t.Parallel()
	says := func(status int, kind, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	hangs := "http://" + testkit.NewUpstream(t, silent("")).Addr()
	junk := "http://" + testkit.NewUpstream(t, after("220 smtp\r\n")).Addr()
	gone := "http://" + edgetest.RefusedAddr(t)
	broken := says(500, "text/plain", "planted")
	text := says(200, "text/html", "<html>")
	const refused = "no connection to the server: connection refused"
	const junked = "what the server answers is malformed, or not HTTP"
	var forward, jwt strings.Builder
	var all []failing
	servers := []struct{ name, url, asked, keys, opaque string }{
		{"gone", gone, refused, refused, refused},
		{"hangs", hangs, "within 400ms (timeout)", "in time (5s)", "in time (400ms)"},
		{"junk", junk, junked, junked, junked},
		{"broken", broken, "answers 500", "500", "500"},
		{"text", text, "", "", ""},
	}
	for _, s := range servers {
		fmt.Fprintf(&forward, "    - {name: %s, url: %q, timeout: 400ms}\n", s.name, s.url)
		fmt.Fprintf(&jwt, "    - {name: keys-%s, issuer: \"https://id.test\", audiences: [g], "+
			"algorithms: [ES256], jwks: {url: %q}}\n", s.name, s.url)
		fmt.Fprintf(&jwt, "    - {name: opaque-%s, issuer: \"https://id.test\", audiences: [g], "+
			"introspection: {url: %q, timeout: 400ms}}\n", s.name, s.url)
		f := failing{name: "forward " + s.name, route: "auth: {forward: " + s.name + "}",
			want: []string{"auth.forward " + s.name}}
		if s.name != "text" { // any 2xx lets the request pass
			f.want = append(f.want, s.asked)
			all = append(all, f)
		}
		all = append(all, failing{
			name: "keys " + s.name, route: "auth: {jwt: keys-" + s.name + "}",
			request: with("Authorization: Bearer " + token), want: []string{
				"auth.jwt keys-" + s.name, "the keys of the issuer are not there: ", s.keys},
		}, failing{
			name: "opaque " + s.name, route: "auth: {jwt: opaque-" + s.name + "}",
			request: with("Authorization: Bearer planted"), want: []string{
				"auth.jwt opaque-" + s.name, "the server for opaque tokens can't be asked: ",
				s.opaque},
		})
	}
	for i := range all {
		all[i].serve = answer
		all[i].status, all[i].code, all[i].kind = 503, "GW_AUTH_UNAVAILABLE", "auth_unavailable"
	}
	runAll(t, all, "auth:\n  forward:\n"+forward.String()+"  jwt:\n"+jwt.String(), nil)
}

// token is one of a key that nobody has: header, claims and signature in base64url.
var token = encoded([]byte(`{"alg":"ES256","kid":"one"}`)) + "." +
	encoded(fmt.Appendf(nil, `{"iss":"https://id.test","aud":"g","exp":%d}`,
		time.Now().Add(time.Hour).Unix())) + "." + encoded(make([]byte, 64))

// WebSockets and calls that endpoints do not answer as such, contracts that they break, and what
// clients send that no endpoint gets to see.
func TestMoreFailures(t *testing.T) {
	t.Parallel()
	upgrade := strings.Replace(edgetest.UpgradeRequest, "/", "PATH", 1)
	to := " HTTP/1.1\r\nHost: a.test\r\n"
	all := []failing{
		{name: "another upgrade", request: upgrade, status: 502, code: "GW_UPSTREAM_PROTOCOL",
			kind: "malformed", serve: after("HTTP/1.1 101 Switching Protocols\r\nConnection: " +
				"Upgrade\r\nUpgrade: chat\r\n\r\n"),
			want: []string{"protocol"}},
		{name: "a page for a WebSocket", request: upgrade, status: 200, kind: "handshake_refused",
			serve: answer,
			want:  []string{"answered the websocket handshake with status 200 in place of 101"}},
		{name: "against its contract", status: 502, code: "GW_CONTRACT_RESPONSE", kind: "contract",
			route: "path: /against-its-contract, openapi: {spec: api.yaml, responses: enforce}",
			serve: after("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
				"9\r\n\r\n{\"n\":\"x\"}"), want: []string{"openapi", "n"}},
		{name: "an unknown coding of the request", serve: answer, status: 501,
			code: "GW_NOT_IMPLEMENTED", request: "POST PATH" + to +
				"Transfer-Encoding: gzip\r\n\r\nx", want: []string{"Transfer-Encoding"}},
		{name: "a bad length", serve: answer, status: 400, code: "GW_BAD_REQUEST",
			kind: "bad_request", request: "POST PATH" + to + "Content-Length: -1\r\n\r\n",
			want: []string{"Content-Length"}},
		{name: "two framings of the request", serve: answer, status: 400, code: "GW_BAD_REQUEST",
			kind: "bad_request", request: "POST PATH" + to + "Content-Length: 3\r\n" +
				"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
			want: []string{"both Transfer-Encoding and Content-Length"}},
		{name: "HTTP 3", serve: answer, status: 505, code: "GW_HTTP_VERSION",
			request: "GET PATH HTTP/3.0\r\nHost: a.test\r\n\r\n", want: []string{"HTTP/1.1"}},
		{name: "a trace", serve: answer, status: 405, code: "GW_METHOD_NOT_ALLOWED",
			request: "TRACE PATH" + to + "\r\n", want: []string{"TRACE"}},
		{name: "a bad escape", serve: answer, status: 400, code: "GW_BAD_REQUEST",
			kind: "bad_request", request: "GET PATH/%zz" + to + "\r\n", want: []string{"percent"}},
	}
	runAll(t, all, "", map[string]string{
		"api.yaml": "openapi: 3.1.0\ninfo: {title: t, version: \"1\"}\n" +
			"paths: {/against-its-contract: {get: {responses: {\"200\": {description: ok, " +
			"content: {application/json: {schema: {type: object, properties: {n: {type: " +
			"integer}}}}}}}}}}\n",
	})
}
