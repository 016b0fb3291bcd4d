package main

import (
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/tools/internal/tree"
)

func TestNothingBreaksClientsOfTheLastRelease(t *testing.T) {
	root, err := tree.Root()
	if err != nil {
		t.Fatal(err)
	}
	now := filepath.Join(root, "openspec")
	found, err := since(filepath.Join(now, released), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range found {
		if !c.accepted {
			t.Errorf("%s\nIf this has to be, put the line, with the reason in a comment above, "+
				"into "+
				"openspec/%s/%s, and tell of it in release/notes/unreleased", c, released, accepted)
		}
	}
}
