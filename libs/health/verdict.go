package health

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verdict is what health says about one endpoint of a cluster.
type Verdict struct {
	Address    string
	Configured int
	Effective  float64 // in units of configured weights
	Reason     string  // in words, for people
	Counts     Counts  // of the window; active checks are not among them
	Share      float64 // of failures; 1 if active checks say that the endpoint is down
	Down       bool    // by active checks
	Backup     bool    // it gets traffic only while no other endpoint can take it
	// SlowStart says how much of its weight a slow start leaves it, 0 to 1; 1: there is none.
	SlowStart float64
}

// Verdicts returns the verdict on each endpoint as of the last Judge, with its reason.
func (c *Cluster) Verdicts() []Verdict {
	c.shared.mu.Lock()
	defer c.shared.mu.Unlock()
	weighted := 0
	for i := range c.members {
		if c.serves(&c.members[i]) {
			weighted++
		}
	}
	weights := c.Weights()
	verdicts := make([]Verdict, len(c.members))
	for i := range c.members {
		m := &c.members[i]
		verdicts[i] = Verdict{
			Address:    m.address,
			Configured: m.configured,
			Effective:  float64(weights[i]) / Scale,
			Reason: c.evidence(m.Endpoint) + "; " + c.hearsay(m.Endpoint) +
				c.conclusion(m, weights[i], weighted),
			Counts: m.counts,
			Share:  m.share,
			Down:   m.down,
			Backup: m.backup, SlowStart: c.leaves(m),
		}
	}
	return verdicts
}

// evidence says what was seen of an endpoint. c.shared.mu is held.
func (c *Cluster) evidence(e *Endpoint) string {
	n, failed := e.counts.Total(), e.counts.Failed()
	var b strings.Builder
	if e.down {
		fmt.Fprintf(&b, "active checks fail, the last with %s; ", e.lastFailure())
	}
	switch {
	case n == 0:
		b.WriteString("no requests")
	case failed == 0:
		fmt.Fprintf(&b, "0 of %d %s", n, plural(n, "request"))
	default:
		fmt.Fprintf(&b, "%d of %d %s", failed, n, plural(n, "request"))
	}
	b.WriteString(" in the last " + short(c.settings.Window))
	if n > 0 {
		b.WriteString(" failed")
	}
	separator := ": "
	for o, k := range e.counts {
		if k > 0 && Outcome(o).Failed() {
			fmt.Fprintf(&b, "%s%d %s", separator, k, Outcome(o))
			separator = ", "
		}
	}
	if slow := e.counts[Slow]; slow > 0 {
		fmt.Fprintf(&b, ", %d slow (each counts half)", slow)
	}
	return b.String()
}

// hearsay says what others have reported of an endpoint, if anything. c.shared.mu is held.
func (c *Cluster) hearsay(e *Endpoint) string {
	now := e.looked
	var by []string
	for _, o := range e.said {
		if !o.by.Suspect && o.by.trust(now) > 0 {
			by = append(by, o.by.Name+" "+percent(math.Round(o.loss*100)/100))
		}
	}
	if len(by) == 0 {
		return ""
	}
	slices.Sort(by)
	const most = 5
	more := ""
	if len(by) > most {
		more = fmt.Sprintf(" and %d more", len(by)-most)
	}
	return fmt.Sprintf("%d of %d other %s reported a loss of weight: %s%s; ",
		len(by), max(c.shared.others(now), len(by)),
		plural(uint64(max(c.shared.others(now), len(by))), "node"),
		strings.Join(by[:min(len(by), most)], ", "), more)
}

// conclusion says what follows for the weight. c.shared.mu is held.
func (c *Cluster) conclusion(m *member, effective, weighted int) string {
	full := strconv.Itoa(m.configured)
	weight := "weight " + full
	if effective != scaled(m.configured, 1) {
		weight += " -> " + number(float64(effective)/Scale)
	}
	high, low := m.bounds(&c.settings)
	switch {
	case m.configured == 0:
		return "its configured weight 0 takes it out"
	case m.backup && !c.onBackups:
		return "a backup, and others can take the traffic; " + weight
	case c.onBackups && !m.backup:
		return "out, so backups serve until it works; " + weight
	case m.backup:
		return "a backup that serves, since no other endpoint can; " + weight
	case c.leaves(m) < 1 && weighted > 1:
		return fmt.Sprintf("a slow start leaves it %s of its weight; %s",
			percent(math.Round(m.slow*100)/100), weight)
	case weighted == 1 && m.share > 0:
		return "the only endpoint keeps its weight " + full
	case weighted == 1:
		return weight
	case c.shared.alike && m.left == 1:
		return fmt.Sprintf(
			"all %d endpoints fail alike, which is probably not their fault; weight %s kept",
			weighted, full)
	case c.capped && m.deserved() < 1:
		return fmt.Sprintf("by itself it would have %s, but the cluster keeps %s of its weight; %s",
			number(float64(m.configured)*m.deserved()), percent(healthy), weight)
	case m.left < m.weight:
		return weight
	case m.weight < 1 && m.weight < low:
		return "on its way back; " + weight
	case m.share > 0 && !m.enough:
		return fmt.Sprintf("fewer than %d lower no weight; %s", c.settings.MinRequests, weight)
	case m.weight == 1 && m.counts.failures() > 0 && m.counts.failures() <= single:
		return "a single failure is tolerated; " + weight
	case m.weight == 1 && m.share > 0:
		return fmt.Sprintf("up to %s is tolerated; %s", percent(tolerated), weight)
	case m.weight < high && m.share > 0:
		return "it rises when the window is clearly better; " + weight
	}
	return weight
}

// lastFailure names the outcome of the last failed check that is still known.
func (e *Endpoint) lastFailure() string {
	checks := e.checks.Load()
	for range fall {
		if o := Outcome(checks & (1<<checkBits - 1)); o.Failed() {
			return o.String()
		}
		checks >>= checkBits
	}
	return "success" // two good ones have just come; the next Judge will see them
}

func plural(n uint64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// number writes a weight with as many digits as it needs, three at most.
func number(f float64) string { return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64) }

func percent(f float64) string { return number(f*100) + "%" }

// short is a duration without the units that are zero: 1m and not 1m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
