package trial

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
)

// profileFrequency is samples per second; a prime number, so as not to march in step with anything.
const profileFrequency = 997

// Profile loads one proxy once more and lets perf watch it. The data goes to file, for `perf report
// -i FILE`.
func (b *Bench) Profile(
	ctx context.Context, s rig.Server, c Case, d time.Duration, file string,
) error {
	perf, err := exec.LookPath("perf")
	if err != nil {
		return errors.New("a profile needs perf: install linux-perf")
	}
	p, err := b.up(ctx, s, b.Cores.Proxy)
	if err != nil {
		return err
	}
	defer p.Stop()
	watched := make(chan error, 1)
	go func() {
		_, _, err := proc.Output(ctx, b.Cores.Load, []string{
			perf, "record", "-q", "-g", "-F", strconv.Itoa(profileFrequency), "-o", file, "-p",
			strconv.Itoa(p.PID),
			"--", "sleep", strconv.FormatFloat(d.Seconds(), 'f', 3, 64),
		})
		watched <- err
	}()
	_, loadErr := b.sample(ctx, s, p, c, d+d/4) // perf takes a moment to start
	if err := errors.Join(<-watched, loadErr); err != nil {
		return fmt.Errorf("profiling %s: %w", s.Name, err)
	}
	return nil
}
