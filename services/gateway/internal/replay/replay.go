package replay

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/logread"
)

// Run reads a log to its end and says which of its requests new would treat in another way than old
// does. Of each group the report has as many examples as are asked for. Its memory does not depend
// on the log. Lines that are none of an access log are counted and go on; an error is one of
// reading, or the end of ctx.
func Run(
	ctx context.Context, log io.Reader, old, new Configuration, examples int,
) (*Report, error) {
	f := newFacts()
	was, err := newSide(old, f)
	if err != nil {
		return nil, err
	}
	is, err := newSide(new, f)
	if err != nil {
		return nil, err
	}
	is.rename(old.Document)
	run := &run{
		decider: newDecider(was, is, f), comparer: newComparer(was, is),
		collector: newCollector(examples),
	}
	lines := logread.New(ctx, log)
	for {
		line, long, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return run.collector.finish(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the log behind line %d: %w", lines.Number, err)
		}
		run.line(lines.Number, line, long)
	}
}

// run is what one replay works with.
type run struct {
	*decider
	*comparer
	*collector
	entry entry
	ways  []found
}

func (r *run) line(number int, line []byte, long bool) {
	report := &r.report
	report.Lines++
	if long {
		r.bad(number, fmt.Sprintf("it is longer than %d bytes", logread.MaxLine))
		return
	}
	if len(line) == 0 {
		return
	}
	e := &r.entry
	what, err := e.read(line)
	switch {
	case err != nil:
		r.bad(number, err.Error())
	case what == aSession:
		report.Sessions++
	case what == unread:
		report.Unread++
	default:
		report.Requests++
		r.request(number, e)
	}
}

// request compares what becomes of one request.
func (r *run) request(number int, e *entry) {
	report := &r.report
	pairs, told := r.decide(e)
	if len(pairs) == 0 {
		report.Undecided++
		return
	}
	if !told {
		report.Otherwise++
	}
	r.ways = r.ways[:0]
	least, most := changed, same
	for _, p := range pairs {
		x := r.compare(p)
		v, changes := x.of(e, told)
		if v != same {
			r.ways = append(r.ways, found{x, changes})
		}
		least, most = min(least, v), max(most, v)
	}
	certain := least == changed && len(pairs) == 1
	switch {
	case most == same:
		report.Same++
		return
	case least == changed:
		report.Changed++
	default:
		report.MayChange++
	}
	var depends []string
	if !certain {
		depends = r.dependsOn(pairs)
	}
	r.collector.request(number, e, r.ways, certain, depends)
}

// dependsOn names what the outcomes of the last request depend on.
func (r *run) dependsOn(pairs []pair) []string {
	var names []string
	if len(pairs) == 1 { // one route, which has several clusters
		names = append(names, "which cluster of a split is chosen")
	}
	for _, fact := range r.open {
		name := "the client's address, which a trusted proxy names"
		if fact >= 0 {
			name = r.facts.names[fact]
		}
		names = append(names, name)
	}
	for _, name := range names {
		r.unknown[name] = true
	}
	return names
}
