package dashboards

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// A rule is one of rules.yaml.
type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	text, err := os.ReadFile(folder + "rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func parse(t *testing.T, expr string) parser.Expr {
	t.Helper()
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Errorf("%s\n%v", expr, err)
	}
	return e
}

// judge returns what an expression names that is not there.
func (e exposed) judge(expr parser.Expr, legend string) (problems []string) {
	problem := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf(format, args...))
	}
	// under are the labels that the series below a node can have.
	under := func(n parser.Node) map[string]bool {
		all := map[string]bool{}
		parser.Inspect(n, func(n parser.Node, _ []parser.Node) error {
			if v, ok := n.(*parser.VectorSelector); ok {
				for l := range e[v.Name] {
					all[l] = true
				}
			}
			return nil
		})
		return all
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		var named []string
		switch n := n.(type) {
		case *parser.VectorSelector:
			if e[n.Name] == nil {
				problem("there is no metric %s", n.Name)
				return nil
			}
			for _, m := range n.LabelMatchers {
				if m.Name != "__name__" && !e[n.Name][m.Name] {
					problem("%s has no label %s", n.Name, m.Name)
				}
			}
		case *parser.AggregateExpr:
			named = n.Grouping
		case *parser.BinaryExpr:
			if n.VectorMatching != nil {
				named = append(named, n.VectorMatching.MatchingLabels...)
				named = append(named, n.VectorMatching.Include...)
			}
		}
		for _, l := range named {
			if !under(n)[l] {
				problem("nothing in %s has the label %s", n, l)
			}
		}
		return nil
	})
	for _, m := range label.FindAllStringSubmatch(legend, -1) {
		if !under(expr)[m[1]] {
			problem("the legend has %s, which nothing in %s has", m[1], expr)
		}
	}
	return problems
}

var annotated = regexp.MustCompile(`\$labels\.([a-z_]+)`)

// Every expression parses, and names only metrics and labels that the services really have.
func TestExpressionsNameWhatIsThere(t *testing.T) {
	all := whatIsThere(t)
	for _, r := range rules(t) {
		expr := parse(t, r.Expr)
		if expr == nil {
			continue
		}
		for _, p := range all.judge(expr, "") {
			t.Errorf("%s%s: %s", r.Record, r.Alert, p)
		}
		if r.Record != "" {
			a := expr.(*parser.BinaryExpr).LHS.(*parser.AggregateExpr)
			all[r.Record] = map[string]bool{}
			for _, l := range a.Grouping {
				all[r.Record][l] = true
			}
		}
	}
	span := Span{Rate: time.Minute}
	count := 0
	for _, b := range Boards() {
		for _, row := range b.Rows {
			for _, p := range row.Panels {
				for _, q := range p.Queries {
					count++
					expr := parse(t, span.fill(q.Expr))
					if expr == nil {
						continue
					}
					for _, problem := range all.judge(expr, q.Legend) {
						t.Errorf("%s, %s: %s", b.Name, p.Title, problem)
					}
				}
			}
		}
		parse(t, span.fill(b.of(`,job=~"$job"`)))
		choices := b.More
		for _, name := range b.Of {
			choices = append(choices, Variable{"job", name})
		}
		for _, v := range choices {
			if !all[v.Of][v.Label] {
				t.Errorf("%s: %s has no label %s to choose from", b.Name, v.Of, v.Label)
			}
		}
	}
	if count < 60 {
		t.Errorf("only %d queries were held against what is there", count)
	}
}

// What is wrong is found: else the test above would say nothing.
func TestJudgeFindsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	there := exposed{}
	there.read("# TYPE h histogram\nh_bucket{route=\"a\\\"b\",le=\"1\"} 1\nh_sum 2\nh_count 3\n" +
		"c_total{code=\"200\"} 4\n")
	for expr, want := range map[string]string{
		`sum by (code) (rate(c_total{code=~"5.."}[5m]))`:                   "",
		`histogram_quantile(0.9, sum by (route) (rate(h[5m])))`:            "",
		`histogram_quantile(0.9, sum by (route, le) (rate(h_bucket[5m])))`: "",
		`d_total > 0`:                                  "no metric d_total",
		`rate(c_total{status="200"}[5m])`:              "no label status",
		`sum by (route) (rate(c_total[5m]))`:           "the label route",
		`sum by (le) (rate(h[5m]))`:                    "the label le",
		`c_total / on (path) h_count`:                  "the label path",
		`c_total / ignoring (kind) c_total`:            "the label kind",
		`c_total / on (job) group_left (path) h_count`: "the label path",
	} {
		got := strings.Join(there.judge(parse(t, expr), ""), "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
	if got := there.judge(parse(t, "c_total"), "{{route}}"); len(got) != 1 {
		t.Errorf("a legend with a label that is not there: %q", got)
	}
}
