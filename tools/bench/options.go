package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/rig"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/trial"
)

const (
	// rateRow is the row at a fixed rate, of the smallest body.
	rateRow = "rate"
	// routesRow is the row of a proxy with much to do besides: many routes and an access log.
	routesRow  = "routes"
	manyRoutes = 1000
	// reloadRow is reloads of an edge with a large configuration, under load; it has no rival.
	reloadRow   = "reload"
	reloadCount = 10
	reloadEvery = 2 * time.Second
	factStarts  = 9
)

// options are the flags, checked.
type options struct {
	rounds      int
	duration    time.Duration
	limit       time.Duration
	connections int
	cases       []trial.Case
	reload      bool
	sockets     bool
	rivals      []string
	edge        string // path; empty: find or build it
	noEdge      bool
	edgeConfig  string
	also        []other
	wrk         bool
	facts       bool
	json, svg   string
	profile     string
	keep        bool
}

// other is a proxy of the caller's.
type other struct{ name, command string }

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		_, _ = fmt.Fprint(stderr,
			"bench: the edge beside nginx and HAProxy\n\nExample: bench --rows 100b,64k --rounds "+
				"5 --svg bench.svg\n\nFlags:\n")
		fs.PrintDefaults()
	}
	fs.IntVar(&o.rounds, "rounds", 10, "how often each proxy has its turn in each row")
	fs.DurationVar(&o.duration, "duration", time.Second, "how long a turn is")
	fs.DurationVar(&o.limit, "limit", 5*time.Minute, "the most the whole run may take")
	fs.IntVar(&o.connections, "connections", 64, "client connections")
	rows := fs.String("rows", "100b,64k,1m,rate,routes,reload",
		"what to measure: bodies of 100 bytes, 64 KiB, 1 MiB; the first at a fixed rate, and "+
			"with 1,000 routes and an access log; reloads of 10,000 routes under load; and, not "+
			"by default, "+observedRows+"; "+policyRows+"; "+frontRows+"; "+relayRows)
	rate := fs.Int("rate", 10000, "requests per second of the row rate")
	rivals := fs.String("rivals", strings.Join(report.Rivals, ","),
		"what to compare with; may be empty")
	fs.StringVar(&o.edge, "edge", "",
		"the edge's `binary`; the default is BENCH_EDGE, then the one Bazel built along, then "+
			"one built now; none leaves it out")
	fs.StringVar(&o.edgeConfig, "edge-config", "",
		"a configuration `file` for the edge, in which {listen} and {upstream} are filled in")
	fs.Func("also",
		"one more proxy, `NAME=COMMAND`, with {listen}, {upstream} and {dir} in the command; may "+
			"be repeated", func(s string) error {
			name, command, ok := strings.Cut(s, "=")
			if !ok || name == "" || command == "" {
				return errors.New("want NAME=COMMAND")
			}
			o.also = append(o.also, other{name, command})
			return nil
		})
	loadBy := fs.String("load", "own", "the load generator: own or wrk")
	fs.BoolVar(&o.facts, "facts", true, "measure memory and start as well")
	fs.StringVar(&o.json, "json", "", "write all numbers to a `file`")
	fs.StringVar(&o.svg, "svg", "", "write a plot to a `file`")
	fs.StringVar(&o.profile, "profile", "",
		"have perf watch the edge in the first row and write to a `file`")
	fs.BoolVar(&o.keep, "keep", false, "keep configurations and logs")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("there are no arguments besides flags, but got %q", fs.Arg(0))
	}
	if o.rounds < 1 || o.duration < 100*time.Millisecond || o.connections < 1 || *rate < 1 {
		return o,
			errors.New("--rounds, --connections and --rate have to be at least 1, --duration at " +
				"least 100ms")
	}
	if *loadBy != "own" && *loadBy != "wrk" {
		return o, fmt.Errorf("--load is %q; it must be own or wrk", *loadBy)
	}
	o.wrk, o.noEdge = *loadBy == "wrk", o.edge == "none"
	for _, path := range []*string{&o.edge, &o.edgeConfig, &o.json, &o.svg, &o.profile} {
		*path = fromCaller(*path)
	}
	for _, name := range list(*rivals) {
		if !slices.Contains(report.Rivals, name) {
			return o,
				fmt.Errorf("--rivals: %q is none of %s", name, strings.Join(report.Rivals, ", "))
		}
		o.rivals = append(o.rivals, name)
	}
	names := list(*rows)
	o.reload = slices.Contains(names, reloadRow) && !o.wrk && !o.noEdge
	var err error
	o.sockets = slices.Contains(names, webSocketRow)
	o.cases, err = cases(slices.DeleteFunc(names, func(name string) bool {
		return name == reloadRow || name == webSocketRow
	}), *rate, o.wrk)
	return o, err
}

func cases(rows []string, rate int, wrk bool) ([]trial.Case, error) {
	var out []trial.Case
	for _, row := range rows {
		if row == rateRow {
			if !wrk { // which knows no rate
				out = append(out, trial.Case{Name: row, Body: rig.Bodies[0], Rate: rate})
			}
			continue
		}
		if row == routesRow {
			if !wrk { // which knows one request
				out = append(out, trial.Case{
					Name: row, Body: rig.Bodies[0], Routes: manyRoutes, Logged: true,
				})
			}
			continue
		}
		if c, ok := relayCase(row); ok {
			if !wrk { // which knows no TCP
				out = append(out, c)
			}
			continue
		}
		if c, ok := observedCase(row); ok {
			out = append(out, c)
			continue
		}
		if c, ok := policyCase(row); ok {
			if !wrk { // which knows one request
				out = append(out, c)
			}
			continue
		}
		if c, ok := frontCase(row); ok {
			if !wrk { // which is not what makes the load of these
				out = append(out, c)
			}
			continue
		}
		i := slices.IndexFunc(rig.Bodies, func(b rig.Body) bool { return b.Name == row })
		if i < 0 {
			return nil, fmt.Errorf("--rows: there is no row %q", row)
		}
		out = append(out, trial.Case{Name: row, Body: rig.Bodies[i]})
	}
	return out, nil
}

func list(s string) []string {
	return slices.DeleteFunc(strings.Split(s, ","), func(s string) bool { return s == "" })
}

// fromCaller makes a path absolute: `bazel run` starts programs in a folder of its own and says
// where the caller was.
func fromCaller(path string) string {
	if base := os.Getenv("BUILD_WORKING_DIRECTORY"); path != "" && base != "" &&
		!filepath.IsAbs(path) {
		return filepath.Join(base, path)
	}
	return path
}
