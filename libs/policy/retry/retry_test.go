package retry

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

func TestReasonsToTryAgain(t *testing.T) {
	p, err := New(&config.Retry{On: []string{
		"500", "563", "564", "599", config.RetryReset, config.RetryExhausted,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for status := -1000; status < 2000; status++ {
		want := status == 500 || status == 563 || status == 564 || status == 599
		if p.Status(status) != want {
			t.Errorf("status %d is a reason: %t", status, !want)
		}
		if p.GRPC(status) != (status == GRPCResourceExhausted) {
			t.Errorf("grpc-status %d is a reason: %t", status, p.GRPC(status))
		}
	}
	if p.Connect || !p.Reset || p.Default || p.Attempts != 1 {
		t.Errorf("the policy is %+v", p)
	}
}

func TestARouteThatAsksForNothingRetriesConnecting(t *testing.T) {
	p, err := New(nil)
	if err != nil || !p.Default || !p.Connect || p.Reset || p.Attempts != 2 || p.Status(503) {
		t.Errorf("the policy is %+v, %v", p, err)
	}
}

func TestWhatIsNoReasonIsRefused(t *testing.T) {
	for _, on := range []string{"", "499", "600", "-1", "teapot"} {
		if _, err := New(&config.Retry{On: []string{on}}); err == nil {
			t.Errorf("%q is taken", on)
		}
	}
}
