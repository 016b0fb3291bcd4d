package rig

import (
	"os"
	"path/filepath"
	"testing"
)

// These set environment variables, so they cannot run beside each other.

func TestEdgeIsTheNamedOneFirst(t *testing.T) {
	dir := t.TempDir()
	named, fromEnv, runfiles := filepath.Join(dir, "named"), filepath.Join(dir, "env"),
		filepath.Join(dir, "run")
	built := filepath.Join(runfiles, filepath.FromSlash(edgeRunfiles))
	if err := os.MkdirAll(filepath.Dir(built), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{named, fromEnv, built} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	find := func(flag string) string {
		t.Helper()
		path, err := FindEdge(t.Context(), flag, dir)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Setenv("RUNFILES_DIR", runfiles)
	t.Setenv("BENCH_EDGE", "")
	if got := find(""); got != built {
		t.Errorf("among runfiles: %s, want %s", got, built)
	}
	t.Setenv("BENCH_EDGE", fromEnv)
	if got := find(""); got != fromEnv {
		t.Errorf("BENCH_EDGE: %s, want %s", got, fromEnv)
	}
	if got := find(named); got != named {
		t.Errorf("--edge: %s, want %s", got, named)
	}
	if _, err := FindEdge(t.Context(), filepath.Join(dir, "none"), dir); err == nil {
		t.Error("an edge that is not there was found")
	}
}

func TestVersionIsReadFromWhatAProgramPrints(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		p    Program
		text string
	}{
		"1.22.1": {Nginx, "nginx version: nginx/1.22.1\n"},
		"2.6.12-1+deb12u4": {
			HAProxy,
			"HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\nStatus: x\n",
		},
		"debian/4.1.0-3+b2": {
			Wrk, "wrk debian/4.1.0-3+b2 [epoll] Copyright (C) 2012 Will Glozer\n",
		},
	} {
		if m := c.p.pattern.FindStringSubmatch(c.text); m == nil || m[1] != want {
			t.Errorf("%s: %q, want %q", c.p.Name, m, want)
		}
	}
}

func TestProgramsKnowTheirCommands(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "wrk")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho wrk 9.9 x\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if f := Installed(t.Context(), Wrk); f.Path != path || f.Version != "9.9" {
		t.Errorf("%+v", f)
	}
}
