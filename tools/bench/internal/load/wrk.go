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

// Wrk is the well-known wrk, to check the benchmark's own generator against. It knows a closed loop
// only: each connection sends its next request when the answer to the last one is complete.
type Wrk struct {
	Path        string // of the program
	Core        int    // it runs on
	Connections int
}

// Run implements Load.
func (w Wrk) Run(ctx context.Context, t Target, d time.Duration, rate int) (Result, error) {
	if rate != 0 || t.List != "" {
		return Result{}, errors.New("wrk: knows no fixed rate and no list of requests")
	}
	ctx, cancel := context.WithTimeout(ctx, d+runGrace)
	defer cancel()
	out, cpu, err := proc.Output(ctx, w.Core, w.args(t, d))
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w", err)
	}
	r, err := parseWrk(out)
	if err != nil {
		return Result{}, fmt.Errorf("wrk: %w in\n%s", err, out)
	}
	r.CPU = cpu
	return r, nil
}

func (w Wrk) args(t Target, d time.Duration) []string {
	scheme := "http://"
	if t.Speaks == HTTPS {
		scheme = "https://"
	}
	return []string{
		w.Path, "-t1", "-c" + strconv.Itoa(w.Connections), "--latency", "--timeout", "5s",
		"-d" + strconv.Itoa(max(1, int(d.Round(time.Second).Seconds()))) + "s",
		"-H", "Host: " + t.Host,
		scheme + t.Addr + t.Path,
	}
}

// parseWrk reads the lines
//
//	50%    1.02ms
//	99%    1.35ms
//	127443 requests in 2.00s, 30.26MB read
//	Socket errors: connect 0, read 0, write 0, timeout 2
//	Non-2xx or 3xx responses: 14
//
// of which the last two are there only when something failed.
func parseWrk(out string) (Result, error) {
	var r Result
	var seen int
	for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		fields := strings.Fields(line)
		var err error
		switch {
		case len(fields) == 2 && fields[0] == "50%":
			r.P50, err = parseTime(fields[1])
			seen++
		case len(fields) == 2 && fields[0] == "99%":
			r.P99, err = parseTime(fields[1])
			seen++
		case len(fields) >= 4 && fields[1] == "requests" && fields[2] == "in":
			if r.Requests, err = strconv.ParseInt(fields[0], 10, 64); err == nil {
				r.Elapsed, err = parseTime(strings.TrimSuffix(fields[3], ","))
			}
			seen++
		case strings.HasPrefix(line, "Socket errors:"), strings.HasPrefix(line, "Non-2xx"):
			for _, field := range fields {
				if n, err := strconv.ParseInt(strings.TrimSuffix(field, ","), 10, 64); err == nil {
					r.Failed += n
				}
			}
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

// parseTime reads wrk's times: us, ms, s, m and h, always with two decimals.
func parseTime(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time", s)
	}
	return d, nil
}
