package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/docs"
	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/l4"
)

func TestTheRelaysPageHasEveryReason(t *testing.T) {
	const begin, end = "<!-- BEGIN reasons: rendered from libs/l4 by \"go test ./docs -update\"; " +
		"do not edit. -->\n", "<!-- END reasons -->\n"
	var table strings.Builder
	table.WriteString("\n| close_reason | |\n|---|---|\n")
	for _, r := range l4.Reasons() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", r, r.Meaning())
	}
	check(t, "relay.md", docs.Relay, between(t, docs.Relay, begin, end, table.String()))
}

// Its examples are configurations that the relay takes, and its defaults are those of the code.
func TestTheRelaysPageIsRight(t *testing.T) {
	examples := regexp.MustCompile("(?s)```yaml\n(version: 1\n.*?)```").
		FindAllStringSubmatch(docs.Relay, -1)
	if len(examples) < 2 {
		t.Fatal("the examples are gone")
	}
	for _, e := range examples {
		if _, ps := config.Decode("example.yaml", []byte(e[1])); len(ps) > 0 {
			t.Errorf("%v in\n%s", ps, e[1])
		}
	}
	listener, cluster := config.NewListener("a", "127.0.0.1:0"), config.NewCluster("c")
	for key, d := range map[string]fmt.Stringer{
		"listeners[].timeouts.connect": listener.Timeouts.Connect,
		"listeners[].timeouts.idle":    listener.Timeouts.Idle,
		"listeners[].timeouts.overall": listener.Timeouts.Overall,
		"clusters[].timeouts.connect":  cluster.Timeouts.Connect,
	} {
		// A duration has all its parts, 1h0m0s, where a person writes 1h.
		short := strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
		if short == "" {
			short = "0s"
		}
		if !strings.Contains(docs.Relay, "`"+key+"` | "+short+" |") {
			t.Errorf("the page does not say that %s is %s", key, d)
		}
	}
}
