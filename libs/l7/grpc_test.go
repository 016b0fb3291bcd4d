package l7

import (
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

func TestGRPCTimeouts(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1H": time.Hour, "2M": 2 * time.Minute, "3S": 3 * time.Second, "4m": 4 * time.Millisecond,
		"5u": 5 * time.Microsecond, "6n": 6, "99999999n": 99999999, "0S": 1,
		"99999999H": 1 << 62, // more than can be told
	} {
		if d, ok := parseGRPCTimeout([]byte(text)); !ok || d != want {
			t.Errorf("%s is %v %v, want %v", text, d, ok, want)
		}
	}
	for _, text := range []string{"", "S", "1", "-1S", "1.5S", "1s", "123456789S", "1 S", "1SS"} {
		if d, ok := parseGRPCTimeout([]byte(text)); ok {
			t.Errorf("%q is taken for %v", text, d)
		}
	}
}

// What is sent on is never more than what is left, and loses little of it.
func TestGRPCTimeoutsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, d := range []time.Duration{
		time.Microsecond, 1500 * time.Microsecond, 99 * time.Second, 100 * time.Second, 101 * time.Second, time.Hour, 48 * time.Hour, 1 << 61,
	} {
		line := string(appendGRPCTimeout(nil, d))
		value := strings.TrimSuffix(strings.TrimPrefix(line, "grpc-timeout: "), "\r\n")
		got, ok := parseGRPCTimeout([]byte(value))
		if !ok || got > d || got < d-d/1000 {
			t.Errorf("%v is written as %q, which is %v", d, value, got)
		}
	}
}

func FuzzGRPCTimeout(f *testing.F) {
	f.Add([]byte("10S"))
	f.Fuzz(func(t *testing.T, v []byte) {
		d, ok := parseGRPCTimeout(v)
		if !ok {
			return
		}
		if d <= 0 {
			t.Fatalf("%q is %v", v, d)
		}
		line := string(appendGRPCTimeout(nil, d))
		if again, ok := parseGRPCTimeout([]byte(line[len("grpc-timeout: ") : len(line)-2])); !ok || again > d && d >= time.Microsecond {
			t.Fatalf("%q became %q", v, line)
		}
	})
}

func TestMessagesOfACallAreMeasuredHoweverTheyAreCut(t *testing.T) {
	var body []byte
	for _, n := range []int{0, 3, 70000, 1} {
		body = append(body, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
		body = append(body, make([]byte, n)...)
	}
	for _, piece := range []int{1, 2, 4, 5, 6, 1000, len(body)} {
		var m grpcMessages
		most := int64(0)
		for rest := body; len(rest) > 0; {
			n := min(piece, len(rest))
			most = max(most, m.longest(rest[:n]))
			rest = rest[n:]
		}
		if most != 70000 || m.left != 0 || m.n != 0 {
			t.Errorf("in pieces of %d: the longest is %d, %+v", piece, most, m)
		}
	}
}

func TestTheEndOfACallThatTheGatewayAnswers(t *testing.T) {
	got := string(appendGRPCStatus(nil, &answer{code: gwerr.UpstreamTimeout, message: "50% späť\r\n"}))
	want := "grpc-status: 4\r\ngrpc-message: 50%25 sp%C3%A4%C5%A5%0D%0A\r\nx-gateway-code: GW_UPSTREAM_TIMEOUT\r\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
