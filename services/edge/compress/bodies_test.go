package compress_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// bodies is an endpoint that sends the same body for the same query: seed says which, and how it
// comes.
func bodies(w http.ResponseWriter, r *http.Request) {
	seed, _ := strconv.ParseUint(r.URL.Query().Get("seed"), 10, 64)
	rnd := rand.New(rand.NewPCG(seed, 1))
	body := text(rnd, rnd.IntN(300_000))
	if seed%7 == 0 {
		body = body[:min(len(body), 64<<10)] // as much as one read of the edge takes
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", `"`+r.URL.Query().Get("seed")+`"`)
	if seed%2 == 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	if seed%3 == 0 {
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
	}
	for len(body) > 0 {
		n := min(1+rnd.IntN(100_000), len(body))
		_, _ = w.Write(body[:n])
		body = body[n:]
		if rnd.IntN(2) == 0 {
			w.(http.Flusher).Flush()
		}
	}
}

func wanted(seed uint64) []byte {
	rnd := rand.New(rand.NewPCG(seed, 1))
	body := text(rnd, rnd.IntN(300_000))
	if seed%7 == 0 {
		body = body[:min(len(body), 64<<10)]
	}
	return body
}

// Whatever its endpoint speaks, its client speaks and in whatever pieces it comes, a body is
// decoded to what it was.
func TestBodiesAreDecodedToWhatTheyWere(t *testing.T) {
	t.Parallel()
	for _, endpoint := range endpoints {
		t.Run(endpoint, func(t *testing.T) {
			t.Parallel()
			f := start(t, endpoint, "{}", http.HandlerFunc(bodies))
			each(t, f, func(t *testing.T, c *http.Client, base string) {
				for seed := range uint64(8) {
					want := wanted(seed)
					for _, algorithm := range append(algorithms, "identity") {
						r := ask(t, c, "GET", fmt.Sprintf("%s/?seed=%d", base, seed), algorithm)
						got, err := io.ReadAll(decoder(t, r))
						if err != nil || !bytes.Equal(got, want) {
							t.Fatalf("seed %d, %s: %d bytes, want %d; %v", seed, algorithm,
								len(got), len(want), err)
						}
						coding, tag := algorithm, fmt.Sprintf(`W/"%d"`, seed)
						if algorithm == "identity" || len(want) < 1024 {
							coding, tag = "", tag[2:]
						}
						h := r.Header
						if h.Get("Content-Encoding") != coding || h.Get("ETag") != tag ||
							coding != "" && r.ContentLength >= 0 ||
							len(want) >= 1024 && h.Get("Vary") != "Accept-Encoding" {
							t.Errorf("seed %d, %s: %v", seed, algorithm, h)
						}
						if rest, _ := io.ReadAll(r.Body); len(rest) > 0 {
							t.Errorf("seed %d, %s: %d bytes behind the end", seed, algorithm,
								len(rest))
						}
					}
				}
			})
			m := f.Metrics(t)
			for _, algorithm := range algorithms {
				in := m[`gateway_compress_bytes_total{algorithm="`+algorithm+`",direction="in"}`]
				out := m[`gateway_compress_bytes_total{algorithm="`+algorithm+`",direction="out"}`]
				if in == 0 || out == 0 || out >= in {
					t.Errorf("%s: %v bytes in, %v out", algorithm, in, out)
				}
			}
			if n := m["gateway_compress_memory_bytes"]; n != 0 {
				t.Errorf("%v bytes of coders are in use", n)
			}
		})
	}
}

// A short body goes as it is, also where nobody has said how long it is, and its end comes by
// itself.
func TestShortBodiesArePlain(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http1", "h2c"} {
		f := start(t, protocol, "{min_bytes: 2000}", http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) {
				n, _ := strconv.Atoi(r.URL.Query().Get("n"))
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				if r.URL.Query().Get("length") == "" {
					w.Header().Set("Trailer", "X-End")
				} else {
					w.Header().Set("Content-Length", strconv.Itoa(n))
				}
				_, _ = io.WriteString(w, edgetest.BodyOf(n))
				w.Header().Set("X-End", "there")
			}))
		each(t, f, func(t *testing.T, c *http.Client, base string) {
			for _, n := range []int{0, 1, 1999, 2000, 2001, 100_000} {
				for _, length := range []string{"", "known"} {
					url := fmt.Sprintf("%s/?n=%d&length=%s", base, n, length)
					r := ask(t, c, "GET", url, "gzip")
					body, err := io.ReadAll(decoder(t, r))
					if err != nil || string(body) != edgetest.BodyOf(n) {
						t.Errorf("%d bytes: got %d, %v", n, len(body), err)
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if coded := r.Header.Get("Content-Encoding") != ""; coded != (n >= 2000) {
						t.Errorf("%d bytes, length %q: coded %v", n, length, coded)
					}
					if length == "" && r.Trailer.Get("X-End") != "there" {
						t.Errorf("%d bytes: the trailer is %v", n, r.Trailer)
					}
				}
			}
		})
	}
}

// HEAD gets the fields of GET; neither it nor a 304 has a body.
func TestResponsesWithoutABody(t *testing.T) {
	t.Parallel()
	f := start(t, "http1", "{}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"a"`)
		switch {
		case r.Header.Get("If-None-Match") != "":
			w.WriteHeader(304)
			return
		case r.URL.Path == "/none":
			w.WriteHeader(204)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "5000")
		w.Header().Set("Accept-Ranges", "bytes")
		_, _ = io.WriteString(w, edgetest.BodyOf(5000))
	}))
	each(t, f, func(t *testing.T, c *http.Client, base string) {
		get, head := ask(t, c, "GET", base, "br"), ask(t, c, "HEAD", base, "br")
		_, _ = io.Copy(io.Discard, get.Body)
		for _, name := range []string{
			"Content-Encoding", "Content-Length", "Content-Type", "Vary", "ETag", "Accept-Ranges",
		} {
			if g, h := get.Header.Get(name), head.Header.Get(name); g != h {
				t.Errorf("GET has %s: %q, HEAD %q", name, g, h)
			}
		}
		if get.Header.Get("Content-Encoding") != "br" || get.Header.Get("Accept-Ranges") != "" {
			t.Errorf("GET has %v", get.Header)
		}
		tag := get.Header.Get("ETag")
		r := ask(t, c, "GET", base, "br", "If-None-Match", tag)
		if r.StatusCode != 304 || r.Header.Get("ETag") != tag ||
			r.Header.Get("Vary") != "Accept-Encoding" || r.Header.Get("Content-Encoding") != "" {
			t.Errorf("with %s: %d %v", tag, r.StatusCode, r.Header)
		}
		r = ask(t, c, "GET", base+"/none", "br")
		if r.StatusCode != 204 || r.Header.Get("Vary") != "" || r.Header.Get("ETag") != `"a"` {
			t.Errorf("no content: %d %v", r.StatusCode, r.Header)
		}
	})
}

// What a route answers itself is coded too; errors of the gateway are not.
func TestTheGatewaysOwnAnswers(t *testing.T) {
	t.Parallel()
	large := edgetest.BodyOf(100_000)
	f := testkit.StartFront(t, testkit.NewAuthority(t), testkit.Cluster{
		Address: edgetest.RefusedAddr(t), Route: ", compress: {min_bytes: 0}}, " +
			"{name: own, path_prefix: /own, compress: {}, respond: {body: " + large + "}",
	})
	each(t, f, func(t *testing.T, c *http.Client, base string) {
		for _, algorithm := range algorithms {
			r := ask(t, c, "GET", base+"/own", algorithm)
			body, err := io.ReadAll(decoder(t, r))
			if err != nil || string(body) != large ||
				r.Header.Get("Content-Encoding") != algorithm {
				t.Errorf("%s: %v, %d bytes, %v", algorithm, r.Header, len(body), err)
			}
			tag := r.Header.Get("ETag")
			r = ask(t, c, "GET", base+"/own", algorithm, "If-None-Match", tag)
			if r.StatusCode != 304 || r.Header.Get("ETag") != tag || tag[:2] != "W/" {
				t.Errorf("with %s: %d %v", tag, r.StatusCode, r.Header)
			}
		}
		r := ask(t, c, "GET", base, "gzip")
		body, _ := io.ReadAll(r.Body)
		if r.StatusCode != 502 || !bytes.Contains(body, []byte("GW_UPSTREAM_CONNECT")) ||
			r.Header.Get("Content-Encoding") != "" {
			t.Errorf("an error: %d %v %s", r.StatusCode, r.Header, body)
		}
	})
}

// Some codings at the same time do not get into each other's way.
func TestManyAtATime(t *testing.T) {
	t.Parallel()
	f := start(t, "h2c", "{}", http.HandlerFunc(bodies))
	each(t, f, func(t *testing.T, c *http.Client, base string) {
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for k := range 6 {
					seed := uint64(i*6 + k)
					r := ask(t, c, "GET", fmt.Sprintf("%s/?seed=%d", base, seed), algorithms[k%3])
					got, err := io.ReadAll(decoder(t, r))
					if err != nil || !bytes.Equal(got, wanted(seed)) {
						t.Errorf("seed %d: %d bytes, %v", seed, len(got), err)
					}
				}
			})
		}
		wg.Wait()
	})
	testkit.Eventually(t, "all memory is given back", func() bool {
		return f.Metrics(t)["gateway_compress_memory_bytes"] == 0
	})
}
