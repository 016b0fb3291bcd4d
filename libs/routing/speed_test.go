package routing_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/routing"
)

type request struct{ host, path []byte }

// manyRules returns n rules over n/10 hosts, a third of them wildcards, and one request for each.
func manyRules(n int) (rules []routing.Rule, requests []request) {
	for i := range n {
		host := fmt.Sprintf("svc-%d.region-%d.example.com", i/10, i/10%7)
		prefix := fmt.Sprintf("/api/v%d/resource-%d", i%10, i)
		pattern := host
		if i/10%3 == 0 {
			pattern, host = "*."+host, "tenant."+host
		}
		rules = append(rules, routing.Rule{
			Name: fmt.Sprint(i), Hosts: []string{pattern}, PathPrefix: prefix,
			Methods: []string{"GET", "POST"},
		})
		requests = append(requests, request{[]byte(host + ":8080"), []byte(prefix + "/items/42")})
	}
	r := rand.New(rand.NewPCG(1, 1))
	r.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
	return rules, requests
}

func TestEveryRuleOfALargeTableIsFoundAndNothingElse(t *testing.T) {
	rules, requests := manyRules(20_000)
	tab, seen := table(t, rules...), make([]bool, len(rules))
	for _, q := range requests {
		rule, o := tab.Lookup([]byte("GET"), q.host, q.path, nil)
		if o != routing.Found || seen[rule] ||
			!strings.HasPrefix(string(q.path), rules[rule].PathPrefix+"/") {
			t.Fatalf("%s%s: rule %d, %s", q.host, q.path, rule, o)
		}
		seen[rule] = true
		if _, o := tab.Lookup([]byte("GET"), q.host,
			append([]byte("/x"), q.path...), nil); o != routing.NoPath {
			t.Fatalf("%s/x%s: %s", q.host, q.path, o)
		}
		if _, o := tab.Lookup([]byte("GET"), append([]byte("x"), q.host...),
			q.path, nil); o != routing.NoHost && !bytes.HasPrefix(q.host, []byte("tenant.")) {
			t.Fatalf("x%s%s: %s", q.host, q.path, o)
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	rules, requests := manyRules(1000)
	tab := table(t, rules...)
	get, put, i := []byte("GET"), []byte("PUT"), 0
	if n := testing.AllocsPerRun(1000, func() {
		q := &requests[i%len(requests)]
		i++
		if _, o := tab.Lookup(get, q.host, q.path, nil); o != routing.Found {
			t.Fatal(o)
		}
		if _, o := tab.Lookup(put, q.host, q.path, nil); o != routing.NoMethod {
			t.Fatal(o)
		}
		tab.Allow(q.host, q.path, nil)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// inOrder lays requests out one behind the other. The bytes of a request are in the cache when it
// is routed, the table's need not be: so there are few requests, spread over the whole table, and
// the processor sees those to come, as it never does the table.
func inOrder(requests []request) (out []request) {
	var bytes []byte
	for _, q := range requests {
		bytes = append(append(bytes, q.host...), q.path...)
	}
	for _, q := range requests {
		h, p := len(q.host), len(q.host)+len(q.path)
		out = append(out, request{bytes[:h:h], bytes[h:p:p]})
		bytes = bytes[p:]
	}
	return out
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rules, requests := manyRules(n)
			tab := table(b, rules...)
			requests = inOrder(requests[:min(len(requests), 2000)])
			get, i := []byte("GET"), 0
			b.ReportAllocs()
			for b.Loop() {
				q := &requests[i]
				if i++; i == len(requests) {
					i = 0
				}
				if _, o := tab.Lookup(get, q.host, q.path, nil); o != routing.Found {
					b.Fatal(o)
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rules, _ := manyRules(n)
			for b.Loop() {
				if _, err := routing.New(rules); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
