package compress_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// A tunnel through a route that compresses is a tunnel: nothing in it is changed.
func TestATunnelIsLeftAlone(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, edgetest.Echoing)
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{
		Address: up.Addr(), Route: `, compress: {types: ["*/*"], min_bytes: 0}`,
	})
	c := testkit.Dial(t, f.Addr("plain"))
	edgetest.Must(t, c.Send(strings.Replace(edgetest.UpgradeRequest, "\r\n\r\n",
		"\r\nAccept-Encoding: gzip\r\n\r\n", 1)))
	r, err := c.Head()
	if err != nil || r.Status != 101 || r.Fields.Get("Content-Encoding") != "" ||
		r.Fields.Get("Vary") != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	edgetest.Must(t, edgetest.Echoes(c, strings.Repeat("hello ", 1000)))
}

// A gRPC call goes as it is, whatever its messages are and whatever types are compressed; so does
// what only looks like one.
func TestCallsAreLeftAlone(t *testing.T) {
	t.Parallel()
	body := bytes.Repeat([]byte{0, 0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o'}, 1000)
	for _, protocol := range []string{"http1", "h2c"} {
		f := start(t, protocol, `{types: ["*/*"], min_bytes: 0}`, http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
				w.Header().Set("Trailer", "Grpc-Status")
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = w.Write(body)
				w.Header().Set("Grpc-Status", "0")
			}))
		each(t, f, func(t *testing.T, c *http.Client, base string) {
			for _, kind := range []string{
				"application/grpc", "application/grpc+proto", "application/grpc-web",
			} {
				r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/a.B/C",
					bytes.NewReader(body[:10]))
				edgetest.Must(t, err)
				r.Header.Set("Accept-Encoding", "gzip")
				r.Header.Set("Content-Type", kind)
				r.Header.Set("TE", "trailers")
				resp, err := c.Do(r)
				edgetest.Must(t, err)
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || !bytes.Equal(got, body) ||
					resp.Trailer.Get("Grpc-Status") != "0" ||
					resp.Header.Get("Content-Encoding") != "" {
					t.Errorf("%s: %v, %d bytes, %v, %v", kind, resp.Header, len(got), resp.Trailer,
						err)
				}
			}
		})
	}
}

// What may not be compressed comes byte by byte as it was sent, with its fields.
func TestWhatMayNotBeChangedIsNot(t *testing.T) {
	t.Parallel()
	body := edgetest.BodyOf(5000)
	f := start(t, "http1", "{}", http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			status := 200
			for name, values := range r.URL.Query() {
				if name == "status" {
					status, _ = strconv.Atoi(values[0])
					continue
				}
				w.Header()[name] = values
			}
			if w.Header().Get("Content-Type") == "" {
				w.Header().Set("Content-Type", "text/plain")
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
	each(t, f, func(t *testing.T, c *http.Client, base string) {
		for _, query := range []string{
			"Content-Encoding=br", "Content-Encoding=gzip", "Content-Encoding=x",
			"Cache-Control=no-transform", "Cache-Control=public,%20no-transform",
			"status=206&Content-Range=bytes%200-4999/9999", "Content-Md5=YQ==",
			"Content-Digest=sha-256%3D:YQ==:", "Repr-Digest=sha-256%3D:YQ==:", "Set-Cookie=a%3Db",
			"Content-Type=image/png", "Content-Type=application/zip", "Content-Type=font/woff2",
			"Content-Type=application/octet-stream", "Content-Type=video/mp4",
		} {
			r := ask(t, c, "GET", base+"/?"+query+"&ETag=%22a%22", "gzip")
			got, err := io.ReadAll(r.Body)
			if err != nil || string(got) != body || r.Header.Get("ETag") != `"a"` ||
				r.Header.Get("Content-Encoding") == "gzip" && !strings.Contains(query, "gzip") {
				t.Errorf("%s: %v, %d bytes, %v", query, r.Header, len(got), err)
			}
		}
		for _, query := range []string{"status=404", "status=500", "status=201", "status=416"} {
			r := ask(t, c, "GET", base+"/?"+query, "gzip")
			got, err := io.ReadAll(decoder(t, r))
			if err != nil || string(got) != body || r.Header.Get("Content-Encoding") != "gzip" {
				t.Errorf("%s: %v, %d bytes, %v", query, r.Header, len(got), err)
			}
		}
	})
	c := testkit.Dial(t, f.Addr("plain"))
	r := c.Exchange(t, "GET", "GET / HTTP/1.0\r\nHost: a.test\r\nAccept-Encoding: gzip\r\n\r\n")
	if string(r.Body) != body || r.Fields.Get("Content-Encoding") != "" ||
		r.Fields.Get("Vary") != "Accept-Encoding" {
		t.Errorf("HTTP/1.0: %v, %d bytes", r.Fields, len(r.Body))
	}
}
