package replay

import (
	"cmp"
	"fmt"
	"slices"
)

// Bounds of a report: what it keeps does not depend on the log.
const (
	mostGroups   = 1000
	mostBadLines = 10
	mostFacts    = 8
)

// A Report says which requests of a log another configuration would treat differently.
type Report struct {
	Lines     int       `json:"lines"`     // of the log
	Requests  int       `json:"requests"`  // compared
	Sessions  int       `json:"sessions"`  // of TCP, which are not compared
	Unread    int       `json:"unread"`    // refused before their route was looked for
	Bad       int       `json:"bad"`       // lines that are none of an access log
	BadLines  []BadLine `json:"bad_lines"` // the first ten of them
	Same      int       `json:"same"`
	Changed   int       `json:"changed"`
	MayChange int       `json:"may_change"` // it depends on what a log does not have
	Undecided int       `json:"undecided"`  // it depends on too much of that
	// Otherwise is how many requests took a route that the old configuration does not lead to: the
	// log is of another one.
	Otherwise int     `json:"otherwise"`
	Groups    []Group `json:"groups"` // the largest first
	Omitted   int     `json:"omitted"`
	// Unknown are the conditions that outcomes depend on and that a log does not tell.
	Unknown []string `json:"unknown"`
}

// A BadLine is a line that can't be read.
type BadLine struct {
	Line int    `json:"line"` // from 1
	Why  string `json:"why"`
}

// A Group is the requests for which the same things change.
type Group struct {
	Count     int       `json:"count"`
	Route     string    `json:"route"`   // that old has for them, "" none
	Certain   bool      `json:"certain"` // false: it depends on what a log does not have
	Changes   []Change  `json:"changes"`
	DependsOn []string  `json:"depends_on"`
	Examples  []Example `json:"examples"` // the first ones
}

// An Example is a request of a group.
type Example struct {
	Line      int    `json:"line"`
	RequestID string `json:"request_id"`
	Listener  string `json:"listener"`
	Method    string `json:"method"`
	Host      string `json:"host"`
	Path      string `json:"path"`
}

// longest is how much of a text of a log an example has, in bytes.
const longest = 200

func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	return s[:longest] + "…"
}

// key is what requests of one group have in common. A comparison of a pair is one pointer for the
// whole run.
type key struct {
	of       *comparison
	clusters bool
	certain  bool
}

// collector makes a report, line by line.
type collector struct {
	report   Report
	groups   map[key]*Group
	unknown  map[string]bool
	examples int
}

func newCollector(examples int) *collector {
	return &collector{
		groups: make(map[key]*Group), unknown: make(map[string]bool), examples: examples,
	}
}

func (c *collector) bad(line int, why string) {
	c.report.Bad++
	if len(c.report.BadLines) < mostBadLines {
		c.report.BadLines = append(c.report.BadLines, BadLine{line, why})
	}
}

// found is one way in which a request changes.
type found struct {
	of      *comparison
	changes []Change
}

// request adds a request with what changes for it.
func (c *collector) request(line int, e *entry, all []found, certain bool, depends []string) {
	for _, f := range all {
		k := key{f.of, len(f.changes) > len(f.of.changes), certain}
		g := c.groups[k]
		if g == nil {
			if len(c.groups) == mostGroups {
				c.report.Omitted++
				continue
			}
			g = &Group{
				Route: f.of.route, Certain: certain, Changes: f.changes, DependsOn: []string{},
			}
			c.groups[k] = g
		}
		g.Count++
		if len(g.Examples) < c.examples {
			g.Examples = append(g.Examples, Example{
				Line: line, RequestID: cut(e.RequestID), Listener: cut(e.Listener),
				Method: cut(e.Method), Host: cut(e.Host), Path: cut(e.Path),
			})
		}
		for _, fact := range depends {
			if !certain && len(g.DependsOn) < mostFacts && !slices.Contains(g.DependsOn, fact) {
				g.DependsOn = append(g.DependsOn, fact)
			}
		}
	}
}

func (c *collector) finish() *Report {
	r := &c.report
	r.Groups = make([]Group, 0, len(c.groups))
	for _, g := range c.groups {
		if g.Examples == nil {
			g.Examples = []Example{}
		}
		r.Groups = append(r.Groups, *g)
	}
	slices.SortFunc(r.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Route, b.Route),
			cmp.Compare(fmt.Sprint(a.Changes, a.Certain),
				fmt.Sprint(b.Changes, b.Certain)))
	})
	if r.BadLines == nil {
		r.BadLines = []BadLine{}
	}
	r.Unknown = make([]string, 0, len(c.unknown))
	for text := range c.unknown {
		r.Unknown = append(r.Unknown, text)
	}
	slices.Sort(r.Unknown)
	return r
}
