package mirror_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/admin"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// planted are the differences between the answers to the paths /0, /1 and so on: what the mirror
// has in the place of what the endpoint itself has.
var planted = []struct{ old, new, at string }{
	{"200", "500", "status "}, {"200", "404", "status "},
	{"text/plain", "text/html", "header content-type"}, {"v1", "v2", "header x-version"},
	{`"id":7`, `"id":8`, "body /id"}, {`"id":7`, `"id":"7"`, "body /id"},
	{`"Ada"`, `"ada"`, "body /name"}, {`true`, `false`, "body /ok"},
	{`1.5`, `1.51`, "body /score"}, {`null`, `{}`, "body /none"},
	{`"none":null,`, ``, "body /none"}, {`"a","b"`, `"b","b"`, "body /tags/0"},
	{`"a","b"`, `"a"`, "body /tags/1"}, {`"a","b"`, `"a","b","c"`, "body /tags/2"},
	{`"Paris"`, `"Rome"`, "body /address/city"},
	{`{"city"`, `{"zip":1,"city"`, "body /address/zip"},
	{`{"n":1}`, `{"n":-1}`, "body /items/0/n"}, {`{"n":1}`, `[]`, "body /items/0"},
	{`100`, `1e3`, "body /big"}, {`"x~/y"`, `"x~/z"`, "body /odd~0~1"},
}

// answering answers /N with the N-th planted difference, and any other path without one. It writes
// what says the same in another way where other says so.
func answering(other bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text := "200\ntext/plain\nv1\n" +
			`{"id":7,"name":"Ada","ok":true,"score":1.5,"none":null,"tags":["a","b"],"address":{"city":"Paris"},"items":[{"n":1}],"big":100,` +
			`"odd~/":"x~/y","ts":1,"log":[{"at":1,"id":2}]}`
		if other {
			n := -1
			if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err == nil && n < len(planted) {
				text = strings.Replace(text, planted[n].old, planted[n].new, 1)
			}
			text = strings.NewReplacer(`"ts":1`, `"ts":99`, `"at":1`, `"at":3`,
				`"id":7,"name":"Ada"`, "\n"+`"name": "Ada" , "id":7.0`,
				`100,`, `1e2,`).Replace(text)
		}
		part := strings.SplitN(text, "\n", 4)
		status := 200
		_, _ = fmt.Sscan(part[0], &status)
		w.Header().Set("Content-Type", part[1])
		w.Header().Set("X-Version", part[2])
		w.Header().Add("Set-Cookie", fmt.Sprintf("session=hunter2-%v", other))
		body := []byte(part[3])
		if r.Header.Get("Accept-Encoding") == "gzip" {
			w.Header().Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write(body)
			z.Close()
			body = b.Bytes()
		}
		w.WriteHeader(status)
		for len(body) > 0 { // in pieces, so that it is chunked
			n := min(len(body), 100)
			_, _ = w.Write(body[:n])
			w.(http.Flusher).Flush()
			body = body[n:]
		}
	}
}

const compared = `
cluster: app
compress: {min_bytes: 0, types: ["*/*"], cookies: true}
mirror:
  cluster: shadow
  compare: {status: true, headers: [Content-Type, X-Version], body: json, ignore: [/ts, "/log/*/at"]}`

// Twenty differences are planted. Each is found and told, and nothing else is, whatever the
// protocols, and whatever the gateway makes of the answer for its client.
func TestPlantedDifferencesAreFound(t *testing.T) {
	if len(planted) != 20 {
		t.Fatal(len(planted))
	}
	for _, protocol := range []string{"http1", "h2c"} {
		app, other := serve(t, "http1", answering(false)), serve(t, protocol, answering(true))
		f := start(t, configuration(app.address, shadow(other.address, "protocol: "+protocol),
			compared))
		want := map[string]string{} // by request ID
		requests := 0
		for i, client := range protocols {
			for n, p := range planted {
				lines := []string{"Accept-Encoding: " + []string{"", "gzip", "br", "zstd"}[(i+n)%4]}
				resp, _ := f.do(t, client, "GET", fmt.Sprintf("/%d", n), "", lines...)
				want[resp.Header.Get("X-Request-Id")] = p.at
				f.do(t, client, "GET", "/same", "", lines...)
				f.do(t, client, "HEAD", "/same", "", lines...)
				requests += 3
			}
		}
		f.idle(t)
		different := f.count(t, "compared_total", "result", "different")
		same := f.count(t, "compared_total", "result", "same")
		if different != len(want) || same != requests-len(want) {
			t.Errorf("%s: %d differ and %d are the same of %d with %d planted", protocol, different,
				same, requests, len(want))
		}
		for part, n := range map[string]int{"status": 8, "header": 8, "body": 64} {
			if got := f.count(t, "differences_total", "part", part); got != n {
				t.Errorf("%s: %d differences of the %s, %d are planted", protocol, got, part, n)
			}
		}
		var last admin.Mirrors
		if status := f.Decode(t, "GET", "/mirrors", &last); status != 200 {
			t.Fatalf("/mirrors is %d", status)
		}
		if len(last.Requests) != len(want) {
			t.Errorf("%s: %d of %d are told", protocol, len(last.Requests), len(want))
		}
		for _, e := range last.Requests {
			var why admin.Explanation
			if status := f.Decode(t, "GET", "/why/"+e.ID, &why); status != 200 {
				t.Fatalf("/why/%s is %d", e.ID, status)
			}
			if len(why.Mirrors) != 1 || len(why.Mirrors[0].Differences) != 1 {
				t.Errorf("%s: %s differs in %+v", protocol, e.Path, why.Mirrors)
				continue
			}
			m := why.Mirrors[0]
			d := m.Differences[0]
			if at := d.Part + " " + d.At; at != want[e.ID] || m.Count != 1 || m.ID != e.ID ||
				m.Cluster != "shadow" || m.Endpoint != other.address || why.Route != "app" ||
				why.Attempts[0].Endpoint != app.address {
				t.Errorf("%s: %s differs in %q, planted is %q: %+v", protocol, e.Path, at,
					want[e.ID], why)
			}
		}
	}
}

// What of answers is a secret is neither in /why nor in /mirrors.
func TestComparisonsShowNoSecrets(t *testing.T) {
	app, other := serve(t, "http1", answering(false)), serve(t, "http1", answering(true))
	f := start(t, configuration(app.address, shadow(other.address), `
cluster: app
mirror: {cluster: shadow, compare: {headers: [Set-Cookie], body: json, ignore: [/ts, /log]}}`))
	resp, _ := f.do(t, "HTTP/1.1", "GET", "/same", "")
	f.idle(t)
	for _, path := range []string{"/mirrors", "/mirrors?route=app",
		"/why/" + resp.Header.Get("X-Request-Id")} {
		_, _, body, err := f.Ask("GET", path)
		if err != nil || strings.Contains(string(body), "hunter2") ||
			!strings.Contains(string(body), "set-cookie") ||
			!strings.Contains(string(body), `"\u003credacted\u003e"`) &&
				!strings.Contains(string(body), "<redacted>") {
			t.Errorf("%s: %s %v", path, body, err)
		}
	}
	var none admin.Mirrors
	if f.Decode(t, "GET", "/mirrors?route=other", &none); len(none.Requests) != 0 {
		t.Errorf("another route has %v", none.Requests)
	}
}

// What can't be compared is counted by why, and is no difference. The client has its answer whole.
func TestWhatCannotBeCompared(t *testing.T) {
	answer := func(mirror bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/long":
				_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20))
			case "/announced":
				w.Header().Set("Content-Length", fmt.Sprint(1<<20))
				_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20))
			case "/long-mirror":
				if mirror {
					_, _ = w.Write(bytes.Repeat([]byte(" "), 2<<20))
				}
				fmt.Fprint(w, "{}")
			case "/html":
				fmt.Fprintf(w, "<p>%v</p>", mirror)
			case "/coded":
				w.Header().Set("Content-Encoding", "compress")
				fmt.Fprintf(w, "%v", mirror)
			case "/cut":
				if mirror {
					panic(http.ErrAbortHandler)
				}
				fmt.Fprint(w, "{}")
			}
		}
	}
	app, other := serve(t, "http1", answer(false)), serve(t, "http1", answer(true))
	f := start(t, configuration(app.address, shadow(other.address), `
cluster: app
mirror: {cluster: shadow, compare: {body: json}}`))
	want := map[string]int{}
	for path, why := range map[string]string{
		"/long": "body_too_large", "/announced": "body_too_large", "/long-mirror": "body_too_large",
		"/html": "body_not_json", "/coded": "body_coded", "/cut": "no_mirror",
	} {
		for _, client := range protocols {
			_, body := f.do(t, client, "GET", path, "")
			if strings.HasPrefix(path, "/long") && path != "/long-mirror" && len(body) != 1<<20 {
				t.Errorf("%s: %d bytes came", path, len(body))
			}
			want[why]++
		}
	}
	f.idle(t)
	for why, n := range want {
		if got := f.count(t, "compared_total", "result", why); got != n {
			t.Errorf("%d are counted as %s, want %d", got, why, n)
		}
	}
	if n := f.count(t, "compared_total", "result", "different"); n != 0 {
		t.Errorf("%d differences were invented", n)
	}
}

// A request whose endpoint fails is not compared, and the answer to its copy changes nothing.
func TestARequestThatFailsIsNotCompared(t *testing.T) {
	other := serve(t, "http1", nil)
	f := start(t, configuration(refusing(t), shadow(other.address), `
cluster: app
mirror: {cluster: shadow, compare: {}}`))
	c, base := edgetest.ClientOf(t, f.authority, f.Process, "HTTP/1.1")
	resp, err := c.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadGateway {
		t.Errorf("the answer is %d", resp.StatusCode)
	}
	other.wait(t, 1)
	testkit.Eventually(t, "the comparison is counted",
		func() bool { return f.count(t, "compared_total", "result", "no_response") == 1 })
}

// The last pairs are kept, and no more than that.
func TestTheLastDifferencesAreKept(t *testing.T) {
	app, other := serve(t, "http1", answering(false)), serve(t, "http1", answering(true))
	f := start(t, configuration(app.address, shadow(other.address), compared))
	c, base := edgetest.ClientOf(t, f.authority, f.Process, "HTTP/1.1")
	var ids []string
	for range 300 {
		resp, _ := ask(t, c, base, "GET", "/4", nil)
		ids = append(ids, resp.Header.Get("X-Request-Id"))
	}
	testkit.Eventually(t, "all are compared",
		func() bool { return f.count(t, "compared_total", "result", "different") == 300 })
	var last admin.Mirrors
	f.Decode(t, "GET", "/mirrors", &last)
	if len(last.Requests) != 256 || !slices.Contains(ids[290:], last.Requests[0].ID) {
		t.Errorf("%d are kept", len(last.Requests))
	}
	if status, _, _, _ := f.Ask("GET", "/why/"+ids[0]); status != 404 {
		t.Errorf("the first one is answered with %d", status)
	}
}
