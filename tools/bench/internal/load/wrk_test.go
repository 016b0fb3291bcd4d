package load

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

const wrkGood = `Running 2s test @ http://127.0.0.1:8080/files/100b
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.98ms  812.44us  14.31ms   88.12%
    Req/Sec    29.31k     1.92k   32.10k    71.43%
  Latency Distribution
     50%    1.98ms
     75%    2.31ms
     90%    2.83ms
     99%    4.14ms
  58614 requests in 2.00s, 13.92MB read
Requests/sec:  29307.11
Transfer/sec:      6.96MB
`

func TestParseWrk(t *testing.T) {
	t.Parallel()
	good := Result{
		Requests: 58614, Elapsed: 2 * time.Second, P50: 1980 * time.Microsecond,
		P99: 4140 * time.Microsecond,
	}
	failed := good
	failed.Failed = 3 + 2 + 14
	for _, c := range []struct {
		name, in string
		want     Result
		bad      bool
	}{
		{name: "good", in: wrkGood, want: good},
		{
			name: "failures", in: wrkGood +
				"  Socket errors: connect 0, read 3, write 0, timeout 2\n" +
				"  Non-2xx or 3xx responses: 14\n", want: failed,
		},
		{name: "nothing", in: "", bad: true},
		{name: "cut short", in: wrkGood[:200], bad: true},
		{name: "no number", in: "  50%    fast\n", bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseWrk(c.in)
			if (err != nil) != c.bad || !c.bad && !reflect.DeepEqual(got, c.want) {
				t.Errorf("parseWrk = %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	if r := good.Rate(); r != 29307 {
		t.Errorf("the rate is %v", r)
	}
}

func TestWrkAsksWithTheHost(t *testing.T) {
	t.Parallel()
	args := Wrk{
		Path: "wrk", Connections: 7,
	}.args(Target{Addr: "127.0.0.1:1", Host: "a.test", Path: "/p"}, 300*time.Millisecond)
	for _, want := range []string{
		"-c7", "-d1s", "Host: a.test", "http://127.0.0.1:1/p", "--latency",
	} {
		if !slices.Contains(args, want) {
			t.Errorf("%q is not among %q", want, args)
		}
	}
}
