package protocols_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// The time that a response head may take is over when it is there: an event stream
// that answers a long request may be silent for longer.
func TestAnEventStreamMayPauseAfterAnUpload(t *testing.T) {
	t.Parallel()
	const limit = 300 * time.Millisecond
	authority := testkit.NewAuthority(t)
	for _, up := range []string{"http1", "h2c"} {
		t.Run(up, func(t *testing.T) {
			t.Parallel()
			address := edgetest.Serve(t, authority, up,
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					w.Header().Set("Content-Type", "text/event-stream")
					_ = http.NewResponseController(w).Flush()
					select {
					case <-time.After(4 * limit): // what is tested is that so much time may pass
					case <-r.Context().Done():
					}
					_, _ = io.WriteString(w, "data: late\n\n")
				}))
			f := testkit.StartFront(t, authority, testkit.Cluster{
				Address: address, Protocol: up, More: ", timeouts: {response: 300ms}",
			})
			for _, down := range []string{"HTTP/1.1", "HTTP/2"} {
				c, base := edgetest.ClientOf(t, authority, f.Process, down)
				body, w := io.Pipe()
				go func() {
					_, _ = io.WriteString(w, strings.Repeat("x", 100_000))
					_ = w.Close()
				}()
				resp, err := c.Post(base+"/", "text/plain", body)
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || string(got) != "data: late\n\n" {
					t.Errorf("%s: %q, %v", down, got, err)
				}
			}
		})
	}
}
