package logs_test

import (
	"bufio"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/edge/edgetest"
)

// relaying is a configuration of the relay.
func relaying(endpoint, log string) string {
	return fmt.Sprintf(`
version: 1
listeners: [{name: public, address: "127.0.0.1:0", protocol: tcp, cluster: up}]
clusters: [{name: up, endpoints: [{address: %q}]}]
admin: {address: "127.0.0.1:0"}
access_log: {%s}
`, endpoint, log)
}

// The relay's lines have the same forms as the edge's.
func TestTheFormOfSessions(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	const client = `127\.0\.0\.1:\d+`
	for log, tc := range map[string]struct {
		endpoint string
		want     string
	}{
		"format: text": {up.Addr(), `^\S+Z TCP public from ` + client + ` [\d.]+m?s up -> ` +
			client + ` in 32B out \d+B (client|upstream)_closed$`},
		"format: text, redact: {fields: [client]}": {edgetest.RefusedAddr(t),
			`^\S+Z TCP public from <redacted> [\d.]+m?s up -> ` + client +
				` in 0B out 0B connect_failed .*refused`},
		"format: json, sample: 0": {edgetest.RefusedAddr(t),
			`^\{"time":.*"close_reason":"connect_failed".*\}$`},
	} {
		t.Run(log, func(t *testing.T) {
			t.Parallel()
			r, w := pipe(t)
			o := start(t, testkit.RelayBinary, relaying(tc.endpoint, log), w)
			if tc.endpoint == up.Addr() {
				c := testkit.Dial(t, o.public)
				c.Exchange(t, "GET", edgetest.Get)
				c.Close()
			} else if c, err := net.Dial("tcp", o.public); err == nil { // it may be reset at once
				_ = c.Close()
			}
			text, err := bufio.NewReader(r).ReadString('\n')
			edgetest.Must(t, err)
			if got := strings.TrimSuffix(text, "\n"); !regexp.MustCompile(tc.want).
				MatchString(got) {
				t.Errorf("the line is %q, want %s", got, tc.want)
			}
			o.stop(t)
		})
	}
}

// Sessions go on though nobody reads the log.
func TestAStoppedReaderHoldsUpNoSession(t *testing.T) {
	t.Parallel()
	up := testkit.NewUpstream(t, testkit.Answer(edgetest.OK))
	r, w := pipe(t)
	o := start(t, testkit.RelayBinary, relaying(up.Addr(), "output: stdout"), w)
	edgetest.Must(t, w.Close())
	edgetest.Must(t, r.Close())
	testkit.Eventually(t, "the log says that lines are lost", func() bool {
		c := testkit.Dial(t, o.public)
		defer c.Close()
		c.Exchange(t, "GET", edgetest.Get)
		return strings.Contains(o.stderr.String(), "lines of the access log are lost")
	})
	if o.dropped(t) == 0 {
		t.Error("no lost line is counted")
	}
	o.stop(t)
}
