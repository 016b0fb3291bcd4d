package docs_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/health"
	"github.com/gatewayhomebrew/gateway/libs/probe"
)

// rows returns the numbers of the table of the page that begins with a heading; -1 for none.
func rows(t *testing.T, page, heading string) (rows [][]int) {
	t.Helper()
	_, rest, ok := strings.Cut(page, heading)
	if !ok {
		t.Fatalf("no table begins with %s", heading)
	}
	table, _, _ := strings.Cut(rest, "\n\n")
	for _, line := range strings.Split(table, "\n")[2:] {
		var row []int
		for _, cell := range regexp.MustCompile(`[^|]+`).FindAllString(line, -1) {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(cell), " %"))
			if err != nil {
				n = -1
			}
			row = append(row, n)
		}
		rows = append(rows, row)
	}
	return rows
}

// judged is a cluster of equal endpoints and a time that moves.
type judged struct {
	*health.Cluster
	now time.Time
}

func newJudged(size int) *judged {
	var endpoints []health.Configured
	for i := range size {
		endpoints = append(endpoints, health.Configured{Address: fmt.Sprint(i), Weight: 1})
	}
	return &judged{
		health.NewRegistry().Cluster("c", health.Settings{}, endpoints), time.Unix(1000, 0),
	}
}

func (j *judged) record(i, failures, successes int) {
	for range failures {
		j.Endpoint(i).Record(health.Reset)
	}
	for range successes {
		j.Endpoint(i).Record(health.Success)
	}
}

func (j *judged) pass(d time.Duration) {
	for end := j.now.Add(d); j.now.Before(end); {
		j.now = j.now.Add(250 * time.Millisecond)
		j.Judge(j.now)
	}
}

func TestTableOfHealthPageIsWhatFailuresDoToAWeight(t *testing.T) {
	table := rows(t, docs.Health, "| failures | a higher weight falls to | a lower one rises to |")
	if len(table) < 10 {
		t.Fatalf("%d rows", len(table))
	}
	for _, row := range table {
		j := newJudged(2)
		j.record(0, row[0], 100-row[0])
		j.pass(time.Second)
		falls := j.Weights()[0]

		j = newJudged(2)
		j.record(0, 100, 0)
		j.pass(10 * time.Second) // forgotten, and hardly on its way back
		j.record(0, row[0], 100-row[0])
		j.pass(8 * time.Second)
		// From 90 failures on a weight rises to no more than the floor, which this one has left
		// before the failures came.
		if rises := j.Weights()[0]; row[1] != falls || row[2] != rises && row[0] < 90 ||
			row[2] > rises {
			t.Errorf("row %d: falls to %d %%, rises to %d %%; want %d and %d", row[0], row[1],
				row[2], falls, rises)
		}
	}
}

func TestTableOfHealthPageIsWhatDeadEndpointsDoToACluster(t *testing.T) {
	table := rows(t, docs.Health,
		"| endpoints | dead | weight of a dead one | of a good one | the dead ones get |")
	if len(table) < 8 {
		t.Fatalf("%d rows", len(table))
	}
	for _, row := range table {
		size, dead := row[0], row[1]
		j := newJudged(size)
		for i := range size {
			if i < dead {
				j.record(i, 100, 0)
			} else {
				j.record(i, 0, 100)
			}
		}
		j.pass(time.Second)
		weights := j.Weights()
		good := -1
		if dead < size {
			good = weights[size-1]
		}
		sum, bad := 0, 0
		for i, w := range weights {
			if sum += w; i < dead {
				bad += w
			}
		}
		share := int(math.Round(100 * float64(bad) / float64(sum)))
		if row[2] != weights[0] || row[3] != good || row[4] != share {
			t.Errorf("row %v: want weights %d and %d, %d %% of the traffic", row, weights[0], good,
				share)
		}
	}
}

func TestTableOfHealthPageIsWhatOtherNodesDoToAWeight(t *testing.T) {
	table := rows(t, docs.Health, "| nodes | report it dead | weight |")
	if len(table) < 10 {
		t.Fatalf("%d rows", len(table))
	}
	for _, row := range table {
		registry, now := health.NewRegistry(), time.Unix(1000, 0)
		c := registry.Cluster("c", health.Settings{}, []health.Configured{
			{Address: "a", Weight: 1}, {Address: "b", Weight: 1},
		})
		for i := range row[0] - 1 {
			w := health.Witness{
				Name: fmt.Sprint(i), Heard: now, Holds: time.Minute,
				Sights: []health.Sight{{Cluster: "c"}},
			}
			if i < row[1] {
				w.Sights = append(w.Sights, health.Sight{Cluster: "c", Address: "a", Loss: 1})
			}
			registry.Hear(w)
		}
		c.Judge(now)
		if got := c.Weights()[0]; got != row[2] {
			t.Errorf("row %v: the weight is %d %%", row, got)
		}
	}
}

func TestTableOfHealthPageHasEachResultOfAnActiveCheck(t *testing.T) {
	for _, kind := range []probe.Kind{
		probe.Passed, probe.Answer, probe.Connect, probe.TLS, probe.Reset, probe.Timeout,
	} {
		row := regexp.MustCompile("(?m)^\\| `" + kind.String() + "` \\|.*\\| `" +
			kind.Outcome().String() + "` \\|$")
		if !row.MatchString(docs.Health) {
			t.Errorf("no row says that %s counts as %s", kind, kind.Outcome())
		}
	}
}

func TestHealthPageSaysHowManyChecksAreMadeAtATime(t *testing.T) {
	if !strings.Contains(docs.Health,
		fmt.Sprintf("No more than %d checks", probe.DefaultMaxConcurrent)) {
		t.Errorf("it is %d", probe.DefaultMaxConcurrent)
	}
}
