package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/proc"
)

// H2Load is nghttp2's h2load: HTTP/2 in a closed loop, on each connection so many streams at a
// time. It knows how long answers took in the mean only, so a Result has no percentiles.
type H2Load struct {
	Path                 string // of the program
	Core                 int    // it runs on
	Connections, Streams int
}

// Run implements Load.
func (l H2Load) Run(ctx context.Context, t Target, d time.Duration, rate int) (Result, error) {
	if rate != 0 || t.List != "" {
		return Result{}, errors.New("h2load: knows no fixed rate and no list of requests here")
	}
	ctx, cancel := context.WithTimeout(ctx, d+runGrace)
	defer cancel()
	out, cpu, err := proc.Output(ctx, l.Core, l.args(t, d))
	if err != nil {
		return Result{}, fmt.Errorf("h2load: %w", err)
	}
	r, err := parseH2Load(out)
	if err != nil {
		return Result{}, fmt.Errorf("h2load: %w in\n%s", err, out)
	}
	r.CPU = cpu
	return r, nil
}

func (l H2Load) args(t Target, d time.Duration) []string {
	scheme := "http://"
	if t.Speaks == HTTPS {
		scheme = "https://"
	}
	return []string{
		l.Path, "-t1", "-c" + strconv.Itoa(l.Connections), "-m" + strconv.Itoa(l.Streams),
		"-D" + strconv.FormatInt(d.Milliseconds(), 10) + "ms",
		"-H", ":authority: " + t.Host,
		scheme + t.Addr + t.Path,
	}
}

// parseH2Load reads the lines
//
//	finished in 1.00s, 99.00 req/s, 5.20MB/s
//	requests: 99 total, 101 started, 99 done, 99 succeeded, 0 failed, 0 errored, 0 timeout
//	status codes: 99 2xx, 0 3xx, 0 4xx, 0 5xx
//
// What was under way when the time was over is neither succeeded nor failed.
func parseH2Load(out string) (Result, error) {
	var r Result
	var seen int
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), " ")
		var err error
		switch name {
		case "finished":
			rest, _, _ = strings.Cut(strings.TrimPrefix(rest, "in "), ",")
			r.Elapsed, err = parseTime(rest)
			seen++
		case "requests:":
			var failed, errored, timeout int64
			for _, c := range []struct {
				what string
				to   *int64
			}{
				{"succeeded", &r.Requests}, {"failed", &failed}, {"errored", &errored},
				{"timeout", &timeout},
			} {
				if *c.to, err = counted(rest, c.what); err != nil {
					return Result{}, err
				}
			}
			// One that timed out is counted as errored and failed as well.
			r.Failed += max(failed, errored, timeout)
			seen++
		case "status":
			var ok int64
			if ok, err = counted(strings.TrimPrefix(rest, "codes: "), "2xx"); err == nil &&
				ok < r.Requests {
				r.Failed += r.Requests - ok
				r.Reason = strings.TrimSpace(lines.Text())
			}
			seen++
		}
		if err != nil {
			return Result{}, err
		}
	}
	if seen != 3 {
		return Result{}, errors.New("no complete result")
	}
	return r, nil
}

// counted finds the number before a word in "1 total, 2 started".
func counted(list, what string) (int64, error) {
	for item := range strings.SplitSeq(list, ", ") {
		if n, ok := strings.CutSuffix(item, " "+what); ok {
			return strconv.ParseInt(n, 10, 64)
		}
	}
	return 0, fmt.Errorf("%q does not count what %s", list, what)
}
