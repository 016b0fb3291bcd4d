package http2

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// TestEncodedRequestsDecodeToWhatTheyWere compares with hpack's decoder, over many
// requests of one connection. What is secret, or marked so, is never indexed.
func TestEncodedRequestsDecodeToWhatTheyWere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 5))
		var e encoder
		e.init()
		var got []hpack.HeaderField
		dec := hpack.NewDecoder(tableSize, func(f hpack.HeaderField) { got = append(got, f) })
		pick := func(of ...string) string { return of[rng.IntN(len(of))] }
		for n := range 1000 {
			tg := map[string]string{
				":method":    pick("GET", "POST", "PUT", "CONNECT"),
				":scheme":    pick("http", "https", ""),
				":authority": pick("a.test", "b.test:8080"),
				":path": pick("/", "/a", "/a?b", "/"+strings.Repeat("x", 600),
					fmt.Sprint("/", rng.IntN(1000)), ""),
				":protocol": pick("", "websocket"),
			}
			var want []hpack.HeaderField
			for _, name := range []string{
				":method", ":scheme", ":authority", ":path", ":protocol",
			} {
				if tg[name] != "" {
					want = append(want, hpack.HeaderField{Name: name, Value: tg[name]})
				}
			}
			target := Target{
				Method: []byte(tg[":method"]), Scheme: []byte(tg[":scheme"]),
				Authority: []byte(tg[":authority"]),
				Path:      []byte(tg[":path"]), Protocol: []byte(tg[":protocol"]),
			}
			var f Fields
			for range rng.IntN(8) {
				name := pick("accept", "user-agent", "x-own", "authorization", "cookie",
					"proxy-authorization", "set-cookie")
				value := fmt.Sprint("value ", rng.IntN(20))
				never := rng.IntN(4) == 0
				if never {
					f.AddSensitive([]byte(name), []byte(value))
				} else {
					f.AddString(name, value)
				}
				secret := strings.Contains(name, "cookie") || strings.Contains(name, "auth")
				want = append(want, hpack.HeaderField{
					Name: name, Value: value, Sensitive: never || secret,
				})
			}
			got = got[:0]
			if _, err := dec.Write(e.encodeRequest(&target, &f.list)); err != nil {
				t.Fatalf("seed %d, block %d: %v", seed, n, err)
			}
			if err := dec.Close(); err != nil {
				t.Fatalf("seed %d, block %d: %v", seed, n, err)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d, block %d:\n%v\nwant\n%v", seed, n, got, want)
			}
		}
	}
}
