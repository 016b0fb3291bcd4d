package upstream_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/cause"
	"github.com/gatewayhomebrew/gateway/libs/netx"
	"github.com/gatewayhomebrew/gateway/libs/resolver"
	"github.com/gatewayhomebrew/gateway/libs/upstream"
)

// What DNS has answered is told, with the name and the server, and that it did not answer, with how
// long that was waited for.
func TestWhatDNSHasAnsweredIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error // nil: there is no answer
		want []string
	}{
		"NXDOMAIN": {
			&net.DNSError{
				Err: "no such host " +
					"(NXDOMAIN)", Name: "a.test", Server: "192.0.2.53:53", IsNotFound: true,
			},
			[]string{"its name, a.test, cannot be resolved: no such host (NXDOMAIN), asked at " +
				"192.0.2.53:53"},
		},
		"SERVFAIL": {
			&net.DNSError{
				Err: "server misbehaving (SERVFAIL)", Name: "a.test", Server: "192.0.2.53:53",
				IsTemporary: true,
			},
			[]string{"server misbehaving (SERVFAIL), asked at 192.0.2.53:53"},
		},
		"no answer": {nil, []string{
			"its name, a.test, cannot be resolved: DNS does not answer within 300ms " +
				"(timeouts.connect of the cluster)",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			over := make(chan struct{})
			defer close(over)
			look := func(context.Context, string) ([]netip.Addr, time.Duration, error) {
				if tc.err == nil {
					<-over
				}
				return nil, 0, tc.err
			}
			c := upstream.NewCluster(upstream.Options{
				ConnectTimeout: 300 * time.Millisecond,
				Resolver:       resolver.New(resolver.Options{Lookup: look}),
			}, netx.NewWatch())
			e := c.Endpoint("a.test:80")
			_, err := e.Dial(t.Context())
			got := upstream.CauseOf(err)
			for _, w := range tc.want {
				if got.Kind != cause.DNS || !strings.Contains(got.Text, w) {
					t.Errorf("%s %q, want %q", got.Kind, got, w)
				}
			}
			if last, _ := e.LastFailure(); last == nil || last.Text != got.Text {
				t.Errorf("the last failure is %v", last)
			}
		})
	}
}

func TestWhatTheSystemSaysIsTold(t *testing.T) {
	for want, err := range map[string]error{
		"no route to host":                 syscall.EHOSTUNREACH,
		"network is unreachable":           syscall.ENETUNREACH,
		"connection refused":               syscall.ECONNREFUSED,
		"cannot assign requested address":  syscall.EADDRNOTAVAIL,
		"it ended the connection as soon ": syscall.ECONNRESET,
	} {
		got := upstream.CauseOf(&upstream.ConnectError{
			Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}, Doing: "connecting to",
		})
		if !strings.HasPrefix(got.Text, want) || got.Kind == cause.Unknown {
			t.Errorf("%v: %s %q, want %q", err, got.Kind, got, want)
		}
	}
}
