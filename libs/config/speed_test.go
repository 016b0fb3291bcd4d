package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/config"
)

// largeFile returns a file of 10,000 routes and 500 clusters, in block style or in flow style.
func largeFile(flow bool) []byte {
	var b strings.Builder
	b.WriteString("# A large edge.\nversion: 1\nlisteners:\n  - {name: public, address: " +
		"127.0.0.1:8080}\nclusters:\n")
	for i := range 500 {
		if flow {
			fmt.Fprintf(&b, "  - {name: cluster-%d, endpoints: [{address: 10.0.%d.1:9001, "+
				"weight: 3}, {address: 10.0.%d.2:9001}]}\n", i, i%250, i%250)
		} else {
			fmt.Fprintf(&b, "  - name: cluster-%d\n    endpoints:\n      - address: "+
				"10.0.%d.1:9001\n        weight: 3\n      - {address: 10.0.%d.2:9001}\n", i, i%250,
				i%250)
		}
	}
	b.WriteString("routes:\n")
	for i := range 10_000 {
		if flow {
			fmt.Fprintf(&b, "  - {name: route-%d, hosts: [svc%d.example.com], path_prefix: "+
				"/api/v%d/things, methods: [GET, POST], cluster: cluster-%d}\n", i, i/10, i, i%500)
		} else {
			fmt.Fprintf(&b, "  - name: route-%d\n    hosts: [svc%d.example.com]\n    "+
				"path_prefix: /api/v%d/things\n    methods: [GET, POST]\n    cluster: cluster-%d\n",
				i, i/10, i, i%500)
		}
	}
	return []byte(b.String())
}

func BenchmarkDecode10kRoutes(b *testing.B) {
	block := largeFile(false)
	for _, f := range []struct {
		name string
		data []byte
	}{{"block.yaml", block}, {"flow.yaml", largeFile(true)},
		{"canonical.json", config.Canonical(decode(b, "f.yaml", string(block)))}} {
		b.Run(f.name, func(b *testing.B) {
			b.SetBytes(int64(len(f.data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, ps := config.Decode(f.name, f.data); len(ps) > 0 {
					b.Fatal(ps)
				}
			}
		})
	}
}

func BenchmarkValidate10kRoutes(b *testing.B) {
	d := decode(b, "f.yaml", string(largeFile(false)))
	b.ReportAllocs()
	for b.Loop() {
		if ps := config.Validate(d); len(ps) > 0 {
			b.Fatal(ps)
		}
	}
}

func BenchmarkDigest10kRoutes(b *testing.B) {
	d := decode(b, "f.yaml", string(largeFile(false)))
	b.ReportAllocs()
	for b.Loop() {
		config.Digest(d)
	}
}
