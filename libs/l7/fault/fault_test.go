package fault

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/gwerr"
)

func TestAFaultSaysWhoseItIsAndWhatHappened(t *testing.T) {
	for _, tc := range []struct {
		fault *Error
		want  string
	}{
		{ClientGone, "client: closed"}, {ClientSlow, "client: timeout"},
		{EndpointGone, "endpoint: closed"}, {EndpointStale, "endpoint: stale"},
		{NoConnectionAllowed, "gateway: full"},
		{Bad(Endpoint, gwerr.UpstreamProtocol, "two lengths"), "endpoint: malformed: two lengths"},
		{&Error{Side: Endpoint, Kind: Unreachable, Err: io.EOF}, "endpoint: unreachable: EOF"},
		{
			&Error{Side: Client, Kind: Refused, Reason: "no", Err: io.EOF},
			"client: refused: no: EOF",
		},
		{&Error{}, "nobody: nothing"},
	} {
		if got := tc.fault.Error(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestEveryKindHasItsName(t *testing.T) {
	seen := map[string]Kind{}
	for k := Kind(0); k <= Refused; k++ {
		name := k.String()
		if other, ok := seen[name]; ok || name == "" {
			t.Errorf("kinds %d and %d are both %q", other, k, name)
		}
		seen[name] = k
	}
	if got := (Refused + 9).String(); got == "" {
		t.Error("an unknown kind has no name")
	}
}

// What nobody has judged is the gateway's: no client and no endpoint is blamed by default.
func TestAnErrorThatNobodyJudgedIsTheGateways(t *testing.T) {
	f := Of(io.ErrUnexpectedEOF)
	if f.Side != Gateway || f.Code != gwerr.Internal || !errors.Is(f, io.ErrUnexpectedEOF) {
		t.Errorf("%+v", f)
	}
	if got := Of(EndpointGone); got != EndpointGone {
		t.Errorf("a fault became %v", got)
	}
	if f := Of(fmt.Errorf("wrapped: %w", EndpointGone)); f.Side != Gateway ||
		!strings.Contains(f.Error(), "wrapped") {
		t.Errorf("%v", f)
	}
}

// Whether a request may go out again hangs on this.
func TestOnlyWhatAnEndpointNeverSawIsUnseen(t *testing.T) {
	for _, f := range []*Error{
		EndpointStale, EndpointUnseen, EndpointSlowUnseen, EndpointStopUnseen,
	} {
		if !f.Unseen || f.Side != Endpoint {
			t.Errorf("%v: %+v", f, f)
		}
	}
	for _, f := range []*Error{EndpointGone, EndpointSlow, EndpointStopped, ClientGone} {
		if f.Unseen {
			t.Errorf("%v is said to be unseen", f)
		}
	}
}

func TestTheCommonFaultsCostNoAllocation(t *testing.T) {
	var f *Error
	if n := testing.AllocsPerRun(100, func() { f = Of(EndpointGone) }); n != 0 || f == nil {
		t.Errorf("%v allocations", n)
	}
}
