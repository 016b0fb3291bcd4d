package heads

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

// What is sent on is never more than what is left, and loses little of it.
func TestGRPCTimeoutsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, d := range []time.Duration{
		time.Microsecond, 1500 * time.Microsecond, 99 * time.Second, 100 * time.Second,
		101 * time.Second, time.Hour, 48 * time.Hour, 1 << 61,
	} {
		line := string(appendTimeout(nil, d))
		value := strings.TrimSuffix(strings.TrimPrefix(line, "grpc-timeout: "), "\r\n")
		got, ok := timeoutOf(t, value)
		if !ok || got > d || got < d-d/1000 {
			t.Errorf("%v is written as %q, which is %v", d, value, got)
		}
	}
}

// timeoutOf is what a request with a grpc-timeout says.
func timeoutOf(t *testing.T, value string) (time.Duration, bool) {
	t.Helper()
	var r http1.RequestHead
	r.Reset(http1.Limits{})
	head := "POST / HTTP/1.1\r\nHost: a\r\ngrpc-timeout: " + value + "\r\n\r\n"
	if _, err := r.Parse([]byte(head)); err != nil {
		t.Fatal(err)
	}
	return policy.ClientTimeout(&r)
}

func TestTheEndOfACallThatTheGatewayAnswers(t *testing.T) {
	got := string(AppendGRPCStatus(nil, gwerr.UpstreamTimeout, "50% späť\r\n"))
	want := "grpc-status: 4\r\ngrpc-message: 50%25 sp%C3%A4%C5%A5%0D%0A\r\n" +
		"x-gateway-code: GW_UPSTREAM_TIMEOUT\r\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
