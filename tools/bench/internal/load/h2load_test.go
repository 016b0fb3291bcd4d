package load

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const h2loadGood = `starting benchmark...
spawning thread #0: 4 total client(s). Timing-based test with 0s of warm-up time and 1s of main duration for measurements.
TLS Protocol: TLSv1.3
progress: 100% of clients started

finished in 1.00s, 38021.00 req/s, 5.20MB/s
requests: 38021 total, 38085 started, 38021 done, 38021 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 38021 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 5.20MB (5450000) total, 800KB (820000) headers (space savings 90.00%), 3.60MB (3800000) data
                     min         max         mean         sd        +/- sd
time for request:      312us      4.21ms      1.51ms       402us    71.00%
`

func TestParseH2Load(t *testing.T) {
	t.Parallel()
	good := Result{Requests: 38021, Elapsed: time.Second}
	for _, c := range []struct {
		name, in string
		want     Result
		bad      bool
	}{
		{name: "good", in: h2loadGood, want: good},
		{
			name: "failures",
			in:   strings.Replace(h2loadGood, "0 failed, 0 errored", "7 failed, 5 errored", 1),
			want: Result{Requests: 38021, Elapsed: time.Second, Failed: 7},
		},
		{
			name: "another status",
			in: strings.Replace(h2loadGood, "38021 2xx, 0 3xx, 0 4xx", "38000 2xx, 0 3xx, 21 4xx",
				1),
			want: Result{
				Requests: 38021, Elapsed: time.Second, Failed: 21,
				Reason: "status codes: 38000 2xx, 0 3xx, 21 4xx, 0 5xx",
			},
		},
		{name: "nothing", in: "", bad: true},
		{name: "cut short", in: h2loadGood[:260], bad: true},
		{
			name: "no number",
			in:   strings.Replace(h2loadGood, "38021 succeeded", "many succeeded", 1), bad: true,
		},
		{name: "no count", in: strings.Replace(h2loadGood, "38021 succeeded", "", 1), bad: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseH2Load(c.in)
			if (err != nil) != c.bad || !c.bad && !reflect.DeepEqual(got, c.want) {
				t.Errorf("parseH2Load = %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestClientsAskOverTLS(t *testing.T) {
	t.Parallel()
	target := Target{Addr: "127.0.0.1:1", Host: "a.test", Path: "/p", Speaks: HTTPS}
	args := H2Load{Path: "h2load", Connections: 4, Streams: 16}.args(target, 1500*time.Millisecond)
	for _, want := range []string{
		"-c4", "-m16", "-D1500ms", ":authority: a.test", "https://127.0.0.1:1/p",
	} {
		if !slices.Contains(args, want) {
			t.Errorf("h2load: %q is not among %q", want, args)
		}
	}
	if args := (Wrk{Path: "wrk", Connections: 7}).args(target, time.Second); !slices.Contains(args,
		"https://127.0.0.1:1/p") {
		t.Errorf("wrk: %q", args)
	}
}
