package main

import (
	"io"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/bench/internal/handshake"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/load"
	"github.com/gatewayhomebrew/gateway/tools/bench/internal/report"
)

func TestFrontRowsAreCases(t *testing.T) {
	o, err := parseOptions([]string{
		"--rows", "tls1,h2-4x16,h2-32x1,handshakes,resumption,grpc,websockets",
	}, io.Discard)
	if err != nil || len(o.cases) != 6 || !o.sockets {
		t.Fatalf("%+v, %v", o, err)
	}
	for _, c := range o.cases {
		if c.Kind == "" || c.Added != (c.Name == report.GRPC) ||
			(c.Rate > 0) != (c.Name == report.GRPC) {
			t.Errorf("%+v", c)
		}
	}
	usual, err := parseOptions(nil, io.Discard)
	if err != nil || usual.sockets {
		t.Errorf("%+v, %v", usual, err)
	}
	for _, c := range usual.cases {
		if c.Kind != "" {
			t.Errorf("%s is measured by default, and there is no time for it", c.Name)
		}
	}
}

func TestClientsAreTheBinaryItself(t *testing.T) {
	for _, row := range []string{report.Handshakes, report.Resumption, report.GRPC} {
		l, err := frontLoad(t.Context(), row, "exe", 1, 64, io.Discard)
		own, ok := l.(load.Own)
		if err != nil || !ok {
			t.Fatalf("%s: %T, %v", row, l, err)
		}
		args := own.Args(load.Target{Addr: "127.0.0.1:1", Host: "a.test"}, 1, 1000)
		if part(args) == nil {
			t.Errorf("%s: nothing is called %q", row, args[0])
		}
	}
	if part([]string{"--rows", handshake.Command}) != nil || part(nil) != nil {
		t.Error("the benchmark takes itself for one of its parts")
	}
}
