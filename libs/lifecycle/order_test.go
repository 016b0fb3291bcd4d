package lifecycle_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/gatewayhomebrew/gateway/libs/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder notes in which order parts stop.
type recorder struct {
	mu    sync.Mutex
	names []string // guarded by mu
}

func (r *recorder) part(name string, err error) lifecycle.Part {
	return lifecycle.Part{Name: name, Run: func(ctx context.Context) error {
		<-ctx.Done()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.names = append(r.names, name)
		return err
	}}
}

func TestPartsStopLastToFirst(t *testing.T) {
	var r recorder
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lifecycle.Run(ctx, r.part("a", nil), r.part("b", nil), r.part("c", nil)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.names, " "); got != "c b a" {
		t.Errorf("stopped in the order %s", got)
	}
}

func TestAPartThatFailsStopsTheOthers(t *testing.T) {
	var r recorder
	broken := errors.New("broken")
	err := lifecycle.Run(t.Context(), r.part("a", nil),
		lifecycle.Part{Name: "b", Run: func(context.Context) error {
			return broken
		}}, r.part("c", context.Canceled))
	if !errors.Is(err, broken) || err.Error() != "b: broken" {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(r.names, " "); got != "c a" {
		t.Errorf("stopped in the order %s", got)
	}
}
