package program_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/program"
)

func TestAClockThatStandsStillIsFound(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := program.Advances(ctx, "the clock", clock.Load)
	if err == nil || !strings.Contains(err.Error(), "the clock stands still") {
		t.Errorf("%v", err)
	}
	if err := program.Advances(t.Context(), "the clock", func() int64 {
		return clock.Add(1)
	}); err != nil {
		t.Error(err)
	}
}

// A process that systemd has not started tells nobody, and its part ends when it is told to.
func TestAPartOfAProcessThatSystemdHasNotStarted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := &program.Process{}
	part := p.Supervised(ctx, program.Up(), func() string { return "ready" }, nil)
	done := make(chan error, 1)
	go func() { done <- part.Run(ctx) }()
	p.Reloading()("ready")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	waits := p.Supervised(ctx, make(chan struct{}), func() string { return "" }, nil)
	if err := waits.Run(ctx); err != nil {
		t.Error(err)
	}
}
