package dashboards

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Span is the time that a picture shows.
type Span struct {
	From, To time.Time
	Step     time.Duration
	Rate     time.Duration // the range of rates: four times the interval of scrapes, at least
	jobs     string        // of the board, as a regular expression
}

// A Prometheus is a server to ask.
type Prometheus struct {
	URL    string // without a slash at its end
	Client *http.Client
}

// series is one line of a graph: its name in the legend, and a value at each moment that has one.
type series struct {
	name   string
	points []point
}

type point struct {
	at    time.Time
	value float64
}

// fill fills an expression in as Grafana would when nothing is chosen: everything that is on the
// board.
func (s Span) fill(expr string) string {
	expr = strings.ReplaceAll(expr, "$__rate_interval", whole(s.Rate))
	expr = strings.ReplaceAll(expr, "$job", cmp.Or(s.jobs, ".*"))
	return chosen.ReplaceAllString(expr, ".*")
}

var chosen = regexp.MustCompile(`\$[a-z]+`)

func whole(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }

// ask returns the series of one query, in the order of their names.
func (p Prometheus) ask(ctx context.Context, q Query, s Span) ([]series, error) {
	moment := func(t time.Time) []string { return []string{strconv.FormatInt(t.Unix(), 10)} }
	form := url.Values{
		"query": {s.fill(q.Expr)}, "step": {whole(s.Step)},
		"start": moment(s.From), "end": moment(s.To),
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/api/v1/query_range",
		strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := p.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error string `json:"error"`
		Data  struct {
			Result []struct {
				Metric map[string]string    `json:"metric"`
				Values [][2]json.RawMessage `json:"values"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Error != "" {
		return nil, fmt.Errorf("%s: %s (%w)", q.Expr, answer.Error, err)
	}
	var all []series
	for _, found := range answer.Data.Result {
		line := series{name: q.name(found.Metric)}
		for _, v := range found.Values {
			at, err := strconv.ParseFloat(string(v[0]), 64)
			if err != nil {
				return nil, err
			}
			value, err := strconv.ParseFloat(strings.Trim(string(v[1]), `"`), 64)
			if err != nil {
				return nil, err
			}
			line.points = append(line.points, point{time.UnixMilli(int64(at * 1000)), value})
		}
		all = append(all, line)
	}
	slices.SortFunc(all, func(a, b series) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

var label = regexp.MustCompile(`{{ *([a-z_]+) *}}`)

// name is the legend of a series with these labels.
func (q Query) name(labels map[string]string) string {
	return label.ReplaceAllStringFunc(q.Legend, func(s string) string {
		return labels[label.FindStringSubmatch(s)[1]]
	})
}
